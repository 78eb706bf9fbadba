"""The life of a lead as one table: what may happen to it in each status, and where that leads."""

from __future__ import annotations

from enum import StrEnum

from kernel.errors import Conflict


class Status(StrEnum):
    """Where a lead stands. ``QUEUED`` waits for a person; ``RECEIVED`` and ``QUALIFIED`` are on their way; ``OFFERED`` waits for
    a producer's answer. ``DUPLICATE`` repeats
    another lead; ``MERGED`` has been made one with it by a person. ``UNCONFIRMED`` waits for the person's own word and is
    nobody's lead before; ``RETURNED`` went back to its source for credit.
    """

    UNCONFIRMED = "unconfirmed"
    RECEIVED = "received"
    QUALIFIED = "qualified"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    QUEUED = "queued"
    CONTACTED = "contacted"
    WON = "won"
    LOST = "lost"
    DUPLICATE = "duplicate"
    MERGED = "merged"
    REJECTED = "rejected"
    RETURNED = "returned"


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
    MERGED = "merged"
    UNMERGED = "unmerged"
    ABSORBED = "absorbed"
    GAVE_BACK = "gave_back"
    REFUSED_CALLS = "refused_calls"
    RESCORED = "rescored"
    CONFIRMED = "confirmed"
    RETURNED = "returned"
    CERTIFIED = "certified"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ESCALATED = "escalated"
    PASSED = "passed"


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
    (_S.QUALIFIED, _H.OFFERED): _S.OFFERED,
    (_S.QUEUED, _H.OFFERED): _S.OFFERED,
    (_S.OFFERED, _H.ACCEPTED): _S.ASSIGNED,
    (_S.OFFERED, _H.DECLINED): _S.QUALIFIED,
    (_S.OFFERED, _H.EXPIRED): _S.QUALIFIED,
    (_S.OFFERED, _H.WITHDRAWN): _S.QUEUED,
    (_S.OFFERED, _H.PASSED): _S.OFFERED,
    (_S.OFFERED, _H.ASSIGNED): _S.ASSIGNED,
    (_S.OFFERED, _H.RELEASED): _S.QUEUED,
    (_S.OFFERED, _H.REJECTED): _S.REJECTED,
    (_S.OFFERED, _H.RESCORED): _S.OFFERED,
    (_S.OFFERED, _H.MERGED): _S.MERGED,
    (_S.OFFERED, _H.RETURNED): _S.RETURNED,
    (_S.QUEUED, _H.ESCALATED): _S.QUEUED,
    (_S.ASSIGNED, _H.ESCALATED): _S.ASSIGNED,
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
    (_S.QUEUED, _H.RESCORED): _S.QUEUED,
    (_S.ASSIGNED, _H.RESCORED): _S.ASSIGNED,
    (_S.CONTACTED, _H.RESCORED): _S.CONTACTED,
    (_S.QUEUED, _H.MERGED): _S.MERGED,
    (_S.ASSIGNED, _H.MERGED): _S.MERGED,
    (_S.CONTACTED, _H.MERGED): _S.MERGED,
    (_S.LOST, _H.MERGED): _S.MERGED,
    (_S.REJECTED, _H.MERGED): _S.MERGED,
    (_S.DUPLICATE, _H.MERGED): _S.MERGED,
    (_S.UNCONFIRMED, _H.CONFIRMED): _S.RECEIVED,
    (_S.UNCONFIRMED, _H.REJECTED): _S.REJECTED,
    (_S.RECEIVED, _H.RETURNED): _S.RETURNED,
    (_S.QUALIFIED, _H.RETURNED): _S.RETURNED,
    (_S.QUEUED, _H.RETURNED): _S.RETURNED,
    (_S.ASSIGNED, _H.RETURNED): _S.RETURNED,
    (_S.CONTACTED, _H.RETURNED): _S.RETURNED,
    (_S.LOST, _H.RETURNED): _S.RETURNED,
    (_S.REJECTED, _H.RETURNED): _S.RETURNED,
    (_S.DUPLICATE, _H.RETURNED): _S.RETURNED,
}
# The lead that stays takes over or gives back what it knows, and stands where it stood.
KEEPS = (_S.QUEUED, _S.OFFERED, _S.ASSIGNED, _S.CONTACTED, _S.WON, _S.LOST)
TRANSITIONS |= {(status, happening): status for status in KEEPS for happening in (_H.ABSORBED, _H.GAVE_BACK)}

# The person may say it again in a lead that repeats this one, whatever has become of this one.
TRANSITIONS |= {(status, _H.REFUSED_CALLS): status for status in Status}
# A certificate's answer may come at any time and moves nothing.
TRANSITIONS |= {(status, _H.CERTIFIED): status for status in Status}

# A merge that is undone leads back to where the lead stood, which only its event knows. One that was found to be a duplicate
# goes through the pipeline again.
RESTORES: dict[Status, frozenset[Status]] = {
    _S.MERGED: frozenset(status for status, happening in TRANSITIONS if happening is _H.MERGED),
    _S.DUPLICATE: frozenset({_S.RECEIVED}),
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
HELD = frozenset({Status.OFFERED, Status.ASSIGNED, Status.CONTACTED})
IN_PROGRESS = frozenset({Status.RECEIVED, Status.QUALIFIED})
OPEN = HELD | {Status.QUEUED}
"""Decided and not closed: what is learnt now still changes the score."""


def after(status: Status, happening: Happening, back_to: Status | None = None) -> Status:
    """The status that follows; raises :class:`~kernel.errors.Conflict` for a pair that the table does not have.

    ``back_to`` is where an undone merge leads.
    """
    if happening is Happening.UNMERGED and back_to in RESTORES.get(status, frozenset()):
        return back_to
    try:
        return TRANSITIONS[status, happening]
    except KeyError:
        possible = ", ".join(allowed_actions(status)) or "nothing"
        msg = f"a lead that is {status.value} cannot become {happening.value}; possible now: {possible}"
        raise Conflict(msg) from None


def allowed_actions(status: Status) -> list[str]:
    """The verbs a person may use now; ``assign``, ``merge`` and ``unmerge`` are routes of their own."""
    verbs = [verb for verb, happening in VERBS.items() if (status, happening) in TRANSITIONS]
    if status in IN_PROGRESS:
        return []
    before = ["assign"] if (status, Happening.ASSIGNED) in TRANSITIONS else []
    behind = ["merge"] if (status, Happening.MERGED) in TRANSITIONS else []
    return [*before, *verbs, *behind, *(["unmerge"] if status in RESTORES else [])]
