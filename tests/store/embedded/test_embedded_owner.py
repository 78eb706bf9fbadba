"""What happens when the owner ends: killed, interrupted, or asked to close."""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import psutil  # type: ignore[import-untyped]
import pytest

from store.embedded import EmbeddedStores

ROOT = Path(__file__).parents[3]
OWNER = """
import asyncio, json, sys
from pathlib import Path
import asyncpg  # type: ignore[import-untyped]
from store.embedded import ALL, EmbeddedStores

async def main(home, services):
    async with await EmbeddedStores.open(Path(home), services=frozenset(services.split(","))) as stores:
        ends = stores.endpoints
        dsn = ends.postgres_dsn("postgres", ends.postgres_admin_password, "postgres", "psycopg")
        db = await asyncpg.connect(dsn)
        await db.execute("CREATE TABLE IF NOT EXISTS acked (n integer)")
        print(json.dumps(stores.pids), flush=True)
        for n in range(1_000_000):
            await db.execute("INSERT INTO acked VALUES ($1)", n)
            print(n, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def home() -> Iterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="lwt-"))
    base.chmod(0o711)
    yield base / "home"
    shutil.rmtree(base)


async def start_owner(home: Path, services: str = "postgres,graph,cache,bus") -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(home), services, cwd=ROOT, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )  # fmt: skip


async def rows(stores: EmbeddedStores) -> int:
    ends = stores.endpoints
    db = await asyncpg.connect(ends.postgres_dsn("postgres", ends.postgres_admin_password, "postgres", "psycopg"))
    found = int(await db.fetchval("SELECT count(*) FROM acked"))
    await db.close()
    return found


def family(pids: dict[str, int]) -> list[psutil.Process]:
    parents = [psutil.Process(pid) for pid in pids.values()]
    return [*parents, *(child for parent in parents for child in parent.children(recursive=True))]


def still_running(processes: list[psutil.Process], within: float) -> list[psutil.Process]:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        left = [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        if not left:
            return []
        time.sleep(0.02)
    return left


async def test_a_killed_owner_leaves_no_process_and_loses_no_acknowledged_row(home: Path) -> None:
    owner = await start_owner(home)
    assert owner.stdout is not None
    pids = json.loads(await owner.stdout.readline())
    assert set(pids) == {"postgres", "graph", "cache", "bus"}
    servers = family(pids)
    for _ in range(200):
        await owner.stdout.readline()
    owner.kill()
    acked = 200 + (await owner.stdout.read()).count(b"\n")
    await owner.wait()

    # at once, while the old servers are still on their way down
    async with await EmbeddedStores.open(home) as stores:
        assert stores.owner
        assert still_running(servers, within=0.1) == []
        assert acked <= await rows(stores) <= acked + 1
        later = family(stores.pids)
    assert still_running(later, within=0.1) == []
    assert not (home / "run" / "endpoints.json").exists()


async def test_a_start_after_owner_and_postgres_are_both_killed_keeps_the_rows(home: Path) -> None:
    owner = await start_owner(home, "postgres")
    assert owner.stdout is not None
    pids = json.loads(await owner.stdout.readline())
    for _ in range(50):
        await owner.stdout.readline()
    owner.kill()
    for process in family(pids):
        process.kill()
    await owner.stdout.read()
    await owner.wait()
    async with await EmbeddedStores.open(home, services=frozenset({"postgres"})) as stores:
        assert await rows(stores) >= 50


async def test_an_interrupted_owner_stops_its_servers_in_order(home: Path) -> None:
    owner = await start_owner(home, "postgres,cache")
    assert owner.stdout is not None
    servers = family(json.loads(await owner.stdout.readline()))
    os.killpg(owner.pid, signal.SIGINT)  # what a terminal does on Ctrl-C
    await owner.stdout.read()
    await owner.wait()
    assert still_running(servers, within=0.1) == []
    assert "database system is shut down" in (home / "logs" / "postgres.log").read_text()


async def test_of_two_that_start_together_one_owns_and_the_other_waits_for_it(home: Path) -> None:
    some = frozenset({"postgres", "cache"})
    first, second = await asyncio.gather(
        EmbeddedStores.open(home, services=some, durable=False), EmbeddedStores.open(home, services=some, durable=False)
    )
    assert {first.owner, second.owner} == {True, False}
    assert first.endpoints == second.endpoints
    await second.close()
    await first.close()


@pytest.mark.parametrize("after", [0.1, 0.7, 1.6])
async def test_a_cancelled_start_leaves_nothing_behind_and_the_home_free(home: Path, after: float) -> None:
    def children() -> set[int]:
        return {one.pid for one in psutil.Process().children(recursive=True) if one.status() != psutil.STATUS_ZOMBIE}

    before = children()
    opening = asyncio.create_task(EmbeddedStores.open(home, durable=False))
    await asyncio.sleep(after)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert children() <= before
    async with await EmbeddedStores.open(home, services=frozenset({"cache"}), durable=False) as stores:
        assert stores.owner
