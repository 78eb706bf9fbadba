"""Who shares with whom from which day on: pools, the hierarchy, agents of record; and holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from domain.actor import Actor
from domain.commissions.ledger import Account
from domain.commissions.matching import policy_key
from domain.commissions.payouts import PayoutState, unpaid
from domain.commissions.rates import carrier_key
from domain.commissions.refusing import refuse
from domain.commissions.terms import TEAM_POOL, chain, has_circle
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import new_id
from services.commissions.moments import require_manager, require_seen, today
from services.commissions.schemas import (
    HoldIn,
    HoldList,
    HoldView,
    MemberIn,
    PoolIn,
    PoolList,
    PoolView,
    RecordChangeIn,
    RecordChangeView,
    UplineIn,
    UplineView,
)
from store.sql.models import AccrualRow, CommissionHoldRow, RecordChangeRow
from store.uow import Database, UnitOfWork

_MOST_LEVELS = 100


class Arrangements:
    """Kept by date, so that what was earned earlier can be decided as of then; what is frozen does not change with them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pools(self, actor: Actor) -> PoolList:
        """Who is in which pool today. For managers: it shows who earns with whom."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            day = await today(uow)
            names = await uow.commissions.pool_names()
            return PoolList(items=await _pools(uow, names, day))

    async def set_pool(self, actor: Actor, pool: str, given: PoolIn) -> PoolView:
        """Weights of members from a day on."""
        require_manager(actor)
        if not pool.strip() or "\x00" in pool:
            refuse("pool", pool, "is no name", "give the pool a name")
        if pool.startswith(TEAM_POOL):
            refuse("pool", pool, "is a team's, whose members share alike", "change the team, or use another name")
        async with self._database.begin(actor) as uow:
            await _require_producers(uow, "members.producer_id", [one.producer_id for one in given.members])
            weights = {one.producer_id: one.weight for one in given.members}
            await uow.commissions.set_pool([
                {"pool": pool, "producer_id": who, "since": given.since, "weight": weight} for who, weight in weights.items()
            ])  # fmt: skip
            await uow.audit.note("commission.pool", "pool", pool, since=given.since.isoformat(), n=len(weights))
            (view,) = await _pools(uow, [pool], given.since)
        return view

    async def upline(self, actor: Actor, producer_id: UUID) -> UplineView:
        """Who stands above a producer today."""
        require_seen(actor, producer_id)
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(producer_id)
            return await _upline(uow, producer_id, await today(uow))

    async def set_upline(self, actor: Actor, producer_id: UUID, given: UplineIn) -> UplineView:
        """Who stands above a producer from a day on. Raises Invalid where somebody would stand above themselves on any day."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(producer_id)
            if given.upline_id is not None:
                await _require_producers(uow, "upline_id", [given.upline_id])
            await uow.agencies.mine(lock=True)  # two changes at once could close a circle that neither sees
            await uow.commissions.set_upline(producer_id, given.upline_id, given.since)
            for day in await uow.commissions.upline_days():
                above = {str(who): str(upper) for who, upper in (await uow.commissions.uplines(day)).items()}
                if day >= given.since and has_circle(above, [str(producer_id)]):
                    refuse(
                        "upline_id", given.upline_id, f"stands below them on {day.isoformat()}", "name somebody else"
                    )
            await uow.audit.note("commission.upline", "producer", producer_id, since=given.since.isoformat())
            return await _upline(uow, producer_id, given.since)

    async def change_record(self, actor: Actor, given: RecordChangeIn) -> RecordChangeView:
        """A policy goes to another producer of record. The same change again is the same one."""
        require_manager(actor)
        if given.before_id == given.after_id:
            refuse("after_id", given.after_id, "is who has it already", "name another producer")
        async with self._database.begin(actor) as uow:
            await _require_producers(uow, "after_id", [given.before_id, given.after_id])
            key, carrier = policy_key(given.policy_number), carrier_key(given.carrier)
            made = await uow.commissions.add_record_change({
                "carrier_key": carrier, "policy_key": key, "policy_number": given.policy_number,
                "before_id": given.before_id, "after_id": given.after_id, "effective_on": given.effective_on,
                "received_on": given.received_on, "chargebacks": given.chargebacks.value, "rescinded_at": None, "at": now(),
            })  # fmt: skip
            rows = await uow.commissions.record_changes(carrier, key)
            row = next(
                one for one in rows if one.before_id == given.before_id and one.effective_on == given.effective_on
            )
            if made is None and (row.after_id != given.after_id or row.rescinded_at is not None):
                raise Conflict("another change of this policy counts from that day", code="record_changed")
            if made is not None:
                await uow.audit.note("commission.record", "policy", given.policy_number)
            return _record_view(row)

    async def rescind(self, actor: Actor, change_id: UUID) -> RecordChangeView:
        """The insured took the change back. What was earned under it is not moved by this: recheck or reverse it."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            row = await uow.commissions.rescind(change_id, now())
            await uow.audit.note("commission.record.rescind", "policy", row.policy_number)
            return _record_view(row)

    async def holds(self, actor: Actor) -> HoldList:
        """Holds that stand."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            return HoldList(items=[_hold_view(row) for row in await uow.commissions.holds()])

    async def hold(self, actor: Actor, given: HoldIn) -> HoldView:
        """Let nothing go out to a payee, or of a commission, until it is lifted: what is not paid yet stays back in runs.

        Raises Conflict where all of the commission went out already, or some of it is set aside in a payout.
        """
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            if given.payee_id is not None:
                await uow.agencies.producer(given.payee_id)
            if given.accrual_id is not None:
                await _require_unpaid(uow, await uow.commissions.accrual(given.accrual_id, held=True))
            hold_id = new_id()
            await uow.commissions.add_hold({
                "id": hold_id, "payee_id": given.payee_id, "accrual_id": given.accrual_id, "reason": given.reason, "at": now(),
            })  # fmt: skip
            await uow.audit.note("commission.hold", "hold", hold_id)
            return _hold_view(await uow.commissions.hold(hold_id))

    async def lift(self, actor: Actor, hold_id: UUID) -> HoldView:
        """End a hold; one that is ended stays so."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            row = await uow.commissions.hold(hold_id)
            if row.lifted_at is None:
                row.lifted_at, row.lifted_by = now(), actor.subject
                await uow.session.flush()
                await uow.audit.note("commission.lift", "hold", hold_id)
            return _hold_view(row)


async def _require_unpaid(uow: UnitOfWork, row: AccrualRow) -> None:
    """The accounts are held, so that no run pays what is about to be held."""
    if row.released_at is None:
        return
    await uow.ledger.hold_accounts(Account.PAYABLE, row.currency)
    payout = await uow.remittances.payout_with(row.id, PayoutState.PENDING.value)
    if payout is not None:
        words = f"it is set aside in payout {payout.id} of run {payout.run}; return that payout, then hold it"
        raise Conflict(words, code="in_payment")
    posted = (await uow.ledger.of_accruals([row.id])).get(row.id, {})
    lots = await uow.ledger.lots(Account.PAYABLE, row.currency)
    went = any(minor < 0 for place, minor in posted.items() if place.account is Account.PAYABLE)
    if went and not any(unpaid(mine).get(row.id) for mine in lots.values()):
        raise Conflict("all of it was paid, or is with the bank; a hold would keep nothing back", code="already_paid")


async def _require_producers(uow: UnitOfWork, field: str, producer_ids: Iterable[UUID]) -> None:
    wanted = set(producer_ids)
    missing = sorted(str(one) for one in wanted - (await uow.commissions.producers(wanted)).keys())
    if missing:
        faults = tuple(
            FieldError(field, "unknown", "is no producer here", "use a producer's id", one) for one in missing
        )
        raise Invalid("somebody named is no producer of this agency", fields=faults)


async def _pools(uow: UnitOfWork, names: Iterable[str], day: date) -> list[PoolView]:
    listed = list(names)
    members = await uow.commissions.pool_members(listed, day) if listed else {}
    return [
        PoolView(
            pool=name, on=day,
            members=[MemberIn(producer_id=row.producer_id, weight=row.weight) for row in members.get(name, ())],
        )
        for name in listed
    ]  # fmt: skip


async def _upline(uow: UnitOfWork, producer_id: UUID, day: date) -> UplineView:
    above = {str(who): str(upper) for who, upper in (await uow.commissions.uplines(day)).items()}
    found = chain(str(producer_id), above, _MOST_LEVELS)
    return UplineView(producer_id=producer_id, on=day, above=[UUID(one) for one in found])


def _record_view(row: RecordChangeRow) -> RecordChangeView:
    return RecordChangeView(
        id=row.id, policy_number=row.policy_number, carrier=row.carrier_key, before_id=row.before_id, after_id=row.after_id,
        effective_on=row.effective_on, received_on=row.received_on, chargebacks=row.chargebacks,
        rescinded=row.rescinded_at is not None,
    )  # fmt: skip


def _hold_view(row: CommissionHoldRow) -> HoldView:
    return HoldView(
        id=row.id, payee_id=row.payee_id, accrual_id=row.accrual_id, reason=row.reason, at=row.at, by=row.by,
        lifted_at=row.lifted_at,
    )  # fmt: skip
