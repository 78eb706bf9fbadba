"""The table of offers, reasons, and the terms of an agency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.lines import Tier
from domain.routing.offer_terms import DEFAULT, OfferTerms
from domain.routing.offers import (
    ENDED,
    TRANSITIONS,
    OfferState,
    Past,
    Step,
    after,
    decline_reason,
    person_needed,
    possible_steps,
)
from kernel.errors import Conflict, Invalid

T0 = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(("state", "step"), list(product(OfferState, Step)))
def test_exactly_the_pairs_of_the_table_are_possible(state: OfferState, step: Step) -> None:
    if (state, step) in TRANSITIONS:
        assert after(state, step) is TRANSITIONS[state, step]
        assert step.value in possible_steps(state)
    else:
        with pytest.raises(Conflict) as refused:
            after(state, step)
        assert refused.value.code == f"offer_{state.value}"


@given(st.lists(st.sampled_from(Step), max_size=12))
def test_whatever_is_tried_an_offer_ends_once_and_is_answered_once(steps: list[Step]) -> None:
    state, taken = OfferState.OFFERED, []
    for step in steps:
        try:
            state = after(state, step)
        except Conflict:
            continue
        taken.append(step)
    assert sum(step in {Step.ACCEPT, Step.DECLINE, Step.EXPIRE} for step in taken) <= 1
    assert sum(TRANSITIONS[pair] in ENDED for pair in zip(_states(taken), taken, strict=True)) <= 1
    if state in ENDED:
        assert not possible_steps(state)


def _states(taken: list[Step]) -> list[OfferState]:
    states = [OfferState.OFFERED]
    for step in taken[:-1]:
        states.append(after(states[-1], step))
    return states[: len(taken)]


def test_a_reason_comes_from_the_list_and_other_needs_words() -> None:
    assert decline_reason("too_busy", "  ") == ("too_busy", None)
    assert decline_reason("other", " on leave ") == ("other", "on leave")
    for code, words in (("bored", None), ("other", " "), ("too_busy", "x" * 501)):
        with pytest.raises(Invalid) as refused:
            decline_reason(code, words)
        assert refused.value.fields[0].remedy


def test_a_person_is_needed_after_so_many_who_turned_it_down() -> None:
    terms = OfferTerms(max_declines=3)
    declined, expired = Past(OfferState.DECLINED, T0), Past(OfferState.EXPIRED, T0)
    back = Past(OfferState.WITHDRAWN, T0)
    assert person_needed([declined, expired, back], terms, None, T0) is None
    assert person_needed([declined, expired, declined], terms, None, T0) == "declined_too_often"
    assert person_needed([declined], terms, T0, T0) == "offers_too_slow"
    assert person_needed([declined], terms, T0 + timedelta(seconds=1), T0) is None


def test_terms_come_back_as_they_were_set() -> None:
    assert OfferTerms.of({}) == DEFAULT
    assert not DEFAULT.required
    terms = OfferTerms.from_dict({
        "required": True, "answer_minutes": {"hot": 3}, "contact_minutes": {"hot": 5}, "max_declines": 2, "max_minutes": 60,
        "drain": "best", "when_stale": "queue",
    })  # fmt: skip
    assert OfferTerms.from_dict(terms.as_dict()) == terms
    assert (terms.to_answer("hot"), terms.to_answer("warm"), terms.to_answer(None)) == (3, 30, 120)
    assert (terms.to_contact("hot"), terms.to_contact("cool"), terms.to_contact(None)) == (5, None, None)
    assert terms.answer_minutes[Tier.COOL] == 120


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("required", "yes"), ("required", 1), ("answer_minutes", {"boiling": 1}), ("answer_minutes", {"hot": 0}),
        ("answer_minutes", 5), ("contact_minutes", {"hot": True}), ("max_declines", 0), ("max_minutes", 10**9),
        ("drain", "newest"), ("when_stale", "forget"), ("colour", "red"),
    ],
)  # fmt: skip
def test_terms_that_make_no_sense_name_the_field_the_value_and_the_remedy(name: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        OfferTerms.from_dict({name: value})
    (fault,) = refused.value.fields
    assert fault.field == f"offers.{name}"
    assert fault.remedy
    assert fault.value == str(value)
