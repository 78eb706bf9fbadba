"""Who is credited for referrals, and what the law says of a reward when it would accrue."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from domain.network.attribution import Touch, counts, credited
from domain.network.referrals import ReferralState
from domain.referral_law import Event, Reward, law_table, may_accrue
from kernel.clock import now
from kernel.ids import new_id
from services.network.ports import Passing
from store.sql.models import BrokerReferralRow, LeadRow, ReferralCreditRow
from store.sql.repositories.credits import NO_LINE
from store.uow import UnitOfWork


class Crediting:
    """Credits the first valid touch, once for a person and line (DOMAIN T26). The credit says whether a reward may accrue; what
    it is worth, and whether it is paid, is for the commissions.

    Every step holds the agency's network first, so that of two who are heard at once the second sees what the first was given.
    """

    def __init__(self, passing: Passing) -> None:
        self._passing = passing

    async def accepted(self, uow: UnitOfWork, row: BrokerReferralRow, lead: LeadRow, said: datetime) -> None:
        """Credit the sender of a referral that was just accepted, ``said`` then.

        Where a later touch of the person and line was credited because it was accepted earlier, that credit is taken back: the
        first touch wins, whoever was heard first. So is the credit of a sale that came after ``said``.
        """
        await uow.effects.state(held=True)
        if row.test:
            return
        line = line_of(lead)
        if not await self._credit(uow, row, lead, Event.REFERRED, said):
            await self._displace(uow, row, lead, Event.REFERRED, line, said)
        await self._displace(uow, row, lead, Event.CONVERTED, line, said)

    async def converted(self, uow: UnitOfWork, row: BrokerReferralRow, lead: LeadRow, at: datetime) -> bool:
        """Credit whoever touched the person first for the sale; False where somebody is credited for person and line already."""
        await uow.effects.state(held=True)
        return not row.test and await self._credit(uow, row, lead, Event.CONVERTED, at)

    async def reverse(self, uow: UnitOfWork, row: BrokerReferralRow, at: datetime) -> None:
        """The sale of a referral that is reversed by now was none: whoever was credited for it is no more, and nobody else loses
        anything. Another sale of the person and line that stands is credited in its place.
        """
        await uow.effects.state(held=True)
        gone = await uow.credits.earned_by(row.id, Event.CONVERTED.value)
        if gone is None:
            return
        people = await uow.credits.take_back(gone.id, at)
        for sale, lead in await uow.credits.sales(people, gone.line):
            await self._credit(uow, sale, lead, Event.CONVERTED, sale.ended_at or at)

    async def _credit(self, uow: UnitOfWork, row: BrokerReferralRow, lead: LeadRow, event: Event, at: datetime) -> bool:
        """Credit the first touch for the event of the referral; False where somebody is credited for person and line."""
        line = line_of(lead)
        touches = {one.id: one for one in await uow.credits.touches(row, line)}
        first = credited(
            Touch(one.id, one.created_at, valid=_counts(one, row.lead_id, event, at)) for one in touches.values()
        )
        if first is None:
            return False
        winner = touches[first.referral_id]
        people = {*row.referred_people, *winner.referred_people}
        if await uow.credits.standing(event.value, line, row.lead_id, people):
            return False
        await self._give(uow, winner, lead, event, line, at, row.id, people)
        return True

    async def _displace(
        self, uow: UnitOfWork, row: BrokerReferralRow, lead: LeadRow, event: Event, line: str, said: datetime
    ) -> None:
        """Give what later touches of the person and line are credited for to ``row``, if it came before all of them and was
        accepted, for a sale, by then.
        """
        standing = await uow.credits.standing(event.value, line, row.lead_id, row.referred_people)
        if not standing or not all(_comes_before(row, touch, credit, said) for credit, touch, _ in standing):
            return
        people, moment = set(row.referred_people), now()
        for credit, *_ in standing:
            people |= await uow.credits.take_back(credit.id, moment)
        if event is Event.CONVERTED:  # a sale stays the sale that it was; a referral is earned by being accepted
            earliest, _, sold = standing[0]
            await self._give(uow, row, sold, event, line, earliest.at, earliest.earned_by, people)
        else:
            await self._give(uow, row, lead, event, line, said, row.id, people)

    async def _give(
        self, uow: UnitOfWork, winner: BrokerReferralRow, lead: LeadRow, event: Event, line: str, at: datetime,
        earned_by: UUID, people: Collection[str],
    ) -> None:  # fmt: skip
        day = at.date()
        licensed = await self._passing.licensed(uow, lead, winner.from_id, day)
        state = await self._passing.risk_state(lead)
        # A share of a commission: not flat, and not for every referral. A flat fee for each is asked for when it is set up.
        told = may_accrue(Reward(state, event, day, licensed=licensed), law_table())
        await uow.credits.give(
            {
                "id": new_id(), "referral_id": winner.id, "earned_by": earned_by, "lead_id": lead.id,
                "producer_id": winner.from_id, "event": event.value, "line": line, "at": at, "state": state,
                "licensed": licensed, "allowed": told.allowed, "code": told.code, "citation": told.citation,
                "law_version": told.version,
            },
            people,
        )  # fmt: skip


def line_of(lead: LeadRow) -> str:
    """The line under which a lead's events are credited."""
    return lead.line or lead.declared_line or NO_LINE


def _counts(touch: BrokerReferralRow, lead_id: UUID, event: Event, at: datetime) -> bool:
    """Whether a touch may be credited for an event at ``at``: of another lead it must not have come to nothing, and for a sale it
    was accepted by then.
    """
    same = touch.lead_id == lead_id
    if not same and touch.state == ReferralState.LOST:
        return False
    if event is Event.CONVERTED and (touch.answered_at is None or touch.answered_at > at):
        return False
    return counts(touch.created_at, at, same_lead=same)


def _comes_before(row: BrokerReferralRow, touch: BrokerReferralRow, credit: ReferralCreditRow, said: datetime) -> bool:
    if (row.created_at, row.id) >= (touch.created_at, touch.id):
        return False
    if credit.event == Event.CONVERTED and said > credit.at:
        return False
    return counts(row.created_at, credit.at, same_lead=row.lead_id == credit.lead_id)
