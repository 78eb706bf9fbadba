"""Does everything answer? Readiness for machines, a line per part for people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Self

from pydantic import BaseModel

from integrations.bus import Bus
from kernel.errors import AppError
from store.cache.client import Cache
from store.graph.driver import GraphStore
from store.uow import Database

_SECONDS = 2.0


class PartHealth(BaseModel):
    """One part. ``needed`` parts make the whole not ready when they fail; the others only degrade it."""

    name: str
    ok: bool
    needed: bool
    detail: str


class Health(BaseModel):
    """The whole."""

    ready: bool
    parts: list[PartHealth]


class HealthService:
    """Asks every part at once, each with a time limit."""

    def __init__(self, parts: Mapping[str, tuple[bool, Callable[[], Awaitable[None]]]]) -> None:
        self._parts = parts
        self._stopping = False

    @classmethod
    def of(cls, database: Database, graph: GraphStore, cache: Cache, bus: Bus) -> Self:
        """Of the stores; without Postgres nothing goes, without another one something less."""

        async def postgres() -> None:
            async with database.platform() as platform:
                await platform.ping()

        return cls({
            "postgres": (True, postgres), "graph": (False, graph.ping), "cache": (False, cache.ping), "bus": (False, bus.ping),
        })  # fmt: skip

    def stopping(self) -> None:
        """Say not ready from now on, so that nobody sends more: this process has been told to stop."""
        self._stopping = True

    async def check(self) -> Health:
        """The state of each part now."""
        parts = await asyncio.gather(*(self._ask(name, needed, ping) for name, (needed, ping) in self._parts.items()))
        if self._stopping:
            parts.append(PartHealth(name="process", ok=False, needed=True, detail="is stopping"))
        return Health(ready=all(part.ok or not part.needed for part in parts), parts=parts)

    async def _ask(self, name: str, needed: bool, ping: Callable[[], Awaitable[None]]) -> PartHealth:  # noqa: FBT001 - private
        try:
            await asyncio.wait_for(ping(), _SECONDS)
        except TimeoutError:
            return PartHealth(name=name, ok=False, needed=needed, detail=f"no answer in {_SECONDS:g} s")
        except (AppError, OSError) as problem:
            return PartHealth(name=name, ok=False, needed=needed, detail=type(problem).__name__)
        return PartHealth(name=name, ok=True, needed=needed, detail="answers")
