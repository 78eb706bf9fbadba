"""Workers stop without losing or repeating a step, keep what they work, lose it when silent, and end in a person's queue."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import pytest
from langgraph.runtime import RunControl

from agents.base import LeadCase, Specialist
from agents.registry import specialists
from domain.actor import Actor
from domain.decision import Decision
from graphs.runner import Ended, LeadRunner
from services.container import Services
from services.routing.ranking import Ranking
from services.runs import ClaimedRun, RunService
from tests.workers.stage import (
    Held,
    at_work,
    claimed,
    decisions,
    held_at,
    lead_row,
    run_row,
    runner,
    submit,
    submit_many,
    until,
    until_ended,
)
from workers.pipeline import PipelineWorker

BESIDE = {"classifier", "extractor", "enricher", "similar"}


@dataclass
class Paid:
    """A specialist whose answer costs something."""

    real: Specialist
    asked: int = 0

    @property
    def name(self) -> str:
        return self.real.name

    @property
    def version(self) -> str:
        return self.real.version

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        self.asked += 1
        return replace(await self.real.decide(case, known), cost=7)


async def expire(owner: asyncpg.Pool, lead_id: UUID) -> None:
    """Let the lease of the lead's run be over, as if its worker had been silent for an hour."""
    query = "UPDATE graph_run SET lease_until = clock_timestamp() - interval '1 hour' WHERE lead_id = $1"
    await owner.execute(query, lead_id)


async def everything(owner: asyncpg.Pool, lead_id: UUID) -> dict[str, list[str]]:
    """Every row that says something of the lead."""
    kept = {"lead": await owner.fetch("SELECT to_jsonb(t)::text FROM lead AS t WHERE id = $1", lead_id)}
    for table in ("lead_event", "decision", "assignment", "receipt"):
        query = f"SELECT to_jsonb(t)::text FROM {table} AS t WHERE lead_id = $1 ORDER BY id"
        kept[table] = await owner.fetch(query, lead_id)
    return {table: [row[0] for row in rows] for table, rows in kept.items()}


