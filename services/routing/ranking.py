"""Ranking an agency's producers for a lead: what changed since the last one is read, the rest is in memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.actor import Actor
from domain.lines import Line, Tier, Urgency
from domain.routing.facts import LeadFacts
from domain.routing.gates import NOT_YET, lead_gate
from domain.routing.offer_terms import OfferTerms, WhenNoCall
from domain.routing.policy import Policy
from domain.routing.receipt import Receipt, panel_receipt
from domain.routing.rules.fields import amount
from domain.routing.rules.rule import Do
from integrations.geography import Geography
from kernel.clock import now
from services.routing.hours import AnyHour, ContactHours
from services.routing.memory import Memories
from services.routing.panels import LARGE, Panels
from services.routing.policies import PolicyBook
from services.routing.relations import Ties, relations_of
from services.routing.roster import AgencyRoster, Rosters
from store.sql.models import LeadRow
from store.uow import Database, UnitOfWork

_KEPT = 512


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking before its claim, the roster that was ranked, the number of the last turn it knows of, and until when the lead
    waits whose person may not be called yet.
    """

    receipt: Receipt
    roster: AgencyRoster
    turns: int = 0
    until: datetime | None = None


class Ranking:
    """Ranks; the newest rankings are kept in memory for the claim that follows, and made anew after a crash."""

    def __init__(
        self,
        database: Database,
        rosters: Rosters,
        geography: Geography,
        network: Ties,
        hours: ContactHours | None = None,
    ) -> None:
        self._database = database
        self._rosters = rosters
        self._geography = geography
        self._network = network
        self._hours = hours or AnyHour()
        self._panels = Panels()
        self._policies = PolicyBook()
        self._memories = Memories()
        self._recent: OrderedDict[UUID, Ranked] = OrderedDict()

    async def rank(self, actor: Actor, run_id: UUID, lead_id: UUID, hold: str | None) -> Ranked:
        """Rank for the run. ``hold`` is a reason why nobody may have the lead without a person's word."""
        async with self._database.begin(actor) as uow:
            row = await uow.leads.one(lead_id)
            roster = await self._rosters.current(uow)
            policy = await self._policies.current(uow, roster.settings)
            lead = self.lead_facts(row, roster, hold, policy.amounts)
            until = await self._waits_until(uow, row, roster, lead, policy)
            lead = lead if until is None else replace(lead, hold=NOT_YET)
            relations = await relations_of(uow, self._network, roster, row, lead, run_id)
            terms = policy.terms(lead)
            async with self._panels.current(uow, roster) as panel:
                known = await self._memories.of(uow, terms, lead, panel.as_of)
                asked = (panel, lead, terms, str(run_id), relations, roster.digests, known.memory)
                large = len(roster.profiles) >= LARGE
                receipt = await asyncio.to_thread(panel_receipt, *asked) if large else panel_receipt(*asked)
        ranked = Ranked(receipt, roster, known.turns, until)
        self._recent[run_id] = ranked
        while len(self._recent) > _KEPT:
            self._recent.popitem(last=False)
        return ranked

    async def open_to_somebody(self, uow: UnitOfWork, roster: AgencyRoster, leads: Sequence[LeadFacts]) -> set[UUID]:
        """Those of the leads that the gates leave a producer for now; rules may still leave nobody, and never more."""
        async with self._panels.current(uow, roster) as panel:
            return {
                lead.lead_id
                for lead in leads
                if lead_gate(lead, panel.tables) is None and not panel.refused(lead).all()
            }

    async def _waits_until(
        self, uow: UnitOfWork, row: LeadRow, roster: AgencyRoster, lead: LeadFacts, policy: Policy
    ) -> datetime | None:
        """The hour before which nobody may call, where the lead would be offered and the terms have it wait."""
        terms, moment = OfferTerms.of(roster.settings), now()
        if lead.hold is not None or lead.test or terms.when_no_call is not WhenNoCall.HOLD:
            return None
        if not terms.required and not any(rule.do is Do.SHARE and rule.matches(lead, moment) for rule in policy.rules):
            return None
        call = await self._hours.to_call(uow, row, None, moment)
        return None if call is None or call.allowed else call.next_allowed_at

    async def policy(self, uow: UnitOfWork) -> Policy:
        """How the agency's leads are distributed now."""
        return await self._policies.current(uow, (await uow.agencies.mine()).settings)

    def ready(self, run_id: UUID) -> Ranked | None:
        """The ranking made for the run, taken out of memory; None where there is none any more."""
        return self._recent.pop(run_id, None)

    def lead_facts(
        self, row: LeadRow, roster: AgencyRoster, hold: str | None, amounts: Collection[str] = ()
    ) -> LeadFacts:
        """What routing may know of the lead; ``amounts`` are the names of those it declares that a rule asks for."""
        declared = {name: number for name in amounts if (number := amount(row.extras.get(name))) is not None}
        states = self._geography.states_for(row.zip, row.state)
        return LeadFacts(
            lead_id=row.id,
            agency_id=row.agency_id,
            line=Line(row.line) if row.line else Line.UNKNOWN,
            received_at=row.received_at,
            risk_states=states.states,
            states_from=states.source,
            zip_code=row.zip,
            lat=row.lat,
            lon=row.lon,
            language=row.language,
            tier=Tier(row.tier) if row.tier else None,
            score=row.score,
            carrier=row.extras.get("carrier"),
            referred_by=roster.by_external.get(str(row.extras.get("referred_by", "")).strip()),
            urgency=Urgency(row.urgency) if row.urgency else Urgency.UNKNOWN,
            declined_by=frozenset(row.declined_by),
            hold=hold,
            source=row.source,
            test=row.test,
            amounts=declared,
        )
