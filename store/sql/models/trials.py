"""Weights that were learnt from outcomes and wait for a person's word."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class WeightProposalRow(Identified, OfAgency, Row):
    """Weights proposed instead of ``present``, and why. ``state`` is ``proposed``, ``applied`` or ``dismissed``.

    ``digest`` covers both weights and the data, so that learning the same again proposes nothing twice.
    """

    __tablename__ = "weight_proposal"
    __table_args__ = (UniqueConstraint("agency_id", "digest"),)

    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str]
    digest: Mapped[str]
    present: Mapped[dict[str, Any]]
    weights: Mapped[dict[str, Any]]
    worked: Mapped[int]
    data_since: Mapped[datetime]
    data_until: Mapped[datetime]
    estimate: Mapped[dict[str, Any]]
    diagnostics: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    note: Mapped[str | None]
