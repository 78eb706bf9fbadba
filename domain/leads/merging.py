"""One person, two leads: what the lead that stays takes over from the other, and what it gives back when that was wrong.

The lead that stays keeps all it has. It takes over only what it lacks, in groups that belong together (a ZIP of one lead never
completes the street of another). What was offered is kept with the event, so that undoing one merge of several leaves the lead
as if that one had never been.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from domain.leads.history import LeadEvent, apply
from domain.leads.lifecycle import Happening

GROUPS: tuple[tuple[str, ...], ...] = (
    ("name", "name_key"),
    ("email", "email_key"),
    ("phone", "phone_ext", "phone_raw", "phone_key", "phone_valid"),
    ("street", "city", "state", "zip", "lat", "lon", "place_key"),
    ("date_of_birth",),
    ("language",),
    ("declared_line",),
    ("text",),
    ("do_not_call",),
)
"""Columns that are taken over together, and only where the lead has none of them."""
_COLUMNS = (*(column for group in GROUPS for column in group), "extras", "consent")


def offer(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a lead brings into a merge, as JSON."""
    return {column: _plain(state[column]) for column in _COLUMNS if state[column]}


def fill(state: Mapping[str, Any], offered: Mapping[str, Any], other: UUID) -> dict[str, Any]:
    """The columns of ``state`` that change when it takes over what ``other`` offered, as JSON.

    Evidence of consent is never mixed: the other's stands beside its own, under the id of the lead it was given with.
    """
    taken: dict[str, Any] = {}
    for group in GROUPS:
        if not any(state[column] for column in group):
            taken |= {column: offered[column] for column in group if column in offered}
    extras = {name: value for name, value in offered.get("extras", {}).items() if name not in state["extras"]}
    if extras:
        taken["extras"] = {**state["extras"], **extras}
    if consent := offered.get("consent"):
        named = {**consent, "lead_id": consent.get("lead_id", str(other))}
        own = state["consent"]
        taken["consent"] = {**own, "others": [*own.get("others", []), named]} if own else named
    return taken


def given_back(events: Iterable[LeadEvent], other: UUID) -> dict[str, Any]:
    """The columns that undoing the merge with ``other`` changes, with their values as JSON.

    Everything else that happened to the lead, other merges among it, stays. Raises ValueError when nothing of ``other`` is
    held, or the history has no start.
    """
    standing: list[LeadEvent] = []
    for event in events:
        if event.kind is Happening.GAVE_BACK:
            standing.remove(_last(standing, event.data["from"]))
        else:
            standing.append(event)
    undone = _last(standing, str(other))
    before, after = _replayed(standing), _replayed([event for event in standing if event is not undone])
    return {column: _plain(after[column]) for column in _COLUMNS if after[column] != before[column]}


def _last(events: list[LeadEvent], other: str) -> LeadEvent:
    for event in reversed(events):
        if event.kind is Happening.ABSORBED and event.data["from"] == other:
            return event
    msg = f"nothing of lead {other} is held"
    raise ValueError(msg)


def _replayed(events: Iterable[LeadEvent]) -> dict[str, Any]:
    state: dict[str, Any] | None = None
    for event in events:
        following = event
        if state is not None and event.kind is Happening.ABSORBED:
            filled = fill(state, event.personal.get("offered", {}), UUID(event.data["from"]))
            following = replace(event, personal={**event.personal, "filled": filled})
        state = apply(state, following)
    if state is None:
        msg = "an empty history has no state"
        raise ValueError(msg)
    return state


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
