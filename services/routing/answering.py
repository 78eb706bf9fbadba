"""Answers to offers. The row in Postgres decides who was first; everybody else is told how it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening, Status
from domain.routing.gates import Gate
from domain.routing.offer_terms import OfferTerms, WhenStale
from domain.routing.offers import OfferState, Past, Step, after, decline_reason, person_needed
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid, NotFound, Stale
from services.routing.assign import Assignments, escalate
from services.routing.giving import refusal
from services.routing.offer_schemas import OfferView, offer_view
from services.routing.ranking import Ranking
from services.routing.roster import Rosters
from services.runs import OFFER
from store.sql.models import AssignmentRow, LeadRow
from store.sql.repositories.runs import offer_cause
from store.uow import Database, UnitOfWork

TAKEN = "taken_by_another"
"""Why an offer ended whose lead somebody accepted who was asked at the same time."""
# The lead was claimed for this producer: it counts already, and they may take it after their shift.
_HELD_ALREADY = frozenset({Gate.SCHEDULE, Gate.CAPACITY, Gate.DECLINED})


class Answering:
    """Accept, decline, withdraw, and what follows when nobody answers."""

    def __init__(self, database: Database, assignments: Assignments, ranking: Ranking, rosters: Rosters) -> None:
        self._database = database
        self._giving = assignments.giving
        self._ranking = ranking
        self._rosters = rosters

    async def accept(self, actor: Actor, offer_id: UUID, *, expected: int | None) -> OfferView:
        """Take the lead; a repeated call gets the same answer.

        Raises NotFound for another producer's offer, Conflict with the record as it stands where it was answered by somebody
        else, is over, or a gate refuses the producer by now, Stale for an old version.
        """
        async with self._database.begin(actor) as uow:
            offer, lead, moment = await self._asked(uow, offer_id)
            if offer.state == OfferState.ACCEPTED and offer.answered_by == actor.subject:
                return offer_view(offer, lead, actor, moment)
            self._require_open(actor, offer, lead, moment, expected)
            await self._require_gates(uow, offer, lead, moment)
            roster = await self._rosters.current(uow)
            due = await self._giving.contact_due(uow, lead, offer.producer_id, roster, moment)
            data = {"offer_id": str(offer.id), "producer_id": str(offer.producer_id)}
            await uow.history.append(lead.id, f"offer:{offer.id}", LeadEvent(Happening.ACCEPTED, moment, data))
            await self._end_others(uow, offer, moment, TAKEN)
            await self._answered(uow, offer, Step.ACCEPT, moment, due_at=due, beside=False)
            await uow.audit.note("offer.accept", "offer", offer_id, producer_id=str(offer.producer_id))
            return offer_view(offer, lead, actor, moment)

    async def decline(
        self, actor: Actor, offer_id: UUID, reason: str, words: str | None, *, expected: int | None
    ) -> OfferView:
        """Turn the lead down: this producer is out for it, and the next best is asked, or a person. Raises as :meth:`accept`,
        and Invalid for a reason that is not on the list.
        """
        why, said = decline_reason(reason, words)
        async with self._database.begin(actor) as uow:
            offer, lead, moment = await self._asked(uow, offer_id)
            same = (offer.answered_by, offer.reason, offer.words) == (actor.subject, why.value, said)
            if offer.state == OfferState.DECLINED and same:
                return offer_view(offer, lead, actor, moment)
            self._require_open(actor, offer, lead, moment, expected)
            ended = {"released_at": moment, "reason": why.value, "words": said}
            if not await self._passed(uow, offer, Step.DECLINE, moment, why.value, ended):
                data = {"offer_id": str(offer.id), "producer_id": str(offer.producer_id), "decline_reason": why.value}
                await uow.history.append(lead.id, f"offer:{offer.id}", LeadEvent(Happening.DECLINED, moment, data))
                await self._answered(uow, offer, Step.DECLINE, moment, **ended)
                await self._onward(uow, offer, lead, moment)
            await uow.audit.note("offer.decline", "offer", offer_id, why=why.value)
            return offer_view(offer, lead, actor, moment)

    async def withdraw(self, actor: Actor, offer_id: UUID, reason: str, *, expected: int | None) -> OfferView:
        """A person takes an open offer back, and with it those beside; the lead waits for a person. No producer is out for it."""
        actor.require(Scope.ROUTING_WRITE)
        actor.require_whole_agency()
        said = reason.strip()
        if not said:
            raise Invalid("a reason is needed", fields=(FieldError("reason", "missing", "empty", "say why"),))
        async with self._database.begin(actor) as uow:
            offer, lead, moment = await self._asked(uow, offer_id)
            if offer.state == OfferState.WITHDRAWN and (offer.answered_by, offer.reason) == (actor.subject, said):
                return offer_view(offer, lead, actor, moment)
            self._require_open(actor, offer, lead, moment, expected, late=False)
            data = {"offer_id": str(offer.id), "producer_id": str(offer.producer_id), "reason": said}
            await uow.history.append(lead.id, f"offer:{offer.id}", LeadEvent(Happening.WITHDRAWN, moment, data))
            await self._end_others(uow, offer, moment, said)
            await self._answered(uow, offer, Step.WITHDRAW, moment, released_at=moment, reason=said)
            await uow.audit.note("offer.withdraw", "offer", offer_id)
            return offer_view(offer, lead, actor, moment)

    async def time_is_up(self, actor: Actor, offer_id: UUID) -> str:
        """What follows when the offer's timer is due: an open one expires, an accepted one is stale. ``nothing`` where it was
        answered or worked meanwhile.
        """
        async with self._database.begin(actor) as uow:
            offer, lead, moment = await self._asked(uow, offer_id)
            if offer.due_at is None or offer.due_at > moment:
                return "nothing"
            if offer.state == OfferState.OFFERED:
                if await self._passed(uow, offer, Step.EXPIRE, moment, "expired", {"released_at": moment}):
                    return "expired"
                data = {"offer_id": str(offer.id), "producer_id": str(offer.producer_id)}
                await uow.history.append(lead.id, f"offer:{offer.id}", LeadEvent(Happening.EXPIRED, moment, data))
                await self._answered(uow, offer, Step.EXPIRE, moment, released_at=moment)
                await self._onward(uow, offer, lead, moment)
                return "expired"
            await uow.offers.change(offer, due_at=None, lease_until=None)
            if offer.state != OfferState.ACCEPTED or lead.status != Status.ASSIGNED:
                return "nothing"
            await self._stale(uow, offer, lead, moment)
            return "stale"

    async def _asked(self, uow: UnitOfWork, offer_id: UUID) -> tuple[AssignmentRow, LeadRow, datetime]:
        """The offer, held, and its lead; the lead is held as well while it is this offer's. Locked always lead first."""
        uow.actor.require(Scope.LEADS_WRITE)
        offer, lead = await uow.offers.one(offer_id)
        if uow.actor.kind is not ActorKind.PRODUCER:
            uow.actor.require(Scope.ROUTING_WRITE)  # who answers for somebody else
        try:
            lead = await uow.history.locked(lead.id)
        except NotFound:
            if offer.state != OfferState.OFFERED:  # a producer sees it no longer: the offer is over
                return (*await uow.offers.one(offer_id, held=True), now())
            lead = await uow.history.locked(lead.id, asked=True)
        offer, _ = await uow.offers.one(offer_id, held=True)
        return offer, lead, now()

    def _require_open(
        self,
        actor: Actor,
        offer: AssignmentRow,
        lead: LeadRow,
        at: datetime,
        expected: int | None,
        *,
        late: bool = True,
    ) -> None:
        """Raises Conflict that says how the offer stands unless it may be answered, Stale unless ``expected`` is its version."""
        current = offer_view(offer, lead, actor, at).model_dump(mode="json")
        state = OfferState(offer.state)
        if state is not OfferState.OFFERED:
            detail = f"the offer is {state.value}" + ("" if offer.answered_at is None else ", and was answered before")
            raise Conflict(detail, code=f"offer_{state.value}", current=current)
        if late and offer.due_at is not None and at >= offer.due_at:
            raise Conflict("the time to answer is over; the offer has expired", code="offer_expired", current=current)
        if expected is not None and expected != offer.version:
            raise Stale(f"the offer is at version {offer.version}, not {expected}; read it again", current=current)

    async def _require_gates(self, uow: UnitOfWork, offer: AssignmentRow, lead: LeadRow, at: datetime) -> None:
        roster = await self._rosters.current(uow)
        facts = self._ranking.lead_facts(lead, roster, None)
        failed = await refusal(uow, offer.producer_id, facts, at, roster.tables(at), roster, skip=_HELD_ALREADY)
        if failed is not None:
            raise Conflict(f"this producer may not have the lead any more: {failed}", code=failed)

    @staticmethod
    async def _answered(uow: UnitOfWork, offer: AssignmentRow, step: Step, at: datetime, **values: object) -> None:
        state = after(OfferState(offer.state), step)
        changed = {"due_at": None, "lease_until": None, "answered_at": at, "answered_by": uow.actor.subject}
        await uow.offers.change(offer, state=state.value, **{**changed, **values})
        await uow.offers.wake(offer)

    async def _passed(
        self, uow: UnitOfWork, offer: AssignmentRow, step: Step, at: datetime, why: str, ended: dict[str, Any]
    ) -> bool:
        """Of several who are asked one is out, and the lead stays with the others; False where nobody else is asked."""
        others = await uow.offers.together(offer)
        if not others:
            return False
        first = others[0]
        data = {
            "offer_id": str(offer.id), "producer_id": str(offer.producer_id), "why": why,
            "holder_id": str(first.producer_id),
        }  # fmt: skip
        await uow.history.append(offer.lead_id, f"offer:{offer.id}", LeadEvent(Happening.PASSED, at, data))
        await self._answered(uow, offer, step, at, **ended)
        if first.beside:  # it was the holder who passed: another takes that place, and the waiting with it
            await uow.offers.change(first, beside=False)
            await uow.runs.admit_once(first.lead_id, OFFER, offer_cause(uow.actor.agency_id, first.id))
        return True

    @staticmethod
    async def _end_others(uow: UnitOfWork, offer: AssignmentRow, at: datetime, reason: str) -> None:
        """Whoever else is asked has the lead no more, and stands beside whoever has."""
        for other in await uow.offers.together(offer):
            state = after(OfferState(other.state), Step.WITHDRAW)
            ended = {"due_at": None, "lease_until": None, "released_at": at, "reason": reason}
            await uow.offers.change(other, state=state.value, beside=True, **ended)
            await uow.offers.wake(other)

    async def _onward(self, uow: UnitOfWork, offer: AssignmentRow, lead: LeadRow, at: datetime) -> None:
        """After a decline or an expiry: the waiting run asks the next best, unless a person must take over (DOMAIN T10)."""
        terms = OfferTerms.of((await self._rosters.current(uow)).settings)
        past = await uow.offers.turned_down(lead)
        first = min((one.assigned_at for one in past), default=offer.assigned_at)
        ends = await self._giving.search_ends(uow, lead, terms, first)
        code = person_needed([Past(OfferState(one.state), one.assigned_at) for one in past], terms, ends, at)
        if code is None:
            return
        data = {"reason": code, "receipt_id": None if lead.receipt_id is None else str(lead.receipt_id)}
        await uow.history.append(lead.id, f"offer:{offer.id}:end", LeadEvent(Happening.QUEUED, at, data))
        await escalate(uow, lead.id, code, at, lead.receipt_id)

    async def _stale(self, uow: UnitOfWork, offer: AssignmentRow, lead: LeadRow, at: datetime) -> None:
        data = {
            "code": "not_contacted", "producer_id": str(offer.producer_id),
            "receipt_id": None if lead.receipt_id is None else str(lead.receipt_id),
        }  # fmt: skip
        await uow.history.append(lead.id, f"stale:{offer.id}", LeadEvent(Happening.ESCALATED, at, data))
        terms = OfferTerms.of((await self._rosters.current(uow)).settings)
        if terms.when_stale is WhenStale.QUEUE:
            event = LeadEvent(Happening.RELEASED, at, {"reason": "not_contacted"})
            await uow.history.append(lead.id, f"stale:{offer.id}:end", event)
            await uow.routing.release(lead.id, at)
