"""Referrals: a lead passed from one producer to another, answered, taken back, and the next one asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.leads.lifecycle import Status
from domain.network.matching import Match
from domain.network.referrals import TURNED_DOWN, ReferralState, Step, after, answered, deadline, has_expired
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Forbidden, Invalid, Stale
from kernel.ids import new_id
from services.network.acting import acting_for, own_of
from services.network.crediting import Crediting
from services.network.matching import Matching
from services.network.ports import Passing
from services.network.referral_rows import (
    PASSED_ON,
    add_row,
    move,
    require_impersonal,
    require_in_hand,
    view_of,
    withdraw_left,
)
from services.network.referral_schemas import ReferralIn, ReferralView
from store.sql.models import BrokerReferralRow, LeadRow
from store.uow import Database, UnitOfWork

NOBODY = "nobody_found"


class Referring:
    """A producer passes on what is in the own hands and answers what is sent; people of the agency do both for anybody."""

    def __init__(self, database: Database, passing: Passing, matching: Matching, crediting: Crediting) -> None:
        self._database = database
        self._passing = passing
        self._matching = matching
        self._crediting = crediting

    async def refer(self, actor: Actor, given: ReferralIn, *, key: str | None = None) -> ReferralView:
        """Pass a lead on. With a ``key`` that came before, the referral that was made then.

        Raises NotFound for a lead that the actor does not see, Conflict with a stable code where it is not in the sender's
        hands, where a gate or the person's consent refuses the receiver, where somebody would refer themselves, or where
        nobody fits; Invalid for a term that is too short or too long, and for a note that says who the person is.
        """
        actor.require(Scope.LEADS_WRITE)
        sender, moment = acting_for(actor, given.from_id), now()
        expires = deadline(moment, None, given.expires_at)
        name = f"{actor.subject}:{key}" if key else f"referral:{new_id()}"
        near = None if given.to_id is not None else await self._matching.near(actor, sender)
        async with self._database.begin(actor) as uow:
            earlier = await uow.referrals.by_key(name)
            if earlier is not None:
                return self._same(actor, given, await uow.referrals.one(earlier.id))
            lead = await uow.history.locked(given.lead_id)
            require_in_hand(lead, sender)
            require_impersonal(lead, given.note)
            if given.to_id is not None or near is None:
                assert given.to_id is not None, "whoever is not named is looked for"
                receiver, why = given.to_id, {}
                await self._require_may_have(uow, lead, receiver, moment)
            else:
                found = await self._matching.find(uow, lead, sender, near, moment, but=[sender])
                if not found.order:
                    detail = "nobody in the network may have this lead"
                    raise Conflict(detail, code=NOBODY, current={"refused": dict(found.refused)})
                receiver, why = found.order[0].who, _reasons(found.order[0])
            row = await add_row(uow, lead, sender, receiver, name, expires, {
                "searching": given.to_id is None, "matched": why, "note": given.note, "previous_id": None,
            })  # fmt: skip
            await uow.audit.note("referral.make", "referral", row.id, to=str(receiver))
            return view_of(actor, row, lead)

    async def require_may_refer(self, actor: Actor, given: ReferralIn) -> None:
        """Raise what :meth:`refer` would, as things stand, without a referral being made; a search for somebody is not run."""
        actor.require(Scope.LEADS_WRITE)
        sender, moment = acting_for(actor, given.from_id), now()
        deadline(moment, None, given.expires_at)
        async with self._database.begin(actor) as uow:
            lead = await uow.leads.one(given.lead_id)
            require_in_hand(lead, sender)
            require_impersonal(lead, given.note)
            if await uow.referrals.has_open(lead.id, sender):
                raise Conflict("another referral of this lead is open; wait, or take it back", code="referral_open")
            if given.to_id is not None:
                await self._require_may_have(uow, lead, given.to_id, moment)

    async def onward(self, actor: Actor, referral_id: UUID) -> UUID | None:
        """Ask the next best after one who turned a searched-for lead down; the referral, or None where nobody is left or the lead
        went on. A repeated step finds the referral that it made.
        """
        async with self._database.begin(actor) as uow:
            before, _ = await uow.referrals.one(referral_id)
        near = await self._matching.near(actor, before.from_id)
        key, moment = f"onward:{referral_id}", now()
        async with self._database.begin(actor) as uow:
            done = await uow.referrals.by_key(key)
            if done is not None:
                return done.id
            lead = await uow.history.locked(before.lead_id)
            if lead.producer_id != before.from_id or Status(lead.status) not in PASSED_ON:
                return None
            before, _ = await uow.referrals.one(referral_id, held=True)
            if not before.searching or ReferralState(before.state) not in TURNED_DOWN:
                return None
            tried = [before.from_id, *await uow.referrals.tried(before)]
            found = await self._matching.find(uow, lead, before.from_id, near, moment, but=tried)
            for one in found.order:
                try:
                    row = await add_row(
                        uow, lead, before.from_id, one.who, key, moment + (before.expires_at - before.created_at),
                        {
                            "searching": True, "matched": _reasons(one), "note": before.note,
                            "previous_id": referral_id,
                        },
                    )  # fmt: skip
                except Conflict:  # the same human as the sender or the referred person
                    continue
                return row.id
        return None

    async def answer(
        self, actor: Actor, referral_id: UUID, step: Step, *, said_at: datetime | None = None, reason: str | None = None,
        expected: int | None = None,
    ) -> ReferralView:  # fmt: skip
        """Accept or decline, for oneself or on the receiver's behalf; a repeated answer gets the same.

        What counts is the instant at which it was said: an acceptance said in time wins over the expiry that was written
        before it was heard (DOMAIN T27). Raises NotFound for others' referrals, Forbidden for the sender and for a producer
        who says when they said it, Conflict for one that is over or whose lead went on, Stale for an old version.
        """
        actor.require(Scope.LEADS_WRITE)
        if said_at is not None and own_of(actor) is not None:
            raise Forbidden("when something was said is entered by people of the agency; ask a manager")
        async with self._database.begin(actor) as uow:
            row, lead, moment = await self._held(uow, referral_id)
            self._require_receiver(actor, row)
            said = moment if said_at is None else min(said_at, moment)
            if said < row.created_at:
                fault = FieldError("said_at", "too_early", "is before the referral", "give the instant of the answer")
                raise Invalid("nobody answers before they are asked", fields=(fault,))
            wanted = ReferralState.ACCEPTED if step is Step.ACCEPT else ReferralState.DECLINED
            if row.state == wanted and row.answered_by == actor.subject:
                return view_of(actor, row, lead)
            self._require_version(actor, row, lead, expected)
            state = answered(ReferralState(row.state), step, said, row.expires_at)
            values: dict[str, Any] = {"answered_at": said, "answered_by": actor.subject, "lease_until": None}
            if state is ReferralState.ACCEPTED:
                values["repeated"] = await self._accept(uow, row, lead, moment)
                values["ended_at"] = None
            else:
                values |= {"ended_at": moment, "reason": reason}
            await move(uow, row, state, **values)
            if state is ReferralState.ACCEPTED:
                await withdraw_left(uow, lead, row.to_id)  # the next one, who was asked before this was heard
                await self._crediting.accepted(uow, row, lead, said)
            await uow.audit.note(f"referral.{step.value}", "referral", row.id)
            return view_of(actor, row, lead)

    async def withdraw(self, actor: Actor, referral_id: UUID, reason: str, *, expected: int | None) -> ReferralView:
        """The sender, or somebody of the agency, takes an open referral back; the lead stays where it is."""
        actor.require(Scope.LEADS_WRITE)
        async with self._database.begin(actor) as uow:
            row, lead, moment = await self._held(uow, referral_id)
            if own_of(actor) not in {None, row.from_id}:
                raise Forbidden("the sender takes a referral back; you may decline it")
            if row.state == ReferralState.WITHDRAWN and row.answered_by == actor.subject:
                return view_of(actor, row, lead)
            self._require_version(actor, row, lead, expected)
            state = after(ReferralState(row.state), Step.WITHDRAW)
            await move(uow, row, state, ended_at=moment, reason=reason, answered_by=actor.subject)
            await uow.audit.note("referral.withdraw", "referral", row.id)
            return view_of(actor, row, lead)

    async def expire(self, actor: Actor, referral_id: UUID) -> bool:
        """End an open referral whose time is over; False where it was answered meanwhile."""
        async with self._database.begin(actor) as uow:
            row, _, moment = await self._held(uow, referral_id)
            if not has_expired(ReferralState(row.state), row.expires_at, moment):
                return False
            await move(uow, row, ReferralState.EXPIRED, ended_at=row.expires_at, lease_until=None)
            return True

    async def standing(self, actor: Actor, referral_id: UUID) -> tuple[ReferralState, bool]:
        """How a referral stands, and whether the next one is asked after a refusal."""
        async with self._database.begin(actor) as uow:
            row, _ = await uow.referrals.one(referral_id)
            return ReferralState(row.state), row.searching

    async def state(self, actor: Actor, referral_id: UUID) -> ReferralState:
        """How a referral stands."""
        async with self._database.begin(actor) as uow:
            row, _ = await uow.referrals.one(referral_id)
            return ReferralState(row.state)

    def _same(self, actor: Actor, given: ReferralIn, earlier: tuple[BrokerReferralRow, LeadRow]) -> ReferralView:
        row, lead = earlier
        if row.lead_id != given.lead_id or (given.to_id is not None and given.to_id != row.to_id):
            raise Conflict(
                "this key was used for another referral; use a new key for a new one", code="idempotency_key_reused"
            )
        return view_of(actor, row, lead)

    async def _held(self, uow: UnitOfWork, referral_id: UUID) -> tuple[BrokerReferralRow, LeadRow, datetime]:
        """The referral, held, and its lead, held before it: locked always lead first."""
        row, _ = await uow.referrals.one(referral_id)
        await uow.history.locked(row.lead_id, asked=True)
        row, lead = await uow.referrals.one(referral_id, held=True)
        return row, lead, now()

    async def _accept(self, uow: UnitOfWork, row: BrokerReferralRow, lead: LeadRow, at: datetime) -> bool:
        """Give the lead to the receiver; whether it was accepted in the network before."""
        require_in_hand(lead, row.from_id)
        failed = await self._passing.held(uow, lead, row.to_id, at)
        failed = failed or (await self._passing.may_share(uow, lead, [row.to_id], at))[row.to_id]
        if failed is not None:
            raise Conflict(f"this producer may not have the lead any more: {failed}", code=failed)
        repeated = await uow.referrals.accepted_before(row.lead_id, row.referred_people, row.id)
        await self._passing.give(uow, lead, row.to_id, f"referral:{row.id}", at)
        return repeated

    async def _require_may_have(self, uow: UnitOfWork, lead: LeadRow, receiver: UUID, at: datetime) -> None:
        await uow.agencies.producer(receiver)
        failed = (await self._passing.refused(uow, lead, [receiver], at)).get(receiver, "unknown_producer")
        failed = failed or (await self._passing.may_share(uow, lead, [receiver], at))[receiver]
        if failed is not None:
            raise Conflict(f"this producer may not have the lead: {failed}", code=failed)

    @staticmethod
    def _require_receiver(actor: Actor, row: BrokerReferralRow) -> None:
        if own_of(actor) not in {None, row.to_id}:
            raise Forbidden("the receiver answers a referral; you may take it back")
        if own_of(actor) is None:
            actor.require(Scope.ROUTING_WRITE)  # who answers for somebody else

    @staticmethod
    def _require_version(actor: Actor, row: BrokerReferralRow, lead: LeadRow, expected: int | None) -> None:
        if expected is not None and expected != row.version:
            detail = f"the referral is at version {row.version}, not {expected}; read it again"
            raise Stale(detail, current=view_of(actor, row, lead).model_dump(mode="json"))


def _reasons(found: Match) -> dict[str, Any]:
    return {"score": str(found.score), "factors": {name: str(part) for name, part in found.factors.items()}}
