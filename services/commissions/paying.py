"""Payouts: set aside from what may be paid, handed to the bank, confirmed or returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actor import Actor, Scope
from domain.commissions.ledger import Account, Batch, Happening, Place, Posting, transfer
from domain.commissions.payouts import (
    TRANSITIONS,
    Payable,
    PayoutState,
    PayoutVerb,
    due,
    kept_back,
    routing_holds,
)
from domain.commissions.plan import Plan
from domain.commissions.refusing import refuse
from integrations.sealing import Sealer
from kernel.clock import now
from kernel.errors import Conflict, Stale
from kernel.ids import new_id
from services.commissions.accruing import release_due_in
from services.commissions.moments import own_of, require_manager, today
from services.commissions.money_schemas import (
    BankIn,
    BankView,
    LeftOut,
    PayoutChange,
    PayoutPage,
    PayoutView,
    RunIn,
    RunView,
)
from services.commissions.payout_files import bank_about, sealing
from store.sql.models import PayoutRow
from store.sql.repositories.ledger import Entry
from store.uow import Database, UnitOfWork

_SHOWN_DIGITS = 4
_HAPPENED = {
    (PayoutState.PENDING, PayoutVerb.RETURN): Happening.RETURNED,
    (PayoutState.PROCESSED, PayoutVerb.RETURN): Happening.RETURNED,
    (PayoutState.PROCESSED, PayoutVerb.CONFIRM): Happening.PAID,
    (PayoutState.PAID, PayoutVerb.RETURN): Happening.BOUNCED,
}
"""What is posted; handing it to the bank moves nothing yet."""


class Payouts:
    """A run needs ``commissions:write``; sending money and where it goes to needs ``agency:admin``."""

    def __init__(self, database: Database, sealer: Sealer | None) -> None:
        self._database = database
        self._sealer = sealer

    async def run(self, actor: Actor, given: RunIn) -> RunView:
        """Release what is due, and set aside what each payee has coming. Whatever runs at once pays once.

        Whoever owes is left out and carries it (T38); so is whoever is held, or has less than the plan's least. What is held of a
        commission stays back, and the rest is paid.
        """
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            day = await today(uow)
            plan = await uow.commissions.plan_on(day)
            least = Plan.from_dict(plan.body).least_payout if plan is not None else 0
            while await release_due_in(uow, day):
                pass
            planned, left = await _planned(uow, given.currency, least)
            made, again = await self._set_aside(uow, given, planned)
            left += [_left_out(one.payee_id, given.currency, one.minor, "in_this_run") for one in again]
            views = [_view(actor, row) for row in made]
        return RunView(run=given.run, made=views, left_out=left)

    async def page(
        self, actor: Actor, *, run: str | None = None, states: Sequence[PayoutState] = (), cursor: int | None = None,
        limit: int = 50,
    ) -> PayoutPage:  # fmt: skip
        """Payouts that the actor may see, newest first."""
        own_of(actor)
        async with self._database.begin(actor) as uow:
            wanted = [state.value for state in states]
            rows = await uow.remittances.payouts(run=run, states=wanted, before=cursor, at_most=limit + 1)
        items = [_view(actor, row) for row in rows[:limit]]
        return PayoutPage(items=items, next_cursor=rows[limit - 1].seq if len(rows) > limit else None)

    async def one(self, actor: Actor, payout_id: UUID) -> PayoutView:
        """A payout."""
        own_of(actor)
        async with self._database.begin(actor) as uow:
            return _view(actor, await uow.remittances.payout(payout_id))

    async def change(self, actor: Actor, payout_id: UUID, given: PayoutChange, *, expected: int | None) -> PayoutView:
        """Take a payout one step on. Raises Conflict where that step does not follow, Stale for an old version."""
        actor.require(Scope.AGENCY_ADMIN)
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            row = await uow.remittances.payout(payout_id, held=True)
            if expected is not None and expected != row.version:
                current = _view(actor, row).model_dump(mode="json")
                raise Stale(f"the payout is at version {row.version}, not {expected}; read it again", current=current)
            await self._step(uow, row, given)
            await uow.audit.note("commission.payout", "payout", row.id, step=given.action.value)
            return _view(actor, row)

    async def save_bank(self, actor: Actor, producer_id: UUID, given: BankIn) -> BankView:
        """Keep where a producer is paid, sealed. Raises Invalid where the routing number's check digit does not hold."""
        actor.require(Scope.AGENCY_ADMIN)
        require_manager(actor)
        if not routing_holds(given.routing):
            refuse("routing", given.routing, "is no ABA routing number", "copy it from a cheque or from the bank")
        moment, ends = now(), given.account[-_SHOWN_DIGITS:]
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(producer_id)
            sealed = sealing(self._sealer).seal(
                given.model_dump_json().encode(), bank_about(actor.agency_id, producer_id)
            )
            await uow.remittances.save_payee(producer_id, sealed, ends, moment)
            await uow.audit.note("commission.bank", "producer", producer_id)
        return BankView(producer_id=producer_id, ends_with=ends, updated_at=moment)

    async def _set_aside(
        self, uow: UnitOfWork, given: RunIn, planned: Sequence[Planned]
    ) -> tuple[list[PayoutRow], list[Planned]]:
        moment = now()
        added = await uow.remittances.add_payouts([
            {
                "id": one.id, "run": given.run, "payee_id": one.payee_id, "currency": given.currency, "minor": one.minor,
                "state": PayoutState.PENDING.value, "created_at": moment,
            }
            for one in planned
        ])  # fmt: skip
        made = [one for one in planned if one.id in added]
        await uow.ledger.post([one.entry(given, moment) for one in made])
        if made:
            await uow.audit.note("commission.run", "payout_run", given.run, payments=len(made))
        rows = await uow.remittances.payouts_by_id(one.id for one in made)
        return rows, [one for one in planned if one.id not in added]

    async def _step(self, uow: UnitOfWork, row: PayoutRow, given: PayoutChange) -> None:
        before = PayoutState(row.state)
        after = TRANSITIONS.get((before, given.action))
        if after is None:
            raise Conflict(f"a payout that is {before.value} cannot {given.action.value}", code="not_now")
        moment = now()
        values = {"state": after.value, "reference": given.reference or row.reference}
        if given.action is PayoutVerb.PROCESS:
            if row.payee_id in {one.payee_id for one in await uow.commissions.holds()}:
                raise Conflict("a hold stands on this payee; lift it, or return the payout", code="held")
            await uow.remittances.change_payout(row, **values, processed_at=moment)
            return
        happening = _HAPPENED[before, given.action]
        postings, accruals = await _moving(uow, row, happening)
        why = f"payout run {row.run}" + (f": {given.reference}" if given.reference else "")
        batch = Batch(happening, row.currency, postings)
        key = f"{happening.value}:{row.id}"
        await uow.ledger.post([Entry(key, batch, moment, why, payout_id=row.id, accruals=accruals)])
        await uow.remittances.change_payout(row, **values, ended_at=moment)


