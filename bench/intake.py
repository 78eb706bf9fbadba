"""Our POST of a lead against a bare endpoint that writes the same two rows, on the same Postgres, in turns.

The bare one stands for what the framework and the database allow: FastAPI and SQLAlchemy's ORM. Ours reads and checks every
field, keeps the lead's history, its run and its outgoing message, and answers only when all of it is on disk. Leads that come
while others are written share the next transaction, which the bare one does not do: this measures one sender on sixteen
connections, and the steady rate what a lead takes alone.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

import numpy as np

from api.auth import issue_token
from bench.crash_world import AGENCY, agency_file
from kernel.settings import Settings
from services.opening import open_services
from store.embedded.ports import free_port

SHARE = 0.5
"""Goal: at least this share of the bare endpoint's requests a second."""
P95_MS = 50.0
"""Goal: 95 of 100 requests in less, at :data:`RATE` a second."""
RATE = 100.0
_SIDES = {"ours": "/api/v1/leads", "bare": "/leads"}
_CONNECTIONS = 16
UNHINDERED = [
    f"LEADWRIGHT_API__{name}=1000000000"
    for name in ("RATE_PER_MINUTE", "RATE_BURST", "AGENCY_RATE_PER_MINUTE", "AGENCY_RATE_BURST")
]
"""Settings under which limits are counted as always and never reached."""
_WARM_UP = 100


@dataclass
class Intake:
    """Requests a second of each side by round, and milliseconds of ours at a steady rate; ``refused`` counts other answers."""

    rates: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in _SIDES})
    steady_ms: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def share(self) -> float:
        """Our requests a second over those of the bare side, median over the rounds."""
        return median(ours / bare for ours, bare in zip(self.rates["ours"], self.rates["bare"], strict=True))

    @property
    def p95_ms(self) -> float:
        """Of our requests at the steady rate."""
        return float(np.percentile(self.steady_ms, 95))

    @property
    def held(self) -> bool:
        """Whether both goals were met, and every request was taken."""
        return self.share >= SHARE and self.p95_ms < P95_MS and not self.refused


async def intake(requests: int, rounds: int, seconds: float) -> Intake:
    """``rounds`` turns of ``requests`` on each side, then ``seconds`` of ours at a steady rate."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-intake-"))
    await asyncio.to_thread(folder.chmod, 0o711)
    found = Intake()
    try:
        async with open_services(Settings(home=folder / "home")) as services:
            actor = await services.agencies.found(AGENCY, "Intake bench")
            await services.agencies.load(actor, json.dumps(agency_file(24)).encode())
            token = issue_token(services.settings, services.jwt_secret, actor)
            async with served(folder, "ours", *UNHINDERED) as ours, served(folder, "bare") as bare:
                senders = {"ours": Sender("ours", ours, token), "bare": Sender("bare", bare, token)}
                for sender in senders.values():
                    await sender.flood(_WARM_UP)
                for _ in range(rounds):
                    for name, sender in senders.items():
                        found.rates[name].append(requests / await sender.flood(requests))
                found.steady_ms = await senders["ours"].steady(RATE, seconds)
                found.refused = sum(sender.refused for sender in senders.values())
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return found


class Sender:
    """A client on kept-alive connections. It is written out, since a general client would cost more than what it measures."""

    def __init__(self, name: str, port: int, token: str) -> None:
        self._port = port
        self._numbers = count()
        self._head = (
            f"POST {_SIDES[name]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: "
        )
        self.refused = 0

    async def flood(self, requests: int) -> float:
        """Send them as fast as they are answered, on sixteen connections; the seconds it took."""
        left = iter(range(requests))
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(_CONNECTIONS):
                group.create_task(self._until_none_left(left))
        return time.perf_counter() - started

    async def steady(self, rate: float, seconds: float) -> list[float]:
        """Send at a steady rate, whatever the answers do; milliseconds from the moment each was due."""
        places: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        for _ in range(_CONNECTIONS):
            places.put_nowait(await asyncio.open_connection("127.0.0.1", self._port))
        took: list[float] = []
        started = time.perf_counter()

        async def one(due: float) -> None:
            place = await places.get()
            await self._ask(*place)
            places.put_nowait(place)
            took.append(1000 * (time.perf_counter() - due))

        async with asyncio.TaskGroup() as group:
            for number in range(round(rate * seconds)):
                due = started + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(one(due))
        while not places.empty():
            places.get_nowait()[1].close()
        return took

    async def _until_none_left(self, left: Iterator[int]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for _ in left:
            await self._ask(reader, writer)
        writer.close()
        await writer.wait_closed()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        body = json.dumps({
            "full_name": "Ana Ruiz", "email": f"lead{number}@leads.example", "phone": f"312-555-{number % 10_000:04d}",
            "zip": "60614", "line": "auto", "source": "bench",
            "message": "I need a quote for car insurance this week, I just bought a 2021 sedan.",
        }).encode()  # fmt: skip
        writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        self.refused += not head.startswith(b"HTTP/1.1 202")


@asynccontextmanager
async def served(folder: Path, name: str, *settings: str) -> AsyncIterator[int]:
    """The port of one side, served by a process of its own with these settings, as ``NAME=value``."""
    port = free_port()
    command = [
        "env",
        f"LEADWRIGHT_HOME={folder / 'home'}",
        *settings,
        sys.executable,
        "-m",
        "bench.intake_server",
        name,
        str(port),
    ]
    process: Process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if await process.stdout.readline() != b"ready\n":
            msg = f"the {name} side of the bench did not start"
            raise RuntimeError(msg)
        yield port
    finally:
        process.stdin.close()
        await process.wait()
