"""What follows an attempt to deliver (DOMAIN T72)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deliveries import Attempt, Circuit, Limits, Next, Pause, State, after_attempt, circuit

LIMITS = Limits(attempts=4, circuit_failures=3, circuit_seconds=60.0, dead_in_row=2, longest_wait=3_600.0)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_complete_2xx_has_arrived_and_clears_the_record(status: int) -> None:
    assert after_attempt(Attempt(status), 3, 7, 1, 5.0, LIMITS) == Next(State.DELIVERED, 0, 0, 0.0)


@pytest.mark.parametrize(
    "attempt",
    [Attempt(500), Attempt(301), Attempt(404), Attempt(199), Attempt(error="timeout"), Attempt(200, error="cut_off")],
)
def test_anything_else_waits_for_another_attempt(attempt: Attempt) -> None:
    assert after_attempt(attempt, 1, 0, 0, 5.0, LIMITS) == Next(State.FAILED, 1, 0, 5.0)


def test_the_last_attempt_is_given_up_and_the_second_in_a_row_pauses() -> None:
    assert after_attempt(Attempt(500), 4, 0, 0, 5.0, LIMITS) == Next(State.DEAD, 1, 1, 5.0)
    assert after_attempt(Attempt(500), 4, 0, 1, 5.0, LIMITS) == Next(State.DEAD, 1, 2, 5.0, Pause.FAILING)


def test_gone_pauses_and_the_delivery_waits_even_at_its_last_attempt() -> None:
    assert after_attempt(Attempt(410), 4, 0, 0, 5.0, LIMITS) == Next(State.FAILED, 1, 0, 5.0, Pause.GONE)


def test_the_circuit_opens_at_its_number_of_failures_whichever_deliveries_they_were_of() -> None:
    assert after_attempt(Attempt(500), 1, 1, 0, 5.0, LIMITS).wait == 5.0
    assert after_attempt(Attempt(500), 1, 2, 0, 5.0, LIMITS).wait == 60.0
    assert circuit(2, LIMITS, waits=True) is Circuit.CLOSED
    assert circuit(3, LIMITS, waits=True) is Circuit.OPEN
    assert circuit(3, LIMITS, waits=False) is Circuit.HALF_OPEN


@given(st.integers(100, 599) | st.none(), st.integers(1, 10), st.integers(0, 50), st.integers(0, 5), st.floats(0, 1e12))
def test_no_wait_is_longer_than_the_longest_and_only_what_arrived_or_died_is_settled(
    status: int | None, attempts: int, failures: int, dead: int, wait: float
) -> None:
    attempt = Attempt(status, None if status else "connect")
    following = after_attempt(attempt, attempts, failures, dead, wait, LIMITS)
    assert 0 <= following.wait <= LIMITS.longest_wait
    assert (following.state is State.DELIVERED) == attempt.arrived
    if following.state is State.DEAD:
        assert attempts >= LIMITS.attempts
    if not attempt.arrived:
        assert following.failures == failures + 1
