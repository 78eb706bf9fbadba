"""Strength, score, tiers, leaderboard (T28), rings: bounded, exact, and the same however they were summed up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.network.exchange import (
    Both,
    Cell,
    Flow,
    Referred,
    around,
    changed,
    counts_of,
    decayed,
    flows,
    month_of,
    tally,
)
from domain.network.leaderboard import percentile, places
from domain.network.referrals import ReferralState
from domain.network.rings import components, rings
from domain.network.score import MOST_COUNTERPART, Known, Score, contribution, score
from domain.network.strength import UNSTATED, strength
from domain.network.tiers import LEVELS, Benefit, Tier, benefits_of, has, level_of, next_level, shown

NOW = datetime(2026, 6, 15, tzinfo=UTC)
MONTH = month_of(NOW)
IDS = [UUID(int=number) for number in range(1, 12)]
A, B, C, D, E, F = IDS[:6]
EVERYBODY = Known(frozenset(IDS), {}, {})


def referral(one: UUID, other: UUID, state: ReferralState = ReferralState.CONVERTED, **changes: object) -> Referred:
    made = Referred(one, other, state, NOW - timedelta(days=40), NOW - timedelta(days=39), NOW - timedelta(days=5))
    return replace(made, **changes)  # type: ignore[arg-type]


def scored(
    who: UUID, given_: list[Referred], known: Known = EVERYBODY, connected: frozenset[UUID] = frozenset()
) -> Score:
    return score(who, around(flows(tally(given_), MONTH)).get(who, {}), connected, known)


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 6, 1), timezones=st.just(UTC))
REFERRALS = st.builds(
    Referred, st.sampled_from(IDS[:5]), st.sampled_from(IDS[:5]), st.sampled_from(list(ReferralState)), MOMENTS, MOMENTS, MOMENTS,
    st.booleans(),
).filter(lambda one: one.from_id != one.to_id)  # fmt: skip


@given(st.lists(REFERRALS, max_size=20), st.data())
def test_an_update_gives_what_counting_from_the_beginning_gives(found: list[Referred], data: st.DataObject) -> None:
    """Whatever changed in whichever order, the counters are those of the present referrals."""
    held = dict(enumerate(found))
    counted: Counter[Cell] = Counter(tally(found))
    for _ in range(data.draw(st.integers(0, 8))):
        number = data.draw(st.integers(0, len(held)))
        fresh = data.draw(REFERRALS)
        before = held.get(number)
        if before is not None:
            fresh = replace(fresh, from_id=before.from_id, to_id=before.to_id)
        counted.update(changed(before, fresh))
        held[number] = fresh
    assert {cell: count for cell, count in counted.items() if count} == dict(tally(held.values()))
    assert min(counted.values(), default=0) >= 0


@given(st.lists(REFERRALS, max_size=30), st.randoms())
def test_a_score_does_not_depend_on_the_order(found: list[Referred], dice: object) -> None:
    mixed = list(found)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert scored(A, found) == scored(A, mixed)


def test_decay_halves_in_a_year_and_never_grows() -> None:
    assert [decayed(MONTH - age, MONTH) for age in (0, 12, 24)] == [Decimal(1), Decimal("0.5"), Decimal("0.333333")]
    assert decayed(MONTH + 3, MONTH) == 1


def test_a_reversed_conversion_counts_as_accepted_and_no_more() -> None:
    made = counts_of(referral(A, B))
    undone = counts_of(referral(A, B, ReferralState.REVERSED))
    assert [cell.what.value for cell in undone] == ["sent", "accepted"]
    assert sum(made.values()) == 3


@given(st.lists(REFERRALS, max_size=40), st.decimals(0, 1, places=4), st.integers(0, 40))
def test_strength_is_a_share_and_fades(found: list[Referred], stated: Decimal, later: int) -> None:
    for now in (MONTH, MONTH + later):
        for tie in around(flows(tally(found), now)).get(A, {}).values():
            assert 0 <= strength(tie, now, stated=stated, since=MONTH) <= 1
    quiet = Both()
    assert strength(quiet, MONTH + later, stated=stated, since=MONTH) <= stated + Decimal("0.0001")


def test_strength_grows_with_volume_outcomes_reciprocity_and_recency() -> None:
    def of(found: list[Referred], now: int = MONTH) -> Decimal:
        return strength(around(flows(tally(found), now))[A][B], now)

    one = of([referral(A, B)])
    assert strength(Both(), MONTH) == UNSTATED
    assert of([referral(A, B)] * 6) > of([referral(A, B)] * 2) > one > of([referral(A, B, ReferralState.EXPIRED)])
    assert of([referral(A, B)] * 3 + [referral(B, A)] * 3) > of([referral(A, B)] * 6)
    assert of([referral(A, B)] * 6) > of([referral(A, B)] * 6, MONTH + 12)


@given(st.lists(REFERRALS, max_size=60))
def test_no_counterpart_gives_more_than_its_cap_and_nothing_is_negative(found: list[Referred]) -> None:
    seen = scored(A, found * 5, connected=frozenset(IDS))
    assert all(0 <= one.gives <= MOST_COUNTERPART for one in seen.counterparts)
    assert seen.value == seen.for_connections + sum(seen.groups.values(), Decimal(0))
    assert seen.for_connections <= 20


@given(st.integers(1, 200))
def test_connections_alone_reach_no_tier(many: int) -> None:
    people = frozenset(UUID(int=100 + number) for number in range(many))
    assert level_of(score(A, {}, people, EVERYBODY).value).tier is Tier.BRONZE


def test_a_connection_with_oneself_or_a_record_of_oneself_counts_nothing() -> None:
    known = Known(frozenset(IDS), {}, {A: frozenset({B})})
    seen = scored(A, [referral(A, B)] * 50 + [referral(B, A)] * 50, known, frozenset({A, B}))
    assert seen.value == 0
    assert seen.left_out == {B: "same_person_or_household"}


def test_who_is_not_verified_counts_nothing_however_many_they_are() -> None:
    busy = [referral(A, other) for other in IDS[1:] for _ in range(50)]
    seen = scored(A, busy, Known(frozenset({A}), {}, {}))
    assert seen.value == 0
    assert set(seen.left_out.values()) == {"not_verified"}


def ring_of(members: list[UUID], times: int = 6) -> list[Referred]:
    return [referral(one, other) for one in members for other in members if one != other for _ in range(times)]


@pytest.mark.parametrize("size", [3, 4, 5])
def test_a_ring_counts_as_one_counterpart(size: int) -> None:
    ring = [UUID(int=500 + number) for number in range(size)]
    others = [UUID(int=900 + number) for number in range(3 * size)]
    traded = ring_of(ring) + [referral(one, other) for one, other in pairwise(others)]
    (found,) = rings(flows(tally(traded), MONTH))
    assert found.members == frozenset(ring)
    assert found.closed == 1
    known = Known(frozenset(ring), dict.fromkeys(ring, found.members), {})
    assert scored(ring[0], traded, known).value <= MOST_COUNTERPART
    assert level_of(scored(ring[0], traded, known).value).tier is Tier.BRONZE


@given(st.integers(1, 60))
def test_a_lead_that_is_passed_around_counts_once(rounds: int) -> None:
    around_ = [
        referral(A, B),
        *[referral(one, other, repeated=True) for one, other in ((B, C), (C, A), (A, B)) * rounds],
    ]
    once, often = scored(A, [referral(A, B)]), scored(A, around_)
    assert often.value == once.value


def test_a_whole_small_agency_and_two_partners_are_no_ring() -> None:
    assert rings(flows(tally(ring_of([A, B, C, D])), MONTH)) == []
    partners = ring_of([A, B]) + ring_of([C, D, E, F], 1)
    assert rings(flows(tally(partners), MONTH)) == []


def test_whoever_trades_with_others_as_well_is_no_ring() -> None:
    open_ = ring_of([A, B, C], 3) + [referral(one, other) for one in (A, B, C) for other in IDS[3:9] for _ in range(2)]
    assert rings(flows(tally(open_), MONTH)) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_parts_are_those_who_reach_each_other(edges: list[tuple[int, int]]) -> None:
    ids = [UUID(int=number) for number in range(10)]
    onward: dict[UUID, list[UUID]] = {one: [] for one in ids}
    for one, other in edges:
        onward[ids[one]].append(ids[other])

    def reachable(start: UUID) -> set[UUID]:
        seen, edge = {start}, [start]
        while edge:
            edge = [other for one in edge for other in onward[one] if other not in seen and not seen.add(other)]  # type: ignore[func-returns-value]
        return seen

    wanted = {frozenset(other for other in reachable(one) if one in reachable(other)) for one in ids}
    assert set(components(onward)) == wanted


def test_ten_thousand_in_a_row_are_ten_thousand_parts() -> None:
    ids = [UUID(int=number + 1) for number in range(10_000)]
    assert len(components({one: [other] for one, other in pairwise(ids)} | {ids[-1]: []})) == 10_000


@pytest.mark.parametrize(
    ("value", "tier"),
    [
        ("0", Tier.BRONZE), ("74.995", Tier.BRONZE), ("74.999999999999", Tier.BRONZE), ("75", Tier.SILVER),
        ("149.99", Tier.SILVER), ("150", Tier.GOLD), ("299.9", Tier.GOLD), ("300", Tier.PLATINUM), ("499.999", Tier.PLATINUM),
        ("500", Tier.DIAMOND), ("99999", Tier.DIAMOND),
    ],
)  # fmt: skip
def test_t28_a_tier_starts_at_its_floor_exactly(value: str, tier: Tier) -> None:
    assert level_of(Decimal(value)).tier is tier


def test_t28_what_is_shown_as_75_may_still_be_bronze() -> None:
    assert shown(Decimal("74.995")) == "75.00"
    assert level_of(Decimal("74.995")).tier is Tier.BRONZE


@pytest.mark.parametrize("wrong", [75.0, Decimal(-1), Decimal("NaN"), 75])
def test_t28_what_is_not_exact_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="no network score"):
        level_of(wrong)  # type: ignore[arg-type]


def test_multipliers_go_from_one_to_one_fifth_more_and_benefits_add_up() -> None:
    assert [str(level.multiplier) for level in LEVELS] == ["1.00", "1.05", "1.10", "1.15", "1.20"]
    assert [str(level.floor) for level in LEVELS] == ["0", "75", "150", "300", "500"]
    assert has(Tier.DIAMOND, Benefit.MATCHING_PRIORITY)
    assert not has(Tier.SILVER, Benefit.FEATURED)
    assert len(benefits_of(Tier.DIAMOND)) == len(Benefit)
    assert next_level(Tier.DIAMOND) is None


def test_equals_share_a_place_and_the_next_is_as_many_lower() -> None:
    found = places({A: Decimal(150), B: Decimal("150.00"), C: Decimal(10), D: Decimal(200)})
    assert not any(one.ambassador for one in found)
    assert [one.ambassador for one in places({A: Decimal("499.999"), B: Decimal(500)})] == [True, False]
    assert [(one.who, one.place, one.shared, one.featured) for one in found] == [
        (D, 1, 0, True), (A, 2, 1, True), (B, 2, 1, True), (C, 4, 0, False),
    ]  # fmt: skip


@given(st.dictionaries(st.sampled_from(IDS), st.decimals(0, 600, places=3), min_size=1))
def test_a_place_is_one_more_than_the_number_who_are_better(scores: dict[UUID, Decimal]) -> None:
    for one in places(scores):
        assert one.place == 1 + sum(other > one.score for other in scores.values())


def test_a_percentile_counts_equals_half_and_knows_nothing_of_nobody() -> None:
    assert percentile(Decimal(5), []) is None
    assert percentile(Decimal(5), [Decimal(5)] * 4) == 50
    assert percentile(Decimal(9), [Decimal(1), Decimal(2)]) == 100


def test_a_contribution_is_exact_and_cut_never_rounded_up() -> None:
    third = Flow(converted=Decimal("0.333333"))
    assert contribution(Both(third, third)) == Decimal("3.999996")
