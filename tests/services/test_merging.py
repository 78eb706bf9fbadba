"""Two leads of one person become one and, when that was wrong, two again: fields, consents, producers."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from cli.workforce import working
from domain.actor import Actor, ActorKind, Scope
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from services.container import Services
from services.leads.schemas import LeadDetail, LeadIn
from tests.builders import a_lead
from tests.services.test_intake_and_claims import ended

CONSENT = {"text": "You may call me.", "at": "2026-03-01T10:00:00-05:00", "page_url": "https://forms.example/auto"}


async def sent(services: Services, actor: Actor, **changes: Any) -> UUID:
    answer = await services.intake.accept_one(actor, LeadIn(**a_lead(**changes)), key=None)
    return UUID(answer.body["lead_id"])


async def worked(services: Services, actor: Actor, *leads: UUID) -> None:
    async with working(services):
        await ended(services, actor, list(leads))


async def detail(services: Services, actor: Actor, lead_id: UUID) -> LeadDetail:
    return await services.lead_queries.one(actor, lead_id)


def still(lead: LeadDetail) -> dict[str, Any]:
    return lead.model_dump(exclude={"version", "updated_at", "apart", "activities"})


async def test_an_undone_merge_restores_both_leads_their_consents_and_producers(
    services: Services, actor: Actor
) -> None:
    stays = await sent(services, actor, email="ann@leads.example", phone=None, consent=CONSENT)
    goes = await sent(
        services, actor, email=None, phone="312-555-0188", line="home", street="1 Main St", consent=CONSENT | {"text": "Mail me."}
    )  # fmt: skip
    await worked(services, actor, stays, goes)
    before = {lead: await detail(services, actor, lead) for lead in (stays, goes)}
    assert [before[lead].status for lead in (stays, goes)] == ["assigned", "assigned"]

    merged = await services.merging.merge(actor, goes, stays, expected=before[goes].version)
    assert (merged.status, merged.duplicate_of, merged.producer_id) == ("merged", stays, None)
    held = await detail(services, actor, stays)
    assert (held.email, held.phone, held.repeats) == ("ann@leads.example", "+13125550188", [goes])
    assert held.consent is not None
    assert held.consent["text"] == CONSENT["text"]
    assert [one["text"] for one in held.consent["others"]] == ["Mail me."]
    assert (await services.books.of(actor)).leads_held_twice == 0

    undone = await services.merging.unmerge(actor, goes, expected=merged.version)
    assert (undone.status, undone.producer_id) == ("assigned", before[goes].producer_id)
    after = {lead: await detail(services, actor, lead) for lead in (stays, goes)}
    assert {lead: still(after[lead]) for lead in after} == {lead: still(before[lead]) for lead in before}
    assert (after[stays].apart, after[goes].apart) == ([goes], [stays])
    async with services.database.begin(actor) as uow:
        active = await uow.session.execute(
            text("SELECT lead_id, producer_id FROM assignment WHERE released_at IS NULL")
        )
        assert dict(iter(active.all())) == {lead: before[lead].producer_id for lead in before}  # type: ignore[arg-type]
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0
    with pytest.raises(Conflict, match="nothing to take back"):
        await services.merging.unmerge(actor, goes, expected=None)


async def test_a_lead_whose_producer_has_left_meanwhile_waits_for_a_person(services: Services, actor: Actor) -> None:
    stays, goes = await sent(services, actor), await sent(services, actor, email="b@leads.example", phone=None)
    await worked(services, actor, stays, goes)
    await services.merging.merge(actor, goes, stays, expected=None)
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("UPDATE producer SET active = false"))
    undone = await services.merging.unmerge(actor, goes, expected=None)
    assert (undone.status, undone.reason, undone.producer_id) == ("queued", "producer_gone", None)
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0


async def test_a_duplicate_told_apart_goes_through_the_pipeline_and_is_not_found_again(
    services: Services, actor: Actor
) -> None:
    first, second = await sent(services, actor), await sent(services, actor, full_name="Anna Lee")
    await worked(services, actor, first, second)
    assert (await detail(services, actor, second)).duplicate_of == first
    undone = await services.merging.unmerge(actor, second, expected=None)
    assert undone.status == "received"
    await worked(services, actor, second)
    ended_as = await detail(services, actor, second)
    assert (ended_as.status, ended_as.duplicate_of, ended_as.apart) == ("assigned", None, [first])
    third = await sent(services, actor)
    await worked(services, actor, third)
    assert (await detail(services, actor, third)).duplicate_of == second
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0


async def test_a_duplicate_can_be_merged_so_that_nothing_it_said_is_lost(services: Services, actor: Actor) -> None:
    first, second = await sent(services, actor, phone=None), await sent(services, actor, phone="312-555-0199")
    await worked(services, actor, first, second)
    await services.merging.merge(actor, second, first, expected=None)
    assert (await detail(services, actor, first)).phone == "+13125550199"
    undone = await services.merging.unmerge(actor, second, expected=None)
    assert (undone.status, undone.duplicate_of) == ("duplicate", first)
    assert (await detail(services, actor, first)).phone is None


async def test_a_wish_not_to_be_called_reaches_the_lead_that_stays(services: Services, actor: Actor) -> None:
    stays = await sent(services, actor)
    goes = await sent(
        services, actor, email="c@leads.example", phone=None, line="home", message="A quote please. Do not call me, only e-mail."
    )  # fmt: skip
    await worked(services, actor, stays, goes)
    assert ((await detail(services, actor, goes)).reason, (await detail(services, actor, stays)).do_not_call) == (
        "do_not_call",
        False,
    )
    await services.merging.merge(actor, goes, stays, expected=None)
    assert (await detail(services, actor, stays)).do_not_call
    await services.merging.unmerge(actor, goes, expected=None)
    assert [(await detail(services, actor, lead)).do_not_call for lead in (stays, goes)] == [False, True]
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0


async def test_a_wish_said_in_a_repeat_reaches_the_lead_that_is_worked(services: Services, actor: Actor) -> None:
    first = await sent(services, actor)
    await worked(services, actor, first)
    again = await sent(services, actor, message="I asked for car insurance. Stop calling me!")
    await worked(services, actor, again)
    assert (await detail(services, actor, again)).duplicate_of == first
    told = await detail(services, actor, first)
    assert (told.status, told.do_not_call) == ("assigned", True)
    assert (told.activities[-1].kind, told.activities[-1].data) == ("refused_calls", {"from": str(again)})
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0


async def test_what_cannot_be_merged_is_refused_and_changes_nothing(
    services: Services, actor: Actor, other_actor: Actor
) -> None:
    one, two = await sent(services, actor), await sent(services, actor, email="b@leads.example", phone=None)
    foreign = await sent(services, other_actor)
    with pytest.raises(Conflict):  # still on its way
        await services.merging.merge(actor, one, two, expected=None)
    await worked(services, actor, one, two)
    with pytest.raises(Invalid):
        await services.merging.merge(actor, one, one, expected=None)
    for pair in ((one, foreign), (foreign, one)):
        with pytest.raises(NotFound):
            await services.merging.merge(actor, *pair, expected=None)
    with pytest.raises(Stale):
        await services.merging.merge(actor, one, two, expected=1)
    reader = Actor(actor.agency_id, ActorKind.PERSON, "p", frozenset({Scope.LEADS_READ}))
    with pytest.raises(Forbidden):
        await services.merging.merge(reader, one, two, expected=None)
    assert [(await detail(services, actor, lead)).status for lead in (one, two)] == ["assigned", "assigned"]


async def test_two_people_merging_crosswise_make_one_merge(services: Services, actor: Actor) -> None:
    one, two = await sent(services, actor), await sent(services, actor, email="b@leads.example", phone=None)
    await worked(services, actor, one, two)
    ends = await asyncio.gather(
        services.merging.merge(actor, one, two, expected=None), services.merging.merge(actor, two, one, expected=None),
        return_exceptions=True,
    )  # fmt: skip
    assert sorted(type(end).__name__ for end in ends) == ["Conflict", "LeadView"]
    statuses = sorted([(await detail(services, actor, lead)).status for lead in (one, two)])
    assert statuses == ["assigned", "merged"]
