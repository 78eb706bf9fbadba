"""Who is credited for referrals, and what the law says of a reward when it would accrue."""

from __future__ import annotations

from datetime import datetime

from domain.network.attribution import Touch, counts, credited
from domain.network.referrals import ReferralState
from domain.referral_law import Event, Reward, law_table, may_accrue
from kernel.ids import derived_id
from services.network.ports import Passing
from store.sql.models import BrokerReferralRow, LeadRow
from store.uow import UnitOfWork


class Crediting:
    """Credits the first valid touch, once for a person and line. The credit says whether a reward may accrue; what it is worth,
    and whether it is paid, is for the commissions.
    """

    def __init__(self, passing: Passing) -> None:
        self._passing = passing

    async def referred(self, uow: UnitOfWork, row: BrokerReferralRow, lead: LeadRow, at: datetime) -> bool:
        """Credit the sender of an accepted referral; False where an earlier one of the person is credited (DOMAIN T26)."""
        return await self._credit(uow, row, lead, Event.REFERRED, at)

    async def converted(self, uow: UnitOfWork, row: BrokerReferralRow, lead: LeadRow, at: datetime) -> bool:
        """Credit whoever touched the person first for the sale; False where somebody is credited for it already."""
        return await self._credit(uow, row, lead, Event.CONVERTED, at)

    async def reverse(self, uow: UnitOfWork, row: BrokerReferralRow, at: datetime) -> None:
        """The sale was none: whoever was credited for it is no more."""
        for touch in await uow.referrals.touches(row):
            await uow.referrals.reverse_credit(touch.id, Event.CONVERTED.value, at)
        await uow.referrals.reverse_credit(row.id, Event.CONVERTED.value, at)

    async def _credit(self, uow: UnitOfWork, row: BrokerReferralRow, lead: LeadRow, event: Event, at: datetime) -> bool:
        touches = {one.id: one for one in await uow.referrals.touches(row) if not one.test}
        first = credited(
            Touch(one.id, one.created_at, valid=counts(one.created_at, at, same_lead=one.lead_id == row.lead_id))
            for one in touches.values()
            if one.lead_id == row.lead_id or one.state != ReferralState.LOST
        )
        if first is None:
            return False
        winner = touches[first.referral_id]
        day = at.date()
        licensed = await self._passing.licensed(uow, lead, winner.from_id, day)
        state = await self._passing.risk_state(lead)
        # A share of a commission: not flat, and not for every referral. A flat fee for each is asked for when it is set up.
        told = may_accrue(Reward(state, event, day, licensed=licensed), law_table())
        return await uow.referrals.credit(
            {
                "id": derived_id("credit", winner.id, event.value), "referral_id": winner.id, "lead_id": winner.lead_id,
                "producer_id": winner.from_id, "event": event.value, "line": lead.line or lead.declared_line or "unknown",
                "at": at, "state": state, "licensed": licensed, "allowed": told.allowed, "code": told.code,
                "citation": told.citation, "law_version": told.version,
            },
            winner.referred_people,
        )  # fmt: skip
