"""A second process on a home: it attaches, does no harm by ending, notices the owner's end, and can own the home next."""

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import psutil  # type: ignore[import-untyped]
import pytest

from kernel.errors import Unavailable
from store.embedded import EmbeddedStores
from store.embedded.endpoints import published
from store.embedded.home import FileLock, Home

ROOT = Path(__file__).parents[3]
SOME = frozenset({"postgres", "cache"})
# Attaches, says so, waits until its connection breaks, and opens the home again.
GUEST = """
import asyncio, json, sys
from pathlib import Path
import asyncpg  # type: ignore[import-untyped]
from store.embedded import EmbeddedStores

SOME = frozenset({"postgres", "cache"})

async def connected(stores):
    ends = stores.endpoints
    return await asyncpg.connect(ends.postgres_dsn("postgres", ends.postgres_admin_password, "postgres", "psycopg"))

def say(**what):
    print(json.dumps(what), flush=True)

async def main(home):
    async with await EmbeddedStores.open(home, services=SOME, durable=False) as stores:
        db = await connected(stores)
        await db.execute("CREATE TABLE IF NOT EXISTS guest (n integer)")
        await db.execute("INSERT INTO guest VALUES (1)")
        say(owner=stores.owner, pids=stores.pids)
        try:
            while True:
                await db.fetchval("SELECT 1")
                await asyncio.sleep(0.02)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            say(lost=True)
    async with await EmbeddedStores.open(home, services=SOME, durable=False) as stores:
        db = await connected(stores)
        say(owner=stores.owner, kept=await db.fetchval("SELECT count(*) FROM guest"))
        await db.close()

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.fixture
def home() -> Iterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="lwt-"))
    base.chmod(0o711)
    yield base / "home"
    shutil.rmtree(base)


@asynccontextmanager
async def guest_of(home: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    guest = await asyncio.create_subprocess_exec(
        sys.executable, "-c", GUEST, str(home), cwd=ROOT, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        yield guest
    finally:
        if guest.returncode is None:
            guest.kill()
        await guest.wait()


async def said(guest: asyncio.subprocess.Process) -> dict[str, object]:
    assert guest.stdout is not None
    return dict(json.loads(await guest.stdout.readline()))


async def guests(stores: EmbeddedStores) -> int:
    ends = stores.endpoints
    db = await asyncpg.connect(ends.postgres_dsn("postgres", ends.postgres_admin_password, "postgres", "psycopg"))
    found = int(await db.fetchval("SELECT count(*) FROM guest"))
    await db.close()
    return found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_a_second_process_shares_the_stores_and_its_end_stops_nothing(home: Path, how: signal.Signals) -> None:
    async with await EmbeddedStores.open(home, services=SOME, durable=False) as stores:
        servers = dict(stores.pids)
        async with guest_of(home) as guest:
            assert await said(guest) == {"owner": False, "pids": {}}
            assert await guests(stores) == 1
            guest.send_signal(how)
            await guest.wait()
        assert stores.pids == servers
        assert all(psutil.pid_exists(pid) for pid in servers.values())
        assert await guests(stores) == 1


async def test_the_owners_end_is_noticed_and_the_guest_can_own_the_home_next(home: Path) -> None:
    stores = await EmbeddedStores.open(home, services=SOME, durable=False)
    async with guest_of(home) as guest:
        assert await said(guest) == {"owner": False, "pids": {}}
        await stores.close()
        assert await said(guest) == {"lost": True}
        assert await said(guest) == {"owner": True, "kept": 1}
        assert await guest.wait() == 0
    assert not (home / "run" / "endpoints.json").exists()


async def test_who_opens_a_home_that_is_being_closed_waits_and_owns_it(home: Path) -> None:
    first = await EmbeddedStores.open(home, services=SOME, durable=False)
    closing = asyncio.create_task(first.close())
    while published(Home.at(home)) is not None:  # noqa: ASYNC110 - a file tells, not an event
        await asyncio.sleep(0)
    second = await EmbeddedStores.open(home, services=SOME, durable=False)
    assert second.owner
    await closing
    await second.close()


@pytest.mark.parametrize("text", ["", "{}", '{"owner_pid": 1, "endpoints": {"services": [], "a_later_field": 1}}'])
async def test_endpoints_that_cannot_be_read_are_nothing_to_attach_to(home: Path, text: str) -> None:
    layout = Home.at(home)
    layout.endpoints_file.write_text(text)
    lock = FileLock(layout.root / "lock")
    assert lock.take()
    with pytest.raises(Unavailable, match="another process owns the stores") as refused:
        await EmbeddedStores.open(home, services=SOME, patience=0.2)
    assert "stop that process" in refused.value.detail
    lock.release()


async def test_endpoints_that_a_killed_owner_left_are_not_attached_to(home: Path) -> None:
    async with await EmbeddedStores.open(home, services=SOME, durable=False) as stores:
        left = Home.at(home).endpoints_file.read_text()
        assert stores.owner
    Home.at(home).endpoints_file.write_text(left)
    async with await EmbeddedStores.open(home, services=SOME, durable=False) as stores:
        assert stores.owner
        assert stores.pids
