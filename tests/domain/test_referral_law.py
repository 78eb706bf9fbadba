"""Rewards by law: at accrual, from a cited table, unknown is no (T23, T24)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citations import Origin
from domain.geo import STATES
from domain.referral_law import Event, LawTable, Reward, law_table, may_accrue

DAY = date(2026, 11, 1)
PARTNER = Reward("NY", Event.CONVERTED, DAY, licensed=False, client=False, flat=True, every=True)


@pytest.mark.parametrize("state", ["NY", "PA", "IL", "FL"])
def test_t23_an_unlicensed_partner_earns_nothing_of_a_conversion_and_a_flat_fee_of_a_referral(state: str) -> None:
    partner = replace(PARTNER, state=state)
    converted = may_accrue(partner, law_table())
    assert (converted.allowed, converted.code) == (False, "forbidden")
    assert converted.citation
    referred = may_accrue(replace(partner, event=Event.REFERRED), law_table())
    assert (referred.allowed, referred.code) == (True, "permitted")


def test_t23_a_fee_for_some_referrals_only_is_no_fee_for_referring() -> None:
    some = replace(PARTNER, state="FL", event=Event.REFERRED, every=False)
    assert may_accrue(some, law_table()).code == "must_be_for_every"
    assert may_accrue(replace(some, every=True, flat=False), law_table()).allowed, "Florida allows any amount"
    share = replace(PARTNER, event=Event.REFERRED, flat=False)
    assert may_accrue(share, law_table()).code == "must_be_flat"


def test_t24_a_credit_on_a_premium_or_a_fee_to_a_client_may_be_a_rebate() -> None:
    credit = replace(PARTNER, licensed=True, as_credit=True)
    client = replace(PARTNER, event=Event.REFERRED, client=True)
    licensed = replace(client, licensed=True)
    for asked in (credit, client, licensed):
        assert may_accrue(asked, law_table()).code == "may_be_rebate"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": None}, "state_unknown"),
        ({"licensed": None}, "licence_unknown"),
        ({"client": None}, "client_unknown"),
        ({"state": "WY"}, "no_rule"),
        ({"day": date(1999, 1, 1)}, "no_rule"),
    ],
)
def test_t23_what_is_not_known_is_not_permitted(changes: dict[str, object], code: str) -> None:
    asked = replace(PARTNER, event=Event.REFERRED)
    found = may_accrue(replace(asked, **changes), law_table())  # type: ignore[arg-type]
    assert (found.allowed, found.code) == (False, code)
    assert found.remedy


def test_a_licensed_producer_may_share_where_the_law_was_read() -> None:
    producer = replace(PARTNER, licensed=True, client=None, flat=False, every=False)
    assert may_accrue(producer, law_table()).allowed
    assert not may_accrue(replace(producer, state="CA"), law_table()).allowed


FACTS = st.builds(
    Reward, st.none() | st.sampled_from(sorted(STATES)), st.sampled_from(list(Event)), st.dates(date(1990, 1, 1)),
    licensed=st.none() | st.booleans(), client=st.none() | st.booleans(), flat=st.booleans(), every=st.booleans(),
    as_credit=st.booleans(),
)  # fmt: skip


@given(FACTS)
def test_nothing_accrues_without_a_row_that_permits_it(asked: Reward) -> None:
    found = may_accrue(asked, law_table())
    assert not may_accrue(asked, LawTable("empty", ())).allowed
    if found.allowed:
        assert asked.state is not None
        assert asked.licensed is not None
        row = law_table().row(asked.state, asked.event, asked.day, licensed=asked.licensed)
        assert row is not None
        assert row.allowed
        assert found.citation


@given(FACTS)
def test_knowing_less_never_permits_more(asked: Reward) -> None:
    for blank in ({"state": None}, {"licensed": None}, {"client": None}):
        if may_accrue(replace(asked, **blank), law_table()).allowed:  # type: ignore[arg-type]
            assert may_accrue(replace(asked, client=False), law_table()).allowed


def test_the_table_has_one_row_for_a_question_and_a_citation_in_each() -> None:
    rows = law_table().rows
    assert len({(row.state, row.licensed, row.event, row.cited.effective) for row in rows}) == len(rows)
    assert all(row.cited.citation and row.state in STATES and row.cited.origin is not Origin.UNREAD for row in rows)
    assert law_table().version.startswith("referral-law-2026-11-")
