"""A pipeline that a test can stop at a step: held specialists, the rows of a run, and waiting for what must come."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]

from agents.base import LeadCase, Specialist
from agents.registry import specialists
from domain.actor import Actor
from domain.decision import Decision
from graphs.runner import LeadRunner
from services.container import Services
from services.leads.schemas import LeadIn
from services.runs import ClaimedRun
from tests.builders import a_lead
from workers.pipeline import PipelineWorker


@dataclass
class Held:
    """A specialist that waits at the gate: ``entered`` says that it was asked, ``gate`` lets it answer."""

    real: Specialist
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[UUID] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.real.name

    @property
    def version(self) -> str:
        return self.real.version

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        self.asked.append(case.lead_id)
        self.entered.set()
        await self.gate.wait()
        return await self.real.decide(case, known)


def held_at(services: Services, name: str) -> tuple[LeadRunner, Held]:
    """A runner whose specialist ``name`` waits at the gate."""
    real = dict(specialists(services))
    held = Held(real[name])
    return LeadRunner(services, {**real, name: held}), held


def runner(services: Services) -> LeadRunner:
    return LeadRunner(services, specialists(services))


@asynccontextmanager
async def at_work(worker: PipelineWorker) -> AsyncIterator[PipelineWorker]:
    """The worker running; drained and ended when the block is left. A worker that broke fails the test."""
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.drain()
        async with asyncio.timeout(60):
            await task


async def submit(services: Services, actor: Actor, **changes: Any) -> UUID:
    """A lead in; its id."""
    answer = await services.intake.accept_one(actor, LeadIn(**a_lead(**changes)), key=None)
    return UUID(answer.body["lead_id"])


async def submit_many(services: Services, actor: Actor, count: int) -> list[UUID]:
    """Leads of different people, in order."""
    return [
        await submit(services, actor, full_name=f"Lead {n}", email=f"lead{n}@leads.example", phone=None)
        for n in range(count)
    ]


async def claimed(services: Services, worker: str, lead_id: UUID) -> ClaimedRun:
    """The run of this lead, taken by ``worker``."""
    return next(run for run in await services.runs.claim(worker, 100) if run.lead_id == lead_id)


async def run_row(owner: asyncpg.Pool, lead_id: UUID) -> dict[str, Any]:
    return dict(await owner.fetchrow("SELECT * FROM graph_run WHERE lead_id = $1", lead_id))


async def lead_row(owner: asyncpg.Pool, lead_id: UUID) -> dict[str, Any]:
    return dict(await owner.fetchrow("SELECT * FROM lead WHERE id = $1", lead_id))


async def decisions(owner: asyncpg.Pool, lead_id: UUID) -> dict[str, dict[str, Any]]:
    rows = await owner.fetch("SELECT specialist, body FROM decision WHERE lead_id = $1", lead_id)
    return {row["specialist"]: json.loads(row["body"]) for row in rows}


async def until(check: Callable[[], Awaitable[bool]], within: float = 60.0) -> None:
    """Wait until ``check`` holds; a test whose condition never comes fails here."""
    async with asyncio.timeout(within):
        while not await check():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.02)


async def until_ended(owner: asyncpg.Pool, leads: list[UUID]) -> None:
    """Wait until no run of these leads is open."""

    async def none_open() -> bool:
        query = "SELECT count(*) FROM graph_run WHERE lead_id = ANY ($1) AND status IN ('queued', 'running')"
        return bool(await owner.fetchval(query, leads) == 0)

    await until(none_open)


def kill_server(home: Path, name: str) -> None:
    """SIGKILL one of the embedded servers; its supervisor starts it again."""
    os.kill(json.loads((home / "run" / "children.json").read_text())[name][0], signal.SIGKILL)
