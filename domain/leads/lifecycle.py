"""The life of a lead as one table: what may happen to it in each status, and where that leads."""

from __future__ import annotations

from enum import StrEnum

from kernel.errors import Conflict


class Status(StrEnum):
    """Where a lead stands. ``QUEUED`` waits for a person; ``RECEIVED`` and ``QUALIFIED`` are on their way."""

    RECEIVED = "received"
    QUALIFIED = "qualified"
    ASSIGNED = "assigned"
    QUEUED = "queued"
    CONTACTED = "contacted"
    WON = "won"
    LOST = "lost"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Happening(StrEnum):
    """What happened to a lead; also the event's kind on the bus."""

    RECEIVED = "received"
    QUALIFIED = "qualified"
    ASSIGNED = "assigned"
    QUEUED = "queued"
    FOUND_DUPLICATE = "found_duplicate"
    CONTACTED = "contacted"
    WON = "won"
    LOST = "lost"
    REJECTED = "rejected"
    RELEASED = "released"
    REOPENED = "reopened"


_S, _H = Status, Happening
TRANSITIONS: dict[tuple[Status, Happening], Status] = {
    (_S.RECEIVED, _H.QUALIFIED): _S.QUALIFIED,
    (_S.RECEIVED, _H.QUEUED): _S.QUEUED,
    (_S.RECEIVED, _H.FOUND_DUPLICATE): _S.DUPLICATE,
    (_S.RECEIVED, _H.REJECTED): _S.REJECTED,
    (_S.QUALIFIED, _H.ASSIGNED): _S.ASSIGNED,
    (_S.QUALIFIED, _H.QUEUED): _S.QUEUED,
    (_S.QUALIFIED, _H.FOUND_DUPLICATE): _S.DUPLICATE,
    (_S.QUALIFIED, _H.REJECTED): _S.REJECTED,
    (_S.QUEUED, _H.ASSIGNED): _S.ASSIGNED,
    (_S.QUEUED, _H.REJECTED): _S.REJECTED,
    (_S.QUEUED, _H.LOST): _S.LOST,
    (_S.ASSIGNED, _H.ASSIGNED): _S.ASSIGNED,
    (_S.ASSIGNED, _H.RELEASED): _S.QUEUED,
    (_S.ASSIGNED, _H.CONTACTED): _S.CONTACTED,
    (_S.ASSIGNED, _H.WON): _S.WON,
    (_S.ASSIGNED, _H.LOST): _S.LOST,
    (_S.ASSIGNED, _H.REJECTED): _S.REJECTED,
    (_S.CONTACTED, _H.ASSIGNED): _S.ASSIGNED,
    (_S.CONTACTED, _H.RELEASED): _S.QUEUED,
    (_S.CONTACTED, _H.WON): _S.WON,
    (_S.CONTACTED, _H.LOST): _S.LOST,
    (_S.CONTACTED, _H.REJECTED): _S.REJECTED,
    (_S.LOST, _H.REOPENED): _S.QUEUED,
    (_S.REJECTED, _H.REOPENED): _S.QUEUED,
    (_S.DUPLICATE, _H.REOPENED): _S.QUEUED,
}

# What a person may record through the status route, by the verb they use. Assigning has a route of its own.
VERBS: dict[str, Happening] = {
    "contact": _H.CONTACTED,
    "win": _H.WON,
    "lose": _H.LOST,
    "reject": _H.REJECTED,
    "release": _H.RELEASED,
    "reopen": _H.REOPENED,
}
HELD = frozenset({Status.ASSIGNED, Status.CONTACTED})
IN_PROGRESS = frozenset({Status.RECEIVED, Status.QUALIFIED})


def after(status: Status, happening: Happening) -> Status:
    """The status that follows; raises :class:`~kernel.errors.Conflict` for a pair that the table does not have."""
    try:
        return TRANSITIONS[status, happening]
    except KeyError:
        possible = ", ".join(allowed_actions(status)) or "nothing"
        msg = f"a lead that is {status.value} cannot become {happening.value}; possible now: {possible}"
        raise Conflict(msg) from None


def allowed_actions(status: Status) -> list[str]:
    """The verbs a person may use now, ``assign`` among them where it applies."""
    verbs = [verb for verb, happening in VERBS.items() if (status, happening) in TRANSITIONS]
    in_hand = status not in IN_PROGRESS and (status, Happening.ASSIGNED) in TRANSITIONS
    return ["assign", *verbs] if in_hand else ([] if status in IN_PROGRESS else verbs)
