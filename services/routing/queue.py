"""Leads that wait in the queue: tried again when producers are free, and spread by a person many at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from domain.actor import Actor, Scope, system_actor
from domain.routing.facts import LeadFacts
from domain.routing.offer_terms import Drain, OfferTerms
from kernel.clock import now
from kernel.errors import Unavailable
from services.routing.assign import Assignments, Tried
from services.routing.offer_schemas import BulkItem, BulkOutcome
from services.routing.ranking import Ranking
from services.routing.roster import Rosters
from store.sql.models import LeadRow
from store.sql.repositories.offers import WAITING
from store.uow import Database

# What tells one lead from another without changing who may have it now.
_OWN = frozenset({"lead_id", "received_at", "score", "lat", "lon"})


class Queue:
    """Each claim counts before the next lead is ranked, so that many leads spread over the producers."""

    def __init__(self, database: Database, assignments: Assignments, ranking: Ranking, rosters: Rosters) -> None:
        self._database = database
        self._assignments = assignments
        self._ranking = ranking
        self._rosters = rosters

    async def drain_everywhere(self) -> int:
        """Try what waits for a producer in every agency; how many leads found one. Agencies that another process tries now are
        left to it.
        """
        async with self._database.platform() as platform:
            agencies = await platform.agencies_waiting_for_producers()
        found = 0
        for agency_id in agencies:
            async with self._database.platform() as platform:
                if await platform.lock_until_the_end(f"drain:{agency_id}"):
                    found += await self.drain(system_actor(agency_id, "offers"))
        return found

    async def drain(self, actor: Actor) -> int:
        """Try the agency's leads that wait for a producer, in the order of its terms; how many found one.

        A lead like one that found nobody is not tried in the same pass: claims only take room away.
        """
        actor.require(Scope.ROUTING_WRITE)
        hopeless: set[str] = set()
        found = 0
        for lead_id, like in await self._hopeful(actor):
            if like in hopeless:
                continue
            tried = await self._assignments.try_queued(actor, lead_id, reasons=WAITING)
            if tried.outcome == "left":
                hopeless.add(like)
            found += tried.outcome in {"assigned", "offered"}
        return found

    async def assign_many(self, actor: Actor, lead_ids: Sequence[UUID]) -> BulkOutcome:
        """Give queued leads to the best producers, one after another; each is a transaction of its own. Sent again, the leads
        that found somebody are said to have moved.
        """
        actor.require(Scope.ROUTING_WRITE)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            terms = OfferTerms.of((await self._rosters.current(uow)).settings)
            ordered = await uow.offers.in_order(list(set(lead_ids)), best_first=terms.drain is Drain.BEST)
        items = []
        for lead_id in ordered:
            try:
                tried = await self._assignments.try_queued(actor, lead_id)
            except Unavailable:  # what was given is given; the rest is said to be left
                tried = Tried("left", None, Unavailable.code)
            items.append(
                BulkItem(lead_id=lead_id, outcome=tried.outcome, producer_id=tried.producer_id, code=tried.code)
            )
        missing = [one for one in dict.fromkeys(lead_ids) if one not in set(ordered)]
        items += [BulkItem(lead_id=one, outcome="not_found", producer_id=None, code=None) for one in missing]
        return BulkOutcome(items=items)

    async def _hopeful(self, actor: Actor) -> list[tuple[UUID, str]]:
        """The leads that wait and that the gates leave somebody for, in order, each with what is the same for leads that the same
        producers may have. One statement where nothing waits, and three however many do.
        """
        async with self._database.begin(actor) as uow:
            roster = await self._rosters.current(uow)
            terms = OfferTerms.of(roster.settings)
            waiting = await uow.offers.waiting(now(), best_first=terms.drain is Drain.BEST)
            if not waiting:
                return []
            rows = await uow.leads.by_ids(waiting)
            leads = [
                (rows[lead_id], self._ranking.lead_facts(rows[lead_id], roster, None))
                for lead_id in waiting
                if lead_id in rows
            ]
            open_to = await self._ranking.open_to_somebody(uow, roster, [facts for _, facts in leads])
        return [(row.id, _like(row, facts)) for row, facts in leads if row.id in open_to]


def _like(lead: LeadRow, facts: LeadFacts) -> str:
    """The same for leads that the same producers may have."""
    told = {name: value for name, value in facts.as_dict().items() if name not in _OWN}
    return json.dumps([told, lead.source, lead.do_not_call], sort_keys=True)
