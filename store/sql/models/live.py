"""Live updates: lead events in the agency's order, who watches, and tickets."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class LiveEventRow(Identified, OfAgency, Row):
    """An event of a lead or of a policy for those who listen; ``id`` is the event's. ``seq`` is null
    until it is numbered, after its commit.
    """

    __tablename__ = "live_event"
    __table_args__ = (
        UniqueConstraint("agency_id", "seq"),
        CheckConstraint("num_nonnulls(lead_id, policy_id) = 1", name="one_subject"),
        Index("ix_live_event_waiting", "agency_id", "made", postgresql_where=text("seq IS NULL")),
    )

    made: Mapped[int] = mapped_column(Identity(always=True))
    seq: Mapped[int | None]
    lead_id: Mapped[UUID | None]
    policy_id: Mapped[UUID | None]
    version: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]
    holder: Mapped[UUID | None]
    was: Mapped[UUID | None]
    named: Mapped[list[UUID]]
    offer: Mapped[bool]


class LiveHeadRow(OfAgency, Row):
    """How far an agency's numbers go: ``last`` is the newest, ``floor`` the newest that is not kept any more."""

    __tablename__ = "live_head"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    last: Mapped[int]
    floor: Mapped[int]


class LiveWatchRow(OfAgency, Row):
    """Until when some process wants to be told of the agency's events; nobody is told where nobody listens."""

    __tablename__ = "live_watch"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    until: Mapped[datetime]


class LiveTicketRow(OfAgency, Row):
    """A ticket for one socket: the listener and what their credential hangs on. Only the hash is kept."""

    __tablename__ = "live_ticket"

    hash: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    kind: Mapped[str]
    scopes: Mapped[list[str]]
    producer_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    family: Mapped[UUID | None]
    version: Mapped[int | None]
    key_id: Mapped[str | None]
    good_until: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
