"""What only the machinery kept goes in time; leads, their history and their receipts stay."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from cli.workforce import working
from domain.actor import Actor
from kernel.clock import now
from kernel.keeping_settings import KeepingSettings
from services.container import Services
from services.leads.schemas import LeadIn
from services.sweeping import Sweeping
from store.sql.repositories.runs import run_of
from tests.builders import a_lead

pytestmark = pytest.mark.both_sides

COUNTS = {
    "checkpoints": "SELECT count(*) FROM checkpoints WHERE thread_id = :thread",
    "writes": "SELECT count(*) FROM checkpoint_writes WHERE thread_id = :thread",
    "messages": "SELECT count(*) FROM outbox",
    "answers": "SELECT count(*) FROM idempotency_key",
    "events": "SELECT count(*) FROM lead_event",
    "leads": "SELECT count(*) FROM lead",
    "receipts": "SELECT count(*) FROM receipt",
}


async def counted(services: Services, actor: Actor, thread: str) -> dict[str, int]:
    async with services.database.begin(actor) as uow:
        found = {name: await uow.session.scalar(text(query), {"thread": thread}) for name, query in COUNTS.items()}
    return {name: int(number or 0) for name, number in found.items()}


async def a_finished_lead(services: Services, actor: Actor) -> str:
    """Takes a lead through the pipeline; the thread of its run."""
    answer = await services.intake.accept_one(actor, LeadIn(**a_lead()), key="once")
    run_id, thread = run_of(UUID(answer.body["lead_id"]), "lead", 0)
    async with working(services), asyncio.timeout(60):
        while True:
            async with services.database.begin(actor) as uow:
                row = await uow.session.execute(
                    text(
                        "SELECT (SELECT finished_at FROM graph_run WHERE id = :run) IS NOT NULL"
                        " AND NOT EXISTS (SELECT 1 FROM outbox WHERE published_at IS NULL)"
                    ),
                    {"run": run_id},
                )
                if row.scalar_one():
                    return thread
            await asyncio.sleep(0.05)


async def test_what_is_old_goes_and_what_matters_stays(services: Services, actor: Actor) -> None:
    thread = await a_finished_lead(services, actor)
    before = await counted(services, actor, thread)
    assert all(before.values()), before
    await Sweeping(services.database, KeepingSettings()).sweep()
    assert await counted(services, actor, thread) == before  # nothing is old yet
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("UPDATE idempotency_key SET expires_at = now() - interval '1 second'"))
    tiny = 1e-9
    short = KeepingSettings(deliveries_days=tiny, messages_days=tiny, checkpoints_hours=tiny)
    assert await Sweeping(services.database, short).sweep() > 0
    after = await counted(services, actor, thread)
    assert {name for name, number in after.items() if not number} == {"checkpoints", "writes", "messages", "answers"}
    assert {name: after[name] for name in ("events", "leads", "receipts")} == {
        name: before[name] for name in ("events", "leads", "receipts")
    }
    assert await Sweeping(services.database, short).sweep() == 0


async def test_a_run_that_has_not_ended_keeps_its_checkpoints(services: Services, actor: Actor) -> None:
    thread = await a_finished_lead(services, actor)
    async with services.database.begin(actor) as uow:
        await uow.session.execute(
            text("UPDATE graph_run SET finished_at = NULL, status = 'stopped' WHERE thread_id = :thread"),
            {"thread": thread},
        )
    await Sweeping(services.database, KeepingSettings(checkpoints_hours=1e-9)).sweep()
    assert (await counted(services, actor, thread))["checkpoints"] > 0


async def test_counts_of_caps_go_once_their_period_is_long_over(services: Services, actor: Actor) -> None:
    today = now().date()
    async with services.database.begin(actor) as uow:
        for days in (0, 31, 41, 400):
            assert await uow.distribution.count("new-hires", today - timedelta(days=days), "all", 5)
    await Sweeping(services.database, KeepingSettings()).sweep()
    async with services.database.begin(actor) as uow:
        kept = await uow.distribution.full(
            [("new-hires", today - timedelta(days=days), 1) for days in (0, 31, 41, 400)]
        )
        left = await uow.session.scalar(text("SELECT count(*) FROM routing_cap_count WHERE rule = 'new-hires'"))
    assert (kept, left) == ({"new-hires": {"all": 1}}, 2)
