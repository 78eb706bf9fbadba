"""People who sign in, their sessions, the keys of programs, and the log of who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class PersonRow(Identified, OfAgency, Row):
    """Somebody who signs in. ``token_version`` grows when every token given so far must stop working.

    ``once_hash`` is of the token that sets a new password, once.
    """

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("agency_id", "email"),
        CheckConstraint("role IN ('admin', 'manager', 'producer')", name="role_of_people"),
    )

    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id", ondelete="SET NULL"), index=True)
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    token_version: Mapped[int] = mapped_column(default=1)
    once_hash: Mapped[str | None]
    once_expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RefreshTokenRow(Identified, OfAgency, Row):
    """One link of a session. All tokens of a session share ``family`` and ``expires_at``; the newest is not rotated."""

    __tablename__ = "refresh_token"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]
    family: Mapped[UUID] = mapped_column(index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    rotated_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiKeyRow(Identified, OfAgency, Row):
    """A program's key. The public id finds it and may be shown; of the secret only the hash is kept."""

    __tablename__ = "api_key"
    __table_args__ = (
        Index(None, "agency_id", "id"),
        CheckConstraint("role IN ('partner', 'system')", name="role_of_programs"),
        CheckConstraint("role <> 'partner' OR source IS NOT NULL", name="partner_has_source"),
    )

    public_id: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    scopes: Mapped[list[str]]
    source: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntryRow(Identified, OfAgency, Row):
    """Who did what to what. Rows are only ever added; no secret, and of people nothing but ids and the caller's address."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "agency_id", "id"),)

    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str | None]
    outcome: Mapped[str]
    detail: Mapped[dict[str, Any]]
    address: Mapped[str | None]
    request_id: Mapped[str | None]


class LoginAttemptRow(Row):
    """Failures in a row of one account, one address, or both together. ``key`` is a keyed digest: it names nobody."""

    __tablename__ = "login_attempt"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(index=True)
    succeeded_at: Mapped[datetime | None]
