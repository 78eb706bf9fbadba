"""Conversations with the copilot, what it proposed, and follow-ups."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class FollowUpRow(Identified, OfAgency, Row):
    """A reminder of a lead. ``state`` is ``open``, ``told``, ``done`` or ``cancelled``; ``subject`` wished for it,
    ``producer_id`` is told where it is a producer. ``key`` makes a repeated wish find the first.
    """

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("agency_id", "key"),
        Index(None, "agency_id", "subject", "at"),
        Index("ix_follow_up_due", "at", postgresql_where=text("state = 'open'")),
    )

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), index=True)
    subject: Mapped[str]
    key: Mapped[str]
    at: Mapped[datetime]
    note: Mapped[str | None]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]


class CopilotThreadRow(Identified, OfAgency, Row):
    """One person's conversation; nobody else sees it, whatever their role."""

    __tablename__ = "copilot_thread"
    __table_args__ = (
        Index(None, "agency_id", "subject", "updated_at"),
        Index("ix_copilot_thread_age", "updated_at"),
    )

    subject: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    turns: Mapped[int] = mapped_column(default=0)


class CopilotTurnRow(Identified, OfAgency, Row):
    """One question and its answer. Of a thread one runs at a time; whoever holds ``token`` works it while ``lease_until`` lasts.

    ``state`` is ``running``, ``answered``, ``cancelled`` or ``failed``. ``answer`` holds text, citations and how it came about.
    ``cost`` is in millionths of a dollar.
    """

    __tablename__ = "copilot_turn"
    __table_args__ = (
        UniqueConstraint("thread_id", "number"),
        UniqueConstraint("thread_id", "key"),
        Index("uq_copilot_turn_running", "thread_id", unique=True, postgresql_where=text("state = 'running'")),
    )

    thread_id: Mapped[UUID] = mapped_column(ForeignKey("copilot_thread.id", ondelete="CASCADE"))
    number: Mapped[int]
    key: Mapped[str]
    question: Mapped[str]
    state: Mapped[str]
    token: Mapped[UUID]
    lease_until: Mapped[datetime]
    cancel: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[dict[str, Any] | None]
    calls: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    failure: Mapped[str | None]
    source: Mapped[str | None]
    cost: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CopilotEventRow(OfAgency, Row):
    """A piece of a turn's stream; whoever comes back reads on behind the number that it saw last."""

    __tablename__ = "copilot_event"

    turn_id: Mapped[UUID] = mapped_column(ForeignKey("copilot_turn.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]


class CopilotActionRow(Identified, OfAgency, Row):
    """A write that waits for its person's word. ``pinned`` holds what the arguments meant when they were shown: ids and
    versions. ``digest`` binds tool, arguments, what is pinned, person, thread and expiry; ``state`` is
    ``proposed``, ``executing``, ``executed``, ``failed``, ``refused`` or ``undone``. ``undo`` says how it may be taken back.
    """

    __tablename__ = "copilot_action"
    __table_args__ = (Index(None, "thread_id", "number"),)

    thread_id: Mapped[UUID] = mapped_column(ForeignKey("copilot_thread.id", ondelete="CASCADE"))
    turn_id: Mapped[UUID] = mapped_column(ForeignKey("copilot_turn.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    subject: Mapped[str]
    tool: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    pinned: Mapped[dict[str, Any]]
    summary: Mapped[str]
    digest: Mapped[str]
    state: Mapped[str]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    undo: Mapped[dict[str, Any] | None]
