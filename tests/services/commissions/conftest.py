"""An agency with a commission plan, and sales."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor, ActorKind, Scope
from domain.commissions.ledger import Account
from kernel.ids import new_id
from services.commissions.plan_schemas import PlanIn
from services.commissions.schemas import AccrualIn, AccrualView, ReversalIn, ReversalKind, ReversalView
from services.container import Services
from tests.builders import a_licence, a_producer
from tests.conftest import new_agency

EFFECTIVE = datetime(2026, 2, 1, 6, 1, tzinfo=UTC)
RATES = [
    {"match": {"lines": ["life"]}, "basis": {"kind": "percent", "rate": "1"}, "house": "0"},
    {"match": {"terms": ["renewal"]}, "basis": {"kind": "percent", "rate": "0.12"}, "house": "0"},
    {"match": {}, "basis": {"kind": "percent", "rate": "0.10"}, "house": "0"},
]
CONTRACTS = [
    {"match": {"lines": ["life"]}, "clause": {"kind": "window", "full": 0, "months": 9}, "advance": 9},
    {"match": {}, "clause": {"kind": "return_premium"}},
]


def a_plan(**changes: Any) -> dict[str, Any]:
    return {"rates": RATES, "contracts": CONTRACTS, "tolerance": 5} | changes


class Office:
    """An agency whose producers earn commissions, and what a test does there."""

    def __init__(self, services: Services, actor: Actor, ids: dict[str, UUID]) -> None:
        self.services = services
        self.made = services.commissions
        self.actor = actor
        self.ids = ids
        self._sales = 0

    def producer(self, name: str, *scopes: Scope) -> Actor:
        wanted = frozenset(scopes or {Scope.COMMISSIONS_READ})
        return Actor(self.actor.agency_id, ActorKind.PRODUCER, f"person:{name}", wanted, self.ids[name])

    async def plan(self, on: date = date(2026, 1, 1), **changes: Any) -> None:
        given = PlanIn.model_validate({"effective_on": on, "why": "for a test", "plan": a_plan(**changes)})
        await self.made.plans.put(self.actor, given)

    def sale(self, *sellers: str, premium: int = 100_000, **changes: Any) -> AccrualIn:
        """A sale of HO-00123 to be accrued; other parts may be changed."""
        self._sales += 1
        policy = {
            "number": "HO-00123", "carrier": "Acme", "line": "home", "state": "FL", "effective_at": EFFECTIVE,
        } | changes.pop("policy", {})  # fmt: skip
        parties = changes.pop("parties", [{"producer_id": self.ids[one]} for one in sellers or ("p1",)])
        given = {"source": f"policy:{new_id()}", "policy": policy, "premium_minor": premium, "parties": parties}
        return AccrualIn.model_validate(given | changes)

    async def sold(self, *sellers: str, **changes: Any) -> AccrualView:
        return (await self.made.accruals.accrue(self.actor, self.sale(*sellers, **changes))).accrual

    async def released(self, *sellers: str, **changes: Any) -> AccrualView:
        made = await self.sold(*sellers, **changes)
        return await self.made.accruals.release(self.actor, made.id)

    def reversal(self, kind: ReversalKind = ReversalKind.ENDED, **changes: Any) -> ReversalIn:
        given = {
            "source": f"policy:{new_id()}", "policy_number": "HO123", "carrier": "ACME ", "effective_on": date(2026, 2, 1),
            "kind": kind,
        }  # fmt: skip
        return ReversalIn.model_validate(given | changes)

    async def reversed(self, kind: ReversalKind = ReversalKind.ENDED, **changes: Any) -> ReversalView:
        return await self.made.reversals.reverse(self.actor, self.reversal(kind, **changes))

    async def balance(self, account: Account, owner: str = "") -> int:
        """What stands in an account; a producer's by their name."""
        wanted = str(self.ids.get(owner, owner))
        async with self.services.database.begin(self.actor) as uow:
            found = await uow.ledger.standing()
        return sum(one.minor for one in found if one.kind == account.value and one.owner == wanted)

    async def owed(self, name: str) -> int:
        return -await self.balance(Account.PENDING, name) - await self.balance(Account.PAYABLE, name)

    async def counted(self, table: str) -> int:
        async with self.services.database.begin(self.actor) as uow:
            return int(await uow.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


MakeOffice = Callable[..., Awaitable[Office]]


@pytest.fixture
def make_office(services: Services) -> MakeOffice:
    async def make(people: int = 4, **profiles: Any) -> Office:
        names = [f"p{number}" for number in range(1, people + 1)]
        producers = [a_producer(name, **profiles.get(name, {})) for name in names]
        actor = await new_agency(services, producers)
        async with services.database.begin(actor) as uow:
            ids = await uow.agencies.ids_by_external()
        return Office(services, actor, ids)

    return make


@pytest.fixture
async def office(make_office: MakeOffice) -> Office:
    """Four licensed producers and a plan: home 10 percent of the premium, renewals 12, life with an advance of nine months."""
    made = await make_office()
    await made.plan()
    return made


def ended(on: str) -> dict[str, Any]:
    """A profile whose licence in Florida ended on a day."""
    return {"licences": [a_licence("FL", expires=on)]}
