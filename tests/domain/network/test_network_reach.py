"""Reach (T30), degree (T31), value, layout, matching, growth, advice, teams."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations, pairwise, product
from math import atan2, dist, hypot, isfinite
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.network.advice import Reason, Stranger, advice
from domain.network.exchange import Both, Flow
from domain.network.growth import change, forecast
from domain.network.layout import spots
from domain.network.matching import WEIGHTS, Option, early, matched
from domain.network.reach import neighbours, reached
from domain.network.teams import (
    INVITED_FOR,
    Invitation,
    Role,
    answered,
    require_leaves,
    require_may_invite,
    require_may_lead,
)
from domain.network.tiers import Tier
from domain.network.value import Near, value
from kernel.errors import Conflict, Forbidden

A, B, C, D, E = (UUID(int=number) for number in range(1, 6))
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_t30_reach_counts_distinct_people_at_the_least_distance() -> None:
    found = reached(neighbours(["AB", "AC", "BD", "CD"]), "A")  # type: ignore[list-item]
    assert found == {"B": 1, "C": 1, "D": 2}
    assert len(found) == 3


def test_t31_degree_counts_people_not_edges() -> None:
    referral, team = ("A", "B"), ("A", "B")
    assert len(neighbours([referral, team])["A"]) == 1
    near = neighbours([("A", "B"), ("A", "B"), ("B", "A"), ("A", "A")])
    assert len(near["A"]) == 1


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20), st.integers(1, 3))
def test_t30_reach_is_what_walking_every_way_finds(edges: list[tuple[int, int]], degrees: int) -> None:
    near = neighbours(edges)
    least: dict[int, int] = {}
    for length in range(1, degrees + 1):
        for way in product(range(9), repeat=length):
            whole = (0, *way)
            if all(b in near.get(a, set()) for a, b in pairwise(whole)) and way[-1] != 0:
                least.setdefault(way[-1], length)
        if length == 3:
            break
    assert reached(near, 0, degrees) == least


def test_value_counts_each_referral_once_directly_or_for_the_nearer_end() -> None:
    premiums = {(A, B): 100_00, (B, C): 40_00, (D, E): 80_00}
    near = {B: Near(1, Decimal(1)), C: Near(2, Decimal("0.5")), D: Near(3, Decimal("0.5"))}
    found = value(A, premiums, near)
    assert (found.direct, found.by_degree) == (100_00, {1: 20_00, 2: 0, 3: 5_00})
    assert found.indirect == 25_00
    assert value(E, {}, {}).indirect == 0


def test_a_layout_is_the_same_each_time_and_a_ring_for_each_degree() -> None:
    near = neighbours([("A", "B"), ("A", "C"), ("C", "D")])
    drawn = spots(near, "A", reached(near, "A"))
    assert (drawn["A"].x, drawn["A"].y, drawn["A"].community) == (0.0, 0.0, 0)
    assert {one: round(hypot(at.x, at.y)) for one, at in drawn.items()} == {"A": 0, "B": 1, "C": 1, "D": 2}
    assert len({(at.x, at.y) for at in drawn.values()}) == 4
    assert drawn == spots(near, "A", dict(reversed(reached(near, "A").items())))


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=150), st.integers(1, 3))
def test_everybody_has_a_place_of_their_own_on_their_ring(edges: list[tuple[int, int]], degrees: int) -> None:
    near = neighbours(edges)
    distance = reached(near, 0, degrees)
    drawn = spots(near, 0, distance)
    assert drawn.keys() == {0, *distance}
    assert len({(at.x, at.y) for at in drawn.values()}) == len(drawn)
    for who, step in distance.items():
        assert isfinite(drawn[who].x)
        assert isfinite(drawn[who].y)
        assert step - 0.001 <= hypot(drawn[who].x, drawn[who].y) <= step + 0.3


def offices(count: int, size: int) -> dict[str, set[str]]:
    """A centre who knows one of each office; everybody of an office knows all others of it."""
    people = [[f"{office}-{number}" for number in range(size)] for office in range(count)]
    inside = [pair for office in people for pair in combinations(office, 2)]
    return neighbours([*inside, *(("me", office[0]) for office in people)])


@pytest.mark.parametrize(("count", "size"), [(2, 6), (5, 12), (3, 90)])
def test_communities_stand_apart_in_slices_of_their_own(count: int, size: int) -> None:
    near = offices(count, size)
    distance = reached(near, "me")
    drawn = spots(near, "me", distance)
    assert {who: at.community for who, at in drawn.items() if who != "me"} == {
        who: 1 + int(who.split("-")[0]) for who in distance
    }
    around = [drawn[who].community for who in sorted(distance, key=lambda who: atan2(drawn[who].y, drawn[who].x))]
    turns = sum(one != other for one, other in pairwise([*around, around[0]]))
    assert turns == count, "each community is one stretch of the circle"
    points = [(at.x, at.y) for at in drawn.values()]
    assert min(dist(one, other) for one, other in combinations(points, 2)) > 0.03


def test_a_crowd_that_nothing_divides_is_still_told_apart() -> None:
    near = neighbours([("me", str(number)) for number in range(299)])
    points = [(at.x, at.y) for at in spots(near, "me", reached(near, "me")).values()]
    assert min(dist(one, other) for one, other in combinations(points, 2)) > 0.03


def option(who: UUID, **changes: object) -> Option:
    given_: dict[str, object] = {
        "degrees": 1, "strength": Decimal("0.5"), "had": Flow(sent=Decimal(4), accepted=Decimal(3), converted=Decimal(1)),
        "tier": Tier.BRONZE,
    }  # fmt: skip
    return Option(who, **{**given_, **changes})  # type: ignore[arg-type]


def test_matching_prefers_ties_records_and_tiers_and_breaks_ties_by_id() -> None:
    assert sum(WEIGHTS.values()) == 1
    for better in (
        {"strength": Decimal("0.9")},
        {"tier": Tier.SILVER},
        {"had": Flow(sent=Decimal(4), accepted=Decimal(4), converted=Decimal(3))},
    ):
        assert matched([option(A), option(B, **better)])[0].who == B
    assert [one.who for one in matched([option(B), option(A)])] == [A, B]
    assert matched([option(A), option(B, degrees=None)])[0].who == A
    assert 0 <= matched([option(A)])[0].score <= 1


def test_one_of_one_is_not_better_than_nine_of_ten() -> None:
    once = option(A, had=Flow(accepted=Decimal(1), converted=Decimal(1)))
    often = option(B, had=Flow(accepted=Decimal(10), converted=Decimal(9)))
    assert matched([once, often])[0].who == B


def test_open_referrals_ask_gold_first() -> None:
    matches = matched([option(A), option(B), option(C)])
    assert [one.who for one in early(matches, {C: Tier.GOLD, B: Tier.SILVER})] == [C, A, B]


def test_growth_of_nothing_is_unknown() -> None:
    assert change([]).rate is None
    assert change([0, 3]).rate is None
    assert change([4, 6]).rate == pytest.approx(0.5)
    assert forecast([1, 2, 3, 4, 5]) is None


def test_a_forecast_follows_the_line_and_widens() -> None:
    found = forecast([10, 12, 14, 16, 18, 20, 22, 24])
    assert found is not None
    assert [round(one.expected) for one in found] == [26, 28, 30]
    assert all(one.low < one.expected < one.high for one in found)
    assert found[2].high - found[2].low > found[0].high - found[0].low
    assert all(one.low >= 0 for one in forecast([9, 5, 3, 2, 1, 0, 0]) or [])


@pytest.mark.parametrize(("base", "slope"), [(5, 0), (20, 1.5), (60, -1)])
def test_four_in_five_months_come_within_the_interval(base: float, slope: float) -> None:
    dice, within, times = random.Random(4), 0, 600
    for _ in range(times):
        rates = [base + slope * month for month in range(15)]
        counts = [sum(dice.random() < rate / 200 for _ in range(200)) for rate in rates]
        found = forecast(counts[:12])
        assert found is not None
        within += sum(one.low <= counts[11 + one.ahead] <= one.high for one in found)
    assert 0.74 <= within / (3 * times) <= 0.97


def flow(sent: int = 0, accepted: int = 0, converted: int = 0, down: int = 0, latest: int | None = 99) -> Flow:
    return Flow(
        Decimal(sent), Decimal(accepted), Decimal(converted), Decimal(down), sent, converted, latest if sent else None
    )


MEAN = flow(8, 5, 2)


def test_advice_names_the_tie_the_reason_and_a_range() -> None:
    ties = {
        A: Both(flow(6, 5, 3, latest=80), flow(4, 3, 1, latest=80)),
        B: Both(flow(8, 6, 1), Flow()),
        C: Both(flow(10, 2, 1, down=8), flow(2, 1)),
        D: Both(flow(9, 9, 8), flow(3, 2, 1)),
    }
    found = {(one.who, one.reason): one for one in advice(ties, [Stranger(E, 4)], MEAN, 99)}
    assert set(found) == {
        (A, Reason.WAKE), (B, Reason.ASK_BACK), (C, Reason.SEND_LESS), (D, Reason.SEND_MORE), (E, Reason.MEET),
    }  # fmt: skip
    assert all(0 <= one.low <= one.effect <= one.high for one in found.values())
    assert len(advice(ties, [], MEAN, 99, at_most=2)) == 2


def test_whoever_turned_most_down_is_not_woken() -> None:
    asleep = {A: Both(flow(10, down=10, latest=80), Flow()), B: Both(flow(4, 2, 1, down=2, latest=80), Flow())}
    assert [(one.who, one.reason) for one in advice(asleep, [], MEAN, 99)] == [(B, Reason.WAKE)]


def test_advice_in_an_agency_without_referrals_still_says_little() -> None:
    (only,) = advice({}, [Stranger(B, 1)], Flow(), 99)
    assert only.reason is Reason.MEET
    assert only.effect < 1
    assert advice({}, [], Flow(), 99) == []


def test_leaders_invite_anybody_assistants_members_and_others_nobody() -> None:
    require_may_invite(Role.LEADER, Role.ASSISTANT)
    require_may_invite(Role.ASSISTANT, Role.MEMBER)
    for role, wanted in ((Role.ASSISTANT, Role.ASSISTANT), (Role.MEMBER, Role.MEMBER), (None, Role.MEMBER)):
        with pytest.raises(Forbidden):
            require_may_invite(role, wanted)
    with pytest.raises(Forbidden):
        require_may_lead(Role.ASSISTANT)


def test_an_invitation_is_answered_once_and_in_time() -> None:
    ends = NOW + INVITED_FOR
    assert answered(Invitation.OPEN, ends, NOW, accept=True) is Invitation.ACCEPTED
    assert answered(Invitation.OPEN, ends, ends - timedelta(seconds=1), accept=False) is Invitation.DECLINED
    with pytest.raises(Conflict, match="expired"):
        answered(Invitation.OPEN, ends, ends, accept=True)
    with pytest.raises(Conflict, match="declined"):
        answered(Invitation.DECLINED, ends, NOW, accept=True)
    with pytest.raises(Conflict):
        require_leaves(Role.LEADER, others=1)
    require_leaves(Role.LEADER, others=0)
