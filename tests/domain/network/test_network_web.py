"""A network in arrays answers as sets do, and looks at the likeliest as the exact rule ranks them."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.network.exchange import Flow
from domain.network.matching import Option, matched
from domain.network.reach import neighbours, reached
from domain.network.records import Records, ids_of, likely, raw_ids
from domain.network.tiers import Tier
from domain.network.web import MIX, Web, web_of

# The last byte of most of these is 0, which a column of bytes would lose if it were read carelessly.
PEOPLE = [UUID(int=number << 8) for number in range(1, 11)] + [UUID(int=3), UUID(int=2**128 - 1)]
pairs = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.integers(0, 100).map(lambda part: part / 100))


@given(st.lists(pairs, max_size=40), st.sampled_from(PEOPLE), st.integers(1, 6))
def test_steps_are_those_of_sets(edges: list[tuple[UUID, UUID, float]], start: UUID, degrees: int) -> None:
    web, near = web_of(edges), neighbours((one, other) for one, other, _ in edges)
    wanted = reached(near, start, degrees)
    rings = web.rings(start, degrees)
    assert {web.person(place): step for step, ring in enumerate(rings, 1) for place in ring} == wanted
    assert web.pairs == sum(map(len, near.values())) // 2
    ties = web.ties(start, degrees)
    strength = dict(zip(map(web.person, ties.places.tolist()), ties.strengths.tolist(), strict=True))
    for at_most in (0, 2, 100):
        found, whole = web.nearest(start, degrees, at_most)
        assert whole == len(wanted)
        order = sorted(wanted.items(), key=lambda item: (item[1], -strength[item[0]], item[0]))
        assert list(found.items()) == order[:at_most]


@given(st.lists(pairs, max_size=25), st.sampled_from(PEOPLE))
def test_a_tie_is_the_strongest_of_the_shortest_ways(edges: list[tuple[UUID, UUID, float]], start: UUID) -> None:
    strongest: dict[tuple[UUID, UUID], float] = {}
    for one, other, strength in edges:
        for way in ((one, other), (other, one)):
            strongest[way] = max(strength, strongest.get(way, 0.0))
    near = neighbours((one, other) for one, other, _ in edges)
    steps = {start: 0, **reached(near, start)}

    def best(who: UUID) -> float:
        if who == start:
            return 1.0
        return max(best(one) * strongest[one, who] for one in near[who] if steps.get(one) == steps[who] - 1)

    web = web_of(edges)
    ties = web.ties(start)
    found = {
        web.person(place): (int(step), float(strength))
        for place, step, strength in zip(ties.places, ties.degrees, ties.strengths, strict=True)
    }
    assert found == {who: (step, best(who)) for who, step in steps.items() if who != start}


def test_nobody_is_near_whoever_is_connected_with_nobody() -> None:
    empty = web_of([])
    assert (len(empty), empty.pairs, empty.place(PEOPLE[0])) == (0, 0, None)
    for web in (empty, web_of([(PEOPLE[0], PEOPLE[1], 0.5)])):
        assert [len(ring) for ring in web.rings(PEOPLE[5], 3)] == [0, 0, 0]
        assert len(web.ties(PEOPLE[5]).places) == 0
        assert web.nearest(PEOPLE[5], 3, 10) == ({}, 0)


def test_two_ids_of_one_number_are_two_people() -> None:
    """Ids are told apart by a number first; these have the same, and must not become one."""
    mask, mix = 2**64 - 1, int(MIX)
    one, other = UUID(int=7 << 64 | 5), UUID(int=9 << 64 | (5 ^ (7 * mix & mask) ^ (9 * mix & mask)))
    people = sorted([one, other, PEOPLE[0]])
    web = web_of([(one, other, 0.5), (other, PEOPLE[0], 0.25)])
    assert [web.person(place) for place in range(len(web))] == people
    assert {web.person(int(place)) for place in web.rings(one)[0]} == {other}
    assert {web.person(int(place)) for place in web.rings(one)[1]} == {PEOPLE[0]}


def test_every_id_is_read_back_whole() -> None:
    web: Web = web_of([(one, other, 1.0) for one, other in pairwise(PEOPLE)])
    assert [web.person(place) for place in range(len(web))] == sorted(PEOPLE)
    assert all(web.person(web.place(one) or 0) == one for one in PEOPLE)
    assert [UUID(bytes=raw) for raw in raw_ids(web.everybody)] == sorted(PEOPLE)


counts = st.integers(0, 40).map(lambda number: Decimal(number) / 4)
records = st.dictionaries(st.sampled_from(PEOPLE), st.tuples(counts, counts, counts))


@given(
    records,
    st.sets(st.sampled_from(PEOPLE)),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100)), min_size=12, max_size=12),
)
def test_the_likely_score_is_the_exact_one_before_rounding(
    given_: dict[UUID, tuple[Decimal, Decimal, Decimal]], silver: set[UUID], ties: list[tuple[int, int]]
) -> None:
    had = {
        who: Flow(accepted=taken, converted=min(won, taken), turned_down=no) for who, (taken, won, no) in given_.items()
    }
    degrees = {who: step for who, (step, _) in zip(PEOPLE, ties, strict=True)}
    strength = {who: Decimal(part if step else 0) / 100 for who, (step, part) in zip(PEOPLE, ties, strict=True)}
    kept = Records(had, dict.fromkeys(silver, Tier.SILVER))
    standing = kept.standing(ids_of(PEOPLE))
    near = likely(standing, np.array(list(degrees.values())), np.array([float(strength[who]) for who in PEOPLE]))
    options = [
        Option(who, degrees[who] or None, strength[who], had.get(who, Flow()), Tier.SILVER if who in silver else Tier.BRONZE)
        for who in PEOPLE
    ]  # fmt: skip
    assert [kept.option(one.who, one.degrees, one.strength) for one in options] == options
    exact = {one.who: one.score for one in matched(options)}
    for who, found in zip(PEOPLE, near.tolist(), strict=True):
        assert abs(float(exact[who]) - found) < 0.0001


@given(records, records, st.booleans())
def test_records_that_are_brought_up_to_date_are_those_read_anew(
    before: dict[UUID, tuple[Decimal, Decimal, Decimal]],
    after: dict[UUID, tuple[Decimal, Decimal, Decimal]],
    same: bool,
) -> None:
    one, two = (
        {who: Flow(accepted=a, converted=b, turned_down=c) for who, (a, b, c) in each.items()}
        for each in (before, after)
    )
    silver = {PEOPLE[0]: Tier.SILVER}
    tiers = silver if same else {PEOPLE[1]: Tier.GOLD}
    kept = Records(one, silver)
    standing = kept.standing(ids_of(PEOPLE)).tolist()
    found, wanted = kept.changed(two, tiers), Records({**one, **two}, tiers)
    assert found.standing(ids_of(PEOPLE)).tolist() == wanted.standing(ids_of(PEOPLE)).tolist()
    assert [found.option(who, 1, Decimal(1)) for who in PEOPLE] == [wanted.option(who, 1, Decimal(1)) for who in PEOPLE]
    assert kept.standing(ids_of(PEOPLE)).tolist() == standing, "whoever works with those of before keeps them"
