"""Leads, the decisions about them, and the files they came in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row

KEYS = frozenset({"id", "agency_id"})


class LeadRow(Identified, OfAgency, Row):
    """The projection of a lead's events; ``leadwright rebuild leads`` makes it anew from them."""

    __tablename__ = "lead"
    __table_args__ = (
        Index(None, "agency_id", "received_at", "id"),
        Index(None, "agency_id", "email_key", postgresql_where=text("email_key IS NOT NULL")),
        Index(None, "agency_id", "phone_key", postgresql_where=text("phone_key IS NOT NULL")),
        Index(None, "agency_id", "place_key", postgresql_where=text("place_key IS NOT NULL")),
        Index(None, "agency_id", "house_key", postgresql_where=text("house_key IS NOT NULL")),
        Index(None, "agency_id", "street_key", postgresql_where=text("street_key IS NOT NULL")),
        Index(None, "agency_id", "name_key", postgresql_where=text("name_key IS NOT NULL")),
        Index(None, "agency_id", "date_of_birth", postgresql_where=text("date_of_birth IS NOT NULL")),
        Index(None, "agency_id", "status", "received_at"),
        Index(None, "agency_id", "lat", "lon", postgresql_where=text("lat IS NOT NULL")),
        Index(
            "ix_lead_referrer",
            "agency_id",
            text("(btrim(extras ->> 'referred_by'))"),
            postgresql_where=text("btrim(extras ->> 'referred_by') IS NOT NULL"),
        ),
        Index(
            "ix_lead_company",
            "agency_id",
            text("(lower(btrim(extras ->> 'company')))"),
            postgresql_where=text("lower(btrim(extras ->> 'company')) IS NOT NULL"),
        ),
        Index(None, "duplicate_of", postgresql_where=text("duplicate_of IS NOT NULL")),
        Index(
            "ix_lead_waiting_for_producer",
            "agency_id",
            "received_at",
            "id",
            postgresql_where=text(
                "status = 'queued' AND reason IN ('nobody_available', 'all_claims_refused', 'not_callable_yet')"
            ),
        ),
        Index(
            "ix_lead_closed",
            "agency_id",
            "source",
            "score",
            "status",
            "id",
            postgresql_where=text("status IN ('won', 'lost') AND test IS false"),
        ),
        CheckConstraint("score BETWEEN 0 AND 100", name="score_range"),
    )

    version: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str | None]
    source: Mapped[str]
    source_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("lead_source.id", deferrable=True, initially="DEFERRED"), index=True
    )
    test: Mapped[bool] = mapped_column(default=False)
    received_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # who, as typed and as matched
    name: Mapped[str | None]
    name_key: Mapped[str | None]
    email: Mapped[str | None]
    email_key: Mapped[str | None]
    phone: Mapped[str | None]
    phone_ext: Mapped[str | None]
    phone_raw: Mapped[str | None]
    phone_key: Mapped[str | None]
    phone_valid: Mapped[bool] = mapped_column(default=False)
    place_key: Mapped[str | None]
    house_key: Mapped[str | None]
    street_key: Mapped[str | None]
    street: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    zip: Mapped[str | None]
    lat: Mapped[float | None] = mapped_column(Double())
    lon: Mapped[float | None] = mapped_column(Double())
    date_of_birth: Mapped[date | None]
    language: Mapped[str | None]
    text: Mapped[str] = mapped_column(default="")
    declared_line: Mapped[str | None]
    extras: Mapped[dict[str, Any]] = mapped_column(default=dict)
    consent: Mapped[dict[str, Any] | None]
    # what was decided
    line: Mapped[str | None]
    lines: Mapped[list[str]] = mapped_column(default=list)
    intent: Mapped[str | None]
    urgency: Mapped[str | None]
    tier: Mapped[str | None]
    score: Mapped[int | None]
    confidence: Mapped[float | None] = mapped_column(Double())
    needs_review: Mapped[bool] = mapped_column(default=False)
    do_not_call: Mapped[bool] = mapped_column(default=False)
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id", ondelete="SET NULL"), index=True)
    receipt_id: Mapped[UUID | None]
    duplicate_of: Mapped[UUID | None]
    apart: Mapped[list[UUID]] = mapped_column(default=list)
    declined_by: Mapped[list[UUID]] = mapped_column(default=list)

    def as_state(self) -> dict[str, Any]:
        """The row as domain.leads.history sees it: every column but the keys."""
        return {column.key: getattr(self, column.key) for column in self.__mapper__.columns if column.key not in KEYS}


class DecisionRow(Identified, OfAgency, Row):
    """One specialist's answer within one run, with the words it rests on."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("run_id", "specialist"),
        Index(
            "ix_decision_experiment", text("(body ->> 'experiment')"),
            postgresql_where=text("(body ->> 'experiment') IS NOT NULL"),
        ),
    )  # fmt: skip

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[UUID]
    specialist: Mapped[str]
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class ImportRow(Identified, OfAgency, Row):
    """A file taken in. ``key`` derives from its bytes and what was said of them: the same file again finds this row.

    ``state`` is ``waiting``, ``reading``, ``taken`` or ``failed`` (then ``failure`` says why). While it is one of the first two,
    whoever set ``lease_until`` works it; after that anyone may. ``attempts`` grows with every claim and fences off an earlier
    holder. ``accepted_at`` is when every row was in.
    """

    __tablename__ = "lead_import"
    __table_args__ = (
        UniqueConstraint("agency_id", "key"),
        Index(None, "lease_until", postgresql_where=text("state IN ('waiting', 'reading')")),
        Index(None, "agency_id", "created_at", "id"),
    )

    key: Mapped[str]
    filename: Mapped[str]
    mapping: Mapped[list[dict[str, Any]]]
    rows: Mapped[int]
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(server_default=text("'taken'"))
    format: Mapped[str | None]
    sha256: Mapped[str | None]
    size: Mapped[int | None]
    scan: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    problems: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    failure: Mapped[dict[str, Any] | None]
    sent_by: Mapped[str | None]
    taken: Mapped[int] = mapped_column(server_default=text("0"))
    refused: Mapped[int] = mapped_column(server_default=text("0"))
    warned: Mapped[int] = mapped_column(server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    lease_until: Mapped[datetime | None]


class ImportRowRow(OfAgency, Row):
    """One row of a file and what became of it: every row has exactly one."""

    __tablename__ = "lead_import_row"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("lead_import.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("lead.id", ondelete="SET NULL"), index=True)
    raw: Mapped[dict[str, Any]]
    errors: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
