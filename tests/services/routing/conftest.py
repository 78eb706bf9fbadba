"""Leads that are qualified and wait for their claim, and agencies that ask their producers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import pytest
from langgraph.runtime import RunControl
from sqlalchemy import make_url, text

from domain.actor import Actor, ActorKind, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from graphs.runner import LeadRunner
from kernel.clock import now
from services.container import Services
from services.leads.schemas import LeadIn
from services.routing.assign import Claimed
from services.routing.hours import AnyHour, OfferClock
from store.sql.repositories.runs import run_of
from tests.builders import a_lead, a_producer
from tests.conftest import new_agency

QUALIFIED = {
    "line": "auto", "lines": ["auto"], "score": 80, "tier": "hot", "confidence": 0.9, "needs_review": False,
    "urgency": "soon", "intent": "quote", "language": "en", "do_not_call": False, "state": "IL", "zip": "60614",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def no_timers(services: Services) -> None:
    """No timer and no queue of an earlier test: workers take the oldest of every agency first."""
    url = services.settings.postgres.owner_url
    assert url is not None
    plain = make_url(url.get_secret_value()).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    await connection.execute("UPDATE assignment SET due_at = NULL WHERE due_at IS NOT NULL")
    await connection.close()


@pytest.fixture(autouse=True)
def any_hour(services: Services, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Consumers may be called at any hour, so that a test's figures are the same by night; but not where hours are the point."""
    if "contact_hours" not in request.keywords:
        monkeypatch.setattr(services.assignments.giving, "_clock", OfferClock(AnyHour()))


class Desk:
    """An agency with producers who are asked, and what a test does there."""

    def __init__(self, services: Services, actor: Actor) -> None:
        self.services = services
        self.actor = actor
        self._count = 0

    def producer(self, producer_id: UUID | None) -> Actor:
        """The producer, signed in."""
        scopes = frozenset({Scope.LEADS_READ, Scope.LEADS_WRITE})
        return Actor(self.actor.agency_id, ActorKind.PRODUCER, f"person:{producer_id}", scopes, producer_id)

    def manager(self, name: str) -> Actor:
        """Somebody who sees the whole agency."""
        return Actor(self.actor.agency_id, ActorKind.PERSON, f"person:{name}", frozenset(Scope))

    async def lead(self, **decided: Any) -> UUID:
        """A lead of its own person that is qualified."""
        self._count += 1
        body = LeadIn(**a_lead(email=f"{self._count}@leads.example", phone=None, full_name=f"Ann Number{self._count}"))
        lead_id = UUID((await self.services.intake.accept_one(self.actor, body, key=None)).body["lead_id"])
        async with self.services.database.begin(self.actor) as uow:
            await uow.history.append(lead_id, "q", LeadEvent(Happening.QUALIFIED, now(), QUALIFIED | decided))
            await uow.session.execute(text("UPDATE graph_run SET status = 'done' WHERE graph = 'lead'"))
        return lead_id

    async def claim(self, lead_id: UUID) -> Claimed:
        """The pipeline's claim for the lead."""
        return await self.services.assignments.claim(self.actor, run_of(lead_id, "lead", 0)[0], lead_id, None)

    async def offered(self, **decided: Any) -> tuple[UUID, Any]:
        """A lead and its open offer."""
        lead_id = await self.lead(**decided)
        assert (await self.claim(lead_id)).outcome == "offered"
        return lead_id, await self.offer(lead_id)

    async def offer(self, lead_id: UUID) -> Any:
        """The newest offer of the lead."""
        return (await self.services.offers.history(self.actor, lead_id)).items[-1]

    async def kinds(self, lead_id: UUID) -> list[str]:
        """What happened to the lead, from its qualification on."""
        return [event.kind for event in await self.services.lead_queries.timeline(self.actor, lead_id)][2:]

    async def run(self) -> None:
        """Work every run that is due, as a worker does."""
        runner = LeadRunner(self.services, {})
        while claimed := await self.services.runs.claim("test", 10):
            for one in claimed:
                await runner.execute(one, RunControl())


MakeDesk = Callable[..., Awaitable[Desk]]


@pytest.fixture
def desk(services: Services) -> MakeDesk:
    """Makes an agency of so many producers that asks them; terms and profiles may be changed."""

    async def make(producers: int = 3, profile: dict[str, Any] | None = None, **terms: Any) -> Desk:
        people = [a_producer(f"p{number}", **(profile or {})) for number in range(producers)]
        actor = await new_agency(services, people)
        await services.offers.configure(actor, {"required": True, **terms})
        return Desk(services, actor)

    return make
