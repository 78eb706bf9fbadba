"""Payments that come back after they were confirmed, and debts that are paid back or written off (T38, T45)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.commissions.ledger import Account
from domain.commissions.payouts import PayoutState, PayoutVerb
from kernel.clock import frozen, now
from kernel.errors import Conflict, Forbidden, Invalid
from services.commissions.money_schemas import DebtIn, DebtView, PayoutChange, PayoutView, RunIn
from services.commissions.schemas import ReversalKind
from tests.services.commissions.conftest import Office


async def run(office: Office, name: str = "2026-12") -> list[PayoutView]:
    return (await office.made.payouts.run(office.actor, RunIn(run=name))).made


async def step(office: Office, payout: PayoutView, *verbs: PayoutVerb) -> None:
    for verb in verbs:
        await office.made.payouts.change(office.actor, payout.id, PayoutChange(action=verb), expected=None)


async def year(office: Office, number: int) -> list[int]:
    return [one.paid_minor for one in (await office.made.reports.year(office.actor, number)).items]


async def test_a_payment_that_bounces_is_owed_again_and_was_never_paid(office: Office) -> None:
    with frozen(datetime(2026, 12, 20, 12, tzinfo=UTC)):
        await office.released("p1", policy={"number": "HO-1"})
        await office.released("p1", "p2", policy={"number": "HO-2"})
        made = {one.payee_id: one for one in await run(office)}
        for one in made.values():
            await step(office, one, PayoutVerb.PROCESS, PayoutVerb.CONFIRM)
    assert await year(office, 2026) == [15_000, 5_000] or await year(office, 2026) == [5_000, 15_000]
    mine = made[office.ids["p1"]]
    with frozen(datetime(2027, 1, 4, 12, tzinfo=UTC)):
        back = [step(office, mine, PayoutVerb.RETURN) for _ in range(8)]
        done = await asyncio.gather(*back, return_exceptions=True)
        assert sum(one is None for one in done) == 1
        assert all(one is None or isinstance(one, Conflict) for one in done)
        assert (await office.made.payouts.one(office.actor, mine.id)).state == PayoutState.RETURNED
        assert (await office.owed("p1"), await office.balance(Account.IN_PAYMENT, "p1")) == (15_000, 0)
        assert await office.balance(Account.CASH) == -5_000
        assert (await year(office, 2026), await year(office, 2027)) == ([5_000], [])
        told = await office.made.reports.statement(office.actor, office.ids["p1"], "2027-01", "USD")
        assert (told.opening.payable_minor, told.closing.payable_minor, told.paid_minor) == (0, 15_000, -15_000)
        assert {one.happening for one in told.entries} == {"bounced"}
        (again,) = await run(office, "2027-01")
        await step(office, again, PayoutVerb.PROCESS, PayoutVerb.CONFIRM)
        assert (await year(office, 2026), await year(office, 2027)) == ([5_000], [15_000])
    assert (await office.made.reconciliation.report(office.actor)).sums_to_zero


async def indebted(office: Office) -> None:
    """p1 owes 100.00 back."""
    made = await office.released("p1")
    (payout,) = await run(office)
    await step(office, payout, PayoutVerb.PROCESS, PayoutVerb.CONFIRM)
    await office.reversed(ReversalKind.FLAT, policy_number=made.policy_number)
    assert await office.owed("p1") == -10_000


async def settled(office: Office, minor: int, **changes: Any) -> DebtView:
    given = {
        "source": "cheque:1",
        "payee_id": office.ids["p1"],
        "kind": "repaid",
        "amount_minor": minor,
        "why": "cheque 17",
    }
    return await office.made.debts.settle(office.actor, DebtIn.model_validate(given | changes))


async def test_a_debt_is_paid_back_and_the_rest_written_off_to_the_cent(office: Office) -> None:
    await indebted(office)
    cash = await office.balance(Account.CASH)
    told = await settled(office, 6_000)
    assert (told.payable_minor, told.replayed) == (-4_000, False)
    assert ((await settled(office, 6_000)).replayed, await office.owed("p1")) == (True, -4_000)
    with pytest.raises(Conflict, match="settled something else"):
        await settled(office, 3_000)
    with pytest.raises(Invalid, match="more than is owed; give at most 4000"):
        await settled(office, 4_001, number=2)
    written = {"number": 2, "kind": "written_off", "why": "left the trade"}
    assert (await settled(office, 4_000, **written)).payable_minor == 0
    assert await office.balance(Account.CASH) == cash + 6_000
    assert await office.balance(Account.WRITTEN_OFF) == 4_000
    with pytest.raises(Invalid, match="they owe nothing"):
        await settled(office, 1, number=3)
    month = f"{now():%Y-%m}"
    statement = await office.made.reports.statement(office.producer("p1"), office.ids["p1"], month, "USD")
    assert [(one.happening, one.amount_minor, one.why) for one in statement.entries[-2:]] == [
        ("repaid", 6_000, "cheque 17"), ("written_off", 4_000, "left the trade"),
    ]  # fmt: skip
    await office.released("p1", premium=30_000, policy={"number": "HO-9"})
    assert [one.amount_minor for one in await run(office, "next")] == [3_000]
    assert (await office.made.reconciliation.report(office.actor)).sums_to_zero


async def test_many_at_once_never_settle_more_than_the_debt(office: Office) -> None:
    await indebted(office)
    tries = [settled(office, 4_000, number=number) for number in range(1, 9)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, DebtView) for one in done) == 2
    assert await office.owed("p1") == -2_000


async def test_a_debt_is_the_agencys_to_settle(office: Office) -> None:
    await indebted(office)
    given = DebtIn(source="x", payee_id=office.ids["p1"], kind="written_off", amount_minor=1, why="mine")
    with pytest.raises(Forbidden):
        await office.made.debts.settle(office.producer("p1", *office.actor.scopes), given)
