"""SIGKILL the whole installation at random moments while leads are processed, then count what is left.

Each life is a real ``leadwright process`` with its own stores, killed with everything it started. Goal: nothing lost,
nothing twice, no lead with two producers, no capacity exceeded, every receipt replays to the same answer.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.crash_world import AGENCY, agency_file, lead_file
from domain.actor import Actor
from kernel.settings import Settings
from services.container import Services
from services.opening import open_services

_EARLY = 0.15
"""Share of kills that come at any moment of a start, before the pipeline works."""


@dataclass
class Counts:
    """What the bench found; the goal of every fault is zero."""

    leads: int
    kills: int = 0
    during_start: int = 0
    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether every goal was met."""
        return not any(self.faults.values())


async def crash(leads: int, kills: int, seed: int) -> Counts:
    """Run the bench in a folder of its own, which it removes."""
    chance = random.Random(seed)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-crash-"))
    counts, started = Counts(leads), time.monotonic()
    try:
        await asyncio.to_thread(_write_world, folder, leads, chance)
        await _finish(folder, "agency", "load", str(folder / "agency.json"))
        left = leads
        while counts.kills < kills:
            left = await _life(folder, chance, left, kills - counts.kills, counts)
            sys.stderr.write(f"\rkill {counts.kills} of {kills}, {left} leads to go   ")
            sys.stderr.flush()
        sys.stderr.write("\n")
        rows = await _finish(folder, "process", str(folder / "leads.csv"), "--json", "--agency", AGENCY)
        await _count(Settings(home=folder / "home"), [json.loads(row) for row in rows.splitlines()], counts)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    counts.seconds = time.monotonic() - started
    return counts


def _write_world(folder: Path, leads: int, chance: random.Random) -> None:
    folder.chmod(0o711)  # an unprivileged Postgres must be able to enter
    (folder / "leads.csv").write_text(lead_file(leads, chance), encoding="utf-8")
    (folder / "agency.json").write_text(json.dumps(agency_file(leads)), encoding="utf-8")


async def _start(folder: Path, *arguments: str) -> Process:
    settings = {
        "LEADWRIGHT_HOME": str(folder / "home"),
        "LEADWRIGHT_TELEMETRY__LOG_LEVEL": "INFO",
        "LEADWRIGHT_TELEMETRY__LOG_JSON": "true",
    }
    named = [f"{name}={value}" for name, value in settings.items()]
    command = ["env", *named, sys.executable, "-m", "cli.main", *arguments]
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, start_new_session=True)


async def _finish(folder: Path, *arguments: str) -> str:
    process = await _start(folder, *arguments)
    output, errors = await process.communicate()
    if process.returncode != 0:
        msg = f"leadwright {arguments[0]} ended with {process.returncode}: {errors.decode()[-800:]}"
        raise RuntimeError(msg)
    return output.decode()


async def _life(folder: Path, chance: random.Random, left: int, kills_left: int, counts: Counts) -> int:
    """One life until its kill; returns how many leads are still to go.

    Mostly the kill comes a random number of finished leads into the work, spread so that work lasts for every kill.
    """
    process = await _start(folder, "process", str(folder / "leads.csv"), "--json", "--agency", AGENCY)
    assert process.stderr is not None
    early = chance.random() < _EARLY
    aim = left - chance.uniform(0, 1.6 * left / (kills_left + 1))
    deadline = time.monotonic() + (chance.uniform(0.2, 5.0) if early else 120.0)
    while (pause := deadline - time.monotonic()) > 0:
        try:
            line = await asyncio.wait_for(process.stderr.readline(), pause)
        except TimeoutError:
            break
        if not line:
            break
        left = min(left, _open_rows(line, left))
        if not early and left <= aim:
            await asyncio.sleep(chance.uniform(0, 0.15))
            break
    if process.returncode is None:
        process.kill()
        counts.kills += 1
        counts.during_start += early
    await process.communicate()
    if left == 0 and process.returncode == 0:
        msg = f"the work ended after {counts.kills} kills; use more leads or fewer kills"
        raise RuntimeError(msg)
    return left


def _open_rows(line: bytes, otherwise: int) -> int:
    try:
        record = json.loads(line)
    except ValueError:
        return otherwise
    return int(record["open"]) if record.get("event") == "rows open" else otherwise


async def _count(settings: Settings, rows: list[dict[str, Any]], counts: Counts) -> None:
    counts.statuses = Counter(row["status"] for row in rows)
    numbers = Counter(row["row"] for row in rows)
    counts.faults = {
        "rows missing from the output": counts.leads - len(numbers),
        "rows twice in the output": sum(times - 1 for times in numbers.values()),
        "leads still on their way": counts.statuses.get("processing", 0),
        "leads refused": counts.statuses.get("rejected", 0),
    }
    async with open_services(settings) as services:
        actor = await services.agencies.actor_for(AGENCY, "bench")
        assert actor is not None
        counts.faults |= await stored(services, actor, counts.leads)
        ids = [row["receipt_id"] for row in rows if row["receipt_id"]]
        replays = [await services.receipts.replay(actor, receipt_id) for receipt_id in ids]
        counts.faults["receipts that replay differently"] = sum(not one.same for one in replays)
        counts.faults["lead rows that differ from their history"] = (
            await services.lead_rebuild.rebuild(actor)
        ).differed


async def stored(services: Services, actor: Actor, leads: int) -> dict[str, int]:
    """Faults in the agency's books, by name."""
    books = await services.books.of(actor)
    return {
        "leads missing or too many": abs(leads - books.leads),
        "leads with two producers": books.leads_held_twice,
        "assignments beyond one a lead": books.assignments - books.leads_assigned,
        "producer days over capacity": books.days_over_capacity,
        "runs not ended": books.runs_open,
        "histories with a gap or without an end": books.broken_histories,
        "events without an outbox message": books.events - books.messages,
        "receipts beyond one a lead": books.receipts - books.leads_with_receipt,
    }
