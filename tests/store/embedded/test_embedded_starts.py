"""Starts that meet an obstacle: a taken port, a zombie, a server that ends at once or never answers."""

import asyncio
import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from kernel.errors import Unavailable
from store.embedded import EmbeddedStores
from store.embedded.bus import BusServer
from store.embedded.graph import GraphServer
from store.embedded.home import Home
from store.embedded.leftovers import Children
from store.embedded.ports import LOOPBACK
from store.embedded.postgres import _forget_dead_postmaster
from store.embedded.process import ChildProcess, Command
from store.embedded.server import Supervised


@pytest.fixture
def home() -> Iterator[Home]:
    base = Path(tempfile.mkdtemp(prefix="lwt-"))
    base.chmod(0o711)
    yield Home.at(base / "home")
    shutil.rmtree(base)


def taken(port: int) -> socket.socket:
    listener = socket.socket()
    listener.bind((LOOPBACK, port))
    listener.listen()
    return listener


def sleeper(home: Home, *argv: str) -> Command:
    return Command(argv or ("/bin/sleep", "60"), home.root, home.log("sleeper"))


class Sleeper:
    """A server that is nothing but a process; ready when it has been asked often enough."""

    name = "sleeper"
    stop_signal = signal.SIGTERM
    stop_seconds = 0.2
    start_seconds = 0.5

    def __init__(self, home: Home, *argv: str, ready: bool = True) -> None:
        self.home, self.argv, self.ready, self.moves = home, argv, ready, 0

    async def command(self) -> Command:
        return sleeper(self.home, *self.argv)

    async def answers(self) -> bool:
        return self.ready

    def move(self) -> None:
        self.moves += 1

    async def close(self) -> None:
        pass


async def test_a_bus_whose_port_was_taken_moves_to_another(home: Home) -> None:
    server = BusServer(home, None, durable=False)
    before = server._port
    with taken(before):
        bus = Supervised(server, lambda name, pid: None)
        await bus.start()
        assert server._port != before
        await bus.stop()


@pytest.mark.slow
async def test_a_graph_whose_port_was_taken_moves_to_another(home: Home) -> None:
    server = GraphServer(home, None)
    before = server._bolt
    with taken(before):
        graph = Supervised(server, lambda name, pid: None)
        await graph.start()
        assert server._bolt != before
        await graph.stop()


async def test_a_server_that_ends_at_once_is_tried_again_and_then_reported_with_its_log(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.embedded.server._PAUSES", (0.01,) * 6)
    server = Sleeper(home, "/bin/false", ready=False)
    with pytest.raises(Unavailable, match=r"logs/sleeper\.log"):
        await Supervised(server, lambda name, pid: None).start()
    assert server.moves == 6


async def test_a_server_that_never_answers_is_stopped_and_reported(home: Home) -> None:
    pids: list[int] = []
    with pytest.raises(Unavailable, match="has not answered"):
        await Supervised(Sleeper(home, ready=False), lambda name, pid: pids.append(pid)).start()
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_server_deaf_to_its_stop_signal_is_killed(home: Home) -> None:
    deaf = Supervised(
        Sleeper(home, "/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"), lambda name, pid: None
    )
    await deaf.start()
    await asyncio.sleep(0.3)
    pid = deaf.pid
    await deaf.stop()
    assert pid is not None
    assert not psutil.pid_exists(pid)


async def test_restarts_go_on_after_several_crashes(home: Home) -> None:
    pids: list[int] = []
    spawned, loop = asyncio.Event(), asyncio.get_running_loop()

    def note(name: str, pid: int) -> None:
        pids.append(pid)
        loop.call_soon_threadsafe(spawned.set)

    server = Supervised(Sleeper(home), note)
    await server.start()
    await spawned.wait()
    spawned.clear()
    for count in (1, 2, 3):
        os.kill(pids[-1], signal.SIGKILL)
        async with asyncio.timeout(10):
            await spawned.wait()
        spawned.clear()
        assert len(pids) == count + 1
    assert len(set(pids)) == 4
    await server.stop()


async def test_a_program_that_does_not_exist_is_named(home: Home) -> None:
    child = await ChildProcess.spawn(sleeper(home, "/nowhere/server"))
    assert await child.ended(within=10) == 1
    assert "FileNotFoundError" in (home.logs / "sleeper.log").read_text()


async def test_a_stuck_child_of_an_earlier_owner_is_killed_and_the_home_taken(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.embedded.leftovers._PATIENCE", 0.2)
    earlier = Children(home)
    stuck = await ChildProcess.spawn(
        Command(("/bin/sleep", "60"), home.root, home.log("sleeper"), keep=await earlier.outlive())
    )
    earlier.note("sleeper", stuck.pid)
    earlier._lock.release()  # as when the owner is killed: the child alone holds the lock now
    later = Children(home)
    await later.outlive()
    assert await stuck.ended(within=5) == -signal.SIGKILL
    later.release()


def test_the_pid_file_of_a_zombie_postmaster_is_removed_and_that_of_a_living_one_is_not(home: Home) -> None:
    data = home.folder("data")
    zombie = subprocess.Popen(["/bin/true"])
    while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    for pid, kept in ((zombie.pid, False), (os.getpid(), True)):
        (data / "postmaster.pid").write_text(f"{pid}\n{data}\n")
        _forget_dead_postmaster(data)
        assert (data / "postmaster.pid").exists() is kept
    zombie.wait()


async def test_a_readiness_check_of_the_bus_that_is_cancelled_anywhere_leaves_no_connection(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = BusServer(home, None, durable=False)
    running = await ChildProcess.spawn(await bus.command())
    lost: list[str] = []
    try:
        for _ in range(200):
            if await bus.answers():
                break
            await asyncio.sleep(0.05)
        gc.collect()
        monkeypatch.setattr(sys, "unraisablehook", lambda told: lost.append(repr(told.exc_value)))
        for turns in (*range(40), *range(40, 2_000, 60)):
            asking = asyncio.create_task(bus.answers())
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait([asking])
        await asyncio.sleep(0.05)
        gc.collect()
    finally:
        await running.stop(signal.SIGKILL, 1)
    assert lost == []


def test_stores_opened_from_a_loop_in_another_thread_outlive_the_loops_helper_threads(home: Home) -> None:
    async def whole() -> None:
        async with await EmbeddedStores.open(
            home.root, services=frozenset({"postgres", "cache"}), durable=False
        ) as stores:
            pids = dict(stores.pids)
            await asyncio.sleep(0.3)
            assert stores.pids == pids
        assert not any(psutil.pid_exists(pid) for pid in pids.values())

    problems: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(whole())
        except BaseException as problem:  # noqa: BLE001 - handed to the test below
            problems.append(problem)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert problems == []
