"""Routing's gates, assignments and the contact rules, as referrals between producers ask them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from domain.contact.channels import Channel
from domain.lines import Line
from domain.routing.facts import ProducerFacts, ProducerLoad
from domain.routing.gates import BY_PERSON, Gate, Standing, first_failure
from domain.routing.offers import OfferState
from domain.routing.rules.rule import preferred_tiers
from integrations.geography import Geography
from services.commissions.moments import today
from services.commissions.promoting import open_to
from services.contact.contact import Contact
from services.contact.facts import seller_facts
from services.contact.schemas import Seller
from services.network.schemas import OpenPromotion
from services.routing.giving import Gift, Giving, refusal
from services.routing.ranking import Ranking
from services.routing.roster import Rosters, load_of
from store.sql.models import LeadRow
from store.uow import UnitOfWork

_CHANNELS = (Channel.CALL, Channel.EMAIL)
_NO_ADDRESS = "no_address"
# Somebody who is asked answers after their night, and whoever declined an offer may still accept a colleague's word.
_LATER = frozenset({Gate.SCHEDULE, Gate.DECLINED})
_BUT_ROOM = frozenset(Gate) - {Gate.CAPACITY}


@dataclass(frozen=True, slots=True)
class PassingOn:
    """Every gate that binds a person's own choice binds a referral, and the consent rules as well."""

    ranking: Ranking
    rosters: Rosters
    giving: Giving
    contact: Contact
    geography: Geography

    async def refused(
        self, uow: UnitOfWork, lead: LeadRow, producer_ids: Sequence[UUID], at: datetime
    ) -> dict[UUID, str | None]:
        """Of each producer the code of the gate that refuses them, None for who may have the lead."""
        roster = await self.rosters.current(uow)
        facts, tables = self.ranking.lead_facts(lead, roster, None), roster.tables(at)

        def failed(who: UUID, load: ProducerLoad, skip: frozenset[Gate]) -> str | None:
            standing = Standing(ProducerFacts(roster.profiles[who], load), at, tables)
            found = first_failure(facts, standing, skip=skip)
            return None if found is None else found.code

        # Room is the last gate that is asked, and the only one that reads leads: it is asked of whom the others let through.
        known = [who for who in producer_ids if who in roster.profiles]
        found = {who: failed(who, ProducerLoad(), _LATER | {Gate.CAPACITY}) for who in known}
        left = [who for who in known if found[who] is None]
        loads = await uow.routing.loads(at, left) if left else {}
        for who in left:
            found[who] = failed(who, load_of(loads[who]) if who in loads else ProducerLoad(), _BUT_ROOM)
        return found

    async def held(self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID, at: datetime) -> str | None:
        """The code of the gate that refuses the producer as they stand under their lock."""
        roster = await self.rosters.current(uow)
        facts = self.ranking.lead_facts(lead, roster, None)
        return await refusal(uow, producer_id, facts, at, roster.tables(at), roster, skip=BY_PERSON)

    async def may_share(
        self, uow: UnitOfWork, lead: LeadRow, producer_ids: Sequence[UUID], at: datetime
    ) -> dict[UUID, str | None]:
        """None for who may call or write, now or once the hours allow; each answer is kept as a verdict."""
        told = await self.contact.verdicts.ask_each_in(uow, lead, producer_ids, _CHANNELS, at)
        found: dict[UUID, str | None] = {}
        for who in producer_ids:
            views = told.get(who, [])
            open_ = any(view.allowed or view.next_at is not None for view in views)
            # What refuses a channel on which nobody could be reached anyway says nothing.
            said = (view.codes[0] for view in views if view.codes and _NO_ADDRESS not in view.codes)
            found[who] = None if open_ else next(said, _NO_ADDRESS)
        return found

    async def give(self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID, key: str, at: datetime) -> None:
        """Take the lead from whoever has it and give it to the producer, who is held."""
        roster = await self.rosters.current(uow)
        await uow.routing.release(lead.id, at, OfferState.REASSIGNED)
        await self.giving.assigned(uow, Gift(lead, producer_id, key, None, at), roster)

    async def preferred_tiers(self, uow: UnitOfWork) -> frozenset[str]:
        """Tiers that the agency's rules of distribution put ahead of others."""
        return preferred_tiers((await self.ranking.policy(uow)).rules)

    async def shares_revenue(self, uow: UnitOfWork) -> bool:
        """By the terms in force today."""
        row = await uow.sharing.terms_on(await today(uow))
        return row is not None and row.basis_points > 0

    async def promotions(self, uow: UnitOfWork, tier: str) -> list[OpenPromotion]:
        """Those whose period has today."""
        return [
            OpenPromotion(name=row.name, ends_on=row.ends_on, bonus_minor=row.minor, currency=row.currency)
            for row in await open_to(uow, tier)
        ]

    async def risk_state(self, lead: LeadRow) -> str | None:
        """The one state of the address or ZIP."""
        states = self.geography.states_for(lead.zip, lead.state).states
        return states[0] if len(states) == 1 else None

    async def licensed(self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID, day: date) -> bool | None:
        """By the licence database's word; an empty list is unknown (DOMAIN T2)."""
        state = await self.risk_state(lead)
        producer = await uow.agencies.producer(producer_id)
        if state is None or not producer.profile.get("licences"):
            return None
        line = Line(lead.line or lead.declared_line or Line.UNKNOWN)
        known = await seller_facts(uow, Seller(producer_id), line, [state])
        return any(
            one.state == state and one.active and one.covers and one.effective is not None and one.effective <= day
            and (one.expires is None or day <= one.expires)
            for one in known.licences
        )  # fmt: skip
