"""What follows an attempt to deliver an event to a subscriber (DOMAIN T72)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_GONE = 410
_SUCCESS = range(200, 300)


class State(StrEnum):
    """Where a delivery stands. ``FAILED`` waits for another attempt; ``DEAD`` was given up and can be replayed."""

    PENDING = "pending"
    SENDING = "sending"
    FAILED = "failed"
    DELIVERED = "delivered"
    DEAD = "dead"


class Pause(StrEnum):
    """Why a subscription is paused: by a person, told that the endpoint is gone (410), or by too many dead letters in a row."""

    PERSON = "person"
    GONE = "gone"
    FAILING = "failing"


class Circuit(StrEnum):
    """Whether a subscriber is sent to: as usual, not before a moment, or by one attempt that decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended: with an HTTP status, or with the class of error that prevented one."""

    status: int | None = None
    error: str | None = None
    retry_after: float | None = None

    @property
    def arrived(self) -> bool:
        """Whether the subscriber has it: a complete answer of 2xx."""
        return self.error is None and self.status in _SUCCESS


@dataclass(frozen=True, slots=True)
class Limits:
    """Attempts of one delivery; failures in a row from which the circuit opens, for how many seconds at least; deliveries
    given up in a row after which the subscription is paused; and the longest wait that a subscriber may ask for.
    """

    attempts: int
    circuit_failures: int
    circuit_seconds: float
    dead_in_row: int
    longest_wait: float


@dataclass(frozen=True, slots=True)
class Next:
    """The delivery's state, the subscriber's record, seconds before the next attempt, and a pause if there is to be one."""

    state: State
    failures: int
    dead_in_row: int
    wait: float
    pause: Pause | None = None


def after_attempt(
    attempt: Attempt, attempts: int, failures: int, dead_in_row: int, backoff: float, limits: Limits
) -> Next:
    """What follows ``attempt``, the ``attempts``-th of its delivery, after ``failures`` in a row and ``dead_in_row``.

    ``backoff`` is the wait in seconds that the schedule gives, what the subscriber asks for included.
    """
    if attempt.arrived:
        return Next(State.DELIVERED, 0, 0, 0.0)
    failures += 1
    wait = min(backoff, limits.longest_wait)
    if failures >= limits.circuit_failures:
        wait = max(wait, limits.circuit_seconds)
    if attempt.status == _GONE and attempt.error is None:
        return Next(State.FAILED, failures, dead_in_row, wait, Pause.GONE)
    if attempts < limits.attempts:
        return Next(State.FAILED, failures, dead_in_row, wait)
    dead_in_row += 1
    pause = Pause.FAILING if dead_in_row >= limits.dead_in_row else None
    return Next(State.DEAD, failures, dead_in_row, wait, pause)


def circuit(failures: int, limits: Limits, *, waits: bool) -> Circuit:
    """The circuit after ``failures`` in a row; ``waits`` says that the moment of the next attempt has not come."""
    if failures < limits.circuit_failures:
        return Circuit.CLOSED
    return Circuit.OPEN if waits else Circuit.HALF_OPEN
