"""The life cycle is its table: whatever is not in it is refused."""

from __future__ import annotations

from itertools import product

import pytest

from domain.leads.lifecycle import HELD, RESTORES, TRANSITIONS, VERBS, Happening, Status, after, allowed_actions
from kernel.errors import Conflict


@pytest.mark.parametrize(("status", "happening"), list(product(Status, Happening)))
def test_exactly_the_pairs_of_the_table_are_possible(status: Status, happening: Happening) -> None:
    if (status, happening) in TRANSITIONS:
        assert after(status, happening) is TRANSITIONS[status, happening]
    else:
        with pytest.raises(Conflict, match="possible now"):
            after(status, happening)


@pytest.mark.parametrize("status", Status)
def test_allowed_actions_are_those_that_succeed(status: Status) -> None:
    for verb in allowed_actions(status):
        if verb == "unmerge":
            assert status in RESTORES
            continue
        happening = {"assign": Happening.ASSIGNED, "merge": Happening.MERGED}.get(verb) or VERBS[verb]
        assert (status, happening) in TRANSITIONS


@pytest.mark.parametrize(("status", "back_to"), list(product(Status, Status)))
def test_an_undone_merge_leads_back_only_to_where_the_lead_can_have_stood(status: Status, back_to: Status) -> None:
    if back_to in RESTORES.get(status, ()):
        assert after(status, Happening.UNMERGED, back_to) is back_to
    else:
        with pytest.raises(Conflict, match="possible now"):
            after(status, Happening.UNMERGED, back_to)


def test_a_lead_on_its_way_offers_nothing_to_a_person() -> None:
    assert allowed_actions(Status.RECEIVED) == []
    assert allowed_actions(Status.QUALIFIED) == []


def test_a_won_lead_is_final() -> None:
    assert allowed_actions(Status.WON) == []


def test_held_leads_can_be_given_back() -> None:
    assert all("release" in allowed_actions(status) for status in HELD)
