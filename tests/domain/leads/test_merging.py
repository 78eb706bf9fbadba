"""A merge takes over only what is lacking, and one that is undone might never have been."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leads.history import LeadEvent, apply, fold
from domain.leads.lifecycle import Happening
from domain.leads.merging import GROUPS, fill, given_back, offer
from kernel.ids import new_id

START = datetime(2026, 3, 1, tzinfo=UTC)
MOVES = {"version", "updated_at", "apart"}
"""What says that something happened, and is not undone."""


def received(**personal: Any) -> LeadEvent:
    plain = {
        name: personal.pop(name) for name in ("city", "state", "zip", "phone_valid", "language") if name in personal
    }
    return LeadEvent(Happening.RECEIVED, START, {"source": "web", **plain}, personal)


def queued(start: LeadEvent) -> list[LeadEvent]:
    return [start, LeadEvent(Happening.QUEUED, START + timedelta(minutes=1), {"reason": "state_unknown"})]


def absorb(history: list[LeadEvent], other: dict[str, Any], other_id: UUID) -> list[LeadEvent]:
    offered = offer(other)
    filled = fill(fold(history), offered, other_id)
    event = LeadEvent(
        Happening.ABSORBED, START + timedelta(minutes=len(history)), {"from": str(other_id), "columns": sorted(filled)},
        {"filled": filled, "offered": offered},
    )  # fmt: skip
    return [*history, event]


def give_back(history: list[LeadEvent], other_id: UUID) -> list[LeadEvent]:
    back = given_back(history, other_id)
    event = LeadEvent(
        Happening.GAVE_BACK, START + timedelta(minutes=len(history)), {"from": str(other_id)}, {"restored": back}
    )
    return [*history, event]


def still(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in MOVES}


def test_what_the_lead_has_stays_and_what_it_lacks_is_taken() -> None:
    other = apply(None, received(name="Ann Lee", email="ann@x.example", email_key="ann@x.example", phone="+16175550123",
                                 phone_key="6175550123", phone_valid=True, date_of_birth="1990-02-03"))  # fmt: skip
    state = fold(absorb(queued(received(name="A. Lee", email="a@x.example", email_key="a@x.example")), other, new_id()))
    assert (state["name"], state["email"]) == ("A. Lee", "a@x.example")
    assert (state["phone"], state["phone_key"], state["phone_valid"]) == ("+16175550123", "6175550123", True)
    assert state["date_of_birth"] == other["date_of_birth"]


def test_a_place_is_never_put_together_from_two_leads() -> None:
    other = apply(None, received(street="1 Main St", city="Boston", state="MA", zip="02138"))
    state = fold(absorb(queued(received(zip="33101")), other, new_id()))
    assert (state["zip"], state["street"], state["state"]) == ("33101", None, None)


def test_each_consent_keeps_the_lead_it_was_given_with() -> None:
    one, two = new_id(), new_id()
    history = queued(received(consent={"text": "own"}))
    history = absorb(history, apply(None, received(consent={"text": "first"})), one)
    history = absorb(history, apply(None, received(consent={"text": "second"})), two)
    assert fold(history)["consent"] == {
        "text": "own",
        "others": [{"text": "first", "lead_id": str(one)}, {"text": "second", "lead_id": str(two)}],
    }
    assert fold(give_back(history, one))["consent"]["others"] == [{"text": "second", "lead_id": str(two)}]
    alone = absorb(queued(received()), apply(None, received(consent={"text": "first"})), one)
    assert fold(alone)["consent"] == {"text": "first", "lead_id": str(one)}


def test_undoing_the_first_of_two_merges_lets_the_second_fill_the_gap() -> None:
    one, two = new_id(), new_id()
    history = absorb(queued(received()), apply(None, received(email="1@x.example", email_key="1@x.example")), one)
    history = absorb(history, apply(None, received(email="2@x.example", email_key="2@x.example")), two)
    assert fold(history)["email"] == "1@x.example"
    assert fold(give_back(history, one))["email"] == "2@x.example"
    assert fold(give_back(give_back(history, one), two))["email"] is None


def test_what_happened_after_the_merge_stays() -> None:
    other = new_id()
    history = absorb(queued(received()), apply(None, received(language="es", text="hola")), other)
    history.append(LeadEvent(Happening.LOST, START + timedelta(hours=1), {"reason": "moved"}))
    state = fold(give_back(history, other))
    assert (state["status"], state["reason"], state["language"], state["text"]) == ("lost", "moved", None, "")
    assert state["apart"] == [other]


def test_there_is_nothing_to_give_back_of_a_lead_that_was_not_merged() -> None:
    with pytest.raises(ValueError, match="nothing of lead"):
        given_back(queued(received()), new_id())
    other = new_id()
    history = give_back(absorb(queued(received()), apply(None, received(name="A")), other), other)
    with pytest.raises(ValueError, match="nothing of lead"):
        given_back(history, other)


WORDS = st.one_of(st.none(), st.sampled_from(["a", "b", "c"]))
PEOPLE = st.fixed_dictionaries({
    **{column: WORDS for group in GROUPS for column in group if column not in {"date_of_birth", "phone_valid", "lat", "lon"}},
    "date_of_birth": st.one_of(st.none(), st.just("1990-02-03")), "extras": st.dictionaries(st.sampled_from("xyz"), WORDS),
    "consent": st.one_of(st.none(), st.fixed_dictionaries({"text": st.sampled_from(["yes", "ok"])})),
})  # fmt: skip


@given(PEOPLE, st.lists(PEOPLE, min_size=1, max_size=4), st.data())
def test_a_merge_that_is_undone_might_never_have_been(
    own: dict[str, Any], others: list[dict[str, Any]], data: st.DataObject
) -> None:
    ids = [new_id() for _ in others]
    gone = data.draw(st.permutations(ids))[: data.draw(st.integers(1, len(ids)))]
    history = plain = queued(received(**own))
    for person, other_id in zip(others, ids, strict=True):
        state = apply(None, received(**person))
        history = absorb(history, state, other_id)
        plain = plain if other_id in gone else absorb(plain, state, other_id)
    for other_id in gone:
        history = give_back(history, other_id)
    assert still(fold(history)) == still(fold(plain))
    assert fold(history)["apart"] == gone
