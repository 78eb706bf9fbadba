"""Experiments on live leads. Who was in one is told by the decisions that were made under it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class ExperimentRow(Identified, OfAgency, Row):
    """Two versions of an agent's prompt; of each agent at most one experiment runs. ``arms`` keeps the order of its keys."""

    __tablename__ = "experiment"
    __table_args__ = (
        UniqueConstraint("agency_id", "name"),
        Index("uq_experiment_running", "agency_id", "agent", unique=True, postgresql_where=text("state = 'running'")),
    )

    name: Mapped[str]
    agent: Mapped[str]
    arms: Mapped[dict[str, Any]] = mapped_column(JSON())
    success: Mapped[str]
    settings: Mapped[dict[str, Any]]
    state: Mapped[str]
    reason: Mapped[str | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