async def test_a_stop_lets_the_running_step_end_and_leaves_the_rest_to_the_next_worker(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await submit(services, actor)
    first_runner, held = held_at(services, "classifier")
    first = PipelineWorker(services, first_runner)
    working = asyncio.create_task(first.run())
    await held.entered.wait()
    first.drain()
    held.gate.set()
    await working
    run = await run_row(owner, lead_id)
    assert (run["status"], run["token"], run["attempts"], run["worker"]) == ("queued", 1, 0, None)
    assert set(await decisions(owner, lead_id)) == BESIDE  # the step in flight was kept whole, the next not begun
    assert (await lead_row(owner, lead_id))["status"] == "received"

    second_runner, again = held_at(services, "classifier")
    async with at_work(PipelineWorker(services, second_runner)):
        await until_ended(owner, [lead_id])
    assert again.asked == []
    run = await run_row(owner, lead_id)
    assert (run["status"], run["outcome"], run["token"]) == ("done", "assigned", 2)
    assert (await lead_row(owner, lead_id))["status"] == "assigned"


async def test_decisions_that_a_killed_worker_took_with_it_are_made_anew(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await submit(services, actor, message="auto insurance for a 2019 Camry please")
    first_runner, held = held_at(services, "scorer")
    working = asyncio.create_task(first_runner.execute(await claimed(services, "killed", lead_id), RunControl()))
    await held.entered.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert await decisions(owner, lead_id) == {}  # what costs nothing is written with the score, to which nobody came
    await expire(owner, lead_id)

    async with at_work(PipelineWorker(services, runner(services))):
        await until_ended(owner, [lead_id])
    made = await decisions(owner, lead_id)
    assert set(made) == BESIDE | {"scorer"}
    assert any("Camry" in item.get("quote", "") for item in made["extractor"]["evidence"])
    assert not any(one["degraded"] for one in made.values())
    lead = await lead_row(owner, lead_id)
    assert (lead["status"], lead["line"]) == ("assigned", "auto")
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0


async def test_a_decision_that_cost_something_is_kept_at_once(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    real = dict(specialists(services))
    paid = Paid(real["classifier"])
    lead_id = await submit(services, actor)
    held = Held(real["scorer"])
    first = LeadRunner(services, {**real, "classifier": paid, "scorer": held})
    working = asyncio.create_task(first.execute(await claimed(services, "killed", lead_id), RunControl()))
    await held.entered.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert set(await decisions(owner, lead_id)) == {"classifier"}
    await expire(owner, lead_id)

    async with at_work(PipelineWorker(services, LeadRunner(services, {**real, "classifier": paid}))):
        await until_ended(owner, [lead_id])
    made = await decisions(owner, lead_id)
    assert (set(made), made["classifier"]["cost"], paid.asked) == (BESIDE | {"scorer"}, 7, 1)


async def test_a_stopped_worker_takes_nothing_new(
    services: Services, actor: Actor, owner: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = await submit_many(services, actor, 6)  # two more than run beside each other
    held_runner, held = held_at(services, "classifier")
    worker = PipelineWorker(services, held_runner)
    working = asyncio.create_task(worker.run())

    async def four_asked() -> bool:
        return len(held.asked) == 4

    await until(four_asked)
    worker.drain()
    held.gate.set()
    await working
    rows = [await run_row(owner, lead_id) for lead_id in leads]
    assert [(row["status"], row["token"]) for row in rows] == [("queued", 1)] * 4 + [("queued", 0)] * 2


async def test_runs_that_arrive_while_the_worker_is_stopped_are_left_as_they_were(
    services: Services, actor: Actor, owner: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_id = await submit(services, actor)
    taken, go_on, real = asyncio.Event(), asyncio.Event(), RunService.claim

    async def slow(self: RunService, worker: str, at_most: int) -> list[ClaimedRun]:
        runs = await real(self, worker, at_most)
        taken.set()
        await go_on.wait()
        return runs

    monkeypatch.setattr(RunService, "claim", slow)
    worker = PipelineWorker(services, runner(services))
    working = asyncio.create_task(worker.run())
    await taken.wait()
    worker.drain()
    go_on.set()
    await working
    run = await run_row(owner, lead_id)
    assert (run["status"], run["attempts"], run["worker"]) == ("queued", 0, None)
    assert await decisions(owner, lead_id) == {}


async def test_a_silent_workers_run_is_taken_over_and_its_late_effects_change_nothing(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await submit(services, actor)
    lost_runner, held = held_at(services, "extractor")
    lost = await claimed(services, "silent", lead_id)
    late = asyncio.create_task(lost_runner.execute(lost, RunControl()))  # nobody keeps this one's lease alive
    await held.entered.wait()
    await expire(owner, lead_id)

    async with at_work(PipelineWorker(services, runner(services))):
        await until_ended(owner, [lead_id])
    before = await everything(owner, lead_id)
    run = await run_row(owner, lead_id)
    assert (run["status"], run["outcome"], run["token"]) == ("done", "assigned", lost.token + 1)

    held.gate.set()
    assert await late is Ended.DONE
    assert await run_row(owner, lead_id) == run
    assert await everything(owner, lead_id) == before
    assert len(before["lead_event"]) == 3
    assert len(before["assignment"]) == len(before["receipt"]) == 1


async def test_what_a_silent_worker_says_of_the_run_later_is_refused(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await submit(services, actor)
    lost = await claimed(services, "silent", lead_id)
    await expire(owner, lead_id)
    assert await services.runs.recover() == 1
    mine = await claimed(services, "second", lead_id)
    held = await run_row(owner, lead_id)
    assert (mine.token, mine.attempts) == (lost.token + 1, lost.attempts + 1)
    assert not await services.runs.finish(lost, "late")
    assert not await services.runs.finish(lost, "late", failed=True)
    await services.runs.put_back(lost, timedelta(0), counts=True)
    assert await services.runs.heartbeat("silent") == 0
    assert await run_row(owner, lead_id) == held
    assert await services.runs.finish(mine, "assigned")


async def test_only_expired_leases_are_swept(services: Services, actor: Actor, owner: asyncpg.Pool) -> None:
    silent, alive = await submit_many(services, actor, 2)
    await services.runs.claim("one", 100)
    await expire(owner, silent)
    assert await services.runs.recover() == 1
    assert [(await run_row(owner, lead))["status"] for lead in (silent, alive)] == ["queued", "running"]
    assert await services.runs.recover() == 0
    assert await services.runs.recover(everyone=True) == 1
    assert (await run_row(owner, alive))["status"] == "queued"


async def test_a_worker_keeps_the_lease_of_a_step_that_takes_long(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await submit(services, actor)
    held_runner, held = held_at(services, "classifier")
    async with at_work(PipelineWorker(services, held_runner)) as worker:
        await held.entered.wait()
        await expire(owner, lead_id)

        async def renewed() -> bool:
            return bool(
                await owner.fetchval(
                    "SELECT lease_until > clock_timestamp() FROM graph_run WHERE lead_id = $1", lead_id
                )
            )

        await until(renewed)
        run = await run_row(owner, lead_id)
        assert (run["status"], run["token"], run["worker"]) == ("running", 1, worker.name)
        held.gate.set()
        await until_ended(owner, [lead_id])
    run = await run_row(owner, lead_id)
    assert (run["status"], run["token"]) == ("done", 1)
    assert held.asked == [lead_id]


async def test_a_lead_whose_pipeline_keeps_failing_goes_to_a_person_with_the_reason(
    services: Services, actor: Actor, owner: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[UUID] = []

    async def broken(self: Ranking, actor: Actor, run_id: UUID, *_rest: Any) -> Any:
        starts.append(run_id)
        raise RuntimeError("the roster is unreadable")

    monkeypatch.setattr(Ranking, "rank", broken)
    lead_id = await submit(services, actor)
    async with at_work(PipelineWorker(services, runner(services))):
        await until_ended(owner, [lead_id])
    run, lead = await run_row(owner, lead_id), await lead_row(owner, lead_id)
    assert (run["status"], run["outcome"], len(starts)) == ("failed", "pipeline_failed", 2)
    assert (lead["status"], lead["reason"], lead["producer_id"]) == ("queued", "pipeline_failed", None)
    marked = (await decisions(owner, lead_id))["pipeline"]
    assert marked["degraded"]
    assert marked["needs_review"]
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0


async def test_a_run_of_a_graph_that_is_not_known_goes_to_a_person(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await submit(services, actor)
    await owner.execute("UPDATE graph_run SET graph = 'policy' WHERE lead_id = $1", lead_id)
    async with at_work(PipelineWorker(services, runner(services))):
        await until_ended(owner, [lead_id])
    lead = await lead_row(owner, lead_id)
    assert lead["status"] == "queued"
    assert "policy" in lead["reason"]


async def test_a_step_past_its_time_limit_leaves_a_marked_decision_and_the_lead_goes_on(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    pipeline = services.settings.pipeline.model_copy(update={"node_seconds": 1.0})
    short = services.settings.model_copy(update={"pipeline": pipeline})
    held_runner, held = held_at(services, "enricher")
    hurried = LeadRunner(replace(services, settings=short), held_runner.specialists)
    lead_id = await submit(services, actor)
    async with at_work(PipelineWorker(services, hurried)):
        await until_ended(owner, [lead_id])
    made = await decisions(owner, lead_id)
    assert made["enricher"]["degraded"]
    assert not made["classifier"]["degraded"]
    lead = await lead_row(owner, lead_id)
    assert (lead["status"], lead["needs_review"]) == ("assigned", True)
    assert not held.gate.is_set()


async def test_a_lead_waits_for_an_earlier_one_of_the_same_person_without_using_up_its_attempts(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    held_runner, held = held_at(services, "classifier")
    earlier = await submit(services, actor)
    async with at_work(PipelineWorker(services, held_runner)):
        await held.entered.wait()
        later = await submit(services, actor, full_name="ANN LEE")

        async def tried_often() -> bool:
            run = await run_row(owner, later)
            return bool(run["token"] > services.settings.pipeline.max_attempts + 1)

        await until(tried_often)
        assert (await run_row(owner, later))["attempts"] <= 1
        held.gate.set()
        await until_ended(owner, [earlier, later])
    lead = await lead_row(owner, later)
    assert (lead["status"], lead["duplicate_of"]) == ("duplicate", earlier)
    assert held.asked == [earlier]


async def test_a_lead_that_a_person_took_meanwhile_is_theirs(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await submit(services, actor)
    held_runner, held = held_at(services, "classifier")
    async with at_work(PipelineWorker(services, held_runner)):
        await held.entered.wait()
        await services.lead_status.queue(actor, lead_id, "by-hand", "asked_for_by_name")
        held.gate.set()
        await until_ended(owner, [lead_id])
    assert (await run_row(owner, lead_id))["outcome"] == "overtaken"
    lead = await lead_row(owner, lead_id)
    assert (lead["status"], lead["reason"]) == ("queued", "asked_for_by_name")
