"""Sources of leads: settings, sealed secrets, counts against caps, refusals, pings, and the account kept with each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class SourceRow(Identified, OfAgency, Row):
    """A source; ``settings`` is domain.sources.settings as JSON. ``form_token`` is public: it stands in web pages."""

    __tablename__ = "lead_source"
    __table_args__ = (UniqueConstraint("agency_id", "slug"),)

    slug: Mapped[str]
    settings: Mapped[dict[str, Any]]
    form_token: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SourceSecretRow(Identified, OfAgency, Row):
    """An HMAC secret, sealed by integrations.sealing; several are valid while one is exchanged for another."""

    __tablename__ = "source_secret"

    source_id: Mapped[UUID] = mapped_column(ForeignKey("lead_source.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary())
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SourceCountRow(OfAgency, Row):
    """Leads taken from a source within one window; only ever raised by a statement that also asks the cap."""

    __tablename__ = "source_count"

    source_id: Mapped[UUID] = mapped_column(ForeignKey("lead_source.id", ondelete="CASCADE"), primary_key=True)
    window: Mapped[str] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


class SourceRefusalRow(OfAgency, Row):
    """How often a source's leads were refused, by day of its zone, door and code."""

    __tablename__ = "source_refusal"

    source_id: Mapped[UUID] = mapped_column(ForeignKey("lead_source.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    door: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class SourceEntryRow(OfAgency, Row):
    """One line of a source's account: a lead taken (``charge``) or given back (``credit``), in minor units."""

    __tablename__ = "source_entry"
    __table_args__ = (Index(None, "agency_id", "source_id", "at"),)

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("lead_source.id", ondelete="CASCADE"), index=True)
    minor: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str | None]
    at: Mapped[datetime]


class PingRow(Identified, OfAgency, Row):
    """A ping that was accepted, and the lead that was posted with its token, if one was."""

    __tablename__ = "ping"
    __table_args__ = (UniqueConstraint("agency_id", "token_hash"),)

    source_id: Mapped[UUID] = mapped_column(ForeignKey("lead_source.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str]
    facts: Mapped[dict[str, Any]]
    minor: Mapped[int | None]
    currency: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_by: Mapped[UUID | None]


class ConsentTextRow(OfAgency, Row):
    """The exact words of a consent, once by their hash: an old wording stays when the form has a new one (DOMAIN T20)."""

    __tablename__ = "consent_text"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    first_seen_at: Mapped[datetime]


class CertificateRow(Identified, OfAgency, Row):
    """A lead's consent certificate on its way to being claimed. One that waits is taken when due and not leased."""

    __tablename__ = "consent_certificate"
    __table_args__ = (
        UniqueConstraint("lead_id", "url"),
        Index(None, "due_at", postgresql_where=text("outcome = 'waiting'")),
    )

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"))
    vendor: Mapped[str]
    url: Mapped[str]
    outcome: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    claim_until: Mapped[datetime]


class OptInRow(Identified, OfAgency, Row):
    """A lead that waits for its person's word; ``id`` stands in the link, signed."""

    __tablename__ = "opt_in"

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), unique=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("lead_source.id", ondelete="CASCADE"), index=True)
    minor: Mapped[int | None]
    currency: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
