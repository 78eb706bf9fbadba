"""Rate limits shared by every process, in Redis 7.2 or anything that answers as it does."""

from __future__ import annotations

import logging
import time
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
# goes when the bucket is full again, since no hash means a full bucket.
_TAKE = """
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1e6
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(held[1]), tonumber(held[2])
if tokens == nil or at == nil then tokens, at = burst, now end
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local allowed, wait = 0, 0
if tokens + 1e-6 >= 1 then
  allowed, tokens = 1, math.max(0, tokens - 1)
else
  wait = (1 - tokens) / rate
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000) + 1000)
return {allowed, string.format('%.6f', wait)}
"""


class Allowance(NamedTuple):
    """Whether one more is allowed now, and otherwise the seconds until it is."""

    allowed: bool
    retry_after: float


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

    async def allow(self, key: str, rate_per_minute: float, burst: int) -> Allowance:
        """Take one token from the bucket ``key``, which holds ``burst`` and gains ``rate_per_minute``.

        Fails open: without Redis everything is allowed and the log says so, at most twice a minute. A limit protects us
        from floods, and to refuse every lead would do more harm than a flood. Never guard a permission with it.
        """
        if not rate_per_minute > 0 or burst < 1:
            raise Invalid(
                f"a limit of {rate_per_minute} a minute with a burst of {burst} allows nothing; give more than 0 and at least 1"
            )
        try:
            allowed, wait = await self._take(keys=[_PREFIX + key], args=[rate_per_minute / 60.0, burst])
        except (RedisError, OSError, TimeoutError) as problem:
            self._log(problem)
            return Allowance(allowed=True, retry_after=0.0)
        return Allowance(bool(allowed), float(wait))

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    def _log(self, problem: BaseException) -> None:
        if time.monotonic() - self._logged_at >= _LOG_EVERY_SECONDS:
            self._logged_at = time.monotonic()
            logger.error("the cache does not answer (%s): rate limits are off meanwhile", type(problem).__name__)
