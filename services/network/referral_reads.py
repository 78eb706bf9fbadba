"""Referrals read: lists, one, how they ended, and who might have a lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actor import Actor, Scope
from domain.network.referrals import ReferralState
from domain.referral_law import Event
from kernel.clock import now
from kernel.errors import FieldError, Invalid, NotFound
from services.network.acting import acting_for, own_of
from services.network.matching import Matching
from services.network.referral_rows import view_of
from services.network.referral_schemas import (
    Credits,
    CreditView,
    Matches,
    MatchView,
    ReferralCounts,
    ReferralPage,
    ReferralView,
)
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Ends:
    """Who passed a lead on, and who was asked; ``other`` is at either end. None leaves an end open."""

    sent_by: UUID | None = None
    sent_to: UUID | None = None
    other: UUID | None = None


class ReferralReads:
    """A producer sees what they sent and were sent, people of the agency all."""

    def __init__(self, database: Database, matching: Matching) -> None:
        self._database = database
        self._matching = matching

    async def page(
        self, actor: Actor, states: Sequence[ReferralState], producer_id: UUID | None, lead_id: UUID | None,
        cursor: UUID | None, limit: int,
    ) -> ReferralPage:  # fmt: skip
        """Newest first, of a producer whichever end. Raises Invalid for a cursor that this list did not give out."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            try:
                rows = await uow.referrals.page([one.value for one in states], producer_id, lead_id, cursor, limit + 1)
            except NotFound as problem:
                fault = FieldError(
                    "cursor", "unreadable", "not a cursor of this list", "use next_cursor of the page before"
                )
                raise Invalid("the cursor cannot be read", fields=(fault,)) from problem
        items = [view_of(actor, row, lead) for row, lead in rows[:limit]]
        return ReferralPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)

    async def between(
        self, actor: Actor, states: Sequence[ReferralState], ends: Ends, *, lead_id: UUID | None = None,
        expires_before: datetime | None = None, limit: int = 50,
    ) -> ReferralPage:  # fmt: skip
        """By who sent it and who was sent it, those that end first ahead; no further page."""
        actor.require(Scope.LEADS_READ)
        wanted = [one.value for one in states]
        async with self._database.begin(actor) as uow:
            rows = await uow.referrals.between(
                wanted,
                ends.sent_by,
                ends.sent_to,
                ends.other,
                lead_id=lead_id,
                expires_before=expires_before,
                at_most=limit,
            )
        return ReferralPage(items=[view_of(actor, row, lead) for row, lead in rows], next_cursor=None)

    async def one(self, actor: Actor, referral_id: UUID) -> ReferralView:
        """A referral; NotFound for others'."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            return view_of(actor, *await uow.referrals.one(referral_id))

    async def matches(self, actor: Actor, lead_id: UUID, from_id: UUID | None) -> Matches:
        """Who in the network might have the lead; nothing is sent. Whoever has it would pass it on, if nobody is named."""
        actor.require(Scope.LEADS_WRITE)
        async with self._database.begin(actor) as uow:
            holder = (await uow.leads.one(lead_id)).producer_id
        sender = acting_for(actor, from_id if from_id is not None or own_of(actor) is not None else holder)
        near = await self._matching.near(actor, sender)
        async with self._database.begin(actor) as uow:
            lead = await uow.leads.one(lead_id)
            found = await self._matching.find(uow, lead, sender, near, now(), but=[sender])
            names = await uow.agencies.names([one.who for one in found.matches])
        items = [
            MatchView(
                producer_id=one.who, name=names[one.who], score=one.score, factors=one.factors,
                degrees=found.degrees.get(one.who),
            )
            for one in found.matches
        ]  # fmt: skip
        return Matches(lead_id=lead_id, items=items, refused=dict(found.refused))

    async def counts(self, actor: Actor, producer_id: UUID) -> ReferralCounts:
        """How a producer's referrals ended."""
        actor.require(Scope.LEADS_READ)
        if own_of(actor) not in {None, producer_id}:
            raise NotFound(f"no producer {producer_id} in this agency")
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(producer_id)
            counted = await uow.referrals.counted_by_state(producer_id)
        ways: dict[str, dict[ReferralState, int]] = {"sent": {}, "received": {}}
        for (way, state), count in counted.items():
            ways[way][ReferralState(state)] = count
        return ReferralCounts(producer_id=producer_id, sent=ways["sent"], received=ways["received"])

    async def credits(self, actor: Actor, referral_id: UUID) -> Credits:
        """What the referral is credited for, and what the law says of a reward."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            await uow.referrals.one(referral_id)
            rows = await uow.credits.of(referral_id)
        items = [
            CreditView(
                event=Event(row.event),
                **{name: getattr(row, name) for name in CreditView.model_fields if name != "event"},
            )
            for row in rows
        ]
        return Credits(referral_id=referral_id, items=items)
