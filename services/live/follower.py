"""One listener in this process: what waits for them, bounded, and why they were cut off."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.live.channels import Channel
from domain.live.tickets import Pass

PATIENCE_SECONDS = 10.0
"""A listener who takes nothing for so long while old events wait is slow."""


class Cut(StrEnum):
    """Why a listener is sent away."""

    SLOW = "slow"
    TOO_OLD = "too_old"
    ENDED = "ended"
    RESTART = "restart"


class CutOff(Exception):
    """There is nothing more for this listener."""

    def __init__(self, why: Cut) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Item:
    """One message, encoded once for all who get it. ``seq`` is None for what is no event."""

    seq: int | None
    type: str
    text: str

    @classmethod
    def of(cls, said: dict[str, Any]) -> Item:
        """The message as it is sent."""
        return cls(said.get("id"), said["type"], json.dumps(said, separators=(",", ":")))


@dataclass(eq=False, slots=True)
class Subscription:
    """A channel of a listener. ``position`` is the event up to which they have been told; ``attached`` when new ones come by
    themselves.
    """

    follower: Follower
    channel: Channel
    position: int
    attached: bool = False


@dataclass(eq=False, slots=True)
class Follower:
    """``most`` messages wait for them, never more."""

    holder: Pass
    address: str
    most: int
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    cut: Cut | None = None
    _waiting: deque[Item] = field(default_factory=deque)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _room: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, item: Item) -> None:
        """Leave a message; a listener who already has ``most`` is cut off."""
        if self.cut is not None:
            return
        if len(self._waiting) >= self.most:
            self.cut_off(Cut.SLOW)
            return
        self._waiting.append(item)
        self._news.set()

    async def put(self, item: Item) -> bool:
        """Leave a message when there is room, which slows down whoever replays; False once the listener is cut off."""
        while self.cut is None and len(self._waiting) >= self.most // 2:
            self._room.clear()
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._room.wait()
            except TimeoutError:
                self.cut_off(Cut.SLOW)
        self.offer(item)
        return self.cut is None

    async def next(self, seconds: float) -> Item | None:
        """The next message; None when none came for so long. Raises CutOff."""
        while True:
            if self._waiting:
                self._room.set()
                return self._waiting.popleft()
            if self.cut is not None:
                raise CutOff(self.cut)
            self._news.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return None

    @property
    def idle(self) -> bool:
        """Whether nothing waits, and every channel is told of new events by itself."""
        return not self._waiting and all(one.attached for one in self.subscriptions.values())

    def cut_off(self, why: Cut) -> None:
        """Nothing more for this listener, not even what waits: they come back with the last id that they have seen."""
        if self.cut is None:
            self.cut = why
        self._waiting.clear()
        self._news.set()
        self._room.set()
