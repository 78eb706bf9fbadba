"""The ledger of language model calls."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class LlmCallRow(Identified, OfAgency, Row):
    """One attempt to ask a model: numbers and hashes, no prompt and no answer. Rows are only ever added.

    ``sent`` is false for a refusal of our own. ``input_tokens`` is without ``cached_tokens``. ``writer`` is the process that
    wrote the row, so that a process can tell its own spending from that of others.
    """

    __tablename__ = "llm_call"
    __table_args__ = (Index(None, "agency_id", "at"),)

    writer: Mapped[UUID]
    agent: Mapped[str]
    run_id: Mapped[UUID | None]
    prompt_hash: Mapped[str | None]
    model: Mapped[str]
    request_id: Mapped[UUID]
    attempt: Mapped[int]
    outcome: Mapped[str]
    sent: Mapped[bool]
    status: Mapped[int | None]
    input_tokens: Mapped[int]
    cached_tokens: Mapped[int]
    output_tokens: Mapped[int]
    estimated: Mapped[bool]
    cost_usd: Mapped[Decimal] = mapped_column(Numeric(20, 12))
    priced: Mapped[bool]
    duration_ms: Mapped[int]
    vendor_request_id: Mapped[str | None]
    at: Mapped[datetime]
