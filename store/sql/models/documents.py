"""Documents and what was read from them; the bytes lie in the blob store under their hash."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class DocumentRow(Identified, OfAgency, Row):
    """A file of a lead or of a policy. The same bytes for the same owner are one document.

    While ``status`` is ``waiting``, whoever set ``lease_until`` reads it; after that anyone may. While ``opinion`` is
    ``wanted``, whoever set ``opinion_until`` asks a model about ``opinion_pages``, the visible words, kept until then only.
    What begins with ``type`` is of a policy only: what a person says it is and thinks of it, the version before it, its last good
    day, and of a letter what it was written for and the version of the policy that it shows.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("agency_id", "lead_id", "policy_id", "sha256", postgresql_nulls_not_distinct=True),
        UniqueConstraint("policy_id", "letter_key"),
        UniqueConstraint("replaces_id"),
        Index(None, "lease_until", postgresql_where=text("status = 'waiting'")),
        Index(None, "opinion_until", postgresql_where=text("opinion = 'wanted'")),
        Index(None, "agency_id", "lead_id", "uploaded_at"),
        Index(None, "policy_id", "uploaded_at", postgresql_where=text("policy_id IS NOT NULL")),
        CheckConstraint("num_nonnulls(lead_id, policy_id) = 1", name="one_owner"),
        CheckConstraint(
            "(policy_id IS NULL) = (type IS NULL) AND (policy_id IS NULL) = (verdict IS NULL)", name="of_policy"
        ),
        CheckConstraint(
            "policy_id IS NOT NULL OR num_nonnulls(expires_on, replaces_id, letter_key) = 0", name="for_policy"
        ),
        CheckConstraint(
            "type IN ('application', 'declarations', 'notice', 'proof_of_mailing', 'cancellation_request', "
            "'endorsement_request', 'id_card', 'claim', 'receipt', 'confirmation', 'renewal_offer', 'other')",
            name="type",
        ),
        CheckConstraint("verdict IN ('open', 'verified', 'rejected', 'made')", name="verdict"),
        CheckConstraint(
            "(coalesce(verdict, 'open') IN ('verified', 'rejected')) = (num_nonnulls(decided_by, decided_at) = 2)",
            name="decided",
        ),
        CheckConstraint("verdict <> 'rejected' OR length(decided_why) > 0", name="rejected_why"),
        CheckConstraint(
            "(letter_key IS NULL) = (policy_version IS NULL) "
            "AND (coalesce(verdict, '') = 'made') = (letter_key IS NOT NULL)",
            name="letter",
        ),
        CheckConstraint("replaces_id <> id", name="replaces"),
    )

    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    format: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    scan: Mapped[str]
    status: Mapped[str]
    kind: Mapped[str | None]
    kind_reason: Mapped[str | None]
    kind_confidence: Mapped[float | None] = mapped_column(Double())
    pages: Mapped[int | None]
    notes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    read_source: Mapped[str | None]
    read_version: Mapped[str | None]
    read_cost: Mapped[int] = mapped_column(default=0)
    needs_review: Mapped[bool] = mapped_column(default=False)
    opinion: Mapped[str] = mapped_column(default="none")
    opinion_pages: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    opinion_until: Mapped[datetime | None]
    opinion_attempts: Mapped[int] = mapped_column(default=0)
    type: Mapped[str | None]
    expires_on: Mapped[date | None]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    verdict: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_why: Mapped[str | None]
    letter_key: Mapped[str | None]
    policy_version: Mapped[int | None]


class DocumentFieldRow(OfAgency, Row):
    """One value that a document states, with the page and the words it stands in."""

    __tablename__ = "document_field"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    item: Mapped[int | None]
    value: Mapped[Any] = mapped_column(JSONB())
    page: Mapped[int]
    quote: Mapped[str]
    confidence: Mapped[float] = mapped_column(Double())
    source: Mapped[str]
    label: Mapped[str]
    rank: Mapped[int]
    read_by: Mapped[str] = mapped_column(default="rules")
