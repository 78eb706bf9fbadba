"""Projections that drifted from Postgres are found and made right; one process at a time does it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from domain.actor import Actor
from kernel.errors import Unavailable
from kernel.settings import ProcessSettings
from services.comparison import ProjectionComparison
from services.container import Services
from services.leads.schemas import LeadIn
from store.graph.roster import ProducerNode
from tests.builders import a_lead
from tests.services.test_knowledge import GUIDE
from tests.workers.stage import until
from workers.upkeep import compare_projections


@pytest.mark.both_sides
async def test_a_graph_that_shows_something_else_is_written_anew(services: Services, actor: Actor) -> None:
    await services.projection.refresh(actor)
    assert (actor.agency_id, "graph") not in (await services.comparison.compare()).healed
    version = await services.network.roster_version(actor.agency_id)
    assert version is not None
    stranger = ProducerNode(actor.agency_id)
    assert await services.network.replace_agency(actor.agency_id, version + 5, [stranger], [])
    compared = await services.comparison.compare()
    assert compared.leader
    assert (actor.agency_id, "graph") in compared.healed
    assert len(await services.network.standing(actor.agency_id)) == 3
    assert await services.network.roster_version(actor.agency_id) == version
    assert (actor.agency_id, "graph") not in (await services.comparison.compare()).healed


async def test_a_lead_without_its_vector_gets_one_and_a_vector_without_its_lead_goes(
    services: Services, actor: Actor
) -> None:
    for number in range(3):
        body = LeadIn(**a_lead(email=f"l{number}@leads.example", full_name=f"Lead {number}"))
        await services.intake.accept_one(actor, body, key=None)
    assert await services.similar.reconcile(actor) == 0, "leads in the pipeline are left to it"
    assert await services.similar.rebuild(actor) == 3
    async with services.database.begin(actor) as uow:
        ids = await uow.history.lead_ids(None, 10)
    vectors = services.similar._vectors
    await vectors.forget(actor.agency_id, ids[:1])
    await vectors.index(actor.agency_id, actor.agency_id, [1.0] + [0.0] * (services.embedder.dimensions - 1), "auto")
    for run in await services.runs.claim("test", 500):
        await services.runs.finish(run, "test")
    assert await services.similar.reconcile(actor) == 2
    assert await vectors.ids(actor.agency_id) == set(ids)
    assert await services.similar.reconcile(actor) == 0


async def test_passages_that_the_collection_lost_come_back(services: Services, actor: Actor) -> None:
    await services.knowledge_loading.load(actor, GUIDE)
    projection = services.knowledge_projection
    assert await projection.reconcile(actor) is False
    held = await projection._vectors.ids(actor.agency_id)
    assert held
    await projection._vectors.clear(actor.agency_id)
    assert await projection.reconcile(actor) is True
    assert await projection._vectors.ids(actor.agency_id) == held


@pytest.mark.both_sides
async def test_one_process_compares_while_the_others_leave_it(services: Services, actor: Actor) -> None:
    inner = []

    async def meanwhile(_: Actor) -> bool:
        inner.append((await services.comparison.compare()).leader)
        return False

    assert (await ProjectionComparison(services.database, {"graph": meanwhile}).compare()).leader
    assert inner
    assert not any(inner)
    assert (await services.comparison.compare()).leader


async def test_a_store_that_is_away_leaves_its_part_for_the_next_time(services: Services, actor: Actor) -> None:
    async def away(_: Actor) -> bool:
        raise Unavailable("the graph does not answer")

    compared = await ProjectionComparison(services.database, {"graph": away}).compare()
    assert (compared.leader, compared.healed) == (True, ())


async def test_the_worker_compares_when_the_time_has_come(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    async def counted(self: ProjectionComparison) -> None:
        calls.append(self)

    monkeypatch.setattr(ProjectionComparison, "compare", counted)

    def timed(minutes: float) -> Services:
        settings = services.settings.model_copy(update={"processes": ProcessSettings(compare_minutes=minutes)})
        return replace(services, settings=settings)

    await compare_projections(timed(0))
    task = asyncio.create_task(compare_projections(timed(0.001)))

    async def compared_twice() -> bool:
        return len(calls) > 1

    await until(compared_twice)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
