"""Every kind of event but those of sources (tests/api), as it is really emitted, is what its committed schema says."""

from __future__ import annotations

import asyncpg  # type: ignore[import-untyped]

from domain.actor import Actor
from domain.leads.lifecycle import Happening
from kernel.ids import new_id
from services.container import Services
from tests.told import OF_OFFERS, OF_SOURCES, kinds_told
from tests.workers.stage import at_work, runner, submit, until_ended
from workers.pipeline import PipelineWorker


async def test_a_life_of_each_kind(services: Services, actor: Actor, owner: asyncpg.Pool) -> None:
    """The pipeline, a person's verbs, a repeat, a merge and its undoing, a wish not to be called."""
    status = services.lead_status
    lead = await submit(services, actor)
    other = await submit(services, actor, full_name="Bo Chan", email="bo@leads.example", phone="312-555-0187")
    async with at_work(PipelineWorker(services, runner(services))):
        await until_ended(owner, [lead, other])
        repeat = await submit(services, actor)
        await until_ended(owner, [repeat])
        wish = await submit(services, actor, message="Car insurance. Do not call me, only write.")
        await until_ended(owner, [wish])
    qualified = services.qualification
    scored, (_, version) = (await qualified.decisions(actor, lead))["scorer"], await qualified.standing(actor, lead)
    await qualified.rescore(actor, new_id(), lead, scored, version, needs_review=True)
    for verb in ("contact", "release", "lose", "reopen", "reject", "reopen"):
        await status.change(actor, lead, verb, reason="because", expected=None)
    await services.merging.merge(actor, other, lead, expected=None)
    await services.merging.unmerge(actor, other, expected=None)
    async with services.database.begin(actor) as uow:
        producer = (await uow.agencies.producers())[0]
    await services.assignments.assign(actor, lead, producer.id, expected=None)
    await status.change(actor, lead, "win", reason=None, expected=None)
    await status.queue(actor, await submit(services, actor, line="home"), "q", "a person must look")
    assert await kinds_told(services, actor) == set(Happening) - OF_SOURCES - OF_OFFERS
