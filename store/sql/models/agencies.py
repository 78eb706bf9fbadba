"""Agencies, their producers and the connections between producers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class AgencyRow(Identified, Row):
    """A tenant. ``roster_version`` grows with every change of producers or connections, so that caches know."""

    __tablename__ = "agency"

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    roster_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class ProducerRow(Identified, OfAgency, Row):
    """A licensed human. ``profile`` holds what routing weighs (domain.routing.profile.ProducerProfile) as JSON; ``loaded`` is
    the same as the agency's file said it last, which is read only where it is asked for.
    """

    __tablename__ = "producer"
    __table_args__ = (UniqueConstraint("agency_id", "external_id"),)

    external_id: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    profile: Mapped[dict[str, Any]]
    loaded: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    updated_at: Mapped[datetime]


class ConnectionRow(Identified, OfAgency, Row):
    """A relation between two producers (domain.network.connections); only an active one is in the graph.

    ``strength`` is what it is worth now, ``stated`` what the agency's file says of it. ``origin`` is ``file``, ``import`` or
    ``person``; ``asked_by`` the producer who asked for it, ``since`` when its present state began. A kind that is mutual stands
    once for a pair, whoever of the two asked.
    """

    __tablename__ = "producer_connection"
    __table_args__ = (
        UniqueConstraint("agency_id", "from_id", "to_id", "kind"),
        CheckConstraint("from_id <> to_id", name="not_self"),
        CheckConstraint("strength >= 0 AND strength <= 1", name="strength_is_share"),
        CheckConstraint("active = (state = 'active')", name="active_is_a_state"),
        CheckConstraint("state IN ('requested', 'active', 'declined', 'ended')", name="known_state"),
        Index(
            "uq_producer_connection_pair", "agency_id", text("least(from_id, to_id)"), text("greatest(from_id, to_id)"), "kind",
            unique=True, postgresql_where=text("origin = 'person' AND kind <> 'mentorship'"),
        ),
    )  # fmt: skip

    from_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"))
    to_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    strength: Mapped[Decimal] = mapped_column(Numeric(6, 4))
    active: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    stated: Mapped[Decimal | None] = mapped_column(Numeric(6, 4))
    origin: Mapped[str] = mapped_column(server_default=text("'file'"))
    asked_by: Mapped[UUID | None]
    since: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
