"""Offers: assignments as their producers answer them, and the leads that wait for a producer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, and_, case, cast, false, func, or_, select, tuple_, update

from domain.actor import ActorKind
from domain.leads.lifecycle import Happening
from domain.routing.offers import HANDED_OVER, NOT_YET, TRANSITIONS, TURNED_DOWN, OfferState
from kernel.errors import NotFound
from store.sql.models import AssignmentRow, LeadEventRow, LeadRow
from store.sql.repositories.base import Repository
from store.sql.repositories.runs import wake_offer_run

WAITING = ("nobody_available", "all_claims_refused", NOT_YET)
"""Reasons of queued leads that a producer who becomes free may end, or the hour at which the person may be called."""
_TIERS = case({"hot": 0, "warm": 1, "cool": 2}, value=LeadRow.tier, else_=3)


def _until() -> ColumnElement[Any]:
    """Until when a queued lead waits, as the newest event that queued it says."""
    newest = (
        select(cast(LeadEventRow.data["until"].astext, DateTime(timezone=True)))
        .where(LeadEventRow.lead_id == LeadRow.id, LeadEventRow.kind == Happening.QUEUED)
        .order_by(LeadEventRow.version.desc())
        .limit(1)
    )
    return newest.scalar_subquery()


class Offers(Repository):
    """Rows of ``assignment`` that the actor may see: a producer's own, else all of the agency, and none of a partner."""

    async def one(self, offer_id: UUID, *, held: bool = False) -> tuple[AssignmentRow, LeadRow]:
        """An offer and its lead; NotFound for another's. ``held``: the offer is locked until the transaction ends, and as it is
        by then.
        """
        query = select(AssignmentRow, LeadRow).join(LeadRow, LeadRow.id == AssignmentRow.lead_id)
        query = query.where(AssignmentRow.id == offer_id, self._seen())
        if held:
            query = query.with_for_update(of=AssignmentRow).execution_options(populate_existing=True)
        found = (await self.session.execute(query)).one_or_none()
        if found is None:
            raise NotFound(f"no offer {offer_id} in this agency")
        return found[0], found[1]

    async def page(
        self, states: Sequence[str], producer_id: UUID | None, after: UUID | None, at_most: int
    ) -> list[tuple[AssignmentRow, LeadRow]]:
        """Newest first, from behind the offer ``after``; of one producer or of all that the actor sees."""
        query = select(AssignmentRow, LeadRow).join(LeadRow, LeadRow.id == AssignmentRow.lead_id).where(self._seen())
        if states:
            query = query.where(AssignmentRow.state.in_(states))
        if producer_id is not None:
            query = query.where(AssignmentRow.producer_id == producer_id)
        if after is not None:
            last, _ = await self.one(after)
            query = query.where(tuple_(AssignmentRow.assigned_at, AssignmentRow.id) < (last.assigned_at, last.id))
        query = query.order_by(AssignmentRow.assigned_at.desc(), AssignmentRow.id.desc()).limit(at_most)
        return [(offer, lead) for offer, lead in await self.session.execute(query)]

    async def of_lead(self, lead_id: UUID) -> list[tuple[AssignmentRow, LeadRow]]:
        """Every offer of a lead that the actor sees, oldest first."""
        query = (
            select(AssignmentRow, LeadRow)
            .join(LeadRow, LeadRow.id == AssignmentRow.lead_id)
            .where(self._seen(), AssignmentRow.lead_id == lead_id)
            .order_by(AssignmentRow.assigned_at, AssignmentRow.id)
        )
        return [(offer, lead) for offer, lead in await self.session.execute(query)]

    async def turned_down(self, lead: LeadRow) -> list[AssignmentRow]:
        """By whom the lead was turned down since it was last opened or handed to a person: each one's latest, whoever asks.

        A person who has it offered again begins the search anew; who turned it down stays out of it.
        """
        handed_over = (
            select(func.max(LeadEventRow.at))
            .where(
                LeadEventRow.agency_id == self.actor.agency_id,
                LeadEventRow.lead_id == lead.id,
                LeadEventRow.kind == Happening.QUEUED,
                LeadEventRow.data["reason"].astext.in_(HANDED_OVER),
            )
            .scalar_subquery()
        )
        found = await self.session.scalars(
            select(AssignmentRow)
            .where(
                AssignmentRow.agency_id == self.actor.agency_id,
                AssignmentRow.lead_id == lead.id,
                AssignmentRow.producer_id.in_(lead.declined_by),
                AssignmentRow.state.in_([state.value for state in TURNED_DOWN]),
                AssignmentRow.assigned_at >= func.coalesce(handed_over, AssignmentRow.assigned_at),
            )
            .order_by(AssignmentRow.assigned_at)
        )
        return list({one.producer_id: one for one in found}.values())

    async def change(self, offer: AssignmentRow, **values: Any) -> None:
        """Set columns of a held offer; its version grows."""
        for name, value in {**values, "version": offer.version + 1}.items():
            setattr(offer, name, value)
        await self.session.flush()

    async def follow(self, lead_id: UUID, state: OfferState) -> None:
        """The lead's present offer becomes ``state`` where the table leads there; its timer stops."""
        before = [one.value for (one, _), following in TRANSITIONS.items() if following is state]
        await self.session.execute(
            update(AssignmentRow)
            .where(
                AssignmentRow.agency_id == self.actor.agency_id,
                AssignmentRow.lead_id == lead_id,
                AssignmentRow.released_at.is_(None),
                AssignmentRow.beside.is_(False),
                AssignmentRow.state.in_(before),
            )
            .values(state=state.value, due_at=None, lease_until=None, version=AssignmentRow.version + 1)
        )

    async def together(self, offer: AssignmentRow) -> list[AssignmentRow]:
        """The other open offers of the lead, whoever asks; the caller holds the lead, so nobody answers them meanwhile."""
        found = await self.session.scalars(
            select(AssignmentRow)
            .where(
                AssignmentRow.agency_id == self.actor.agency_id,
                AssignmentRow.lead_id == offer.lead_id,
                AssignmentRow.id != offer.id,
                AssignmentRow.state == OfferState.OFFERED.value,
                AssignmentRow.released_at.is_(None),
            )
            .order_by(AssignmentRow.beside, AssignmentRow.due_at, AssignmentRow.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return list(found)

    async def wake(self, offer: AssignmentRow) -> None:
        """Let the run that waits for this offer's answer go on."""
        await wake_offer_run(self.session, self.actor.agency_id, offer.lead_id, offer.id)

    async def waiting(self, at: datetime, *, best_first: bool) -> list[UUID]:
        """Leads that wait for a producer to be free, or may be called by now, in the order in which they are tried."""
        order = [_TIERS, LeadRow.score.desc().nulls_last()] if best_first else []
        found = await self.session.scalars(
            select(LeadRow.id)
            .where(
                LeadRow.agency_id == self.actor.agency_id,
                LeadRow.status == "queued",
                LeadRow.reason.in_(WAITING),
                or_(LeadRow.reason != NOT_YET, _until() <= at),
            )
            .order_by(*order, LeadRow.received_at, LeadRow.id)
        )
        return list(found)

    async def in_order(self, lead_ids: Sequence[UUID], *, best_first: bool) -> list[UUID]:
        """Those of the leads that there are, in the order in which they are tried."""
        order = [_TIERS, LeadRow.score.desc().nulls_last()] if best_first else []
        found = await self.session.scalars(
            select(LeadRow.id)
            .where(LeadRow.id.in_(lead_ids), self.sees_lead())
            .order_by(*order, LeadRow.received_at, LeadRow.id)
        )
        return list(found)

    async def stands(self, offer_id: UUID) -> AssignmentRow | None:
        """The offer, shared until the transaction ends, so that nobody answers meanwhile."""
        row: AssignmentRow | None = await self.session.scalar(
            select(AssignmentRow)
            .where(AssignmentRow.id == offer_id, AssignmentRow.agency_id == self.actor.agency_id)
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        )
        return row

    def _seen(self) -> ColumnElement[bool]:
        mine: ColumnElement[bool] = AssignmentRow.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        if self.actor.kind is ActorKind.PRODUCER and self.actor.producer_id is not None:
            return and_(mine, AssignmentRow.producer_id == self.actor.producer_id)
        return false()
