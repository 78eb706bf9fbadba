"""Connections: their life, and who was connected when as it was known when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.network.connections import (
    MUTUAL,
    Kind,
    Period,
    Side,
    State,
    Step,
    after,
    as_known,
    begun,
    ended,
    ends_of,
    steps_for,
)
from kernel.errors import Conflict, Invalid

A, B = UUID(int=1), UUID(int=2)
START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def test_a_request_is_accepted_and_ended_and_asked_for_again() -> None:
    state = State.REQUESTED
    for step, follows in ((Step.ACCEPT, State.ACTIVE), (Step.END, State.ENDED), (Step.ASK, State.REQUESTED)):
        state = after(state, step)
        assert state is follows


def test_what_the_table_does_not_have_is_a_conflict_that_names_what_is_possible() -> None:
    with pytest.raises(Conflict, match="possible now: end"):
        after(State.ACTIVE, Step.ACCEPT)


def test_only_the_asked_one_answers_and_only_the_asking_one_withdraws() -> None:
    assert steps_for(State.REQUESTED, Side.ASKED) == ["accept", "decline"]
    assert steps_for(State.REQUESTED, Side.ASKING) == ["withdraw"]
    assert steps_for(State.REQUESTED, Side.AGENCY) == ["accept", "decline", "withdraw"]
    assert steps_for(State.ACTIVE, Side.ASKED) == ["end"]


@pytest.mark.parametrize("kind", Kind)
def test_nobody_is_connected_with_themselves_and_a_mutual_kind_has_one_form(kind: Kind) -> None:
    with pytest.raises(Invalid):
        ends_of(kind, A, A)
    assert ends_of(kind, A, B) == (A, B)
    assert ends_of(kind, B, A) == ((A, B) if kind in MUTUAL else (B, A))


def test_who_was_connected_in_march_as_we_knew_it_in_april() -> None:
    """Recorded on day 70 as standing since day 10; learnt on day 130 that it had ended on day 65."""
    first = begun(A, day(10), day(70))
    closed, second = ended(first, day(65), day(130))
    assert second is not None
    record = [closed, second]
    assert as_known(record, day(66), day(100)) == {A}, "in April we believed it"
    assert as_known(record, day(66), day(131)) == frozenset(), "in June we know better"
    assert as_known(record, day(20), day(131)) == {A}
    assert as_known(record, day(20), day(60)) == frozenset(), "nobody had told us yet"


def test_what_has_not_come_cannot_be_recorded() -> None:
    with pytest.raises(Invalid):
        begun(A, day(2), day(1))
    with pytest.raises(Invalid):
        ended(begun(A, day(0), day(1)), day(3), day(2))


def test_a_connection_that_never_stood_leaves_only_what_was_believed() -> None:
    closed, nothing = ended(begun(A, day(5), day(6)), day(5), day(8))
    assert nothing is None
    assert as_known([closed], day(5), day(7)) == {A}
    assert as_known([closed], day(5), day(9)) == frozenset()


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6),
    st.integers(0, 80),
    st.integers(0, 80),
)
def test_the_record_answers_as_replaying_what_was_told_does(told: list[tuple[int, int]], at: int, known: int) -> None:
    """Every telling says on day ``when`` that the connection stood from ``since``, alternately until ``until``."""
    record: list[Period] = []
    sayings: list[tuple[int, int, int | None]] = []  # recorded on, from, until
    when = 0
    for gap, length in told:
        when += gap + 1
        since = max(0, when - gap)
        record.append(begun(A, day(since), day(when)))
        sayings.append((when, since, None))
        when += length + 1
        closed, second = ended(record[-1], day(when - length), day(when))
        record[-1:] = [closed] if second is None else [closed, second]
        sayings.append((when, since, when - length))
    beliefs: dict[int, tuple[int, int | None]] = {}
    for number, (recorded, since, until) in enumerate(sayings):
        if recorded <= known:
            beliefs[number // 2] = (since, until)
    stood = any(since <= at and (until is None or at < until) for since, until in beliefs.values())
    assert (A in as_known(record, day(at), day(known))) is stood


def test_a_mentorship_has_its_mentor_first_whoever_asks() -> None:
    assert ends_of(Kind.MENTORSHIP, A, B, as_mentee=True) == (B, A)
    with pytest.raises(Invalid, match="mentee"):
        ends_of(Kind.PARTNERSHIP, A, B, as_mentee=True)
