"""Sockets by the thousand on two API processes: how long from commit to listener, and whether anybody misses or hears twice.

Events are written by this process, the clients are here as well, and the API processes are of the server profile. With
``kill`` one of them is killed half way: its clients go on at the other from the last id that they have seen.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import websockets

from bench.crash_world import AGENCY, agency_file
from bench.server_stores import ServerStores, server_stores
from domain.actor import Actor
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from domain.live.tickets import Pass
from kernel.clock import now
from kernel.ids import new_id
from services.container import Services
from services.opening import open_services
from store.embedded.ports import free_port

P95_MS = 250.0
_PROCESSES = 2
_AT_ONCE = 40
_PATIENCE = 180.0
_PAUSE = 0.2


@dataclass
class LiveFound:
    """What the bench found. ``missed`` and ``doubled`` are events over all clients."""

    clients: int
    events: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    missed: int = 0
    doubled: int = 0
    connect_seconds: float = 0.0
    seconds: float = 0.0
    megabytes: list[float] = field(default_factory=list)

    @property
    def p50_ms(self) -> float:
        """The middle of all clients and events."""
        return float(np.percentile(self.latencies_ms, 50))

    @property
    def p95_ms(self) -> float:
        """What nineteen of twenty stay under."""
        return float(np.percentile(self.latencies_ms, 95))

    @property
    def held(self) -> bool:
        """Whether every goal is met."""
        return not self.missed and not self.doubled and self.p95_ms < P95_MS


@dataclass
class _Client:
    """One socket, and what it has heard: (event id, version, instant)."""

    services: Services
    actor: Actor
    ports: list[int]
    heard: list[tuple[int, int, float]] = field(default_factory=list)
    last: int | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, doors: asyncio.Semaphore) -> None:
        """Listen until cancelled, at the next process after each drop."""
        turn = 0
        while True:
            with suppress(OSError, websockets.WebSocketException, TimeoutError):
                await self._listen(self.ports[turn % len(self.ports)], doors)
            turn += 1
            await asyncio.sleep(_PAUSE)

    async def _listen(self, port: int, doors: asyncio.Semaphore) -> None:
        async with doors:
            ticket = await self.services.live.tickets.issue(self.actor, Pass(self.actor))
            socket = await websockets.connect(
                f"ws://127.0.0.1:{port}/api/v1/live/socket?ticket={ticket.ticket}", open_timeout=_PATIENCE,
                compression=None, ping_interval=None,
            )  # fmt: skip
        async with socket:
            frame = {"type": "subscribe", "channel": "leads"} | ({} if self.last is None else {"after": self.last})
            await socket.send(json.dumps(frame))
            async for text in socket:
                said = json.loads(text)
                if said["type"] == "event":
                    self.last = said["id"]
                    self.heard.append((said["id"], said["version"], time.monotonic()))
                elif said["type"] == "subscribed":
                    self.last = said["after"]
                    self.ready.set()


async def live(clients: int, events: int, *, kill: bool = False) -> LiveFound:
    """Run the bench in a folder of its own, which it removes."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-live-"))
    await asyncio.to_thread(folder.chmod, 0o711)  # an unprivileged Postgres must be able to enter
    found = LiveFound(clients)
    try:
        async with server_stores(folder) as stores:
            await _finish(stores, "migrate")
            await asyncio.to_thread((folder / "agency.json").write_text, json.dumps(agency_file(20)))
            await _finish(stores, "agency", "load", str(folder / "agency.json"))
            async with open_services(stores.settings) as services, _processes(stores) as apis:
                actor = await services.agencies.actor_for(AGENCY, "bench")
                assert actor is not None
                await _measure(found, services, actor, apis, events, kill=kill)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return found


