"""How an agency distributes: its policies version by version, the turns of its producers, and what caps have counted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import OfAgency, Row


class PolicyRow(OfAgency, Row):
    """One version of an agency's weights, rules or strategy. Rows are only added; the highest version is in force."""

    __tablename__ = "routing_policy"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]
    digest: Mapped[str]
    by: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]


class PoolRow(OfAgency, Row):
    """Producers who take turns with each other. ``clock`` is domain.routing.strategies' own; ``turns`` counts turns taken."""

    __tablename__ = "routing_pool"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    pool: Mapped[str] = mapped_column(primary_key=True)
    clock: Mapped[int]
    turns: Mapped[int]


class TurnRow(OfAgency, Row):
    """A producer's mark in a pool, and the number of the turn that set it. It outlives the producer, and moves nobody else."""

    __tablename__ = "routing_turn"
    __table_args__ = (Index(None, "agency_id", "pool", "turn"),)

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    pool: Mapped[str] = mapped_column(primary_key=True)
    producer_id: Mapped[UUID] = mapped_column(primary_key=True)
    mark: Mapped[int]
    turn: Mapped[int]


class CapCountRow(OfAgency, Row):
    """Leads given under a rule's cap since ``since``, by the name under which it counts them."""

    __tablename__ = "routing_cap_count"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    given: Mapped[int]
