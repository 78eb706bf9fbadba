"""Graph runs: the admission row of a lead's pipeline, its lease and its end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class RunRow(Identified, OfAgency, Row):
    """One run of one graph over one lead; written with the lead, taken by workers, resumed when a worker dies."""

    __tablename__ = "graph_run"
    __table_args__ = (
        Index(None, "due_at", "queued_at", postgresql_where=text("status = 'queued'")),
        Index(None, "lease_until", postgresql_where=text("status = 'running'")),
        Index("ix_graph_run_open", "agency_id", postgresql_where=text("status IN ('queued', 'running')")),
    )

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    graph: Mapped[str]
    thread_id: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
