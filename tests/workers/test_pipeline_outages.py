"""A worker outlives a database that is away and faults of any kind, and leaves no lead lying."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from langgraph.runtime import RunControl
from sqlalchemy import text

from domain.actor import Actor
from graphs.runner import Ended, LeadRunner
from kernel.errors import Unavailable
from services.container import Services
from services.runs import ClaimedRun, RunService
from store.sql.repositories.platform import Platform
from tests.workers.stage import (
    at_work,
    held_at,
    kill_server,
    lead_row,
    run_row,
    runner,
    submit,
    submit_many,
    until,
    until_ended,
)
from workers.pipeline import PipelineWorker


@pytest.mark.parametrize(
    ("problem", "attempts"), [(Unavailable("the database does not answer"), 1), (RuntimeError("a fault"), 2)]
)
async def test_a_run_that_could_not_be_ended_is_worked_again_by_the_same_worker(
    services: Services, actor: Actor, owner: asyncpg.Pool, problem: Exception, attempts: int
) -> None:
    """Its heartbeat would keep the lease for ever; and a database that was away is no attempt that failed."""
    starts: list[int] = []

    class OnceInVain(LeadRunner):
        async def execute(self, run: ClaimedRun, control: RunControl) -> Ended:
            starts.append(run.token)
            if len(starts) == 1:
                raise problem
            return await super().execute(run, control)

    lead_id = await submit(services, actor)
    async with at_work(PipelineWorker(services, OnceInVain(services, runner(services).specialists))):
        await until_ended(owner, [lead_id])
    assert starts == [1, 2]
    assert (await run_row(owner, lead_id))["attempts"] == attempts
    assert (await lead_row(owner, lead_id))["status"] == "assigned"


async def test_a_fault_in_taking_runs_or_in_the_heartbeat_ends_neither(
    services: Services, actor: Actor, owner: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = {"claim": 0, "heartbeat": 0}

    def once_in_vain(name: str) -> Any:
        real = getattr(RunService, name)

        async def called(self: RunService, *arguments: Any) -> Any:
            calls[name] += 1
            if calls[name] == 1:
                raise RuntimeError("a fault")
            return await real(self, *arguments)

        return called

    for name in calls:
        monkeypatch.setattr(RunService, name, once_in_vain(name))
    lead_id = await submit(services, actor)
    held_runner, held = held_at(services, "classifier")
    async with at_work(PipelineWorker(services, held_runner)):
        await held.entered.wait()

        async def beats_on() -> bool:
            return calls["heartbeat"] > 1

        await until(beats_on)
        held.gate.set()
        await until_ended(owner, [lead_id])
    assert (await lead_row(owner, lead_id))["status"] == "assigned"


@pytest.mark.slow
async def test_leads_are_finished_although_postgres_is_killed_under_the_worker(
    services: Services, actor: Actor, owner: asyncpg.Pool, home: Path
) -> None:
    leads = await submit_many(services, actor, 6)
    held_runner, held = held_at(services, "extractor")
    async with at_work(PipelineWorker(services, held_runner)):
        await held.entered.wait()
        kill_server(home, "postgres")
        held.gate.set()

        async def all_ended() -> bool:
            try:
                async with services.database.begin(actor) as uow:
                    return not await uow.runs.open_of(leads)
            except Unavailable:
                return False

        await until(all_ended, within=120)
    books = await services.books.of(actor)
    assert (books.leads_assigned, books.assignments, books.receipts) == (6, 6, 6)
    assert (books.runs_open, books.broken_histories) == (0, 0)


async def test_a_database_that_is_away_stops_neither_work_nor_heartbeat(
    services: Services, actor: Actor, owner: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postgres tells a client that it is going down by an error of its own class; it must read as away."""
    lead_id = await submit(services, actor)
    calls, real = [0], Platform.claim_runs

    async def cut(self: Platform, worker: str, at_most: int, lease: timedelta) -> list[ClaimedRun]:
        calls[0] += 1
        if calls[0] <= 2:
            pid = await self.session.scalar(text("SELECT pg_backend_pid()"))
            await owner.execute("SELECT pg_terminate_backend($1)", pid)
        return await real(self, worker, at_most, lease)

    monkeypatch.setattr(Platform, "claim_runs", cut)
    async with at_work(PipelineWorker(services, runner(services))):
        await until_ended(owner, [lead_id])
    assert calls[0] > 2


async def test_a_worker_is_told_of_new_leads_also_after_its_listening_connection_was_cut(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    listening = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND state = 'idle'"
    pipeline = services.settings.pipeline.model_copy(update={"poll_seconds": 3600.0})
    deaf = replace(services, settings=services.settings.model_copy(update={"pipeline": pipeline}))

    async def another_listens() -> bool:
        return await owner.fetchval(listening) not in {None, cut}

    cut = None
    async with at_work(PipelineWorker(deaf, runner(services))):
        await until(another_listens)
        cut = await owner.fetchval(listening)
        await owner.execute("SELECT pg_terminate_backend($1)", cut)
        await until(another_listens)
        lead_id = await submit(services, actor)
        await until_ended(owner, [lead_id])
    assert (await lead_row(owner, lead_id))["status"] == "assigned"
