"""Holds of commissions: what is not paid yet stays back and is told, what went out already cannot be held."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from domain.commissions.ledger import Account
from domain.commissions.payouts import PayoutVerb
from kernel.errors import Conflict
from services.commissions.money_schemas import BalanceView, PayoutChange, RunIn, RunView
from services.commissions.schemas import HoldIn, HoldView, ReversalKind
from tests.services.commissions.conftest import Office


async def run(office: Office, name: str = "2026-02") -> RunView:
    return await office.made.payouts.run(office.actor, RunIn(run=name))


async def step(office: Office, found: RunView, *verbs: PayoutVerb) -> None:
    for payout in found.made:
        for verb in verbs:
            await office.made.payouts.change(office.actor, payout.id, PayoutChange(action=verb), expected=None)


async def held(office: Office, accrual_id: UUID) -> HoldView:
    return await office.made.arrangements.hold(office.actor, HoldIn(accrual_id=accrual_id, reason="under review"))


async def balance(office: Office, name: str) -> BalanceView:
    found = (await office.made.reports.balances(office.producer(name))).items
    (one,) = (item for item in found if item.currency == "USD")
    return one


async def test_a_hold_on_a_released_commission_keeps_its_money_back_and_the_rest_is_paid(office: Office) -> None:
    made = await office.released("p1", policy={"number": "HO-1"})
    await office.released("p1", premium=30_000, policy={"number": "HO-2"})
    hold = await held(office, made.id)
    assert ((await balance(office, "p1")).payable_minor, (await balance(office, "p1")).held_minor) == (13_000, 10_000)
    found = await run(office)
    assert [one.amount_minor for one in found.made] == [3_000]
    assert [(one.payee_id, one.amount_minor, one.reason) for one in found.left_out] == [
        (office.ids["p1"], 10_000, "held")
    ]
    assert await office.owed("p1") == 10_000
    again = await run(office, "again")
    assert (again.made, [one.reason for one in again.left_out]) == ([], ["held"])
    await office.made.arrangements.lift(office.actor, hold.id)
    assert (await balance(office, "p1")).held_minor == 0
    assert [one.amount_minor for one in (await run(office, "lifted")).made] == [10_000]
    assert await office.owed("p1") == 0


async def test_a_hold_keeps_back_what_everybody_has_of_a_commission(office: Office) -> None:
    made = await office.released("p1", "p2")
    await held(office, made.id)
    found = await run(office)
    assert (found.made, [one.amount_minor for one in found.left_out]) == ([], [5_000, 5_000])


async def test_what_was_paid_cannot_be_held_and_what_came_after_it_is_not_kept_back_for_it(office: Office) -> None:
    first = await office.released("p1", policy={"number": "HO-1"})
    await step(office, await run(office), PayoutVerb.PROCESS, PayoutVerb.CONFIRM)
    await office.released("p1", premium=30_000, policy={"number": "HO-2"})
    with pytest.raises(Conflict, match="all of it was paid") as refused:
        await held(office, first.id)
    assert refused.value.code == "already_paid"
    assert (await office.made.arrangements.holds(office.actor)).items == []
    assert [one.amount_minor for one in (await run(office, "next")).made] == [3_000]


async def test_what_is_set_aside_is_held_once_its_payout_is_returned(office: Office) -> None:
    made = await office.released("p1", policy={"number": "HO-1"})
    await office.released("p1", premium=30_000, policy={"number": "HO-2"})
    payout = await run(office)
    with pytest.raises(Conflict, match="run 2026-02; return that payout, then hold it") as refused:
        await held(office, made.id)
    assert refused.value.code == "in_payment"
    await step(office, payout, PayoutVerb.RETURN)
    await held(office, made.id)
    assert [one.amount_minor for one in (await run(office, "next")).made] == [3_000]


async def test_what_one_of_two_was_not_paid_can_still_be_held(office: Office) -> None:
    await office.plan(least_payout=6_000)
    await office.released("p1", premium=10_000, policy={"number": "HO-1"})
    made = await office.released("p1", "p2", policy={"number": "HO-2"})
    await step(office, await run(office), PayoutVerb.PROCESS)
    await office.released("p2", premium=20_000, policy={"number": "HO-3"})
    await held(office, made.id)
    found = await run(office, "next")
    assert found.made == []
    assert {(one.amount_minor, one.reason) for one in found.left_out} == {(2_000, "below_least"), (5_000, "held")}


async def test_a_debt_is_owed_whatever_is_held(office: Office) -> None:
    paid = await office.released("p1", policy={"number": "HO-1"})
    await step(office, await run(office), PayoutVerb.PROCESS, PayoutVerb.CONFIRM)
    made = await office.released("p1", premium=120_000, policy={"number": "HO-2"})
    await held(office, made.id)
    await office.reversed(ReversalKind.FLAT, policy_number=paid.policy_number)
    found = await run(office, "next")
    assert (found.made, [(one.amount_minor, one.reason) for one in found.left_out]) == ([], [(2_000, "held")])
    assert ((await balance(office, "p1")).payable_minor, (await balance(office, "p1")).held_minor) == (2_000, 2_000)


async def test_a_run_and_a_hold_at_once_pay_or_hold_and_never_both(office: Office) -> None:
    for number in range(8):
        made = await office.released("p1", policy={"number": f"HO-{number}"})
        found, hold = await asyncio.gather(run(office, f"run{number}"), held(office, made.id), return_exceptions=True)
        assert isinstance(found, RunView)
        paid = [one.amount_minor for one in found.made]
        if isinstance(hold, HoldView):
            assert paid == []
            await office.made.arrangements.lift(office.actor, hold.id)
            await run(office, f"lifted{number}")
        else:
            assert isinstance(hold, Conflict)
            assert paid == [10_000]
    assert await office.balance(Account.IN_PAYMENT, "p1") == -80_000
