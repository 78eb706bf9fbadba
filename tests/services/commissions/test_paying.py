"""Payouts: once, never of a debt, by steps; statements, files and totals of a year (T38, T39, T45)."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import date
from typing import Any

import pypdfium2
import pytest

from domain.actor import Actor, ActorKind, Scope
from domain.commissions.ledger import Account
from domain.commissions.payouts import PayoutVerb
from domain.referral_law import Event
from kernel.clock import frozen, now
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale, Unavailable
from services.commissions.money_schemas import BankIn, PayoutChange, RunIn, RunView
from services.commissions.paying import Payouts
from services.commissions.schemas import FeeIn, HoldIn, ReversalKind
from tests.builders import a_producer, an_agency
from tests.services.commissions.conftest import MakeOffice, Office, ended

BANK = BankIn(routing="021000021", account="00012345")


async def run(office: Office, name: str = "2026-02") -> RunView:
    return await office.made.payouts.run(office.actor, RunIn(run=name))


async def step(office: Office, payout: Any, *verbs: PayoutVerb) -> None:
    for verb in verbs:
        await office.made.payouts.change(office.actor, payout.id, PayoutChange(action=verb), expected=None)


async def paid(office: Office, name: str) -> None:
    for one in (await run(office, name)).made:
        await step(office, one, PayoutVerb.PROCESS, PayoutVerb.CONFIRM)


async def test_a_payout_goes_from_pending_to_processed_to_paid(office: Office) -> None:
    """DOMAIN T45: each step is a batch of the journal."""
    await office.released("p1")
    await office.sold("p2")
    (made,) = (await run(office)).made
    assert (made.payee_id, made.amount_minor, made.state) == (office.ids["p1"], 10_000, "pending")
    assert await office.owed("p1") == 0
    assert await office.balance(Account.IN_PAYMENT, "p1") == -10_000
    await step(office, made, PayoutVerb.PROCESS, PayoutVerb.CONFIRM)
    assert (await office.balance(Account.IN_PAYMENT, "p1"), await office.balance(Account.CASH)) == (0, -10_000)
    with pytest.raises(Conflict, match="paid cannot confirm"):
        await step(office, made, PayoutVerb.CONFIRM)


async def test_what_a_bank_returns_is_owed_again_and_paid_by_another_run(office: Office) -> None:
    await office.released("p1")
    (made,) = (await run(office)).made
    with pytest.raises(Conflict, match="pending cannot confirm"):
        await step(office, made, PayoutVerb.CONFIRM)
    await step(office, made, PayoutVerb.PROCESS, PayoutVerb.RETURN)
    assert await office.owed("p1") == 10_000
    assert [one.reason for one in (await run(office)).left_out] == ["in_this_run"]
    assert [one.amount_minor for one in (await run(office, "again")).made] == [10_000]


async def test_a_stale_version_is_refused(office: Office) -> None:
    await office.released("p1")
    (made,) = (await run(office)).made
    await step(office, made, PayoutVerb.PROCESS)
    change = PayoutChange(action=PayoutVerb.CONFIRM)
    with pytest.raises(Stale):
        await office.made.payouts.change(office.actor, made.id, change, expected=1)


@pytest.mark.parametrize("names", [["same"] * 50, [f"run{number}" for number in range(50)]])
async def test_fifty_runs_at_once_pay_once(office: Office, names: list[str]) -> None:
    await office.released("p1", "p2")
    runs = await asyncio.gather(*(run(office, name) for name in names))
    made = [one for found in runs for one in found.made]
    assert sorted(one.amount_minor for one in made) == [5_000, 5_000]
    assert (await office.owed("p1"), await office.owed("p2")) == (0, 0)
    steps = [step(office, made[0], PayoutVerb.PROCESS) for _ in range(50)]
    done = await asyncio.gather(*steps, return_exceptions=True)
    assert sum(one is None for one in done) == 1
    await asyncio.gather(*(step(office, made[0], PayoutVerb.CONFIRM) for _ in range(50)), return_exceptions=True)
    assert await office.balance(Account.CASH) == -5_000


async def test_t38_a_debt_is_carried_through_runs_and_statements(office: Office) -> None:
    life = {"line": "life", "number": "L-1"}
    await office.released(premium=6_800, policy=life)
    await paid(office, "first")
    await office.reversed(policy_number="L1", ended_on=date(2026, 6, 1))
    assert [(one.reason, one.amount_minor) for one in (await run(office)).left_out] == [("owed_back", -34_000)]
    month = f"{now():%Y-%m}"
    text = await office.made.reports.statement_csv(office.actor, office.ids["p1"], month, "USD")
    assert "-340.00" in [row["amount"] for row in csv.DictReader(io.StringIO(text))], "T69: a number keeps its minus"
    await office.released(premium=200_000, policy={"number": "HO-2"})
    found = await run(office, "next")
    assert (found.made, [one.amount_minor for one in found.left_out]) == ([], [-14_000])
    told = await office.made.reports.statement(office.producer("p1"), office.ids["p1"], month, "USD")
    assert (told.closing.payable_minor, told.paid_minor) == (-14_000, 61_200)
    later = await office.made.reports.statement(office.actor, office.ids["p1"], "2099-01", "USD")
    assert (later.opening, later.entries) == (told.closing, [])


async def test_t39_a_refund_that_was_paid_is_taken_off_once(office: Office) -> None:
    await office.plan(on=date(2026, 1, 2), rates=[
        {"match": {}, "basis": {"kind": "percent", "rate": "0.8"}, "house": "0"},
    ])  # fmt: skip
    await office.released(premium=10_000, policy={"number": "HO-9"})
    await paid(office, "first")
    await office.released(premium=100_000)
    await office.reversed(ReversalKind.FLAT, policy_number="HO-9")
    assert [one.amount_minor for one in (await run(office)).made] == [72_000]


async def test_t43_what_was_paid_to_whoever_had_no_licence_is_owed_back(office: Office) -> None:
    made = await office.released("p1")
    await paid(office, "first")
    async with office.services.database.begin(office.actor) as uow:
        slug = (await uow.agencies.mine()).slug
    late = an_agency(slug, [a_producer("p1", **ended("2026-01-31"))])
    await office.services.agencies.load(office.actor, json.dumps(late).encode())
    assert (await office.made.accruals.recheck(office.actor, made.id)).changed
    assert (await office.owed("p1"), await office.balance(Account.WITHHELD, "p1")) == (-10_000, -10_000)
    assert [(one.reason, one.amount_minor) for one in (await run(office)).left_out] == [("owed_back", -10_000)]


async def test_a_held_payee_and_one_with_too_little_are_left_out(office: Office) -> None:
    await office.plan(on=date(2026, 1, 2), least_payout=5_000)
    await office.released("p1", "p2")
    await office.released("p3", premium=40_000)
    await office.made.arrangements.hold(office.actor, HoldIn(payee_id=office.ids["p1"], reason="licence under review"))
    found = await run(office)
    assert [one.payee_id for one in found.made] == [office.ids["p2"]]
    reasons = {one.payee_id: one.reason for one in found.left_out}
    assert reasons == {office.ids["p1"]: "held", office.ids["p3"]: "below_least"}


async def test_bank_details_are_checked_and_never_kept_in_the_clear(office: Office) -> None:
    wrong = BANK.model_copy(update={"routing": "021000022"})
    with pytest.raises(Invalid, match="no ABA routing number"):
        await office.made.payouts.save_bank(office.actor, office.ids["p1"], wrong)
    with pytest.raises(Unavailable, match="SECRET_KEY"):
        await Payouts(office.services.database, None).save_bank(office.actor, office.ids["p1"], BANK)
    manager = office.actor.scopes - {Scope.AGENCY_ADMIN}
    someone = Actor(office.actor.agency_id, ActorKind.PERSON, "person:m", manager)
    with pytest.raises(Forbidden):
        await office.made.payouts.save_bank(someone, office.ids["p1"], BANK)


async def test_a_producer_sees_the_own_money_only(office: Office) -> None:
    await office.released("p1", "p2")
    await run(office)
    one, reports = office.producer("p1"), office.made.reports
    assert [balance.payee_id for balance in (await reports.balances(one)).items] == [office.ids["p1"]]
    assert [payout.payee_id for payout in (await office.made.payouts.page(one)).items] == [office.ids["p1"]]
    with pytest.raises(NotFound):
        await reports.statement(one, office.ids["p2"], "2026-02", "USD")
    with pytest.raises(Forbidden):
        await office.made.payouts.run(office.producer("p1", *Scope), RunIn(run="mine"))


async def test_a_statement_as_csv_and_as_pdf_says_the_same(office: Office) -> None:
    for number in range(60):
        await office.released("p1", policy={"number": f"=HO-{number}"})
    month = f"{now():%Y-%m}"
    text = await office.made.reports.statement_csv(office.actor, office.ids["p1"], month, "USD")
    closing = [
        row for row in csv.DictReader(io.StringIO(text)) if row["what"] == "closing" and row["account"] == "payable"
    ]
    assert closing[0]["amount"] == "6000.00"
    assert "\n=HO" not in text
    assert ",=HO" not in text
    document = pypdfium2.PdfDocument(
        await office.made.reports.statement_pdf(office.actor, office.ids["p1"], month, "USD")
    )
    pages = [page.get_textpage().get_text_bounded() for page in document]
    assert len(pages) > 2
    assert "Commission statement" in pages[0]
    assert "6,000.00" in pages[-1]
    document.close()


async def test_no_month_is_refused(office: Office) -> None:
    with pytest.raises(Invalid, match="month cannot be read"):
        await office.made.reports.statement(office.actor, office.ids["p1"], "2026-13", "USD")


async def test_totals_of_a_year_are_what_was_paid_in_it(office: Office) -> None:
    await office.released("p1", premium=2_000_000)
    await office.released("p2")
    await paid(office, "first")
    await office.released("p3", premium=5_000_000)
    await run(office, "not yet confirmed".replace(" ", "-"))
    with frozen(now()):
        year = await office.made.reports.year(office.actor, now().year)
    assert {one.payee_id: one.paid_minor for one in year.items} == {office.ids["p1"]: 200_000, office.ids["p2"]: 10_000}
    assert [one.payee_id for one in (await office.made.reports.year(office.producer("p2"), now().year)).items] == [
        office.ids["p2"]
    ]
    if now().year == 2026:
        assert year.threshold_minor == 200_000
        assert {one.payee_id: one.reportable for one in year.items}[office.ids["p1"]] is True


async def test_t23_t24_fees_are_paid_once_and_only_where_they_may_be(make_office: MakeOffice) -> None:
    office = await make_office(2, p1=ended("2026-01-31"))
    given = FeeIn(
        source="referral:1", payee_id=office.ids["p1"], line="home", state="FL", on=date(2026, 2, 1), amount_minor=5_000,
        trigger="converted", of_client=False, every=True,
    )  # fmt: skip
    refused = await office.made.fees.pay(office.actor, given)
    assert (refused.paid, refused.code, await office.owed("p1")) == (False, "forbidden", 0)
    some = given.model_copy(update={"trigger": Event.REFERRED, "every": False})
    assert (await office.made.fees.pay(office.actor, some)).code == "must_be_for_every", "626.112(8)"
    unread = given.model_copy(update={"trigger": Event.REFERRED, "state": "TX"})
    assert (await office.made.fees.pay(office.actor, unread)).code == "no_rule"
    referred = given.model_copy(update={"trigger": Event.REFERRED})
    told = await office.made.fees.pay(office.actor, referred)
    assert (told.paid, told.citation) == (True, "Fla. Stat. 626.112(8) (secondary source)")
    assert (await office.made.fees.pay(office.actor, referred)).replayed
    assert (await office.owed("p1"), await office.balance(Account.FEE)) == (5_000, 5_000)
    for facts in ({"of_client": True}, {"as_credit": True}):
        rebate = await office.made.fees.pay(office.actor, referred.model_copy(update={"source": "referral:2", **facts}))
        assert (rebate.paid, rebate.code) == (False, "may_be_rebate"), "50.00 on a premium"
    assert (await office.owed("p1"), await office.balance(Account.FEE)) == (5_000, 5_000)
    with pytest.raises(Conflict, match="another fee"):
        await office.made.fees.pay(office.actor, referred.model_copy(update={"amount_minor": 6_000}))
