"""What would raise a score agrees with the score, and notes with somebody's data are found."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.network.exchange import Both, Cell, Counted, around, flows
from domain.network.notes import Person, personal_in
from domain.network.raising import Way, raises
from domain.network.score import Known, score

ME = UUID(int=1)
OTHERS = [UUID(int=number) for number in range(2, 7)]
NOW = 2026 * 12 + 10
COUNT = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 24))
COUNTS = st.fixed_dictionaries({(way, other): COUNT for way in ("out", "back") for other in OTHERS})


def cells(counts: dict[tuple[str, UUID], tuple[int, int, int]]) -> dict[Cell, int]:
    found: dict[Cell, int] = {}
    for (way, other), (accepted, converted, months) in counts.items():
        ends = (ME, other) if way == "out" else (other, ME)
        for what, count in (
            (Counted.SENT, accepted),
            (Counted.ACCEPTED, accepted),
            (Counted.CONVERTED, min(accepted, converted)),
        ):
            found[Cell(*ends, NOW - months, what)] = count
    return found


@given(COUNTS, st.sets(st.sampled_from(OTHERS)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_each_step_adds_exactly_what_the_score_gives_when_it_is_taken(
    counts: dict[tuple[str, UUID], tuple[int, int, int]], connected: set[UUID], together: bool
) -> None:
    ring = frozenset(OTHERS[:2])
    known = Known(frozenset(OTHERS), dict.fromkeys(ring, ring) if together else {}, {})
    before = cells(counts)

    def value(more: dict[Cell, int], people: set[UUID]) -> Decimal:
        ties: dict[UUID, Both] = around(
            flows({**before, **{cell: before.get(cell, 0) + n for cell, n in more.items()}}, NOW)
        ).get(ME, {})
        return score(ME, ties, people, known).value

    ties = around(flows(before, NOW)).get(ME, {})
    found = raises(score(ME, ties, connected, known), ties)
    assert [one.by for one in found] == sorted((one.by for one in found), reverse=True)
    assert all(0 < one.by <= one.left for one in found)
    for one in found:
        if one.way is Way.CONNECT:
            assert value({}, connected | {uuid4()}) - value({}, connected) == one.by
        elif one.who is not None:
            ends = (ME, one.who) if one.way is Way.SENT else (one.who, ME)
            more = {Cell(*ends, NOW, what): 1 for what in (Counted.SENT, Counted.ACCEPTED, Counted.CONVERTED)}
            assert value(more, connected) - value({}, connected) == one.by


def test_at_the_cap_nothing_is_promised() -> None:
    full = cells({("out", OTHERS[0]): (8, 8, 0), ("back", OTHERS[0]): (8, 8, 0)})
    ties = around(flows(full, NOW))[ME]
    found = raises(score(ME, ties, OTHERS, Known(frozenset(OTHERS), {}, {})), ties)
    assert {one.way for one in found} == {Way.NEW, Way.CONNECT}


PERSON = Person("José Ruiz-Lee", "(512) 555-0101", "jose@leads.example", "12 Elm Street")


@pytest.mark.parametrize(
    ("note", "what"),
    [
        ("jose wants a call", ["name"]), ("Mr LEE, in a hurry", ["name"]), ("call 512.555.0101", ["phone"]),
        ("5550101", ["phone"]),
        ("write to x@y.org", ["email"]), ("lives at 12 elm  street", ["address"]), ("two cars, hot, in Austin", []),
        ("premium about 1,200 a year", []), ("the leeward side", []),
    ],
)  # fmt: skip
def test_a_note_gives_nobody_away(note: str, what: list[str]) -> None:
    assert personal_in(note, PERSON) == what
