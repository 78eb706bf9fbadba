"""Requests about policies in plain words, what was proposed on them, and a person's word."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class PolicyRequestRow(Identified, OfAgency, Row):
    """One request. ``documents`` are those of the policy that were named with it.

    ``words`` and ``reading`` may be personal and stand nowhere else. ``asker`` and ``decider`` are who they were
    when they spoke: what is done for them is done as them, after a crash too.

    ``proposal`` is what was shown, ``digest`` binds a word to it; ``decision`` is ``approved``, ``declined`` or ``expired``.
    Whoever works a request in state ``working`` holds it until ``lease_until``. Since ``forgotten_at`` words, names and answer
    are gone: codes, days, amounts and who decided stay.
    """

    __tablename__ = "policy_request"
    __table_args__ = (
        UniqueConstraint("policy_id", "key"),
        Index(None, "agency_id", "policy_id", "created_at"),
        Index("ix_policy_request_working", "lease_until", postgresql_where=text("state = 'working'")),
        Index("ix_policy_request_waiting", "expires_at", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_policy_request_worded", "updated_at",
            postgresql_where=text("forgotten_at IS NULL AND state NOT IN ('working', 'waiting')"),
        ),
        CheckConstraint("num_nonnulls(words, forgotten_at) = 1", name="words"),
    )  # fmt: skip

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy_request.id", ondelete="CASCADE"))
    key: Mapped[str]
    body: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    words: Mapped[str | None]
    documents: Mapped[list[UUID]]
    asker: Mapped[dict[str, Any]]
    reading: Mapped[dict[str, Any] | None]
    read_by: Mapped[str | None]
    proposal: Mapped[dict[str, Any] | None]
    digest: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    decision: Mapped[str | None]
    decider: Mapped[dict[str, Any] | None]
    decided_at: Mapped[datetime | None]
    code: Mapped[str | None]
    answer: Mapped[str | None]
    result: Mapped[dict[str, Any] | None]
    attempts: Mapped[int]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    forgotten_at: Mapped[datetime | None]
