"""Payouts: set aside from what may be paid, handed to the bank, confirmed or returned."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.actor import Actor, Scope
from domain.commissions.ledger import Account, Batch, Happening, Place, transfer
from domain.commissions.payouts import (
    TRANSITIONS,
    Payable,
    PayoutState,
    PayoutVerb,
    due,
    routing_holds,
)
from domain.commissions.plan import Plan
from domain.commissions.refusing import refuse
from integrations.sealing import Sealer
from kernel.clock import now
from kernel.errors import Conflict, Stale
from kernel.ids import new_id
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
_STEPS: dict[PayoutVerb, tuple[Happening, Account]] = {
    PayoutVerb.CONFIRM: (Happening.PAID, Account.CASH),
    PayoutVerb.RETURN: (Happening.RETURNED, Account.PAYABLE),
}
"""Where the money goes; handing it to the bank moves none yet."""


class Payouts:
    """A run needs ``commissions:write``; sending money and where it goes to needs ``agency:admin``."""

    def __init__(self, database: Database, sealer: Sealer | None) -> None:
        self._database = database
        self._sealer = sealer

    async def run(self, actor: Actor, given: RunIn) -> RunView:
        """Set aside what each payee has coming. Accounts are held meanwhile, so whatever runs at once pays once.

        Whoever owes is left out and carries it (T38); so is whoever is held, or has less than the plan's least.
        """
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            day = await today(uow)
            plan = await uow.commissions.plan_on(day)
            least = Plan.from_dict(plan.body).least_payout if plan is not None else 0
            payees = await uow.ledger.hold_accounts(Account.PAYABLE, given.currency)
            held = {row.payee_id: row.reason for row in await uow.commissions.holds() if row.payee_id is not None}
            amounts = {
                UUID(one.owner): -one.minor
                for one in await uow.ledger.standing(payees=True)
                if one.kind == Account.PAYABLE.value and one.currency == given.currency
            }
            planned: list[tuple[UUID, int]] = []
            left: list[LeftOut] = []
            for who in payees:
                payable = Payable(str(who), given.currency, amounts.get(who, 0), held.get(who))
                minor, reason = due(payable, least)
                if reason is None:
                    planned.append((who, minor))
                elif reason != "nothing_due":
                    left.append(
                        LeftOut(payee_id=who, amount_minor=payable.minor, currency=given.currency, reason=reason)
                    )
            made, again = await self._set_aside(uow, given, planned)
            left += [
                LeftOut(payee_id=who, amount_minor=minor, currency=given.currency, reason="in_this_run")
                for who, minor in again
            ]
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
        self, uow: UnitOfWork, given: RunIn, planned: Sequence[tuple[UUID, int]]
    ) -> tuple[list[PayoutRow], list[tuple[UUID, int]]]:
        moment = now()
        ids = {who: new_id() for who, _ in planned}
        added = await uow.remittances.add_payouts([
            {
                "id": ids[who], "run": given.run, "payee_id": who, "currency": given.currency, "minor": minor,
                "state": PayoutState.PENDING.value, "created_at": moment,
            }
            for who, minor in planned
        ])  # fmt: skip
        made = [(who, minor) for who, minor in planned if ids[who] in added]
        await uow.ledger.post([
            Entry(
                f"payout:{ids[who]}",
                Batch(
                    Happening.PAYOUT, given.currency,
                    transfer(
                        minor, debit=Place(Account.PAYABLE, str(who), ""), credit=Place(Account.IN_PAYMENT, str(who), "")
                    ),
                ),
                moment, f"payout run {given.run}", payout_id=ids[who],
            )
            for who, minor in made
        ])  # fmt: skip
        if made:
            await uow.audit.note("commission.run", "payout_run", given.run, payments=len(made))
        rows = await uow.remittances.payouts_by_id(ids[who] for who, _ in made)
        return rows, [(who, minor) for who, minor in planned if ids[who] not in added]

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
        happening, account = _STEPS[given.action]
        moving = Place(Account.IN_PAYMENT, str(row.payee_id), "")
        to = Place(account, str(row.payee_id) if account is Account.PAYABLE else "", "")
        batch = Batch(happening, row.currency, transfer(row.minor, debit=moving, credit=to))
        why = f"payout run {row.run}" + (f": {given.reference}" if given.reference else "")
        await uow.ledger.post([Entry(f"{happening.value}:{row.id}", batch, moment, why, payout_id=row.id)])
        await uow.remittances.change_payout(row, **values, ended_at=moment)


def _view(actor: Actor, row: PayoutRow) -> PayoutView:
    may = Scope.AGENCY_ADMIN in actor.scopes and actor.sees_all_leads
    state = PayoutState(row.state)
    return PayoutView(
        id=row.id, run=row.run, payee_id=row.payee_id, currency=row.currency, amount_minor=row.minor, state=row.state,
        version=row.version, created_at=row.created_at, processed_at=row.processed_at, ended_at=row.ended_at,
        reference=row.reference, file_number=row.file_number,
        allowed_actions=[verb.value for before, verb in TRANSITIONS if before is state] if may else [],
    )  # fmt: skip
