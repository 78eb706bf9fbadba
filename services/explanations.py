"""Why a lead was read, scored and given as it was, from what is stored of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actor import Actor, Scope
from domain.explanation import Explanation, RoutingFacts, explain
from domain.leads.lifecycle import Status
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Route:
    """Why a lead is whose it is: the receipt of the decision and its facts; without one a person gave it, or nobody yet."""

    receipt_id: UUID | None
    producer_id: UUID | None
    status: str
    reason: str | None
    at: datetime | None
    facts: RoutingFacts | None


class Explanations:
    """Read-only; needs ``leads:read``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, actor: Actor, lead_id: UUID) -> Explanation:
        """The explanation of the lead's newest decisions; NotFound for another agency's lead."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            lead = await uow.leads.one(lead_id)
            decisions = {one.specialist: one.body for one in await uow.leads.decisions([lead_id])}
            receipt = await uow.routing.receipt(lead.receipt_id) if lead.receipt_id else None
            who = receipt.producer_id if receipt else None
            names = await uow.agencies.names([who] if who else [])
        routing = RoutingFacts.of(receipt.body, names.get(who) if who else None) if receipt else None
        repeats = (lead.reason or "same person") if lead.status == Status.DUPLICATE.value else None
        return explain(decisions, routing, repeats=repeats)

    async def route(self, actor: Actor, lead_id: UUID) -> Route:
        """Why the lead is whose it is, by the receipt. Producers learn how many others were considered, and not who."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            lead = await uow.leads.one(lead_id)
            receipt = await uow.routing.receipt(lead.receipt_id) if lead.receipt_id else None
            who = receipt.producer_id if receipt else None
            seen = who is not None and (actor.sees_all_leads or who == actor.producer_id)
            names = await uow.agencies.names([who]) if who is not None and seen else {}
        facts = RoutingFacts.of(receipt.body, names.get(who) if who else None) if receipt else None
        return Route(
            receipt.id if receipt else None,
            lead.producer_id,
            lead.status,
            lead.reason,
            receipt.at if receipt else None,
            facts,
        )
