"""Conversations of the agency, each found by its token only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from kernel.errors import Conflict, NotFound
from store.sql.models import ChatRow, ChatTurnRow
from store.sql.repositories.base import Repository

_LOCKED = "55P03"


class Chats(Repository):
    """Rows of ``chat`` and ``chat_turn``."""

    async def add(self, row: Mapping[str, Any]) -> None:
        """Begin a conversation."""
        await self.session.execute(insert(ChatRow).values(agency_id=self.actor.agency_id, **row))

    async def one(self, chat_id: UUID, token_hash: str, *, hold: bool = False) -> ChatRow:
        """The conversation of this token; NotFound for any other. With ``hold`` nobody else takes a turn meanwhile, and Conflict
        says that somebody does.
        """
        query = select(ChatRow).where(
            ChatRow.agency_id == self.actor.agency_id, ChatRow.id == chat_id, ChatRow.token_hash == token_hash
        )
        try:
            row = await self.session.scalar(query.with_for_update(nowait=True) if hold else query)
        except DBAPIError as problem:
            if getattr(problem.orig, "sqlstate", None) != _LOCKED:
                raise
            raise Conflict(
                "another message of this chat is being answered; send again shortly", code="turn_running"
            ) from None
        if row is None:
            raise NotFound("there is no such chat")
        return row

    async def of_lead(self, lead_id: UUID) -> ChatRow | None:
        """The conversation that a lead the actor may see came from."""
        return await self.session.scalar(
            select(ChatRow).where(self.of_seen_lead(ChatRow.agency_id, ChatRow.lead_id), ChatRow.lead_id == lead_id)
        )

    async def say(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write messages down."""
        if rows:
            await self.session.execute(
                insert(ChatTurnRow), [{"agency_id": self.actor.agency_id, **row} for row in rows]
            )

    async def said(self, chat_id: UUID, after: int = 0) -> list[ChatTurnRow]:
        """What was said after message number ``after``, in order."""
        rows = await self.session.scalars(
            select(ChatTurnRow)
            .where(
                ChatTurnRow.agency_id == self.actor.agency_id, ChatTurnRow.chat_id == chat_id, ChatTurnRow.seq > after
            )
            .order_by(ChatTurnRow.seq)
        )  # fmt: skip
        return list(rows)

    async def by_key(self, chat_id: UUID, key: str) -> ChatTurnRow | None:
        """The person's message that came with this key."""
        return await self.session.scalar(
            select(ChatTurnRow).where(
                ChatTurnRow.agency_id == self.actor.agency_id, ChatTurnRow.chat_id == chat_id, ChatTurnRow.key == key
            )
        )

    async def forget(self, chat_id: UUID, *, all_words: bool) -> None:
        """Remove the words of every message, or of those only that say how the person is reached. The rows stay."""
        query = update(ChatTurnRow).where(ChatTurnRow.agency_id == self.actor.agency_id, ChatTurnRow.chat_id == chat_id)
        if not all_words:
            query = query.where(ChatTurnRow.note["personal"].as_boolean().is_(True))
        await self.session.execute(query.values(text=None, text_hash=None))
