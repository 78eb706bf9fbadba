"""Test leads are worked like others, and stay out of every count."""

from typing import Any
from uuid import UUID

import pytest

from domain.actor import Actor
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from kernel.clock import now
from kernel.ids import new_id
from kernel.telemetry.metrics import LEADS_RECEIVED
from services.container import Services
from services.leads.schemas import LeadIn
from services.sources.schemas import MoneyIn, SourceIn
from store.sql.repositories.leads import Closed, PersonKeys
from tests.builders import a_lead

SOURCE = "trying-out"


@pytest.fixture
async def source(services: Services, actor: Actor) -> Any:
    body = SourceIn(slug=SOURCE, name="Trying out", kind="api", test=True, caps={"day": 1}, price=MoneyIn(minor=500))
    return await services.sources.create(actor, body)


async def sent(services: Services, actor: Actor, **changes: Any) -> UUID:
    body = a_lead(email=f"t{new_id().hex[-10:]}@leads.example", phone=None, source=SOURCE) | changes
    answer = await services.intake.accept_one(actor, LeadIn(**body), key=None)
    return UUID(answer.body["lead_id"])


async def closed(services: Services, actor: Actor, lead_id: UUID, verb: str = "win") -> None:
    """Scored, assigned and closed."""
    async with services.database.begin(actor) as uow:
        producer = (await uow.agencies.producers())[0].id
        await uow.history.append(lead_id, "q", LeadEvent(Happening.QUALIFIED, now(), {"score": 77, "line": "auto"}))
        await uow.history.append(lead_id, "u", LeadEvent(Happening.QUEUED, now(), {"reason": "x"}))
    await services.assignments.assign(actor, lead_id, producer, expected=None)
    await services.lead_status.change(actor, lead_id, verb, reason="done", expected=None)


async def test_it_says_what_it_is(services: Services, actor: Actor, source: Any) -> None:
    lead = await services.lead_queries.one(actor, await sent(services, actor))
    assert (lead.test, lead.source_id, lead.source) == (True, source.id, SOURCE)


async def test_no_metric_counts_it(services: Services, actor: Actor, source: Any) -> None:
    counter = LEADS_RECEIVED.labels("api", "accepted")
    before = counter._value.get()
    await sent(services, actor)
    assert counter._value.get() == before
    await sent(services, actor, source="real")
    assert counter._value.get() == before + 1


async def test_it_takes_no_place_and_costs_nothing(services: Services, actor: Actor, source: Any) -> None:
    for _ in range(3):
        await sent(services, actor)
    shown = await services.sources.one(actor, source.id)
    assert (shown.caps[0].used, shown.caps[0].left) == (0, 1)
    account = await services.accounts.statement(actor, source.id)
    assert (account.accepted, account.amounts) == (0, [])


async def test_the_sources_record_and_outcomes_leave_it_out(services: Services, actor: Actor, source: Any) -> None:
    await closed(services, actor, await sent(services, actor))
    other = new_id()
    async with services.database.begin(actor) as uow:
        assert await uow.leads.closed(SOURCE, other) == Closed(0, 0, [])
    await services.sources.change(actor, source.id, source.settings.model_copy(update={"test": False}), expected=None)
    lead_id = await sent(services, actor)
    await closed(services, actor, lead_id)
    async with services.database.begin(actor) as uow:
        assert await uow.leads.closed(SOURCE, other) == Closed(1, 1, [(77, 1, 0)])
        assert await uow.leads.closed("another", other) == Closed(0, 0, [(77, 1, 0)])
        assert await uow.leads.closed(SOURCE, lead_id) == Closed(0, 0, [])
    assert (await services.outcomes.record(actor))["closed"] == [[77, 1, 0]]


async def test_no_producer_is_fuller_for_it(services: Services, actor: Actor, source: Any) -> None:
    lead_id = await sent(services, actor)
    await closed(services, actor, lead_id, "contact")
    async with services.database.begin(actor) as uow:
        assert await uow.routing.loads(now()) == {}
    books = await services.books.of(actor)
    assert (books.assignments, books.days_over_capacity) == (1, 0)


async def test_it_is_no_similar_lead(services: Services, actor: Actor, source: Any) -> None:
    words = f"cover for my {new_id().hex} collection"
    tried = await sent(services, actor, message=words)
    await services.similar.similar(actor, tried, words, "auto", test=True)
    real = await sent(services, actor, message=words, source="real")
    found = await services.similar.similar(actor, real, words, "auto", test=False)
    assert found.value["count"] == 0
    another = await sent(services, actor, message=words, source="real")
    found = await services.similar.similar(actor, another, words, "auto", test=False)
    assert [one["lead_id"] for one in found.value["leads"]] == [str(real)]
    assert await services.similar.rebuild(actor) == 2


async def test_a_real_lead_does_not_repeat_it(services: Services, actor: Actor, source: Any) -> None:
    email = f"same{new_id().hex[-8:]}@leads.example"
    await sent(services, actor, email=email)
    real = await sent(services, actor, email=email, source="real")
    async with services.database.begin(actor) as uow:
        row = await uow.leads.one(real)
        assert await uow.leads.like_person(PersonKeys.of(row), row.received_at.replace(year=2000)) == []