async def _measure(
    found: LiveFound, services: Services, actor: Actor, apis: dict[int, Process], events: int, *, kill: bool
) -> None:
    ports = list(apis)
    doors = asyncio.Semaphore(_AT_ONCE)
    sides = [ports, ports[::-1]]
    listening = [_Client(services, actor, sides[number % 2]) for number in range(found.clients)]
    lead_id = new_id()
    begun = time.monotonic()
    tasks = [asyncio.create_task(one.run(doors)) for one in listening]
    try:
        async with asyncio.timeout(_PATIENCE + found.clients):
            await asyncio.gather(*(one.ready.wait() for one in listening))
        found.connect_seconds = time.monotonic() - begun
        found.megabytes = [await asyncio.to_thread(_megabytes, process.pid) for process in apis.values()]
        start, committed = time.monotonic(), {}
        for number in range(events):
            await _happen(services, actor, lead_id, first=number == 0)
            committed[number + 1] = time.monotonic()
            if kill and number == events // 2:
                victim = apis[ports[0]]
                victim.send_signal(signal.SIGKILL)
                await victim.wait()
            await asyncio.sleep(_PAUSE)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while any(len(one.heard) < events for one in listening):  # noqa: ASYNC110 - many clients, one look
                    await asyncio.sleep(_PAUSE)
        found.seconds = time.monotonic() - start
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    found.events = events
    for one in listening:
        versions = [version for _, version, _ in one.heard]
        found.doubled += len(versions) - len(set(versions))
        found.missed += events - len(set(versions))
        found.latencies_ms += [1000 * (at - committed[version]) for _, version, at in one.heard]


async def _happen(services: Services, actor: Actor, lead_id: UUID, *, first: bool) -> None:
    """One more event of the lead; the number of events is its version."""
    async with services.database.begin(actor) as uow:
        moment = now()
        if first:
            event = LeadEvent(
                Happening.RECEIVED, moment, {"source": "bench", "language": "en"}, {"text": "a quote, please"}
            )
            await uow.history.receive([(lead_id, "received", event)], [])
        else:
            event = LeadEvent(Happening.REFUSED_CALLS, moment, {"from": str(lead_id)})
            await uow.history.append(lead_id, f"bench:{new_id()}", event)


@asynccontextmanager
async def _processes(stores: ServerStores) -> AsyncIterator[dict[int, Process]]:
    """The API processes by port, answering; killed at the end."""
    limits = {
        "LIVE__ACTOR_CONNECTIONS": "100000", "LIVE__ADDRESS_CONNECTIONS": "100000", "LIVE__CONNECTIONS": "100000",
        "API__RATE_PER_MINUTE": "0", "API__AGENCY_RATE_PER_MINUTE": "0",
    }  # fmt: skip
    apis: dict[int, Process] = {}
    try:
        for _ in range(_PROCESSES):
            port = free_port()
            apis[port] = await _start(stores, "api", **limits, API__PORT=str(port))
        for port, process in apis.items():
            await _answers(port, process)
        yield apis
    finally:
        for process in apis.values():
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _start(stores: ServerStores, *arguments: str, **settings: str) -> Process:
    named = stores.environment() | {f"LEADWRIGHT_{name}": value for name, value in settings.items()}
    command = [
        "env",
        *(f"{name}={value}" for name, value in named.items()),
        sys.executable,
        "-m",
        "cli.main",
        *arguments,
    ]
    return await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)


async def _finish(stores: ServerStores, *arguments: str) -> None:
    code = await (await _start(stores, *arguments)).wait()
    if code:
        msg = f"leadwright {arguments[0]} ended with {code}"
        raise RuntimeError(msg)


async def _answers(port: int, process: Process) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client, asyncio.timeout(_PATIENCE):
        while True:
            if process.returncode is not None:
                msg = f"the API ended with {process.returncode}"
                raise RuntimeError(msg)
            with suppress(httpx.HTTPError):
                if (await client.get("/health/live")).is_success:
                    return
            await asyncio.sleep(_PAUSE)


def _megabytes(pid: int) -> float:
    """Memory that the process has now (Linux); 0 where it cannot be read."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0
