"""A lead's history and the state it adds up to. The stored row is nothing but this fold over its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.leads.lifecycle import Happening, Status, after
from domain.leads.lookup import house_key, street_key

# Columns that an event may set, and how their JSON form reads back.
_UUIDS = frozenset({"producer_id", "receipt_id", "duplicate_of", "source_id"})
PERSONAL = (
    "name", "name_key", "email", "email_key", "phone", "phone_ext", "phone_raw", "phone_key", "place_key", "street",
    "date_of_birth", "text", "extras", "consent",
)  # fmt: skip
PLAIN = (
    "source", "city", "state", "zip", "lat", "lon", "language", "declared_line", "phone_valid",
    "source_id", "test",
)  # fmt: skip
DECIDED = (
    "line", "lines", "intent", "urgency", "tier", "score", "confidence", "needs_review", "language", "state", "zip", "lat",
    "lon", "reason", "do_not_call",
)  # fmt: skip
_SETS: dict[Happening, tuple[str, ...]] = {
    Happening.QUALIFIED: DECIDED,
    Happening.ASSIGNED: ("producer_id", "receipt_id", "reason"),
    Happening.QUEUED: ("receipt_id", "reason", "producer_id"),
    Happening.FOUND_DUPLICATE: ("duplicate_of", "reason"),
    Happening.RELEASED: ("producer_id", "reason"),
    Happening.REJECTED: ("reason",),
    Happening.LOST: ("reason",),
    Happening.REOPENED: ("reason", "duplicate_of"),
    Happening.MERGED: ("duplicate_of", "reason"),
    Happening.UNMERGED: ("duplicate_of", "producer_id", "receipt_id", "reason"),
    Happening.RESCORED: ("score", "tier", "needs_review"),
    Happening.RETURNED: ("reason",),
    Happening.OFFERED: ("producer_id", "receipt_id"),
    # Of several who were asked at once it is whoever accepts first.
    Happening.ACCEPTED: ("producer_id",),
    Happening.WITHDRAWN: ("reason",),
}
# Personal values that an event sets, by the name it carries them under.
_TAKES: dict[Happening, str] = {Happening.ABSORBED: "filled", Happening.GAVE_BACK: "restored"}
_CLEARS: dict[Happening, tuple[str, ...]] = {
    Happening.RELEASED: ("producer_id",),
    Happening.RETURNED: ("producer_id",),
    Happening.QUEUED: ("producer_id",),
    Happening.ASSIGNED: ("reason",),
    Happening.OFFERED: ("reason",),
    Happening.DECLINED: ("producer_id",),
    Happening.EXPIRED: ("producer_id",),
    Happening.WITHDRAWN: ("producer_id",),
    Happening.REOPENED: ("duplicate_of", "producer_id", "reason"),
    Happening.MERGED: ("producer_id",),
    Happening.UNMERGED: ("duplicate_of", "reason"),
}


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """One thing that happened. ``data`` may leave the house; ``personal`` never does and can be blanked."""

    kind: Happening
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    personal: Mapping[str, Any] = field(default_factory=dict)


def apply(state: Mapping[str, Any] | None, event: LeadEvent) -> dict[str, Any]:
    """The state after ``event``. Raises Conflict when the life cycle forbids it, ValueError on a history without a start."""
    if event.kind is Happening.RECEIVED:
        return _received(event)
    if state is None:
        msg = f"a history cannot start with {event.kind.value}"
        raise ValueError(msg)
    following = dict(state)
    back_to = Status(event.data["status"]) if event.kind is Happening.UNMERGED else None
    following["status"] = after(Status(state["status"]), event.kind, back_to).value
    following["version"] = state["version"] + 1
    following["updated_at"] = event.at
    for column in _CLEARS.get(event.kind, ()):
        following[column] = None
    for column in _SETS.get(event.kind, ()):
        if column in event.data:
            following[column] = _typed(column, event.data[column])
    for column, value in event.personal.get(_TAKES.get(event.kind, ""), {}).items():
        following[column] = _typed(column, value)
    following |= _own(state, event)
    return following | _found_by(following)


def _found_by(state: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that follow from others, whatever event changed those."""
    return {"house_key": house_key(state["street"]), "street_key": street_key(state["street"], state["zip"])}


def _own(state: Mapping[str, Any], event: LeadEvent) -> dict[str, Any]:
    """What only this kind of event changes."""
    if event.kind is Happening.REFUSED_CALLS:
        return {"do_not_call": True}
    if event.kind in {Happening.UNMERGED, Happening.GAVE_BACK}:
        return {"apart": [*state["apart"], UUID(event.data["from"])]}
    if event.kind in _TURNED_DOWN:
        holder = {"producer_id": UUID(event.data["holder_id"])} if event.kind is Happening.PASSED else {}
        return {"declined_by": _TURNED_DOWN[event.kind](state, event)} | holder
    if event.kind is Happening.CONFIRMED:
        # Before the person's own word there was no lead: clocks of speed and repeats count from here.
        return {"received_at": event.at}
    if event.kind is Happening.CERTIFIED:
        return {"consent": {**(state["consent"] or {}), "certificate": dict(event.data)}}
    return {}


def _one_more(state: Mapping[str, Any], event: LeadEvent) -> list[UUID]:
    return [*state["declined_by"], UUID(event.data["producer_id"])]


# Who turned the lead down is out for it, until it is opened again.
_TURNED_DOWN: dict[Happening, Callable[[Mapping[str, Any], LeadEvent], list[UUID]]] = {
    Happening.DECLINED: _one_more,
    Happening.EXPIRED: _one_more,
    Happening.PASSED: _one_more,
    Happening.REOPENED: lambda _state, _event: [],
}


def fold(events: Iterable[LeadEvent]) -> dict[str, Any]:
    """The state that a whole history adds up to."""
    state: dict[str, Any] | None = None
    for event in events:
        state = apply(state, event)
    if state is None:
        msg = "an empty history has no state"
        raise ValueError(msg)
    return state


def _received(event: LeadEvent) -> dict[str, Any]:
    state: dict[str, Any] = dict.fromkeys(
        (*DECIDED, "producer_id", "receipt_id", "duplicate_of"),
    )
    state |= {column: _typed(column, event.data.get(column)) for column in PLAIN}
    state |= {column: _typed(column, event.personal.get(column)) for column in PERSONAL}
    begun = Status.UNCONFIRMED if event.data.get("unconfirmed") else Status.RECEIVED
    state |= {
        "version": 1, "status": begun.value, "received_at": event.at, "updated_at": event.at, "lines": [],
        "apart": [], "declined_by": [],
        "do_not_call": False, "needs_review": False, "text": state["text"] or "", "extras": state["extras"] or {},
        "phone_valid": bool(state["phone_valid"]), "test": bool(state["test"]),
    }  # fmt: skip
    return state | _found_by(state)


def _typed(column: str, value: Any) -> Any:
    if value is None:
        return None
    if column in _UUIDS:
        return UUID(str(value))
    if column == "date_of_birth":
        return date.fromisoformat(value)
    return value
