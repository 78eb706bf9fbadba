"""The bank's files of payouts: a payout goes into one, and what was written can be had again as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from domain.actor import Actor, Scope
from domain.commissions.payouts import FILE_CURRENCY, Bank, Instruction, PayoutState, payout_file
from domain.commissions.refusing import refuse
from integrations.sealing import Sealer
from kernel.clock import now
from kernel.errors import Unavailable
from services.commissions.moments import require_admin, require_manager
from services.commissions.money_schemas import BankIn, FileIn, LeftOut, PayoutFile
from store.sql.models import PayoutFileRow, PayoutRow
from store.uow import Database, UnitOfWork

_MOST_IN_FILE = 10_000


class PayoutFiles:
    """Whoever writes them sends money: that needs ``agency:admin``. They hold account numbers, so they are kept sealed."""

    def __init__(self, database: Database, sealer: Sealer | None) -> None:
        self._database = database
        self._sealer = sealer

    async def write(self, actor: Actor, given: FileIn) -> PayoutFile:
        """CSV of a run's payouts that no file held yet and that have bank details; they are processed by it.

        Raises Invalid for a currency that the file cannot pay. Where nothing is left to be paid, no file is made.
        """
        actor.require(Scope.AGENCY_ADMIN)
        require_manager(actor)
        sealer = sealing(self._sealer)
        _require_payable(given.currency)
        async with self._database.begin(actor) as uow:
            rows = await uow.remittances.hold_run(given.run, [PayoutState.PENDING.value], _MOST_IN_FILE)
            mine = [row for row in rows if row.currency == given.currency]
            left = [_left(row, "other_currency") for row in rows if row.currency != given.currency]
            if left and not mine:
                _require_payable(left[0].currency)
            written, without = await self._instructions(uow, actor, sealer, mine)
            text = payout_file([one for _, one in written], given.pay_on, given.description)
            earlier = await uow.remittances.file_numbers(given.run)
            kept = await _kept(uow, given, sealer, text, [row for row, _ in written]) if written else None
            return _view(kept, text, left=without + left, earlier=earlier, given=given)

    async def copy(self, actor: Actor, number: int) -> PayoutFile:
        """A file as it was written, byte for byte, whatever became of its payouts. NotFound for one that was not."""
        require_admin(actor)
        sealer = sealing(self._sealer)
        async with self._database.begin(actor) as uow:
            row = await uow.remittances.file(number)
            text = sealer.open(row.sealed, _about(actor.agency_id, number)).decode()
            earlier = [one for one in await uow.remittances.file_numbers(row.run) if one < number]
            await uow.audit.note("commission.file.copy", "payout_run", row.run, number=number)
            return _view(row, text, left=[], earlier=earlier, copy=True)

    async def _instructions(
        self, uow: UnitOfWork, actor: Actor, sealer: Sealer, rows: Sequence[PayoutRow]
    ) -> tuple[list[tuple[PayoutRow, Instruction]], list[LeftOut]]:
        """What of these payouts the bank is told, and what not: nothing goes to who is held or has no bank details."""
        payees = await uow.remittances.payees(row.payee_id for row in rows)
        people = await uow.commissions.producers(row.payee_id for row in rows)
        held = {one.payee_id for one in await uow.commissions.holds()}
        written, left = [], []
        for row in rows:
            payee, person = payees.get(row.payee_id), people[row.payee_id]
            if row.payee_id in held:
                left.append(_left(row, "held"))
                continue
            if payee is None:
                left.append(_left(row, "no_bank_details"))
                continue
            opened = sealer.open(payee.sealed, bank_about(actor.agency_id, row.payee_id))
            bank = BankIn.model_validate(json.loads(opened))
            where = Bank(bank.routing, bank.account, bank.savings)
            trace = row.id.hex[-15:]
            written.append((row, Instruction(person.external_id, person.name, where, row.minor, row.currency, trace)))
        return written, left


def sealing(sealer: Sealer | None) -> Sealer:
    """The sealer, without which no bank details are kept or used. Raises Unavailable where there is none."""
    if sealer is None:
        raise Unavailable("bank details need LEADWRIGHT_INBOUND__SECRET_KEY; set it", code="no_secret_key")
    return sealer


def bank_about(agency_id: UUID, producer_id: UUID) -> str:
    """What a producer's sealed bank details are bound to."""
    return f"bank {agency_id}/{producer_id}"


async def _kept(uow: UnitOfWork, given: FileIn, sealer: Sealer, text: str, rows: Sequence[PayoutRow]) -> PayoutFileRow:
    await uow.agencies.mine(lock=True)  # two files written at once would take one number
    moment, number = now(), await uow.remittances.next_file_number()
    row = await uow.remittances.add_file({
        "number": number, "run": given.run, "currency": given.currency, "payments": len(rows),
        "total": sum(row.minor for row in rows), "at": moment,
        "sealed": sealer.seal(text.encode(), _about(uow.actor.agency_id, number)),
    })  # fmt: skip
    await uow.remittances.process([one.id for one in rows], number, moment)
    await uow.audit.note("commission.file", "payout_run", given.run, payments=len(rows), number=number)
    return row


def _require_payable(currency: str) -> None:
    if currency != FILE_CURRENCY:
        remedy = (
            f"pay these payouts by your bank's own way and take each a step on by hand; a file pays {FILE_CURRENCY}"
        )
        refuse("currency", currency, f"{currency} is not paid by ACH", remedy)


def _about(agency_id: UUID, number: int) -> str:
    return f"payout file {agency_id}/{number}"


def _left(row: PayoutRow, reason: str) -> LeftOut:
    return LeftOut(payee_id=row.payee_id, amount_minor=row.minor, currency=row.currency, reason=reason)


def _view(
    row: PayoutFileRow | None, text: str, *, left: list[LeftOut], earlier: list[int], copy: bool = False,
    given: FileIn | None = None,
) -> PayoutFile:  # fmt: skip
    source = row or given
    assert source is not None, "a file that was written, or what was asked"
    return PayoutFile(
        number=row.number if row else None, run=source.run, currency=source.currency, copy_of_earlier=copy,
        written_at=row.at if row else None, csv=text, payments=row.payments if row else 0,
        total_minor=row.total if row else 0, left_out=left, earlier=earlier,
    )  # fmt: skip
