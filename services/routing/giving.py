"""A lead into a producer's hands: as an offer where the agency's terms ask for an answer, else as an assignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from domain.routing.facts import LeadFacts, ProducerFacts, ProducerLoad
from domain.routing.gates import Gate, Standing, first_failure
from domain.routing.offer_terms import OfferTerms
from domain.routing.offers import OfferState
from domain.routing.tables import Tables
from kernel.ids import derived_id
from services.routing.hours import OfferClock
from services.routing.roster import AgencyRoster, load_of
from services.runs import OFFER
from store.sql.models import AssignmentRow, LeadRow, ReceiptRow, Row
from store.sql.repositories.runs import offer_cause
from store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Gift:
    """Which lead goes to whom, under which key, because of which receipt, and when. ``shared``: several may be asked,
    namely those ``beside`` too.
    """

    lead: LeadRow
    producer_id: UUID
    key: str
    receipt_id: UUID | None
    at: datetime
    shared: bool = False
    beside: tuple[UUID, ...] = ()

    @property
    def id(self) -> UUID:
        """Of the offer or assignment: the same for a repeated step."""
        return derived_id("assignment", self.lead.id, self.key)


class Giving:
    """Writes the assignment, its timer and its event; the caller holds lead and producer."""

    def __init__(self, clock: OfferClock) -> None:
        self._clock = clock

    async def claimed(self, uow: UnitOfWork, gift: Gift, roster: AgencyRoster, receipt: Mapping[str, Any]) -> str:
        """Give a claimed lead as the terms say, under a key never used before, and keep the receipt's row; returns the lead's
        status, ``offered`` or ``assigned``. A shared lead is always offered, since only one can have it.
        """
        terms = OfferTerms.of(roster.settings)
        if not terms.required and not gift.shared:
            await self.assigned(uow, gift, roster, receipt)
            return "assigned"
        data, row = await self._offered(uow, gift, roster, terms)
        data["receipt_id"] = None if gift.receipt_id is None else str(gift.receipt_id)
        await uow.runs.admit_once(gift.lead.id, OFFER, offer_cause(uow.actor.agency_id, gift.id))
        assignments = [row]
        if gift.beside:
            others = [replace(gift, producer_id=who, key=f"{gift.key}:{who}") for who in gift.beside]
            beside = [await self._offered(uow, one, roster, terms, beside=True) for one in others]
            data["beside"] = [told for told, _ in beside]
            data["producer_ids"] = [str(one.producer_id) for one in (gift, *others)]
            assignments += [row for _, row in beside]
        rows = _rows(uow, assignments, OfferState.OFFERED, receipt)
        event = LeadEvent(Happening.OFFERED, gift.at, data)
        await uow.history.append(gift.lead.id, gift.key, event, also=rows, fresh=True)
        return "offered"

    async def _offered(
        self, uow: UnitOfWork, gift: Gift, roster: AgencyRoster, terms: OfferTerms, *, beside: bool = False
    ) -> tuple[dict[str, object], dict[str, Any]]:
        due = await self._answer_due(uow, gift, roster, terms)
        data: dict[str, object] = {
            "offer_id": str(gift.id), "producer_id": str(gift.producer_id), "due_at": due.isoformat(),
        }  # fmt: skip
        # An offer implies a call: the rules are asked first, and whoever is offered the lead sees what they answer.
        call = await self._clock.may_call(uow, gift.lead, gift.producer_id, gift.at)
        if call is not None:
            data |= {"may_call": call.allowed, "contact_verdict_id": str(call.verdict_id)}
        return data, _row(gift, OfferState.OFFERED, due, beside=beside)

    async def assigned(
        self, uow: UnitOfWork, gift: Gift, roster: AgencyRoster, receipt: Mapping[str, Any] | None = None
    ) -> dict[str, object]:
        """Give the lead without asking; the clock to the first contact runs from now. Returns the lead's state. The key was
        never used before; ``receipt`` is the row to keep beside.
        """
        due = await self.contact_due(uow, gift.lead, gift.producer_id, roster, gift.at)
        data = {"producer_id": str(gift.producer_id)}
        if gift.receipt_id is not None:
            data["receipt_id"] = str(gift.receipt_id)
        rows = _rows(uow, [_row(gift, OfferState.ACCEPTED, due)], OfferState.ACCEPTED, receipt)
        event = LeadEvent(Happening.ASSIGNED, gift.at, data)
        recorded = await uow.history.append(gift.lead.id, gift.key, event, also=rows, fresh=True)
        return recorded.state

    async def contact_due(
        self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID, roster: AgencyRoster, start: datetime
    ) -> datetime | None:
        """When the lead is stale if nobody contacts it; None where the agency sets no limit."""
        minutes = OfferTerms.of(roster.settings).to_contact(lead.tier)
        return None if minutes is None else await self._clock.due(uow, lead, producer_id, roster, start, minutes)

    async def search_ends(self, uow: UnitOfWork, lead: LeadRow, terms: OfferTerms, first: datetime) -> datetime:
        """When a person gets the lead if no producer was found, whose search began at ``first``."""
        return await self._clock.deadline(uow, lead, first, terms.max_minutes)

    async def _answer_due(self, uow: UnitOfWork, gift: Gift, roster: AgencyRoster, terms: OfferTerms) -> datetime:
        past = await uow.offers.turned_down(gift.lead) if gift.lead.declined_by else []
        first = min((one.assigned_at for one in past), default=gift.at)
        minutes = terms.to_answer(gift.lead.tier)
        due = await self._clock.due(uow, gift.lead, gift.producer_id, roster, gift.at, minutes)
        ends = await self.search_ends(uow, gift.lead, terms, first)
        # A search that ended while the lead waited for a free producer still leaves that one the time to answer.
        return min(due, ends) if ends > gift.at else due


def _row(gift: Gift, state: OfferState, due: datetime | None, *, beside: bool = False) -> dict[str, Any]:
    """The assignment, of which the database refuses a second active one unless it is asked ``beside`` the first."""
    return {
        "id": gift.id, "lead_id": gift.lead.id, "producer_id": gift.producer_id, "key": gift.key,
        "receipt_id": gift.receipt_id, "assigned_at": gift.at, "released_at": None, "version": 1, "state": state.value,
        "due_at": due, "beside": beside, "asked": 1 + len(gift.beside),
    }  # fmt: skip


def _rows(
    uow: UnitOfWork, assignments: list[dict[str, Any]], state: OfferState, receipt: Mapping[str, Any] | None
) -> dict[type[Row], list[Mapping[str, Any]]]:
    """The assignments and their receipt."""
    agency = {"agency_id": uow.actor.agency_id}
    rows: dict[type[Row], list[Mapping[str, Any]]] = {
        AssignmentRow: [{**agency, "by": uow.actor.subject, **one} for one in assignments]
    }
    if receipt is not None:
        outcome = "assigned" if state is OfferState.ACCEPTED else "offered"
        rows[ReceiptRow] = [{**agency, **receipt, "outcome": outcome}]
    return rows


async def refusal(
    uow: UnitOfWork,
    producer_id: UUID,
    lead: LeadFacts,
    at: datetime,
    tables: Tables,
    roster: AgencyRoster,
    *,
    skip: frozenset[Gate] = frozenset(),
) -> str | None:
    """The code of the gate that refuses the producer as they stand under their lock, or None (DOMAIN T8)."""
    row = await uow.routing.lock_producer(producer_id)
    loads = await uow.routing.loads(at, [producer_id])
    load = load_of(loads[producer_id]) if producer_id in loads else ProducerLoad()
    facts = ProducerFacts(roster.profile(row), load)
    failed = first_failure(lead, Standing(facts, at, tables), skip=skip)
    return failed.code if failed else None
