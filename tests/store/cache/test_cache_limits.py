"""Token buckets in a real Valkey, shared by clients, forgotten when full, open when the server is gone."""

import asyncio
import logging
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
import pytest_asyncio
import redis.asyncio
from pydantic import SecretStr

from kernel.errors import Invalid, Unavailable
from kernel.settings import CacheSettings
from store.cache.client import Cache, Level, Limit
from store.embedded import CACHE, EmbeddedStores
from tests.servers.sides import EMBEDDED, SIDES


@pytest_asyncio.fixture(scope="module")
async def valkey() -> AsyncIterator[CacheSettings]:
    home = Path(tempfile.mkdtemp(prefix="lwt-"))
    async with await EmbeddedStores.open(home, services=frozenset({CACHE}), durable=False) as stores:
        yield CacheSettings(url=SecretStr(stores.endpoints.redis_url))
    shutil.rmtree(home)


@pytest.fixture(scope="module", params=SIDES)
def settings(request: pytest.FixtureRequest) -> CacheSettings:
    found: CacheSettings = request.getfixturevalue("valkey" if request.param == EMBEDDED else "redis_server")
    return found


@pytest_asyncio.fixture
async def cache(settings: CacheSettings) -> AsyncIterator[Cache]:
    opened = Cache(settings)
    yield opened
    await opened.close()


@pytest.fixture
def key() -> str:
    return str(uuid4())


class Answer(NamedTuple):
    allowed: bool
    retry_after: float


async def allow(cache: Cache, key: str, rate_per_minute: float, burst: int) -> Answer | None:
    """One try at one bucket."""
    levels = await cache.take([Limit(key, rate_per_minute, burst)])
    return None if levels is None else Answer(not levels[0].retry_after, levels[0].retry_after)


async def test_a_burst_is_allowed_and_the_next_one_is_told_when_to_come_back(cache: Cache, key: str) -> None:
    await cache.ping()
    answers = [await allow(cache, key, rate_per_minute=60, burst=3) for _ in range(4)]
    assert [one.allowed for one in answers] == [True, True, True, False]
    assert answers[0].retry_after == 0
    assert 0.5 < answers[3].retry_after <= 1


async def test_waiting_as_told_is_enough(cache: Cache, key: str) -> None:
    assert (await allow(cache, key, rate_per_minute=600, burst=1)).allowed
    refused = await allow(cache, key, rate_per_minute=600, burst=1)
    assert not refused.allowed
    await asyncio.sleep(refused.retry_after)
    assert (await allow(cache, key, rate_per_minute=600, burst=1)).allowed


async def test_keys_do_not_share_a_bucket(cache: Cache, key: str) -> None:
    assert (await allow(cache, key, 1, 1)).allowed
    assert not (await allow(cache, key, 1, 1)).allowed
    assert (await allow(cache, key + "-other", 1, 1)).allowed


async def test_many_clients_at_once_share_one_bucket_exactly(settings: CacheSettings, key: str) -> None:
    clients = [Cache(settings) for _ in range(4)]
    answers = await asyncio.gather(*(allow(clients[n % 4], key, rate_per_minute=0.001, burst=25) for n in range(200)))
    assert sum(one.allowed for one in answers) == 25
    for one in clients:
        await one.close()


async def test_nothing_is_taken_where_one_of_two_buckets_is_empty(cache: Cache, key: str) -> None:
    wide, narrow = Limit(key + "-wide", 0.001, 5), Limit(key + "-narrow", 0.001, 1)
    assert [level.left for level in await cache.take([wide, narrow]) or ()] == pytest.approx([4, 0], abs=1e-3)
    for _ in range(3):
        refused = await cache.take([wide, narrow])
        assert refused is not None
        assert refused[0] == Level(0, pytest.approx(4, abs=1e-3))
        assert refused[1].retry_after > 0


async def test_a_bucket_is_forgotten_once_it_is_full_again(cache: Cache, settings: CacheSettings, key: str) -> None:
    assert settings.url is not None
    raw = redis.asyncio.Redis.from_url(settings.url.get_secret_value())
    await allow(cache, key, rate_per_minute=60, burst=5)
    await allow(cache, key, rate_per_minute=60, burst=5)
    assert 2000 <= await raw.pttl(f"leadwright:limit:{key}") <= 3000
    await raw.aclose()


async def test_a_limit_that_allows_nothing_is_refused(cache: Cache, key: str) -> None:
    for rate, burst in ((0, 1), (-1, 1), (float("nan"), 1), (1, 0)):
        with pytest.raises(Invalid, match="limit"):
            await allow(cache, key, rate, burst)


async def test_without_a_server_the_answer_is_quick_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    cache = Cache(CacheSettings(url=SecretStr("redis://127.0.0.1:1")))
    began = time.monotonic()
    with caplog.at_level(logging.ERROR):
        answers = [await allow(cache, "a-private-key", 1, 1) for _ in range(5)]
    assert answers == [None] * 5
    assert time.monotonic() - began < 3
    assert [record.message for record in caplog.records] == [
        "the cache does not answer (ConnectionError): rate limits count by process meanwhile"
    ]
    with pytest.raises(Unavailable):
        await cache.ping()
    await cache.close()


async def test_a_server_that_hangs_costs_about_a_second() -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silence, "127.0.0.1", 0) as server:
        cache = Cache(CacheSettings(url=SecretStr(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")))
        began = time.monotonic()
        assert await allow(cache, "key", 1, 1) is None
        assert time.monotonic() - began < 2.5
        await cache.close()


async def test_limits_hold_again_after_connections_were_cut_and_scripts_forgotten(
    cache: Cache, settings: CacheSettings, key: str
) -> None:
    assert settings.url is not None
    await allow(cache, key, 0.001, 2)
    raw = redis.asyncio.Redis.from_url(settings.url.get_secret_value())
    await raw.script_flush()
    await raw.client_kill_filter(_type="normal", skipme=True)
    await raw.aclose()
    assert [(await allow(cache, key, 0.001, 2)).allowed for _ in range(2)] == [True, False]


def test_a_cache_without_address_is_refused_at_once() -> None:
    with pytest.raises(Invalid, match="LEADWRIGHT_CACHE__URL"):
        Cache(CacheSettings())
