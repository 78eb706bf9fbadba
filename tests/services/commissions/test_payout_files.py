"""Files for the bank: a payout goes into one, a copy is what it was and says so, and one currency to a file."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import date
from typing import Any

import pytest

from domain.actor import Actor, ActorKind, Scope
from domain.commissions.payouts import PayoutState, PayoutVerb
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from services.commissions.money_schemas import BankIn, FileIn, PayoutChange, PayoutFile, RunIn
from services.commissions.schemas import HoldIn
from tests.services.commissions.conftest import Office

BANK = BankIn(routing="021000021", account="00012345")
FEBRUARY = FileIn(run="2026-02", pay_on=date(2026, 3, 2))


async def run(office: Office, name: str = "2026-02", currency: str = "USD") -> None:
    await office.made.payouts.run(office.actor, RunIn(run=name, currency=currency))


async def banked(office: Office, *names: str) -> None:
    for name in names:
        await office.made.payouts.save_bank(office.actor, office.ids[name], BANK)


async def written(office: Office, given: FileIn = FEBRUARY) -> PayoutFile:
    return await office.made.payout_files.write(office.actor, given)


async def step(office: Office, verb: PayoutVerb, *states: PayoutState) -> None:
    for one in (await office.made.payouts.page(office.actor, states=states)).items:
        await office.made.payouts.change(office.actor, one.id, PayoutChange(action=verb), expected=None)


def rows(found: PayoutFile) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(found.csv)))


def reasons(found: PayoutFile) -> list[tuple[Any, str]]:
    return [(one.payee_id, one.reason) for one in found.left_out]


async def test_a_file_for_the_bank_has_who_has_details(office: Office) -> None:
    await office.released("p1", "p2")
    await run(office)
    kept = await office.made.payouts.save_bank(office.actor, office.ids["p1"], BANK)
    assert kept.ends_with == "2345"
    first = await written(office)
    assert (first.payments, first.total_minor, first.copy_of_earlier) == (1, 5_000, False)
    assert reasons(first) == [(office.ids["p2"], "no_bank_details")]
    (row,) = rows(first)
    assert (row["routing_number"], row["account_number"], row["amount"]) == ("021000021", "00012345", "50.00")
    page = await office.made.payouts.page(office.actor, states=[PayoutState.PROCESSED])
    assert [(one.payee_id, one.file_number) for one in page.items] == [(office.ids["p1"], first.number)]
    async with office.services.database.begin(office.actor) as uow:
        sealed = (await uow.remittances.payees([office.ids["p1"]]))[office.ids["p1"]].sealed
        assert first.number is not None
        file = (await uow.remittances.file(first.number)).sealed
    assert b"12345" not in sealed
    assert b"12345" not in file, "an account number lies nowhere in the clear"


@pytest.mark.parametrize("confirmed", [False, True])
async def test_the_second_file_of_a_run_holds_only_what_no_file_held(office: Office, confirmed: bool) -> None:
    await office.released("p1", "p2")
    await run(office)
    await banked(office, "p1")
    first = await written(office)
    if confirmed:
        await step(office, PayoutVerb.CONFIRM, PayoutState.PROCESSED)
    await banked(office, "p2")
    second = await written(office)
    assert [row["individual_id"] for row in rows(second)] == ["p2"], "or p1 is paid twice"
    assert (second.payments, second.total_minor, second.earlier) == (1, 5_000, [first.number])
    third = await written(office)
    assert (third.number, third.payments, third.total_minor, rows(third)) == (None, 0, 0, [])
    assert third.earlier == [first.number, second.number]


async def test_a_copy_is_byte_for_byte_what_it_was_and_says_that_it_is_one(office: Office) -> None:
    await office.released("p1", "p2")
    await run(office)
    await banked(office, "p1", "p2")
    first = await written(office)
    assert first.number is not None
    await step(office, PayoutVerb.RETURN, PayoutState.PROCESSED)
    other = BankIn(routing="121000248", account="99999999")
    await office.made.payouts.save_bank(office.actor, office.ids["p1"], other)
    copy = await office.made.payout_files.copy(office.actor, first.number)
    assert (copy.csv, copy.copy_of_earlier, first.copy_of_earlier) == (first.csv, True, False)
    assert (copy.number, copy.payments, copy.total_minor) == (first.number, 2, 10_000)
    assert copy.written_at == first.written_at
    with pytest.raises(NotFound):
        await office.made.payout_files.copy(office.actor, first.number + 1)
    manager = Actor(office.actor.agency_id, ActorKind.PERSON, "person:m", office.actor.scopes - {Scope.AGENCY_ADMIN})
    with pytest.raises(Forbidden):
        await office.made.payout_files.copy(manager, first.number)


async def test_what_a_bank_returned_goes_into_the_file_of_a_later_run(office: Office) -> None:
    await office.released("p1")
    await run(office)
    await banked(office, "p1")
    await written(office)
    await step(office, PayoutVerb.RETURN, PayoutState.PROCESSED)
    assert (await written(office)).payments == 0
    await run(office, "later")
    assert [row["amount"] for row in rows(await written(office, FEBRUARY.model_copy(update={"run": "later"})))] == [
        "100.00"
    ]


async def test_twenty_files_at_once_hold_each_payout_once(office: Office) -> None:
    await office.released("p1", "p2")
    await run(office)
    await banked(office, "p1", "p2")
    found = await asyncio.gather(*(written(office) for _ in range(20)))
    assert sorted(one.payments for one in found) == [0] * 19 + [2]


async def test_a_file_pays_one_currency_and_only_what_ach_pays(office: Office) -> None:
    await office.released("p1")
    await office.released("p2", currency="JPY", policy={"number": "HO-2"})
    await run(office)
    await run(office, currency="JPY")
    await banked(office, "p1", "p2")
    with pytest.raises(Invalid, match="JPY is not paid by ACH; pay these payouts by your bank's own way"):
        await written(office, FEBRUARY.model_copy(update={"currency": "JPY"}))
    found = await written(office)
    assert [(row["currency"], row["amount"]) for row in rows(found)] == [("USD", "100.00")]
    assert (found.currency, found.total_minor) == ("USD", 10_000)
    assert [(one.currency, one.reason) for one in found.left_out] == [("JPY", "other_currency")]
    with pytest.raises(Invalid, match="JPY is not paid by ACH"):
        await written(office)


async def test_nothing_goes_to_the_bank_for_who_is_held_since_the_run(office: Office) -> None:
    await office.released("p1", "p2")
    await run(office)
    await banked(office, "p1", "p2")
    held = await office.made.arrangements.hold(office.actor, HoldIn(payee_id=office.ids["p1"], reason="under review"))
    found = await written(office)
    assert ([row["individual_id"] for row in rows(found)], reasons(found)) == (["p2"], [(office.ids["p1"], "held")])
    with pytest.raises(Conflict, match="hold stands on this payee"):
        await step(office, PayoutVerb.PROCESS, PayoutState.PENDING)
    await office.made.arrangements.lift(office.actor, held.id)
    assert [row["individual_id"] for row in rows(await written(office))] == ["p1"]
