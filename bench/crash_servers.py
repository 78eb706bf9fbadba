"""SIGKILL workers at random while an API takes leads in, stop Postgres, NATS and Redis in the middle, then count what is left.

Processes are those of the server profile: one API and two workers on stores that stand alone. Goal: every lead that was
answered is there once, worked once, told to the bus once.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.crash import Counts, stored
from bench.crash_world import AGENCY, agency_file, lead_file
from bench.server_stores import ServerStores, server_stores
from bench.stream import message_ids
from domain.actor import Actor
from kernel.errors import Unavailable
from services.container import Services
from services.opening import open_services
from store.embedded import BUS, CACHE, POSTGRES
from store.embedded.ports import free_port

WORKERS = 2
STOPPED = (POSTGRES, BUS, CACHE)
_PATIENCE = 120.0  # seconds without any progress
_SENDERS = 4
_AHEAD = 12  # leads sent beyond those worked, so that some are sent in every outage


@dataclass
class ServerCounts(Counts):
    """What the bench found with servers; ``stops`` says which store was stopped, and how."""

    answered: int = 0
    repeated_requests: int = 0
    stops: list[str] = field(default_factory=list)


@dataclass
class _Rig:
    """The processes of one run. ``worked`` is how many leads were seen to be done."""

    folder: Path
    stores: ServerStores
    chance: random.Random
    counts: ServerCounts
    port: int = 0
    worked: int = 0
    workers: list[Process] = field(default_factory=list)

    async def start(self, *arguments: str, **settings: str) -> Process:
        """A command of the server profile; what it prints goes to its log."""
        named = self.stores.environment() | {f"LEADWRIGHT_{name}": value for name, value in settings.items()}
        command = [
            "env",
            *(f"{name}={value}" for name, value in named.items()),
            sys.executable,
            "-m",
            "cli.main",
            *arguments,
        ]
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    async def finish(self, *arguments: str) -> str:
        """A command until its end; what it printed."""
        named = [f"{name}={value}" for name, value in self.stores.environment().items()]
        command = ["env", *named, sys.executable, "-m", "cli.main", *arguments]
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
        output, errors = await process.communicate()
        if process.returncode != 0:
            msg = f"leadwright {arguments[0]} ended with {process.returncode}: {errors.decode()[-800:]}"
            raise RuntimeError(msg)
        return output.decode()

    async def start_worker(self) -> None:
        """One more worker, with a lease of seconds: waiting is all that the default would add."""
        self.workers.append(await self.start("worker", PIPELINE__LEASE_SECONDS="3", PIPELINE__POLL_SECONDS="0.5"))


async def crash_on_servers(leads: int, kills: int, seed: int, stop_seconds: float) -> ServerCounts:
    """Run the bench in a folder of its own, which it removes."""
    chance = random.Random(seed)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-servers-"))
    await asyncio.to_thread(folder.chmod, 0o711)  # an unprivileged Postgres must be able to enter
    counts, started = ServerCounts(leads), time.monotonic()
    try:
        async with server_stores(folder) as stores:
            rig = _Rig(folder, stores, chance, counts)
            await rig.finish("migrate")
            await asyncio.to_thread((folder / "agency.json").write_text, json.dumps(agency_file(leads)))
            await rig.finish("agency", "load", str(folder / "agency.json"))
            token = (await rig.finish("token", "--agency", AGENCY)).strip()
            async with open_services(stores.settings) as services, _processes(rig):
                actor = await services.agencies.actor_for(AGENCY, "bench")
                assert actor is not None
                ids = await _ordeal(rig, services, actor, token, kills, stop_seconds)
                counts.answered = len(ids)
                await _count(rig, services, actor, ids)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    counts.seconds = time.monotonic() - started
    return counts


@asynccontextmanager
async def _processes(rig: _Rig) -> AsyncIterator[None]:
    """One API that answers and the workers; everything is killed at the end."""
    rig.port = free_port()
    api = await rig.start("api", API__PORT=str(rig.port))
    try:
        for _ in range(WORKERS):
            await rig.start_worker()
        await _answers(rig, api)
        yield
    finally:
        for process in (api, *rig.workers):
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _answers(rig: _Rig, api: Process) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{rig.port}") as client, asyncio.timeout(_PATIENCE):
        while True:
            if api.returncode is not None:
                said = await asyncio.to_thread((rig.folder / "api.log").read_text)
                msg = f"the API ended with {api.returncode}: {said[-800:]}"
                raise RuntimeError(msg)
            with suppress(httpx.HTTPError):
                if (await client.get("/health/ready")).is_success:
                    return
            await asyncio.sleep(0.2)


async def _ordeal(rig: _Rig, services: Services, actor: Actor, token: str, kills: int, stop_seconds: float) -> set[str]:
    """Send every lead while workers are killed and stores are stopped; then wait for the end of the work."""
    rows = list(csv.DictReader(io.StringIO(lead_file(rig.counts.leads, rig.chance))))
    waiting: asyncio.Queue[tuple[int, dict[str, str]]] = asyncio.Queue()
    for numbered in enumerate(rows):
        waiting.put_nowait(numbered)
    ids: set[str] = set()
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{rig.port}", headers={"Authorization": f"Bearer {token}"}, timeout=10
    ) as client:
        sending = [asyncio.create_task(_send(client, waiting, ids, rig)) for _ in range(_SENDERS)]
        try:
            await _harm(rig, services, actor, kills, stop_seconds)
            rig.worked = rig.counts.leads
            await asyncio.gather(*sending)
        finally:
            for task in sending:
                task.cancel()
    await _settled(services, actor)
    return ids


async def _send(
    client: httpx.AsyncClient, waiting: asyncio.Queue[tuple[int, dict[str, str]]], ids: set[str], rig: _Rig
) -> None:
    """One sender. Whatever was not answered is sent again under the same key, as the API's users are told to."""
    while not waiting.empty():
        if len(ids) > rig.worked + _AHEAD:
            await asyncio.sleep(0.1)
            continue
        number, row = waiting.get_nowait()
        body = {
            "full_name": row["Name"], "email": row["Email"], "zip": row["Zip"], "line": row["Insurance Type"],
            "message": row["Message"],
        }  # fmt: skip
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                answer = await client.post(
                    "/api/v1/leads", json=body, headers={"Idempotency-Key": f"lead-number-{number}"}
                )
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.is_success:
                ids.add(answer.json()["lead_id"])
                break
            if (answer is not None and answer.is_client_error) or time.monotonic() > deadline:
                msg = f"lead {number} was not taken: {answer.text[:300] if answer is not None else 'no answer'}"
                raise RuntimeError(msg)
            rig.counts.repeated_requests += 1
            await asyncio.sleep(0.3)


