"""Conversations with consumers and what was said in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class ChatRow(Identified, OfAgency, Row):
    """A conversation; ``state`` is domain.chat.state as JSON and empty once erased. Only the hash of its token is kept.

    ``last`` numbers what was said.
    """

    __tablename__ = "chat"
    __table_args__ = (
        UniqueConstraint("agency_id", "token_hash"),
        Index("ix_chat_lead_id", "lead_id", postgresql_where=text("lead_id IS NOT NULL")),
    )

    source_id: Mapped[UUID] = mapped_column(ForeignKey("lead_source.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str]
    stage: Mapped[str]
    state: Mapped[dict[str, Any]]
    last: Mapped[int]
    turns: Mapped[int]
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("lead.id", ondelete="SET NULL"))
    page_url: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)


class ChatTurnRow(OfAgency, Row):
    """One message. Those of a turn share its number; the person's own carries the client's ``key`` where there was one.

    ``text`` is None where it was removed. ``note`` marks hand-overs, orders set aside, abuse and consent.
    """

    __tablename__ = "chat_turn"
    __table_args__ = (
        Index(
            "uq_chat_turn_key", "chat_id", "key", unique=True, postgresql_where=text("key IS NOT NULL"),
        ),
    )  # fmt: skip

    chat_id: Mapped[UUID] = mapped_column(ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    turn: Mapped[int]
    role: Mapped[str]
    text: Mapped[str | None]
    note: Mapped[dict[str, Any]]
    key: Mapped[str | None]
    text_hash: Mapped[str | None]
    at: Mapped[datetime]
