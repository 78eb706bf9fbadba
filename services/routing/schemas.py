"""Commands and views of routing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class ReceiptView(BaseModel):
    """A routing decision as it was made. ``body`` is domain.routing.receipt as JSON; ``digest`` covers it."""

    id: UUID
    lead_id: UUID
    run_id: UUID
    producer_id: UUID | None
    producer_name: str | None
    outcome: str
    at: datetime
    digest: str
    body: dict[str, Any]


class ReplayView(BaseModel):
    """What a replay of a receipt gave. ``same`` is True when every part of the answer came out as stored."""

    receipt_id: UUID
    same: bool
    producer_id: UUID | None
    differences: list[str]
