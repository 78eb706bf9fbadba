"""An offer's life as one table: what may become of a lead that was given to a producer, and where that leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.routing.offer_terms import OfferTerms
from kernel.errors import Conflict, FieldError, Invalid

WORDS = 500
"""How many characters a producer may add to a reason."""


class OfferState(StrEnum):
    """Where an offer stands. One that an agency does not ask acceptance for begins as ``ACCEPTED``."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    WORKED = "worked"
    WON = "won"
    LOST = "lost"
    DECLINED = "declined"
    EXPIRED = "expired"
    REASSIGNED = "reassigned"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What happens to an offer. ``REASSIGN`` gives the lead to another producer, ``WITHDRAW`` takes it back."""

    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    REASSIGN = "reassign"
    WITHDRAW = "withdraw"
    WORK = "work"
    WIN = "win"
    LOSE = "lose"


_S, _T = OfferState, Step
TRANSITIONS: dict[tuple[OfferState, Step], OfferState] = {
    (_S.OFFERED, _T.ACCEPT): _S.ACCEPTED,
    (_S.OFFERED, _T.DECLINE): _S.DECLINED,
    (_S.OFFERED, _T.EXPIRE): _S.EXPIRED,
    (_S.OFFERED, _T.REASSIGN): _S.REASSIGNED,
    (_S.OFFERED, _T.WITHDRAW): _S.WITHDRAWN,
    (_S.ACCEPTED, _T.WORK): _S.WORKED,
    (_S.ACCEPTED, _T.WIN): _S.WON,
    (_S.ACCEPTED, _T.LOSE): _S.LOST,
    (_S.ACCEPTED, _T.REASSIGN): _S.REASSIGNED,
    (_S.ACCEPTED, _T.WITHDRAW): _S.WITHDRAWN,
    (_S.WORKED, _T.WIN): _S.WON,
    (_S.WORKED, _T.LOSE): _S.LOST,
    (_S.WORKED, _T.REASSIGN): _S.REASSIGNED,
    (_S.WORKED, _T.WITHDRAW): _S.WITHDRAWN,
}
TURNED_DOWN = frozenset({OfferState.DECLINED, OfferState.EXPIRED})
"""The producer is out for this lead, and the next one is asked."""
ENDED = TURNED_DOWN | {OfferState.REASSIGNED, OfferState.WITHDRAWN}
"""The producer has the lead no longer."""


class DeclineReason(StrEnum):
    """Why a producer turns a lead down."""

    TOO_BUSY = "too_busy"
    OUT_OF_AREA = "out_of_area"
    NOT_MY_LINE = "not_my_line"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    KNOWN_CUSTOMER = "known_customer"
    LANGUAGE = "language"
    POOR_LEAD = "poor_lead"
    OTHER = "other"


def after(state: OfferState, step: Step) -> OfferState:
    """The state that follows; raises :class:`~kernel.errors.Conflict` for a pair that the table does not have."""
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        possible = ", ".join(possible_steps(state)) or "nothing"
        msg = f"an offer that is {state.value} cannot take {step.value}; possible now: {possible}"
        raise Conflict(msg, code=f"offer_{state.value}") from None


def possible_steps(state: OfferState) -> list[str]:
    """The steps that the table has for the state."""
    return [step.value for step in Step if (state, step) in TRANSITIONS]


def decline_reason(code: str, words: str | None) -> tuple[DeclineReason, str | None]:
    """The reason and its words, trimmed. Raises :class:`~kernel.errors.Invalid` for an unknown reason, words that are too long,
    and ``other`` without words.
    """
    said = (words or "").strip() or None
    try:
        reason = DeclineReason(code)
    except ValueError:
        known = ", ".join(DeclineReason)
        fault = FieldError("reason", "unknown", "no such reason", f"use one of {known}", code[:80])
        raise Invalid("the reason is not known", fields=(fault,)) from None
    if said is not None and len(said) > WORDS:
        fault = FieldError("words", "too_long", f"{len(said)} characters", f"say it in {WORDS}")
        raise Invalid("the words are too long", fields=(fault,))
    if reason is DeclineReason.OTHER and said is None:
        fault = FieldError("words", "missing", "empty", "say why, since the reason is 'other'")
        raise Invalid("the reason needs words", fields=(fault,))
    return reason, said


@dataclass(frozen=True, slots=True)
class Past:
    """An offer of the lead that is over, or the one it has: its state and when it was made."""

    state: OfferState
    made_at: datetime


TOO_OFTEN, TOO_SLOW = "declined_too_often", "offers_too_slow"
NOT_YET = "not_callable_yet"
"""Why a lead waits whose person may not be called before an hour that is known."""
HANDED_OVER = (TOO_OFTEN, TOO_SLOW)
"""Why a search ended with a person."""


def person_needed(past: Sequence[Past], terms: OfferTerms, deadline: datetime | None, at: datetime) -> str | None:
    """Why no further producer is asked, as a stable code: ``declined_too_often`` or ``offers_too_slow``; None where the next
    best is asked.

    ``past`` are the lead's offers since it was last opened or handed to a person; ``deadline`` is when its time for finding a
    producer is over.
    """
    if sum(one.state in TURNED_DOWN for one in past) >= terms.max_declines:
        return TOO_OFTEN
    if deadline is not None and at >= deadline:
        return TOO_SLOW
    return None
