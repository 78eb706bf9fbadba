"""A lead as every context shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from domain.leads.duplicates import Identity
from domain.leads.lifecycle import IN_PROGRESS, Status, allowed_actions
from domain.leads.likeness import Described
from domain.lines import Line
from kernel.errors import Stale
from store.sql.models import LeadRow


class UntakenLead(BaseModel):
    """What may be told of a lead before it is taken: no name, no address, no way to reach the person."""

    id: UUID
    status: str
    line: str | None
    state: str | None
    zip: str | None
    tier: str | None
    score: int | None
    urgency: str | None
    received_at: datetime

    @classmethod
    def of(cls, lead: LeadRow) -> Self:
        """These fields of the lead, and no other."""
        return cls.model_validate({name: getattr(lead, name) for name in cls.model_fields})


class LeadView(BaseModel):
    """A lead in a list."""

    id: UUID
    version: int
    status: str
    reason: str | None
    source: str
    source_id: UUID | None
    test: bool
    received_at: datetime
    updated_at: datetime
    name: str | None
    email: str | None
    phone: str | None
    phone_ext: str | None
    phone_raw: str | None
    city: str | None
    state: str | None
    zip: str | None
    language: str | None
    line: str | None
    lines: list[str]
    intent: str | None
    urgency: str | None
    tier: str | None
    score: int | None
    confidence: float | None
    needs_review: bool
    do_not_call: bool
    producer_id: UUID | None
    receipt_id: UUID | None
    duplicate_of: UUID | None
    allowed_actions: list[str]


_VIEWED = tuple(name for name in LeadView.model_fields if name not in {"id", "allowed_actions"})


def view_values(lead_id: UUID, state: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a LeadView out of a lead's state."""
    values = {name: state[name] for name in _VIEWED}
    return {"id": lead_id, **values, "allowed_actions": allowed_actions(Status(state["status"]))}


def require_version(row: LeadRow, expected: int | None) -> None:
    """Raises Stale with the lead as it stands unless ``expected`` is its present version or None."""
    if expected is not None and expected != row.version:
        current = view_of(row.id, row.as_state()).model_dump(mode="json")
        raise Stale(f"the lead is at version {row.version}, not {expected}; read it again", current=current)


def view_of(lead_id: UUID, state: Mapping[str, Any]) -> LeadView:
    """A lead's state as it is shown in a list."""
    return LeadView.model_validate(view_values(lead_id, state))


def identity_of(row: LeadRow) -> Identity:
    """What tells the lead's person from another."""
    lines = row.lines or ([row.line] if row.line else [row.declared_line] if row.declared_line else [])
    who = Described(
        row.name,
        row.email_key,
        row.phone_key,
        row.street,
        row.zip,
        row.city,
        row.date_of_birth,
        row.name_key,
        row.place_key,
    )
    settled = Status(row.status) not in IN_PROGRESS
    return Identity(row.id, row.received_at, who, tuple(Line(line) for line in lines), settled)
