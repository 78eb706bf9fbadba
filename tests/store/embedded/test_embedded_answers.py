"""One set of stores for the module: each answers its official client, keeps its secrets, and survives a crash."""

import asyncio
import os
import shutil
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import nats
import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
import pytest_asyncio
import redis.asyncio
from neo4j import AsyncGraphDatabase
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from kernel.errors import Invalid, Unavailable
from store.embedded import ALL, EmbeddedStores


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="lwt-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest_asyncio.fixture(scope="module")
async def stores(base: Path) -> AsyncIterator[EmbeddedStores]:
    async with await EmbeddedStores.open(base / "home", durable=False) as opened:
        yield opened


def admin(stores: EmbeddedStores, driver: str = "psycopg") -> str:
    return stores.endpoints.postgres_dsn("postgres", stores.endpoints.postgres_admin_password, "postgres", driver)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def home(stores: EmbeddedStores) -> Path:
    return stores.endpoints.vectors_path.parent


def passwords(stores: EmbeddedStores) -> set[str]:
    return {path.read_text() for path in (home(stores) / "secrets").iterdir()}


async def eventually(check: Callable[[], Awaitable[bool]], within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while not await check():
        assert time.monotonic() < deadline, "not true in time"
        await asyncio.sleep(0.05)


async def test_postgres_answers_asyncpg_psycopg_and_sqlalchemy(stores: EmbeddedStores) -> None:
    connection = await asyncpg.connect(admin(stores))
    assert await connection.fetchval("SELECT lower('ÀÉ')") == "àé"
    await connection.close()
    async with await psycopg.AsyncConnection.connect(admin(stores)) as other:
        assert await (await other.execute("SHOW listen_addresses")).fetchone() == ("",)
    engine = create_async_engine(admin(stores, "asyncpg"))
    async with engine.connect() as third:
        assert (await third.execute(text("SELECT 2"))).scalar_one() == 2
    await engine.dispose()


async def test_postgres_refuses_a_superuser_without_the_password(stores: EmbeddedStores) -> None:
    for password in (None, "", "postgres"):
        with pytest.raises((asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)):
            await asyncpg.connect(
                stores.endpoints.postgres_dsn("postgres", password, "postgres", "psycopg"), passfile="/nowhere"
            )
    assert mode(Path(stores.endpoints.postgres_socket_dir)) == 0o700


async def test_graph_merges_and_matches_over_bolt(stores: EmbeddedStores) -> None:
    ends = stores.endpoints
    async with AsyncGraphDatabase.driver(ends.graph_url, auth=(ends.graph_user, ends.graph_password)) as driver:
        statement = "MERGE (a:Producer {id: $a}) MERGE (b:Producer {id: $b}) MERGE (a)-[:REFERS]->(b)"
        for _ in range(2):
            await driver.execute_query(statement, a="one", b="two", database_=ends.graph_database)
        found = await driver.execute_query(
            "MATCH (:Producer {id: 'one'})-[r:REFERS]->(b) RETURN b.id AS id, count(r) AS n",
            database_=ends.graph_database,
        )
    assert [record.data() for record in found.records] == [{"id": "two", "n": 1}]


async def test_cache_sets_and_gets(stores: EmbeddedStores) -> None:
    async with redis.asyncio.from_url(stores.endpoints.redis_url) as client:
        await client.set("k", "v", ex=60)
        assert await client.get("k") == b"v"


async def test_bus_keeps_an_event_once(stores: EmbeddedStores) -> None:
    client = await nats.connect(stores.endpoints.nats_url)
    stream = client.jetstream()
    await stream.add_stream(name="T", subjects=["t.>"])
    first = await stream.publish("t.lead", b"{}", headers={"Nats-Msg-Id": "1"})
    again = await stream.publish("t.lead", b"{}", headers={"Nats-Msg-Id": "1"})
    await client.close()
    assert (first.seq, again.seq, again.duplicate) == (1, 1, True)


async def test_a_second_open_attaches_and_its_close_stops_nothing(stores: EmbeddedStores) -> None:
    second = await EmbeddedStores.open(home(stores))
    assert (stores.owner, second.owner) == (True, False)
    assert second.endpoints == stores.endpoints
    await second.close()
    assert all(psutil.pid_exists(pid) for pid in stores.pids.values())
    async with await psycopg.AsyncConnection.connect(admin(stores)) as connection:
        assert connection.closed is False


async def test_no_secret_shows_in_a_command_line_an_environment_or_a_repr(stores: EmbeddedStores) -> None:
    assert len(passwords(stores)) == 4
    shown = repr(stores.endpoints)
    for pid in stores.pids.values():
        process = psutil.Process(pid)
        shown += " ".join(process.cmdline()) + str(process.environ())
    for password in passwords(stores):
        assert password not in shown


async def test_files_with_secrets_are_private(stores: EmbeddedStores) -> None:
    root = home(stores)
    assert {mode(root / part) for part in ("secrets", "run", "logs", "graph")} == {0o700}
    files = [path for part in ("secrets", "run") for path in (root / part).iterdir() if path.is_file()]
    assert {mode(path) for path in files} == {0o600}


async def test_servers_listen_on_loopback_only(stores: EmbeddedStores) -> None:
    listening = [
        one.laddr.ip.removeprefix("::ffff:")
        for pid in stores.pids.values()
        for one in psutil.Process(pid).net_connections(kind="inet")
        if one.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3
    assert set(listening) == {"127.0.0.1"}


async def test_a_terminals_interrupt_does_not_reach_the_servers(stores: EmbeddedStores) -> None:
    assert os.getsid(0) not in {os.getsid(pid) for pid in stores.pids.values()}


async def test_a_killed_cache_is_started_again_at_the_same_address(stores: EmbeddedStores) -> None:
    before = stores.pids["cache"]
    psutil.Process(before).kill()

    async def answers() -> bool:
        async with redis.asyncio.from_url(stores.endpoints.redis_url) as client:
            try:
                return bool(await client.ping()) and stores.pids.get("cache", before) != before
            except (redis.ConnectionError, OSError):
                return False

    await eventually(answers)


async def test_a_killed_postgres_is_started_again_with_every_acknowledged_row(stores: EmbeddedStores) -> None:
    connection = await asyncpg.connect(admin(stores))
    await connection.execute("CREATE TABLE kept (n integer)")
    await connection.executemany("INSERT INTO kept VALUES ($1)", [(n,) for n in range(50)])
    psutil.Process(stores.pids["postgres"]).kill()
    connection.terminate()

    async def counts() -> bool:
        try:
            again = await asyncpg.connect(admin(stores))
        except (OSError, asyncpg.PostgresError):
            return False
        found = await again.fetchval("SELECT count(*) FROM kept")
        await again.close()
        return bool(found == 50)

    await eventually(counts, within=60.0)


async def test_unknown_services_and_drivers_are_named(stores: EmbeddedStores) -> None:
    with pytest.raises(Invalid, match="mysql"):
        await EmbeddedStores.open(home(stores), services=frozenset({"mysql"}))
    with pytest.raises(Invalid, match="pg8000"):
        stores.endpoints.postgres_dsn("postgres", None, "postgres", "pg8000")


async def test_attaching_for_a_service_that_the_owner_does_not_run_is_refused(base: Path) -> None:
    async with await EmbeddedStores.open(base / "small", services=frozenset({"cache"}), durable=False) as small:
        assert set(small.pids) == {"cache"}
        with pytest.raises(Unavailable, match="graph"):
            await EmbeddedStores.open(base / "small", services=ALL)
    assert not list((base / "small" / "run").glob("endpoints*"))
