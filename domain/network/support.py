"""A request for help as one table: a producer asks, somebody of the agency takes it, answers, and it is over."""

from __future__ import annotations

from enum import StrEnum

from domain.network.stepping import following

SUBJECT_CHARS, WORDS_CHARS = 200, 4_000
"""How long a subject, and a question or an answer, may be; the database refuses more."""


class SupportState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    TAKEN = "taken"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class SupportStep(StrEnum):
    """``TAKE`` and ``ANSWER`` are for people of the agency; whoever asked may ``CLOSE`` and ``WITHDRAW`` too."""

    TAKE = "take"
    ANSWER = "answer"
    CLOSE = "close"
    WITHDRAW = "withdraw"


TRANSITIONS: dict[tuple[SupportState, SupportStep], SupportState] = {
    (SupportState.OPEN, SupportStep.TAKE): SupportState.TAKEN,
    (SupportState.TAKEN, SupportStep.ANSWER): SupportState.ANSWERED,
    (SupportState.ANSWERED, SupportStep.CLOSE): SupportState.CLOSED,
    (SupportState.OPEN, SupportStep.WITHDRAW): SupportState.WITHDRAWN,
    (SupportState.TAKEN, SupportStep.WITHDRAW): SupportState.WITHDRAWN,
}
"""The trigger ``support_request_moves`` of the database holds the same pairs."""
STANDING = (SupportState.OPEN, SupportState.TAKEN, SupportState.ANSWERED)
"""Requests that are not over."""


def after(state: SupportState, step: SupportStep) -> SupportState:
    """The state that follows; raises :class:`~kernel.errors.Conflict` for a pair that the table does not have."""
    return following(TRANSITIONS, "support_request", state, step)
