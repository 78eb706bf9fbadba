"""What became of referrals: their leads were won, lost or went on, a policy was cancelled, an answer never came."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain.actor import Actor, Scope, system_actor
from domain.leads.lifecycle import Status
from domain.network.exchange import tally
from domain.network.referrals import ReferralState, Step, after
from kernel.clock import now
from kernel.errors import Stale
from services.network.crediting import Crediting
from services.network.referral_rows import move, referred_of, view_of
from services.network.referral_schemas import ReferralView
from services.network.referring import Referring
from store.sql.models import BrokerReferralRow, LeadRow
from store.uow import Database, UnitOfWork

_LEASE = timedelta(seconds=60)
_AT_ONCE = 100
_LOOK_BACK = timedelta(days=400)
"""How long a conversion is watched: a year's policy and the time to cancel it."""
_OVER = frozenset({Status.LOST, Status.REJECTED, Status.RETURNED, Status.MERGED, Status.DUPLICATE})


class Settling:
    """Follows leads at an interval: their own transactions know nothing of referrals. Every step may be repeated."""

    def __init__(self, database: Database, referring: Referring, crediting: Crediting) -> None:
        self._database = database
        self._referring = referring
        self._crediting = crediting

    async def expire_one(self) -> bool:
        """Expire the referral that has been over longest; False when none is."""
        async with self._database.platform() as platform:
            due = await platform.claim_due_referral(now(), _LEASE)
        if due is None:
            return False
        await self._referring.expire(system_actor(due[1], "referrals"), due[0])
        return True

    async def settle_open(self) -> bool:
        """Settle up to a hundred referrals whose leads were decided; False when there are none."""
        return await self._settle_some(watched=False)

    async def settle_watched(self) -> bool:
        """The same of those that were settled within 400 days and whose lead is another's or no more by now."""
        return await self._settle_some(watched=True)

    async def settle(self, actor: Actor, referral_id: UUID) -> ReferralState:
        """Bring one referral to where its lead stands; returns its state."""
        async with self._database.begin(actor) as uow:
            row, _ = await uow.referrals.one(referral_id)
            return await self._settle(uow, row.lead_id, referral_id)

    async def sale(self, uow: UnitOfWork, lead_id: UUID) -> UUID | None:
        """The referral by which a lead was sold, where somebody is credited with that, within a transaction of the caller's; the
        lead's referrals are settled first, so that the answer does not depend on whether somebody did so before.
        """
        for referral_id in await uow.referrals.taken_of(lead_id):
            await self._settle(uow, lead_id, referral_id)
        return await uow.credits.of_sale(lead_id)

    async def _settle(self, uow: UnitOfWork, lead_id: UUID, referral_id: UUID) -> ReferralState:
        await uow.history.locked(lead_id, asked=True)
        row, lead = await uow.referrals.one(referral_id, held=True)
        step, state = step_of(row, lead), ReferralState(row.state)
        if step is Step.CONVERT and await uow.referrals.is_converted(lead_id):
            # who passed the lead on and got it back has two of it, and it was sold once
            step = Step.LOSE if state is ReferralState.ACCEPTED else None
        if step is not None:
            await self._apply(uow, row, lead, step)
        return ReferralState(row.state)

    async def reverse(self, actor: Actor, referral_id: UUID, reason: str, *, expected: int | None) -> ReferralView:
        """A person of the agency takes a conversion back: the policy was cancelled from its beginning."""
        actor.require(Scope.ROUTING_WRITE)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            row, _ = await uow.referrals.one(referral_id)
            await uow.history.locked(row.lead_id, asked=True)
            row, lead = await uow.referrals.one(referral_id, held=True)
            if row.state == ReferralState.REVERSED and row.reason == reason:
                return view_of(actor, row, lead)
            if expected is not None and expected != row.version:
                detail = f"the referral is at version {row.version}, not {expected}; read it again"
                raise Stale(detail, current=view_of(actor, row, lead).model_dump(mode="json"))
            after(ReferralState(row.state), Step.REVERSE)
            await self._apply(uow, row, lead, Step.REVERSE, reason=reason)
            await uow.audit.note("referral.reverse", "referral", row.id)
            return view_of(actor, row, lead)

    async def recount(self, actor: Actor) -> int:
        """Count every exchange of the agency from the beginning, in place of the counters; how many counters there are."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            await uow.effects.state(held=True)
            counted = tally(referred_of(row) for row in await uow.referrals.everything())
            await uow.referrals.forget_exchanges()
            await uow.referrals.count(counted)
        return len(counted)

    async def _settle_some(self, *, watched: bool) -> bool:
        since = now() - _LOOK_BACK if watched else None
        async with self._database.platform() as platform:
            found = await platform.referrals_to_settle(since, _AT_ONCE)
        moved = False
        for referral_id, agency_id in found:
            actor = system_actor(agency_id, "referrals")
            before = await self._referring.state(actor, referral_id)
            moved |= await self.settle(actor, referral_id) is not before
        return moved

    async def _apply(
        self, uow: UnitOfWork, row: BrokerReferralRow, lead: LeadRow, step: Step, reason: str | None = None
    ) -> None:
        moment = now()
        state = after(ReferralState(row.state), step)
        values: dict[str, object] = {} if reason is None else {"reason": reason}
        if (
            step is not Step.REVERSE
        ):  # its month stays that of the conversion, so that what it counted is what is taken away
            values["ended_at"] = moment
        if step is Step.CONVERT:
            won = await uow.referrals.won(lead.id)
            values |= {"premium_minor": won.get("premium_minor"), "currency": won.get("currency")}
        await move(uow, row, state, **values)
        if step is Step.CONVERT:
            await self._crediting.converted(uow, row, lead, moment)
        if step is Step.REVERSE:
            await self._crediting.reverse(uow, row, moment)


def step_of(row: BrokerReferralRow, lead: LeadRow) -> Step | None:
    """What the lead's standing makes of a referral; None where it stays as it is.

    Who sold is who has the lead: one that went on to a third producer converted nothing for this receiver. Nobody passes on what
    they have not: one that was taken from its sender is withdrawn.
    """
    state, status = ReferralState(row.state), Status(lead.status)
    theirs = lead.producer_id == row.to_id
    if state is ReferralState.PENDING:
        gone = lead.producer_id != row.from_id
        return Step.WITHDRAW if gone or status is Status.WON or status in _OVER else None
    if state is ReferralState.ACCEPTED:
        if status is Status.WON and theirs:
            return Step.CONVERT
        return Step.LOSE if not theirs or status in _OVER else None
    if state is ReferralState.LOST and status is Status.WON and theirs:
        return Step.CONVERT
    return Step.REVERSE if state is ReferralState.CONVERTED and status is not Status.WON else None