@dataclass(frozen=True, slots=True)
class Planned:
    """A payout to be made: what it takes of each commission and, under None, of what is of none; together above 0."""

    id: UUID
    payee_id: UUID
    parts: Mapping[UUID | None, int]

    @property
    def minor(self) -> int:
        """What is paid."""
        return sum(self.parts.values())

    def entry(self, given: RunIn, at: datetime) -> Entry:
        """The batch that sets it aside."""
        who = str(self.payee_id)
        postings = [Posting(Place(Account.PAYABLE, who, ""), minor) for minor in self.parts.values()]
        postings.append(Posting(Place(Account.IN_PAYMENT, who, ""), -self.minor))
        batch = Batch(Happening.PAYOUT, given.currency, tuple(postings))
        why = f"payout run {given.run}"
        return Entry(f"payout:{self.id}", batch, at, why, payout_id=self.id, accruals=[*self.parts, None])


async def _planned(uow: UnitOfWork, currency: str, least: int) -> tuple[list[Planned], list[LeftOut]]:
    """Whom the run pays what, and what it leaves out. The accounts are held from here on."""
    payees = await uow.ledger.hold_accounts(Account.PAYABLE, currency)
    lots = await uow.ledger.lots(Account.PAYABLE, currency)
    holds = await uow.commissions.holds()
    held = {row.payee_id: row.reason for row in holds if row.payee_id is not None}
    commissions = {row.accrual_id for row in holds if row.accrual_id is not None}
    planned, left = [], []
    for who in payees:
        mine = lots.get((who, currency), [])
        back = kept_back(mine, commissions)
        stays = sum(back.values())
        payable = Payable(str(who), currency, sum(one.minor for one in mine), held.get(who), stays)
        _, reason = due(payable, least)
        if reason is None:
            parts = {one.of: one.minor - back.get(one.of, 0) if one.of else one.minor for one in mine}
            planned.append(Planned(new_id(), who, {of: part for of, part in parts.items() if part}))
        elif reason == "below_least":
            left.append(_left_out(who, currency, payable.minor - stays, reason))
        elif reason == "owed_back" or who in held:
            left.append(_left_out(who, currency, payable.minor, reason))
        if stays and payable.minor > 0 and who not in held:
            left.append(_left_out(who, currency, min(stays, payable.minor), "held"))
    return planned, left


async def _moving(
    uow: UnitOfWork, row: PayoutRow, happening: Happening
) -> tuple[tuple[Posting, ...], list[UUID | None] | None]:
    """Cash goes out where it is confirmed. A return is the mirror of what set it aside, commission by commission, and of the cash
    that went out where it had been confirmed.
    """
    cash = Place(Account.CASH, "", "")
    if happening is Happening.PAID:
        return transfer(row.minor, debit=Place(Account.IN_PAYMENT, str(row.payee_id), ""), credit=cash), None
    set_aside = await uow.ledger.postings_of(f"payout:{row.id}")
    from_cash = happening is Happening.BOUNCED
    back = [
        (of, Posting(cash if from_cash and one.place.account is Account.IN_PAYMENT else one.place, -one.minor))
        for of, one in set_aside
    ]
    return tuple(one for _, one in back), [of for of, _ in back]


def _left_out(who: UUID, currency: str, minor: int, reason: str) -> LeftOut:
    return LeftOut(payee_id=who, amount_minor=minor, currency=currency, reason=reason)


def _view(actor: Actor, row: PayoutRow) -> PayoutView:
    may = Scope.AGENCY_ADMIN in actor.scopes and actor.sees_all_leads
    state = PayoutState(row.state)
    return PayoutView(
        id=row.id, run=row.run, payee_id=row.payee_id, currency=row.currency, amount_minor=row.minor, state=row.state,
        version=row.version, created_at=row.created_at, processed_at=row.processed_at, ended_at=row.ended_at,
        reference=row.reference, file_number=row.file_number,
        allowed_actions=[verb.value for before, verb in TRANSITIONS if before is state] if may else [],
    )  # fmt: skip
