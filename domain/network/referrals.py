"""A referral's life as one table: a lead that one producer passes to another, and what becomes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from domain.network.stepping import following
from kernel.errors import Conflict, FieldError, Invalid

LEAST, USUAL, MOST = timedelta(minutes=5), timedelta(days=3), timedelta(days=90)
"""How long a referral may stand open."""


class ReferralState(StrEnum):
    """Where a referral stands. ``REVERSED`` converted once, and the policy was cancelled from its beginning."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    CONVERTED = "converted"
    LOST = "lost"
    WITHDRAWN = "withdrawn"
    REVERSED = "reversed"


class Step(StrEnum):
    """What happens to a referral. ``LOSE``: the lead that was accepted became nothing."""

    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    CONVERT = "convert"
    LOSE = "lose"
    REVERSE = "reverse"


_S, _T = ReferralState, Step
TRANSITIONS: dict[tuple[ReferralState, Step], ReferralState] = {
    (_S.PENDING, _T.ACCEPT): _S.ACCEPTED,
    (_S.PENDING, _T.DECLINE): _S.DECLINED,
    (_S.PENDING, _T.EXPIRE): _S.EXPIRED,
    (_S.PENDING, _T.WITHDRAW): _S.WITHDRAWN,
    # Said in time and heard late (DOMAIN T27).
    (_S.EXPIRED, _T.ACCEPT): _S.ACCEPTED,
    (_S.ACCEPTED, _T.CONVERT): _S.CONVERTED,
    (_S.ACCEPTED, _T.LOSE): _S.LOST,
    (_S.LOST, _T.CONVERT): _S.CONVERTED,
    (_S.CONVERTED, _T.REVERSE): _S.REVERSED,
}
TURNED_DOWN = frozenset({_S.DECLINED, _S.EXPIRED})


def after(state: ReferralState, step: Step) -> ReferralState:
    """The state that follows; raises :class:`~kernel.errors.Conflict` for a pair that the table does not have."""
    return following(TRANSITIONS, "referral", state, step)


def answered(state: ReferralState, step: Step, said_at: datetime, expires_at: datetime) -> ReferralState:
    """The state that an answer gives, by the instant at which it was *said*, whenever it is heard (DOMAIN T27).

    ``expires_at`` is the first instant that is too late. Instants are compared, never local dates. Raises Conflict for an
    answer that came too late, or that the table does not have.
    """
    if said_at >= expires_at:
        raise Conflict("the time to answer is over; the referral has expired", code="referral_expired")
    if state is _S.EXPIRED and step is not _T.ACCEPT:
        raise Conflict("the referral has expired", code="referral_expired")
    return after(state, step)


def has_expired(state: ReferralState, expires_at: datetime, at: datetime) -> bool:
    """Whether an open referral is over at ``at`` unless an answer said before turns up."""
    return state is _S.PENDING and at >= expires_at


def deadline(created_at: datetime, lasts: timedelta | None, until: datetime | None) -> datetime:
    """When a referral expires: ``until`` an instant, or after it has lasted so long, else three days. Raises Invalid for a
    term that is too short or too long, or for both.
    """
    if lasts is not None and until is not None:
        fault = FieldError("expires_at", "twice", "was given as an instant and as a time", "give one of the two")
        raise Invalid("a referral expires once", fields=(fault,))
    ends = until if until is not None else created_at + (lasts or USUAL)
    if ends.tzinfo is None:
        fault = FieldError("expires_at", "no_zone", "has no zone", "give an instant with its offset", ends.isoformat())
        raise Invalid("an instant needs its zone", fields=(fault,))
    if not LEAST <= ends - created_at <= MOST:
        remedy = f"leave {LEAST.seconds // 60} minutes to {MOST.days} days for the answer"
        fault = FieldError("expires_at", "out_of_range", "cannot be the end", remedy, ends.isoformat())
        raise Invalid("a referral cannot stand open so long", fields=(fault,))
    return ends
