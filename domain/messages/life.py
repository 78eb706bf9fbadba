"""The life of a message: a table. What vendors report late, twice or out of order changes nothing that is settled."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Held waits for a permitted hour, suppressed must never be sent, failed is a dead letter, bounced reached nobody."""

    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class Step(StrEnum):
    """What can happen to a message."""

    CLAIM = "claim"
    HOLD = "hold"
    DELAY = "delay"
    HAND_OVER = "hand_over"
    ARRIVE = "arrive"
    BOUNCE = "bounce"
    GIVE_UP = "give_up"
    FORBID = "forbid"
    AGAIN = "again"


_S, _T = State, Step
TRANSITIONS: dict[tuple[State, Step], State] = {
    (_S.QUEUED, _T.CLAIM): _S.SENDING,
    (_S.HELD, _T.CLAIM): _S.SENDING,
    # the lease of a worker ran out; the message goes again under the same id
    (_S.SENDING, _T.CLAIM): _S.SENDING,
    (_S.SENDING, _T.HOLD): _S.HELD,
    (_S.SENDING, _T.DELAY): _S.QUEUED,
    (_S.SENDING, _T.HAND_OVER): _S.SENT,
    (_S.SENDING, _T.GIVE_UP): _S.FAILED,
    (_S.SENDING, _T.BOUNCE): _S.BOUNCED,
    (_S.SENDING, _T.FORBID): _S.SUPPRESSED,
    (_S.QUEUED, _T.FORBID): _S.SUPPRESSED,
    (_S.HELD, _T.FORBID): _S.SUPPRESSED,
    # a vendor's report may overtake our own note that it took the message
    (_S.SENDING, _T.ARRIVE): _S.DELIVERED,
    (_S.SENT, _T.ARRIVE): _S.DELIVERED,
    (_S.SENT, _T.BOUNCE): _S.BOUNCED,
    (_S.SENT, _T.GIVE_UP): _S.FAILED,
    # mail servers take a message and return it afterwards
    (_S.DELIVERED, _T.BOUNCE): _S.BOUNCED,
    (_S.FAILED, _T.AGAIN): _S.QUEUED,
}
OPEN = frozenset({State.QUEUED, State.HELD, State.SENDING})


def after(state: State, step: Step) -> State | None:
    """The state after ``step``; None where the step changes nothing any more."""
    return TRANSITIONS.get((state, step))
