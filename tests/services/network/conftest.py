"""An agency whose producers know each other, and leads in their hands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from langgraph.runtime import RunControl
from sqlalchemy import text

from domain.actor import Actor, ActorKind, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from domain.network.referrals import Step
from graphs.runner import LeadRunner
from kernel.clock import now
from kernel.ids import new_id
from kernel.money import Money
from services.container import Services
from services.leads.schemas import LeadIn
from services.network.referral_schemas import ReferralIn, ReferralView
from services.routing.hours import AnyHour, OfferClock
from store.sql.repositories.platform import ClaimedRun
from tests.builders import a_lead, a_producer
from tests.conftest import new_agency

QUALIFIED = {
    "line": "auto", "lines": ["auto"], "score": 80, "tier": "hot", "confidence": 0.9, "needs_review": False,
    "urgency": "soon", "intent": "quote", "language": "en", "do_not_call": False, "state": "IL", "zip": "60614",
}  # fmt: skip
SCOPES = frozenset({Scope.PRODUCERS_READ, Scope.PRODUCERS_WRITE, Scope.LEADS_READ, Scope.LEADS_WRITE})


class Circle:
    """An agency of five in a row of partnerships, p1 to p5, and what a test does there."""

    def __init__(self, services: Services, actor: Actor, who: dict[str, UUID]) -> None:
        self.services, self.actor, self.who = services, actor, who

    def producer(self, name: str) -> Actor:
        """The producer, signed in."""
        who = self.who[name]
        return replace(self.actor, kind=ActorKind.PRODUCER, subject=f"person:{who}", producer_id=who, scopes=SCOPES)

    async def lead(self, name: str, **changes: Any) -> UUID:
        """A qualified lead in the producer's hands, of a person nobody knows unless ``changes`` say who."""
        given = {"email": f"{uuid4()}@leads.example", "phone": None, "full_name": f"A {new_id().hex[-12:]}", **changes}
        taken = await self.services.intake.accept_one(self.actor, LeadIn(**a_lead(**given)), key=None)
        lead_id = UUID(taken.body["lead_id"])
        async with self.services.database.begin(self.actor) as uow:
            await uow.session.execute(
                text("UPDATE graph_run SET status = 'done' WHERE lead_id = :lead"), {"lead": lead_id}
            )
            event = LeadEvent(Happening.QUALIFIED, now(), {**QUALIFIED, "line": changes.get("line", "auto")})
            await uow.history.append(lead_id, f"test:{lead_id}", event)
        await self.services.assignments.assign(self.actor, lead_id, self.who[name], expected=None)
        return lead_id

    async def refer(
        self, sender: str, receiver: str | None, lead_id: UUID | None = None, *, expires_at: datetime | None = None
    ) -> ReferralView:
        """The sender passes a lead on, a new one unless it is named."""
        lead_id = lead_id or await self.lead(sender)
        to_id = None if receiver is None else self.who[receiver]
        given = ReferralIn(lead_id=lead_id, to_id=to_id, expires_at=expires_at)
        return await self.services.brokers.referring.refer(self.producer(sender), given)

    async def accept(self, referral: ReferralView, **more: Any) -> ReferralView:
        """The receiver takes it."""
        return await self.answer(referral, Step.ACCEPT, **more)

    async def answer(self, referral: ReferralView, step: Step, **more: Any) -> ReferralView:
        """The receiver answers."""
        name = next(name for name, who in self.who.items() if who == referral.to_id)
        return await self.services.brokers.referring.answer(self.producer(name), referral.id, step, **more)

    async def close(self, referral: ReferralView, how: str = "win", premium: str | None = "1200.00") -> ReferralView:
        """The receiver wins or loses the lead, and the referral follows."""
        change = self.services.lead_status.change
        lead = referral.lead.id
        await change(self.actor, lead, "contact", reason=None, expected=None)
        amount = Money.of(premium) if how == "win" and premium else None
        await change(self.actor, lead, how, reason="so it went", expected=None, premium=amount)
        await self.services.brokers.settling.settle(self.actor, referral.id)
        return await self.services.brokers.referrals.one(self.actor, referral.id)

    async def converted(self, sender: str, receiver: str, **lead: Any) -> ReferralView:
        """A lead that was referred, accepted and won."""
        lead_id = await self.lead(sender, **lead)
        return await self.close(await self.accept(await self.refer(sender, receiver, lead_id)))

    async def run(self) -> int:
        """Work the runs that are due, as a worker does; how many there were."""
        runner, worked = LeadRunner(self.services, {}), 0
        while runs := await self.services.runs.claim("test", 10):
            for run in runs:
                await self._one(runner, run)
                worked += 1
        return worked

    async def _one(self, runner: LeadRunner, run: ClaimedRun) -> None:
        if run.graph != "referral":
            await self.services.runs.finish(run, "left out")
            return
        await runner.execute(run, RunControl())


MakeCircle = Callable[..., Awaitable[Circle]]


@pytest.fixture(autouse=True)
def any_hour(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Consumers may be called at any hour, so that a test's figures are the same by night."""
    monkeypatch.setattr(services.assignments.giving, "_clock", OfferClock(AnyHour()))


@pytest.fixture
def make_circle(services: Services) -> MakeCircle:
    async def make(
        changes: dict[str, dict[str, Any]] | None = None, ties: list[tuple[str, str]] | None = None
    ) -> Circle:
        names = [f"p{number}" for number in range(1, 6)]
        people = []
        for name in names:
            given = dict((changes or {}).get(name, {}))
            contact = {key: given.pop(key) for key in ("email", "phone") if key in given}
            people.append({**a_producer(name, **given), **contact})
        pairs = list(pairwise(names)) if ties is None else ties
        links = [{"from": one, "to": other, "kind": "partnership", "strength": "0.8"} for one, other in pairs]
        actor = await new_agency(services, people, links)
        async with services.database.begin(actor) as uow:
            who = await uow.agencies.ids_by_external()
        return Circle(services, actor, who)

    return make


@pytest.fixture
async def circle(make_circle: MakeCircle) -> Circle:
    return await make_circle()
