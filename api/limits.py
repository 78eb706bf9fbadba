"""How fast each caller and each agency may ask: buckets in Redis, shared by every process, one round trip a request.

Without Redis each process counts by itself, so that a flood is still held off and no lead is refused for an outage of ours.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from domain.actor import Actor
from kernel.chat_settings import ChatSettings
from kernel.errors import RateLimited
from kernel.settings import ApiSettings
from store.cache.client import Cache, Level, Limit

_LEAVE_ALONE_SECONDS = 5.0
"""So long nobody asks a Redis that did not answer: each try would cost its timeout."""
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Pace:
    """The bucket nearest to empty: what it holds at most, what is left, and the seconds until it is full."""

    limit: int
    left: int
    full_in: int

    def headers(self) -> dict[str, str]:
        """As clients read it (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.full_in),
        }


class RateLimits:
    """One per process."""

    def __init__(self, cache: Cache, settings: ApiSettings) -> None:
        self._cache = cache
        self._settings = settings
        self._own: dict[str, tuple[float, float]] = {}
        self._away_until = float("-inf")

    async def of_actor(self, actor: Actor) -> tuple[Pace | None, RateLimited | None]:
        """Count a request of the actor and their agency."""
        given = self._settings
        agency = f"{{{actor.agency_id}}}"  # in braces, so that both buckets are on one node of a cluster
        return await self._count([
            Limit(f"{agency}:{actor.subject}", given.rate_per_minute, given.rate_burst),
            Limit(agency, given.agency_rate_per_minute, given.agency_rate_burst),
        ])  # fmt: skip

    async def of_address(self, address: str | None, door: str = "address") -> tuple[Pace | None, RateLimited | None]:
        """Count a request of somebody who has not signed in; each ``door`` counts for itself."""
        given = self._settings
        limits = [Limit(f"{door}:{address}", given.rate_per_minute, given.rate_burst)] if address else []
        return await self._count(limits)

    async def of_chat(self, given: ChatSettings, **counted: str | None) -> tuple[Pace | None, RateLimited | None]:
        """Count a request of a chat by ``address``, by ``session``, or a new chat by the address that ``starts`` it."""
        rates = {
            "address": (given.address_per_minute, given.address_burst),
            "session": (given.session_per_minute, given.session_burst),
            "starts": (given.starts_per_minute, given.starts_burst),
        }
        return await self._count(
            [Limit(f"chat-{name}:{value}", *rates[name]) for name, value in counted.items() if value]
        )

    async def _count(self, limits: Sequence[Limit]) -> tuple[Pace | None, RateLimited | None]:
        limits = [limit for limit in limits if limit.per_minute]
        if not limits:
            return None, None
        levels = await self._taken(limits)
        limit, level = min(zip(limits, levels, strict=True), key=lambda pair: (pair[1].left, pair[0].burst))
        full_in = math.ceil((limit.burst - level.left) * 60 / limit.per_minute)
        pace = Pace(limit.burst, int(level.left + 1e-6), full_in)
        wait = max(level.retry_after for level in levels)
        if not wait:
            return pace, None
        return pace, RateLimited("too many requests; wait as long as Retry-After says", retry_after=wait)

    async def _taken(self, limits: Sequence[Limit]) -> list[Level]:
        if time.monotonic() >= self._away_until:
            levels = await self._cache.take(limits)
            if levels is not None:
                return levels
            self._away_until = time.monotonic() + _LEAVE_ALONE_SECONDS
        return self._taken_here(limits)

    def _taken_here(self, limits: Sequence[Limit]) -> list[Level]:
        """The same in this process's memory."""
        moment = time.monotonic()
        if len(self._own) >= _MOST:
            self._own.clear()
        held = []
        for limit in limits:
            tokens, at = self._own.get(limit.key, (float(limit.burst), moment))
            held.append(min(limit.burst, tokens + (moment - at) * limit.per_minute / 60))
        allowed = all(tokens >= 1 for tokens in held)
        levels = []
        for limit, tokens in zip(limits, held, strict=True):
            wait = 0.0 if tokens >= 1 else (1 - tokens) * 60 / limit.per_minute
            left = tokens - 1 if allowed else tokens
            self._own[limit.key] = (left, moment)
            levels.append(Level(wait, left))
        return levels
