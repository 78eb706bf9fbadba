"""Referrals: their life, expiry by instants (T27), self-referral over any path (T25), one credit (T26)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leads.reading.email import read_email
from domain.leads.reading.phone import read_phone
from domain.network.attribution import Touch, credited
from domain.network.identity import Party, groups, households, refuse_self_referral, self_referral
from domain.network.referrals import (
    MOST,
    TRANSITIONS,
    USUAL,
    ReferralState,
    Step,
    after,
    answered,
    deadline,
    has_expired,
)
from kernel.errors import Conflict, Invalid

NOW = datetime(2025, 3, 28, 12, tzinfo=UTC)
EXPIRES = datetime(2025, 3, 31, 23, 59, 59, tzinfo=ZoneInfo("America/New_York"))


def keys(*texts: str) -> frozenset[str]:
    found = [email.key if (email := read_email(text)) is not None else read_phone(text, "US").key for text in texts]
    return frozenset(key for key in found if key)


def test_t27_an_acceptance_in_time_wins_even_if_it_is_heard_later() -> None:
    said = datetime(2025, 4, 1, 3, 59, 30, tzinfo=UTC)
    assert answered(ReferralState.PENDING, Step.ACCEPT, said, EXPIRES) is ReferralState.ACCEPTED
    assert answered(ReferralState.EXPIRED, Step.ACCEPT, said, EXPIRES) is ReferralState.ACCEPTED


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
def test_t27_the_instant_of_expiry_is_the_first_that_is_too_late(late: timedelta) -> None:
    for state in (ReferralState.PENDING, ReferralState.EXPIRED):
        with pytest.raises(Conflict, match="expired"):
            answered(state, Step.ACCEPT, EXPIRES + late, EXPIRES)
    assert has_expired(ReferralState.PENDING, EXPIRES, EXPIRES)
    assert not has_expired(ReferralState.PENDING, EXPIRES, EXPIRES - timedelta(microseconds=1))
    assert not has_expired(ReferralState.ACCEPTED, EXPIRES, EXPIRES + late)


def test_t27_an_expired_referral_is_not_declined_any_more() -> None:
    with pytest.raises(Conflict):
        answered(ReferralState.EXPIRED, Step.DECLINE, EXPIRES - timedelta(hours=1), EXPIRES)


def test_the_term_has_bounds_a_usual_length_and_a_zone() -> None:
    assert deadline(NOW, None, None) == NOW + USUAL
    assert deadline(NOW, None, EXPIRES) == EXPIRES
    for wrong in ((timedelta(seconds=5), None), (MOST * 2, None), (None, NOW), (USUAL, EXPIRES)):
        with pytest.raises(Invalid):
            deadline(NOW, *wrong)
    with pytest.raises(Invalid, match="zone"):
        deadline(NOW, None, datetime(2025, 3, 30))


@given(st.lists(st.sampled_from(list(Step)), max_size=12))
def test_every_life_follows_the_table_and_converts_once_at_most(steps: list[Step]) -> None:
    state, converted = ReferralState.PENDING, 0
    for step in steps:
        before = state
        try:
            state = after(state, step)
        except Conflict:
            assert (before, step) not in TRANSITIONS
            continue
        converted += state is ReferralState.CONVERTED
    assert converted <= 1
    assert ReferralState.PENDING not in TRANSITIONS.values(), "nothing leads back to the question"


def test_t25_the_same_person_by_phone_in_another_form_or_by_a_plus_tag() -> None:
    sender = Party("sender", keys("ann.lee@example.com", "312-555-0142"))
    receiver = Party("receiver", keys("bo@example.com"))
    for path in ("+1 (312) 555 0142", "Ann.Lee+quotes@EXAMPLE.com"):
        assert self_referral(sender, receiver, Party("referred", keys(path))) == "refers_self"
        assert self_referral(sender, Party("receiver", keys(path)), Party("referred", keys("c@example.com"))) == (
            "refers_to_self"
        )
        with pytest.raises(Conflict):
            refuse_self_referral(sender, receiver, Party("referred", keys(path)))
    assert self_referral(receiver, sender, Party("referred", keys("312.555.0142"))) == "receiver_is_referred"
    assert self_referral(sender, receiver, Party("referred", keys("ann.leo@example.com"))) is None


def test_t25_nobody_known_is_nobodys_double() -> None:
    nobody = Party("x", frozenset())
    assert self_referral(nobody, nobody, nobody) is None


def test_people_are_brought_together_over_any_number_of_steps() -> None:
    a, b, c, d = (UUID(int=number) for number in range(1, 5))
    people = {a: frozenset({"1", "2"}), b: frozenset({"2", "3"}), c: frozenset({"3"}), d: frozenset({"9"})}
    assert households(people) == [frozenset({a, b, c})]
    assert sorted(map(len, groups("abc", []))) == [1, 1, 1]


def test_t26_the_first_valid_touch_wins_and_the_smaller_id_of_one_second() -> None:
    early, late = NOW, NOW + timedelta(seconds=1)
    touches = [
        Touch(UUID(int=7), late), Touch(UUID(int=9), early, valid=False), Touch(UUID(int=5), late), Touch(UUID(int=6), late),
    ]  # fmt: skip
    for order in itertools.permutations(touches):
        found = credited(order)
        assert found is not None
        assert found.referral_id == UUID(int=5)
    assert credited([Touch(UUID(int=1), early, valid=False)]) is None
