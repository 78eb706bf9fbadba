"""Offers: read, answered, timed, and the queue that is worked off when producers are free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from domain.actor import Actor, Scope, system_actor
from domain.routing.offer_terms import SETTING, OfferTerms
from domain.routing.offers import OfferState
from kernel.clock import now
from kernel.errors import FieldError, Invalid, NotFound, Stale
from services.routing.answering import Answering
from services.routing.assign import Assignments
from services.routing.offer_schemas import OfferHistory, OfferPage, OfferTermsView, OfferView, offer_view
from services.routing.queue import Queue
from services.routing.ranking import Ranking
from services.routing.roster import Rosters
from store.uow import Database

_LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an offer stands, for the run that waits for its answer; ``hold`` is why nobody else may be asked."""

    offer_id: UUID
    producer_id: UUID
    state: OfferState
    hold: str | None


@dataclass(frozen=True, slots=True)
class Offers:
    """The one door to offers. A producer sees and answers the own ones, who sees the whole agency all."""

    database: Database
    answering: Answering
    queue: Queue

    @classmethod
    def on(cls, database: Database, assignments: Assignments, ranking: Ranking, rosters: Rosters) -> Self:
        """Everything of offers on these services."""
        return cls(
            database, Answering(database, assignments, ranking, rosters), Queue(database, assignments, ranking, rosters)
        )

    async def page(
        self, actor: Actor, states: Sequence[OfferState], producer_id: UUID | None, cursor: UUID | None, limit: int
    ) -> OfferPage:
        """Newest first. Raises Invalid for a cursor that this list did not give out."""
        actor.require(Scope.LEADS_READ)
        async with self.database.begin(actor) as uow:
            try:
                rows = await uow.offers.page([one.value for one in states], producer_id, cursor, limit + 1)
            except NotFound as problem:
                fault = FieldError(
                    "cursor", "unreadable", "not a cursor of this list", "use next_cursor of the page before"
                )
                raise Invalid("the cursor cannot be read", fields=(fault,)) from problem
        moment = now()
        items = [offer_view(offer, lead, actor, moment) for offer, lead in rows[:limit]]
        return OfferPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)

    async def history(self, actor: Actor, lead_id: UUID) -> OfferHistory:
        """Every offer of the lead; NotFound for a lead that the actor may not see."""
        actor.require(Scope.LEADS_READ)
        async with self.database.begin(actor) as uow:
            await uow.leads.one(lead_id)
            rows = await uow.offers.of_lead(lead_id)
        return OfferHistory(items=[offer_view(offer, lead, actor, now()) for offer, lead in rows])

    async def one(self, actor: Actor, offer_id: UUID) -> OfferView:
        """One offer; NotFound for another producer's or agency's."""
        actor.require(Scope.LEADS_READ)
        async with self.database.begin(actor) as uow:
            return offer_view(*await uow.offers.one(offer_id), actor, now())

    async def standing(self, actor: Actor, offer_id: UUID) -> Standing:
        """How the offer stands; NotFound where there is none."""
        async with self.database.begin(actor) as uow:
            offer, lead = await uow.offers.one(offer_id)
            hold = "do_not_call" if lead.do_not_call else None
            return Standing(offer.id, offer.producer_id, OfferState(offer.state), hold)

    async def terms(self, actor: Actor) -> OfferTermsView:
        """The agency's terms."""
        actor.require(Scope.ROUTING_READ)
        async with self.database.begin(actor) as uow:
            return OfferTermsView.of(OfferTerms.of((await uow.agencies.mine()).settings))

    async def configure(self, actor: Actor, terms: Mapping[str, Any], *, expected: int | None = None) -> OfferTerms:
        """Set the agency's terms; they hold from the next claim on. Raises Invalid with one entry for each thing wrong, Stale
        where they are not those of the version ``expected``.
        """
        actor.require(Scope.AGENCY_ADMIN)
        read = OfferTerms.from_dict(terms)
        async with self.database.begin(actor) as uow:
            present = OfferTermsView.of(OfferTerms.of((await uow.agencies.mine(lock=True)).settings))
            if expected is not None and expected != present.version:
                detail = "the terms are others by now; read them again"
                raise Stale(detail, current=present.model_dump(mode="json"))
            await uow.agencies.save_setting(SETTING, read.as_dict())
            await uow.audit.note("offer.terms", "agency", actor.agency_id, required=read.required)
        return read

    async def work(self) -> bool:
        """Work the timer that has been due longest; False when none is. Of several workers one has it, and one that falls silent
        loses it when its lease has run out: whoever is next finds what was done.
        """
        async with self.database.platform() as platform:
            due = await platform.claim_due_offer(now(), _LEASE)
        if due is None:
            return False
        offer_id, agency_id = due
        await self.answering.time_is_up(system_actor(agency_id, "offers"), offer_id)
        return True