async def _harm(rig: _Rig, services: Services, actor: Actor, kills: int, stop_seconds: float) -> None:
    """Kill a worker again and again, spread over the work, and between the kills stop each store: frozen, or killed."""
    stops = [(name, how) for name in STOPPED for how in ("frozen", "killed")]
    rig.chance.shuffle(stops)
    for number in range(kills):
        aim = int(rig.counts.leads * (number + 1) / (kills + 1) * 0.9)
        await _until_worked(rig, services, actor, aim)
        if stops and number >= kills * (len(STOPPED) * 2 - len(stops)) // (len(STOPPED) * 2):
            await _stop(rig, *stops.pop(), stop_seconds)
        await asyncio.sleep(rig.chance.uniform(0, 0.3))
        victim = rig.chance.choice(rig.workers)
        victim.kill()
        await victim.wait()
        rig.workers.remove(victim)
        rig.counts.kills += 1
        await rig.start_worker()
        sys.stderr.write(f"\rkill {rig.counts.kills} of {kills}, {len(rig.counts.stops)} stores stopped   ")
        sys.stderr.flush()
    for name, how in stops:
        await _stop(rig, name, how, stop_seconds)
    sys.stderr.write("\n")


async def _stop(rig: _Rig, name: str, how: str, seconds: float) -> None:
    """Take one store away for some seconds: frozen where it stands, or killed, after which its supervisor starts it again."""
    if how == "killed":
        os.kill(rig.stores.pids[name], signal.SIGKILL)
        await asyncio.sleep(seconds)
    else:
        family = await asyncio.to_thread(family_of, rig.stores.pids[name])
        try:
            for pid in family:
                os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(seconds)
        finally:
            for pid in family:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
    rig.counts.stops.append(f"{name} {how}")


def family_of(pid: int) -> list[int]:
    """The process and all that descend from it: Postgres' backends are sessions of their own."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


async def _until_worked(rig: _Rig, services: Services, actor: Actor, wanted: int) -> None:
    """Wait until so many leads are here and their runs have ended; gives up where nothing moves any more."""
    last, moved = -1, time.monotonic()
    while True:
        with suppress(Unavailable):
            audit = await services.books.of(actor)
            rig.worked = done = audit.leads - audit.runs_open
            if done >= wanted:
                return
            if done != last:
                last, moved = done, time.monotonic()
        if time.monotonic() - moved > _PATIENCE:
            msg = f"nothing has moved for {_PATIENCE:.0f} s at {last} leads worked of {wanted}"
            raise RuntimeError(msg)
        await asyncio.sleep(0.1)


async def _settled(services: Services, actor: Actor) -> None:
    """Wait until no run is open and the bus has been told everything."""
    deadline = time.monotonic() + 2 * _PATIENCE
    while time.monotonic() < deadline:
        with suppress(Unavailable):
            async with services.database.begin(actor) as uow:
                waiting = await uow.books.unpublished()
            if not waiting and not (await services.books.of(actor)).runs_open:
                return
        await asyncio.sleep(0.2)


async def _count(rig: _Rig, services: Services, actor: Actor, ids: set[str]) -> None:
    counts = rig.counts
    async with services.database.begin(actor) as uow:
        sent, waiting = await uow.books.published_ids(), await uow.books.unpublished()
        counts.statuses = Counter(await uow.books.statuses())
        receipts = await uow.books.receipt_ids()
    told = Counter(await message_ids(services.settings.bus))
    mine = {str(one) for one in sent}
    replays = [await services.receipts.replay(actor, one) for one in receipts]
    counts.faults = {
        "requests answered with one lead twice, or without one": counts.leads - len(ids),
        "leads still on their way": counts.statuses.get("processing", 0) + counts.statuses.get("received", 0),
        **await stored(services, actor, counts.leads),
        "receipts that replay differently": sum(not one.same for one in replays),
        "lead rows that differ from their history": (await services.lead_rebuild.rebuild(actor)).differed,
        "events that wait for the bus": waiting,
        "events that the bus does not have": len(mine - told.keys()),
        "events twice in the bus": sum(times - 1 for one, times in told.items() if one in mine),
    }
