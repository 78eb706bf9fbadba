"""A past for an agency: leads that came, were given by draws among equals and were worked to an end, by the real services."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from domain.actor import Actor
from domain.decision import Decision, Source
from kernel.clock import frozen
from kernel.settings import Settings
from services.container import Services
from services.leads.schemas import LeadIn
from services.opening import open_services
from services.runs import ClaimedRun
from tests.builders import a_lead

NEAR = {"60614": "near", "10001": "far"}
"""Whose office is where a lead's ZIP is; leads of any other are near nobody."""
_AT_ONCE, _BATCH = 8, 180


async def work_leads(home: Path, agency: str, zips: Sequence[tuple[str, str]], at: datetime) -> None:
    """One lead for each (ZIP, state), given at one instant and closed. Of those near their producer nine in ten are won, of the
    others one in six.
    """
    async with open_services(Settings.model_construct(home=home), durable=False) as services:
        actor = await services.agencies.actor_for(agency, "test")
        assert actor is not None, "the agency was loaded"
        async with services.database.begin(actor) as uow:
            names = {who: name for name, who in (await uow.agencies.ids_by_external()).items()}
        with frozen(at):
            for start in range(0, len(zips), _BATCH):
                await _worked(services, actor, zips[start : start + _BATCH], names)


async def _worked(services: Services, actor: Actor, zips: Sequence[tuple[str, str]], names: Mapping[UUID, str]) -> None:
    places = dict(zip(await _received(services, actor, zips), (place for place, _ in zips), strict=True))
    holders: dict[UUID, UUID] = {}
    while runs := await services.runs.claim("test", _AT_ONCE):
        holders.update(await asyncio.gather(*(_given(services, actor, run) for run in runs)))
    seen: Counter[bool] = Counter()
    for lead, place in places.items():
        near = NEAR.get(place) == names[holders[lead]]
        seen[near] += 1
        won = seen[near] % 10 != 0 if near else seen[near] % 6 == 0
        await services.lead_status.change(actor, lead, "win" if won else "lose", reason="test", expected=None)


async def _received(services: Services, actor: Actor, zips: Sequence[tuple[str, str]]) -> list[UUID]:
    bodies = [
        LeadIn(**a_lead(email=f"{uuid4()}@leads.example", phone=None, zip=place, state=state)) for place, state in zips
    ]
    answer = await services.intake.accept_batch(actor, bodies, key=None)
    return [UUID(one["lead_id"]) for one in answer.body["items"]]


async def _given(services: Services, actor: Actor, run: ClaimedRun) -> tuple[UUID, UUID]:
    """Qualified in place of the specialists, then claimed; returns the lead and its producer."""
    line = {"line": "auto", "lines": ["auto"], "intent": "quote", "urgency": "soon"}
    known = {"classifier": Decision("classifier", line, 1.0, Source.GIVEN, "test")}
    scored = Decision("scorer", {"score": 50, "tier": "warm"}, 1.0, Source.GIVEN, "test")
    await services.qualification.complete(actor, run.run_id, run.lead_id, known, scored)
    claimed = await services.assignments.claim(actor, run.run_id, run.lead_id, None)
    await services.runs.finish(run, claimed.outcome)
    assert claimed.producer_id is not None, claimed
    return run.lead_id, claimed.producer_id
