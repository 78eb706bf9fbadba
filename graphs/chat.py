"""A visitor's message on its way: the rules, where they leave something open a second reader within its time, then the turn.

No LangGraph here: nothing waits, and a turn is one transaction. The model is asked before it and holds no row meanwhile; whoever
is killed while it thinks leaves the chat as it was (decision 34).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from uuid import UUID

import structlog

from agents.chat_reader import ChatReader
from kernel.telemetry.metrics import CASCADE
from services.chat.schemas import ChatView, MessageIn
from services.chat.visitors import Opinion, Visitor
from services.container import Services

_log = structlog.get_logger("leadwright.graphs.chat")
_SLOW_IN_A_ROW = 3
_PAUSE_SECONDS = 30.0
"""So long nobody waits for a model that was too slow so often."""


class ChatTurns:
    """Takes messages of chats. Without a model, with one that fails and with one that is too slow, the rules answer alone."""

    def __init__(self, services: Services, reader: ChatReader, clock: Callable[[], float] = monotonic) -> None:
        self._services = services
        self._reader = reader
        self._clock = clock
        self._seconds = services.settings.chat.reading_seconds
        self._slow, self._again_at = 0, 0.0
        self._preparing: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Make the model ready; until it is, the rules answer alone."""
        await self._reader.prepare()

    async def send(self, visitor: Visitor, chat_id: UUID, message: MessageIn) -> ChatView:
        """Take a turn; see :meth:`services.chat.conversations.Conversations.send`."""
        opinion = await self._opinion(visitor, chat_id, message)
        return await self._services.chats.send(visitor, chat_id, message, opinion)

    async def _opinion(self, visitor: Visitor, chat_id: UUID, message: MessageIn) -> Opinion | None:
        if not self._reader.configured or self._clock() < self._again_at:
            return None
        if not self._reader.ready:
            self._preparing = self._preparing or asyncio.create_task(self._reader.prepare())
            return None
        unread = await self._services.chats.left_open(visitor, chat_id, message)
        if unread is None:
            return None
        try:
            async with asyncio.timeout(self._seconds):
                second = await self._reader.read(unread.agency_id, chat_id, unread.doubt)
        except TimeoutError:
            self._was_slow()
            return None
        self._slow = 0
        return None if second is None else Opinion(second, unread.last)

    def _was_slow(self) -> None:
        CASCADE.labels(self._reader.name, "failed").inc()
        self._slow += 1
        _log.warning("language model too slow for a chat", seconds=self._seconds, in_a_row=self._slow)
        if self._slow >= _SLOW_IN_A_ROW:
            self._slow, self._again_at = 0, self._clock() + _PAUSE_SECONDS
