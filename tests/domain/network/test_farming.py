"""What trade among themselves gives to those who trade with each other: no more than three honest partners, whatever they do."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations, pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.network.exchange import Flow, around
from domain.network.likeness import alike
from domain.network.rings import rings
from domain.network.score import MOST_COUNTERPART, Known, Score, score
from domain.network.tiers import Tier, level_of

Ways = dict[tuple[UUID, UUID], Flow]
RING = [UUID(int=1 + number) for number in range(30)]
OTHERS = [UUID(int=1000 + number) for number in range(100)]


def flow(count: int, *, won: bool = True) -> Flow:
    many = Decimal(count)
    return Flow(many, many, many if won else Decimal(0), Decimal(0), count, count if won else 0, 0)


def mutual(pairs: Iterable[tuple[UUID, UUID]], count: int, *, won: bool = True) -> Ways:
    return {way: flow(count, won=won) for one, other in pairs for way in ((one, other), (other, one))}


def scores(ways: Ways, who: Iterable[UUID]) -> list[Score]:
    """As the agency's standing is counted, everybody licensed and connected with whoever they trade with."""
    people = {end for way in ways for end in way}
    together = {one: ring.members for ring in rings(ways) for one in ring.members}
    known = Known(people, together, {}, alike(ways, people))
    ties = around(ways)
    return [score(one, ties[one], ties[one].keys(), known) for one in who]


def tiers(ways: Ways, who: Iterable[UUID]) -> set[Tier]:
    return {level_of(one.value).tier for one in scores(ways, who)}


@given(st.integers(2, 30), st.integers(1, 40), st.booleans())
@settings(max_examples=40, deadline=None)
def test_who_trade_with_each_other_never_pass_silver_by_that(size: int, each: int, won: bool) -> None:
    """Silver where they are half of all who trade; where they are fewer they are a ring, and Bronze."""
    ways = mutual(combinations(RING[:size], 2), each, won=won)
    assert tiers(ways, RING[:size]) <= {Tier.BRONZE, Tier.SILVER}
    beside = {**ways, **mutual(pairwise(OTHERS), 3)}
    assert tiers(beside, RING[:size]) == {Tier.BRONZE}


@given(st.integers(2, 30), st.integers(1, 40), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_nor_where_each_trades_with_some_honest_people_so_that_they_are_no_ring(
    size: int, each: int, outside: int
) -> None:
    """What the others give comes on top, each as a counterpart does; what the ring gives stays what it was."""
    ways = {**mutual(combinations(RING[:size], 2), each), **mutual(pairwise(OTHERS), 3)}
    bridges = [(one, OTHERS[3 * number + more]) for number, one in enumerate(RING[:size]) for more in range(outside)]
    for found in scores({**ways, **mutual(bridges, each)}, RING[:size]):
        inside = sum((one.gives for one in found.counterparts if one.who in RING), Decimal(0))
        assert inside <= 3 * MOST_COUNTERPART


@pytest.mark.parametrize("half", range(2, 16))
def test_two_sides_that_trade_with_each_other_do_not_pass_silver(half: int) -> None:
    sides = RING[:half], RING[half : 2 * half]
    ways = mutual(((one, other) for one in sides[0] for other in sides[1]), 9)
    assert tiers(ways, RING[: 2 * half]) <= {Tier.BRONZE, Tier.SILVER}


def test_acceptances_from_many_do_not_hide_sales_among_few() -> None:
    strangers = [(one, OTHERS[3 * number + more]) for number, one in enumerate(RING) for more in range(3)]
    ring = mutual(combinations(RING[:13], 2), 2)
    ways = {**ring, **mutual(strangers, 1, won=False), **mutual(combinations(OTHERS[:20], 2), 1, won=False)}
    for found in scores(ways, RING[:13]):
        assert sum((one.gives for one in found.counterparts if one.who in RING), Decimal(0)) <= 75


def test_partners_with_circles_of_their_own_count_in_full() -> None:
    """Twenty partners, and each of them has twenty others: Diamond, as before. Two partners are what they were."""
    pairs = [(RING[0], OTHERS[number]) for number in range(20)]
    far = [(OTHERS[number], UUID(int=5000 + 20 * number + more)) for number in range(20) for more in range(20)]
    (found,) = scores({**mutual(pairs, 3), **mutual(far, 1)}, RING[:1])
    assert (level_of(found.value).tier, {one.alike for one in found.counterparts}) == (Tier.DIAMOND, {1})
    (two,) = scores(mutual([(RING[0], RING[1])], 9), RING[:1])
    assert two.value == MOST_COUNTERPART + Decimal("0.25")


def test_a_team_with_partners_outside_counts_in_full() -> None:
    """Eight colleagues who trade with each other, and each with twelve partners of their own."""
    team = RING[:8]
    ways = mutual(combinations(team, 2), 3)
    for number, one in enumerate(team):
        ways |= mutual(((one, OTHERS[12 * number + more]) for more in range(12)), 3)
    for found in scores(ways, team):
        assert {one.alike for one in found.counterparts} == {1}
        assert level_of(found.value).tier is Tier.PLATINUM


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1])))
def test_who_is_alike_is_what_looking_at_every_pair_tells(edges: set[tuple[int, int]]) -> None:
    ways = mutual(((RING[one], RING[other]) for one, other in edges), 1)
    met = {one: set(ties) for one, ties in around(ways).items()}
    wanted: dict[UUID, set[UUID]] = {}
    for one, other in combinations(sorted(met), 2):
        for between in met[one] & met[other]:
            mine, theirs = ({who, *met[who]} - {between} for who in (one, other))
            if 2 * len(mine & theirs) >= max(len(mine), len(theirs)):
                wanted.setdefault(one, set()).add(other)
                wanted.setdefault(other, set()).add(one)
    assert alike(ways, RING) == wanted
