"""Wishes not to be contacted, comparisons with do-not-call lists, and every verdict that was asked for.

None of these rows holds a name or an address, and none refers to the lead's row: they are the evidence that stays when the lead
is erased (DOMAIN T21). People are known by hashes under a salt of the agency.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class ContactSaltRow(Row):
    """The agency's salt, made once and never changed: with another one nobody on the list would be found again."""

    __tablename__ = "contact_salt"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary())


class ContactRevocationRow(Identified, OfAgency, Row):
    """A wish not to be contacted, for ever. ``people`` are hashes of phones and e-mail addresses; ``channels`` those it closes;
    ``deadline`` is the last day by law, ``confirm_until`` when the one text that confirms it must have left.
    """

    __tablename__ = "contact_revocation"
    __table_args__ = (
        UniqueConstraint("agency_id", "key"),
        Index(None, "people", postgresql_using="gin"),
        Index(None, "agency_id", "lead_id"),
    )

    key: Mapped[str]
    lead_id: Mapped[UUID | None]
    people: Mapped[list[str]]
    said_on: Mapped[str]
    channels: Mapped[list[str]]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    deadline: Mapped[date | None]
    confirm_until: Mapped[datetime | None]
    tables_version: Mapped[str]


class ContactScrubRow(Identified, OfAgency, Row):
    """A phone number compared with a do-not-call list."""

    __tablename__ = "contact_scrub"
    __table_args__ = (UniqueConstraint("agency_id", "person", "list", "at"),)

    person: Mapped[str]
    list: Mapped[str]
    listed: Mapped[bool]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class ContactVerdictRow(Identified, OfAgency, Row):
    """An answer as it was given. ``facts_hash`` covers all that was known; ``seller_hash`` is of the name the seller goes by."""

    __tablename__ = "contact_verdict"
    __table_args__ = (Index(None, "agency_id", "lead_id", "id"),)

    lead_id: Mapped[UUID]
    producer_id: Mapped[UUID | None]
    seller_hash: Mapped[str]
    channel: Mapped[str]
    purpose: Mapped[str]
    at: Mapped[datetime]
    allowed: Mapped[bool]
    next_at: Mapped[datetime | None]
    findings: Mapped[list[dict[str, Any]]]
    tables_version: Mapped[str]
    facts_hash: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
