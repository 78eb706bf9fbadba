"""Connections between producers: their kinds, their life as one table, and what was known of them when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.network.stepping import following
from kernel.errors import FieldError, Invalid


class Kind(StrEnum):
    """What ties two producers. A mentorship and a referral have a direction; the other two are the same from both ends."""

    MENTORSHIP = "mentorship"
    PARTNERSHIP = "partnership"
    CROSS_REFERRAL = "cross_referral"
    REFERRAL = "referral"


ASKED_FOR = (Kind.MENTORSHIP, Kind.PARTNERSHIP, Kind.CROSS_REFERRAL)
"""Kinds that one producer asks of another; a referral is what an agency's file states of the past."""
MUTUAL = frozenset({Kind.PARTNERSHIP, Kind.CROSS_REFERRAL})


class State(StrEnum):
    """Where a connection stands; only an active one is in the graph."""

    REQUESTED = "requested"
    ACTIVE = "active"
    DECLINED = "declined"
    ENDED = "ended"


class Step(StrEnum):
    """``ACCEPT`` and ``DECLINE`` are the asked one's, ``WITHDRAW`` the asking one's, ``END`` either's, ``ASK`` begins anew."""

    ASK = "ask"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    END = "end"


class Side(StrEnum):
    """Who acts: the one who asked, the one who was asked, or somebody of the agency for both."""

    ASKING = "asking"
    ASKED = "asked"
    AGENCY = "agency"


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.REQUESTED, Step.ACCEPT): State.ACTIVE,
    (State.REQUESTED, Step.DECLINE): State.DECLINED,
    (State.REQUESTED, Step.WITHDRAW): State.ENDED,
    (State.ACTIVE, Step.END): State.ENDED,
    (State.DECLINED, Step.ASK): State.REQUESTED,
    (State.ENDED, Step.ASK): State.REQUESTED,
}
_MAY = {
    Step.ACCEPT: {Side.ASKED, Side.AGENCY},
    Step.DECLINE: {Side.ASKED, Side.AGENCY},
    Step.WITHDRAW: {Side.ASKING, Side.AGENCY},
    Step.END: set(Side),
    Step.ASK: set(Side),
}


def after(state: State, step: Step) -> State:
    """The state that follows; raises :class:`~kernel.errors.Conflict` for a pair that the table does not have."""
    return following(TRANSITIONS, "connection", state, step)


def steps_for(state: State, side: Side) -> list[str]:
    """What this side may do now."""
    return [step.value for (before, step) in TRANSITIONS if before is state and side in _MAY[step]]


def ends_of(kind: Kind, asking: UUID, asked: UUID, *, as_mentee: bool = False) -> tuple[UUID, UUID]:
    """The ends as they are kept: a kind without direction has its smaller id first, so that one pair is one connection, and a
    mentorship its mentor, whoever of the two asks. ``as_mentee``: the one who is asked is the mentor.

    Raises Invalid for a connection with oneself, and for a mentee in anything but a mentorship.
    """
    if as_mentee and kind is not Kind.MENTORSHIP:
        fault = FieldError("as_mentee", "no_mentorship", "is for a mentorship", "leave it out", kind.value)
        raise Invalid("only a mentorship has a mentee", fields=(fault,))
    if asking == asked:
        fault = FieldError("to_id", "not_self", "is the asking producer", "name another producer", str(asked))
        raise Invalid("nobody is connected with themselves", fields=(fault,))
    if kind in MUTUAL:
        return min(asking, asked), max(asking, asked)
    return (asked, asking) if as_mentee else (asking, asked)


@dataclass(frozen=True, slots=True)
class Period:
    """What was held to be true: the connection stood from ``valid_from`` to before ``valid_until`` (None: still), and that was
    the record from ``recorded_from`` to before ``recorded_until`` (None: it is).
    """

    connection_id: UUID
    valid_from: datetime
    valid_until: datetime | None
    recorded_from: datetime
    recorded_until: datetime | None = None

    def stood(self, at: datetime, known_at: datetime) -> bool:
        """Whether the record of ``known_at`` says that the connection stood at ``at``."""
        return _within(self.valid_from, self.valid_until, at) and _within(
            self.recorded_from, self.recorded_until, known_at
        )


def _within(start: datetime, end: datetime | None, at: datetime) -> bool:
    return start <= at and (end is None or at < end)


def as_known(periods: Iterable[Period], at: datetime, known_at: datetime) -> frozenset[UUID]:
    """Who was connected at ``at``, as it was known at ``known_at``: the ids of the connections."""
    return frozenset(one.connection_id for one in periods if one.stood(at, known_at))


def begun(connection_id: UUID, valid_from: datetime, recorded_at: datetime) -> Period:
    """A connection stands from ``valid_from`` on, recorded at ``recorded_at``. Raises Invalid for a future beginning."""
    if valid_from > recorded_at:
        fault = FieldError(
            "since", "in_future", "has not come", "give an instant that has passed", valid_from.isoformat()
        )
        raise Invalid("a connection cannot stand before its time", fields=(fault,))
    return Period(connection_id, valid_from, None, recorded_at)


def ended(period: Period, valid_until: datetime, recorded_at: datetime) -> tuple[Period, Period | None]:
    """The record that is over, and the one in its place; none where the connection is now known never to have stood.

    Raises Invalid for an end that has not come.
    """
    if valid_until > recorded_at:
        fault = FieldError(
            "at", "in_future", "has not come", "give an instant that has passed", valid_until.isoformat()
        )
        raise Invalid("a connection cannot end before its time", fields=(fault,))
    closed = replace(period, recorded_until=recorded_at)
    if valid_until <= period.valid_from:
        return closed, None
    return closed, Period(period.connection_id, period.valid_from, valid_until, recorded_at)
