"""Rate limits shared by every process, in Redis 7.2 or anything that answers as it does."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from kernel.errors import Invalid, Unavailable
from kernel.settings import CacheSettings

logger = logging.getLogger("leadwright.store.cache")

_TIMEOUT_SECONDS = 0.5
_CONNECTIONS = 50
_LOG_EVERY_SECONDS = 30.0
_PREFIX = "leadwright:limit:"

# One bucket is one hash. Redis' own clock counts, so that processes whose clocks differ share a bucket fairly. The hash
# goes when the bucket is full again, since no hash means a full bucket. One is taken from every bucket or from none.
_TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1e6
local levels, allowed, answer = {}, 1, {}
for place, key in ipairs(KEYS) do
  local rate, burst = tonumber(ARGV[2 * place - 1]), tonumber(ARGV[2 * place])
  local held = redis.call('HMGET', key, 'tokens', 'at')
  local tokens, at = tonumber(held[1]), tonumber(held[2])
  if tokens == nil or at == nil then tokens, at = burst, now end
  tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
  if tokens + 1e-6 < 1 then allowed = 0 end
  levels[place] = tokens
end
for place, key in ipairs(KEYS) do
  local rate, burst, tokens = tonumber(ARGV[2 * place - 1]), tonumber(ARGV[2 * place]), levels[place]
  local wait = 0
  if tokens + 1e-6 < 1 then wait = (1 - tokens) / rate end
  if allowed == 1 then tokens = math.max(0, tokens - 1) end
  redis.call('HSET', key, 'tokens', string.format('%.9f', tokens), 'at', string.format('%.6f', now))
  redis.call('PEXPIRE', key, math.ceil((burst - tokens) / rate * 1000) + 1000)
  answer[2 * place - 1] = string.format('%.6f', wait)
  answer[2 * place] = string.format('%.6f', tokens)
end
return {allowed, answer}
"""


class Limit(NamedTuple):
    """A bucket that holds ``burst`` and gains ``per_minute``."""

    key: str
    per_minute: float
    burst: int


class Level(NamedTuple):
    """A bucket after a try: the seconds until it has one again, 0 where it had one, and how many it holds now."""

    retry_after: float
    left: float


class CacheFacts(NamedTuple):
    """What the server says of itself; ``speaks`` is the version of Redis that it is compatible with."""

    product: str
    version: str
    speaks: str
    persists: bool
    policy: str
    limit_bytes: int


class Cache:
    """One pool of connections. Connects at the first command, and again after a failure.

    Nothing here may be needed later: whoever keeps something that must survive keeps it in Postgres.
    """

    def __init__(self, settings: CacheSettings) -> None:
        if settings.url is None:
            raise Invalid("the cache has no address; set LEADWRIGHT_CACHE__URL to a redis:// or unix:// URL")
        # One more try, without a pause: what a restarted server has closed is opened anew, and a dead one costs a second.
        self._client = redis.asyncio.Redis.from_url(
            settings.url.get_secret_value(), decode_responses=True, max_connections=_CONNECTIONS,
            socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS, retry=Retry(NoBackoff(), 1),
        )  # fmt: skip
        self._take: Any = self._client.register_script(_TAKE)
        self._logged_at = float("-inf")

    async def ping(self) -> None:
        """Raises Unavailable when Redis does not answer."""
        try:
            await self._client.execute_command("PING")  # type: ignore[no-untyped-call]
        except (RedisError, OSError, TimeoutError) as problem:
            raise Unavailable(f"the cache does not answer ({type(problem).__name__}); try again shortly") from problem

    async def facts(self) -> CacheFacts:
        """Version and safety of the server. Raises Unavailable when it does not answer or does not tell."""
        try:
            about: dict[str, Any] = await self._client.info()
        except (RedisError, OSError, TimeoutError) as problem:
            raise Unavailable(f"the cache does not tell about itself ({type(problem).__name__})") from problem
        return CacheFacts(
            product="Valkey" if "valkey_version" in about else "Redis",
            version=str(about.get("valkey_version", about.get("redis_version", ""))),
            speaks=str(about.get("redis_version", "")),
            persists=bool(int(about.get("aof_enabled", 0))) or int(about.get("rdb_last_save_time", 0)) > 0,
            policy=str(about.get("maxmemory_policy", "")),
            limit_bytes=int(about.get("maxmemory", 0)),
        )

    async def take(self, limits: Sequence[Limit]) -> list[Level] | None:
        """Take one from every bucket, or from none where one of them is empty; in one round trip.

        None without Redis, which the log says at most twice a minute: the caller decides what that means. A limit protects us
        from floods. Never guard a permission with it.
        """
        for limit in limits:
            if not limit.per_minute > 0 or limit.burst < 1:
                raise Invalid(
                    f"a limit of {limit.per_minute} a minute with a burst of {limit.burst} allows nothing; "
                    "give more than 0 and at least 1"
                )
        try:
            _, answer = await self._take(
                keys=[_PREFIX + limit.key for limit in limits],
                args=[word for limit in limits for word in (limit.per_minute / 60.0, limit.burst)],
            )
        except (RedisError, OSError, TimeoutError) as problem:
            self._log(problem)
            return None
        return [Level(float(answer[place]), float(answer[place + 1])) for place in range(0, len(answer), 2)]

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    def _log(self, problem: BaseException) -> None:
        if time.monotonic() - self._logged_at >= _LOG_EVERY_SECONDS:
            self._logged_at = time.monotonic()
            logger.error(
                "the cache does not answer (%s): rate limits count by process meanwhile", type(problem).__name__
            )
