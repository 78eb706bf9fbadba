"""Carriers' statements against what was earned, and a whole seeded history beside one worked out another way (T45, T46)."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.actor import Scope
from domain.commissions.ledger import Account
from domain.commissions.matching import Outcome
from kernel.clock import frozen, now
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from services.commissions import accruing
from services.commissions.accruing import Accruals
from services.commissions.carriers import rows_of
from services.commissions.money_schemas import CarrierStatementIn, CarrierStatementView, RunIn
from services.commissions.schemas import HoldIn
from services.container import Services
from tests.domain.commissions.recomputed import Deal, owed
from tests.services.commissions.conftest import MakeOffice, Office

ROW = {"Policy Number": "HO123", "Effective Date": "02/01/2026", "Commission": "100.00"}


def a_statement(*rows: dict[str, Any], number: str = "2026-02", **changes: Any) -> CarrierStatementIn:
    given = {"carrier": "Acme", "number": number, "received_on": date(2026, 3, 1), "rows": list(rows) or [ROW]}
    return CarrierStatementIn.model_validate(given | changes)


async def take(office: Office, *rows: dict[str, Any], **changes: Any) -> CarrierStatementView:
    return await office.made.carriers.take(office.actor, a_statement(*rows, **changes))


async def test_t46_a_line_pays_its_commission_and_lets_it_be_paid(office: Office) -> None:
    made = await office.sold("p1", "p2")
    found = await take(office)
    assert found.counts == {"matched": 1}
    told = await office.made.accruals.one(office.actor, made.id)
    assert (told.outstanding_minor, told.status) == (0, "released")
    assert await office.balance(Account.CASH) == 10_000
    assert (await office.made.reconciliation.report(office.actor)).agrees


async def test_t45_a_statement_again_posts_nothing(office: Office) -> None:
    await office.sold("p1")
    rows = [ROW, {**ROW, "Policy Number": "XX-9"}, {**ROW, "Commission": "lots"}]
    first = await take(office, *rows)
    before = await office.counted("ledger_posting")
    again = await take(office, *rows)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.lines == first.lines
    assert await office.counted("ledger_posting") == before
    with pytest.raises(Conflict, match="other lines"):
        await take(office, ROW)


async def test_t45_a_statement_fifty_times_at_once_is_taken_once(office: Office) -> None:
    await office.sold("p1")
    found = await asyncio.gather(*(take(office) for _ in range(50)))
    assert sum(not one.replayed for one in found) == 1
    assert await office.balance(Account.CASH) == 10_000


async def test_t46_a_difference_within_the_tolerance_is_variance_and_one_beyond_waits(office: Office) -> None:
    await office.sold("p1")
    found = await take(office, {**ROW, "Commission": "99.96"})
    assert (found.lines[0].outcome, found.lines[0].variance_minor) == ("matched", -4)
    assert await office.balance(Account.VARIANCE) == 4
    await office.sold("p1", policy={"number": "HO-7"})
    found = await take(office, {**ROW, "Policy Number": "HO7", "Commission": "99.94"}, number="2026-03")
    assert found.lines[0].outcome == "differs"
    assert await office.balance(Account.SUSPENSE, "acme") == -9_994
    assert (await office.made.reconciliation.report(office.actor)).agrees


async def test_t46_the_same_number_of_another_effective_date_is_another_term(office: Office) -> None:
    made = await office.sold("p1")
    assert made.policy_number == "HO-00123"
    found = await take(office, {**ROW, "Effective Date": "02/01/2027"}, {**ROW, "Policy Number": "HO-00123"}, ROW)
    assert [one.outcome for one in found.lines] == ["unmatched", "matched", "differs"], "the same policy, paid already"
    assert await office.balance(Account.SUSPENSE, "acme") == -20_000, "kept, not dropped"
    assert (await office.made.reconciliation.report(office.actor)).agrees


async def test_t46_what_is_not_matched_is_kept_and_found_later(office: Office) -> None:
    rows = [
        ROW, {**ROW, "Effective Date": "sometime"}, {**ROW, "Commission": "12.345"}, {"Policy Number": "", "Commission": "5"},
    ]  # fmt: skip
    found = await take(office, *rows)
    assert [one.outcome for one in found.lines] == ["unmatched", "invalid", "invalid", "invalid"]
    assert "no effective date" in found.lines[1].reason
    # money whose purpose cannot be read is there all the same
    assert await office.balance(Account.SUSPENSE, "acme") == -10_000 - 10_000 - 500
    report = await office.made.reconciliation.report(office.actor)
    assert (report.agrees, report.carriers[0].lines) == (True, {"invalid": 3, "unmatched": 1})
    assert (await office.made.carriers.match_again(office.actor)).matched == 0
    made = await office.sold("p1")
    again = await office.made.carriers.match_again(office.actor)
    assert (again.matched, again.waiting) == (1, 0)
    assert (await office.made.accruals.one(office.actor, made.id)).outstanding_minor == 0
    assert await office.balance(Account.SUSPENSE, "acme") == -10_500
    assert (await office.made.carriers.match_again(office.actor)).matched == 0
    assert (await office.made.reconciliation.report(office.actor)).agrees


async def test_a_person_says_what_a_line_pays(office: Office) -> None:
    made = await office.sold("p1")
    found = await take(
        office, {**ROW, "Commission": "60.00"}, {**ROW, "Policy Number": "?"}, {**ROW, "Commission": "x"}
    )
    carriers = office.made.carriers
    await carriers.assign(office.actor, found.lines[0].id, made.id)
    assert (await office.made.accruals.one(office.actor, made.id)).outstanding_minor == 4_000
    line = await carriers.assign(office.actor, found.lines[1].id, made.id)
    assert line.outcome == "matched"
    assert (await office.made.accruals.one(office.actor, made.id)).outstanding_minor == -6_000
    for number in (0, 2):
        with pytest.raises(Conflict, match="matched already, or pays nothing"):
            await carriers.assign(office.actor, found.lines[number].id, made.id)
    other = await office.sold("p1", policy={"carrier": "Other"})
    late = await take(office, {**ROW, "Policy Number": "Z-1"}, number="late")
    with pytest.raises(Conflict, match="another carrier"):
        await carriers.assign(office.actor, late.lines[0].id, other.id)
    assert (await office.made.reconciliation.report(office.actor)).agrees


async def test_a_carrier_takes_back_what_came_back(office: Office) -> None:
    await office.sold("p1", "p2", "p3")
    await take(office)
    await office.reversed(return_premium_minor=33_333)
    found = await take(office, {**ROW, "Commission": "(33.33)"}, number="2026-03")
    assert found.counts == {"matched": 1}
    assert await office.balance(Account.RECEIVABLE, "acme") == 0
    assert await office.balance(Account.CASH) == 6_667


async def test_what_is_held_stays_pending_though_its_carrier_paid(office: Office) -> None:
    made = await office.sold("p1")
    hold = await office.made.arrangements.hold(office.actor, HoldIn(accrual_id=made.id, reason="under review"))
    await take(office)
    assert await office.made.accruals.release_due(office.actor) == 0
    await office.made.arrangements.lift(office.actor, hold.id)
    await office.sold("p1", policy={"number": "HO-8"})
    assert await office.made.accruals.release_due(office.actor) == 1
    assert (await office.made.accruals.one(office.actor, made.id)).status == "released"


async def test_a_carrier_that_pays_late_keeps_nobody_elses_commission_from_release(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accruing, "_MOST_RELEASED", 1)
    late = await office.sold("p1", policy={"number": "HO-8"})
    made = await office.sold("p2")
    hold = await office.made.arrangements.hold(office.actor, HoldIn(accrual_id=made.id, reason="under review"))
    await take(office)
    await office.made.arrangements.lift(office.actor, hold.id)
    assert await office.made.accruals.release_due(office.actor) == 1
    told = [(await office.made.accruals.one(office.actor, one.id)).status for one in (late, made)]
    assert told == ["pending", "released"]


async def waiting(office: Office) -> list[UUID]:
    """Three commissions that their carrier has paid, before their ten days are over."""
    await office.plan(hold_days=10)
    days = now().date() - timedelta(days=3)
    made = []
    for number in range(3):
        policy = {"number": f"HO-{number}", "effective_at": datetime.combine(days, time(12), UTC)}
        made.append((await office.sold("p1", policy=policy)).id)
        row = {**ROW, "Policy Number": f"HO-{number}", "Effective Date": days.isoformat()}
        assert (await take(office, row, number=f"s{number}")).counts == {"matched": 1}
    return made


async def test_what_a_carrier_paid_early_is_released_by_itself_and_once(
    office: Office, make_office: MakeOffice, services: Services
) -> None:
    other_office = await make_office()
    made, others = await waiting(office), await waiting(other_office)
    await office.made.accruals.work()
    assert await office.owed("p1") == 30_000
    assert await office.balance(Account.PAYABLE, "p1") == 0
    with frozen(now() + timedelta(days=8)):
        await asyncio.gather(*(worker.work() for worker in [Accruals(services.database) for _ in range(6)]))
        assert await office.made.accruals.work() == 0
    for one, ids in ((office, made), (other_office, others)):
        assert await one.balance(Account.PAYABLE, "p1") == -30_000
        for accrual_id in ids:
            explained = await one.made.explanations.of(one.actor, accrual_id)
            assert [step.happening for step in explained.history].count("released") == 1


async def test_a_run_pays_what_is_due_though_nobody_released_it(office: Office) -> None:
    await waiting(office)
    assert (await office.made.payouts.run(office.actor, RunIn(run="early"))).made == []
    with frozen(now() + timedelta(days=8)):
        found = await office.made.payouts.run(office.actor, RunIn(run="due"))
    assert [one.amount_minor for one in found.made] == [30_000]


async def test_statements_and_lines_that_wait_are_found_afterwards(office: Office, make_office: MakeOffice) -> None:
    await office.sold("p1")
    unknown = {**ROW, "Policy Number": "XX 9"}
    first = await take(office, ROW, unknown, {**ROW, "Commission": "lots"})
    await take(office, {**unknown, "Commission": "7.00"}, number="b-1", carrier="Beta")
    await take(office, {**ROW, "Commission": "0.50"}, number="2026-03")
    carriers, actor = office.made.carriers, office.actor
    page = await carriers.page(actor, limit=2)
    assert [one.number for one in page.items] == ["2026-03", "b-1"]
    rest = await carriers.page(actor, limit=2, cursor=page.next_cursor)
    assert ([one.number for one in rest.items], rest.next_cursor) == (["2026-02"], None)
    (told,) = rest.items
    assert told.id == first.id
    assert told.counts == {"matched": 1, "unmatched": 1, "invalid": 1}
    assert (told.total_minor, told.suspense_minor) == (20_000, 10_000)
    assert [one.number for one in (await carriers.page(actor, carrier="BETA ")).items] == ["b-1"]
    lines = await carriers.open_lines(actor)
    assert [(one.statement_number, one.outcome) for one in lines.items] == [
        ("2026-02", "unmatched"), ("2026-02", "invalid"), ("b-1", "unmatched"), ("2026-03", "differs"),
    ]  # fmt: skip
    walked, cursor = [], None
    for _ in range(4):
        step = await carriers.open_lines(actor, cursor=cursor, limit=1)
        walked += step.items
        cursor = step.next_cursor
    assert (walked, cursor) == (lines.items, None)
    found = await carriers.open_lines(actor, policy_number="xx9", outcomes=[Outcome.UNMATCHED], carrier="acme")
    assert [(one.statement_id, one.number, one.amount_minor, one.carrier) for one in found.items] == [
        (first.id, 2, 10_000, "Acme")
    ]
    await carriers.assign(actor, found.items[0].id, (await office.sold("p1", policy={"number": "HO-7"})).id)
    assert [one.outcome for one in (await carriers.open_lines(actor, carrier="acme")).items] == ["invalid", "differs"]
    assert (await carriers.open_lines(actor, outcomes=[Outcome.MATCHED])).items == [], "what is matched does not wait"
    other = await make_office()
    assert (await carriers.page(other.actor)).items == []
    assert (await carriers.open_lines(other.actor)).items == []
    for ask in (carriers.page, carriers.open_lines):
        with pytest.raises(Forbidden):
            await ask(office.producer("p1", *Scope))


async def test_statements_are_for_managers_of_their_agency(office: Office, other_actor: Any) -> None:
    found = await take(office)
    with pytest.raises(Forbidden):
        await office.made.carriers.one(office.producer("p1", *Scope), found.id)
    with pytest.raises(NotFound):
        await office.made.carriers.one(other_actor, found.id)


def test_files_that_are_no_statement_are_refused() -> None:
    assert rows_of("a.csv", "\ufeffPolicy,Commission\nHO1,5\n".encode()) == [{"Policy": "HO1", "Commission": "5"}]
    for name, source in (("a.json", b"{}"), ("a.json", b"[NaN]"), ("a.csv", b"\xff"), ("a.csv", b"Policy\n")):
        with pytest.raises(Invalid):
            rows_of(name, source)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_seeded_history_agrees_to_the_cent_with_one_recomputed_another_way(office: Office, seed: int) -> None:
    draw = random.Random(seed)
    await office.plan(on=date(2026, 1, 2), rates=[
        {"match": {}, "basis": {"kind": "percent", "rate": "0.137"}, "house": "0.33"},
    ])  # fmt: skip
    deals: dict[str, Deal] = {}
    left: dict[str, list[int]] = {}
    for number in range(25):
        sellers = draw.sample(["p1", "p2", "p3", "p4"], draw.randint(1, 4))
        weights = [draw.randint(1, 9) for _ in sellers]
        premium, times = draw.randint(1_000, 400_000), draw.choice(["1", "1.05", "1.2"])
        parties = [
            {"producer_id": office.ids[who], "weight": weight, "multiplier": times}
            for who, weight in zip(sellers, weights, strict=True)
        ]
        given = office.sale(parties=parties, premium=premium, policy={"number": f"A-{number}"})
        await office.made.accruals.accrue(office.actor, given)
        await office.made.accruals.accrue(office.actor, given)
        gross = int((premium * Decimal("0.137")).quantize(Decimal(1), ROUND_HALF_UP))
        shares = [(who, Decimal("0.67") * weight) for who, weight in zip(sellers, weights, strict=True)]
        house = ("", Decimal("0.33") * sum(weights))
        deals[f"A-{number}"] = Deal(gross, [*shares, house], {at: Decimal(times) for at in range(len(sellers))})
        left[f"A-{number}"] = [premium, premium]
    for number, policy in enumerate(draw.sample(sorted(deals), 12) + draw.sample(sorted(deals), 12)):
        back = draw.choice([left[policy][0], draw.randint(0, left[policy][0])])
        left[policy][0] -= back
        await office.reversed(policy_number=policy, return_premium_minor=back, number=number + 1)
        deals[policy].kept = (left[policy][0], left[policy][1])
        if draw.random() < 0.3:
            await office.made.payouts.run(office.actor, RunIn(run=f"r{number}"))
        if draw.random() < 0.5:
            row = {**ROW, "Policy Number": policy, "Commission": f"{draw.randint(1, 20_000) / 100:.2f}"}
            await take(office, row, number=f"s{number}")
            await take(office, row, number=f"s{number}")
        await office.made.accruals.release_due(office.actor)
    expected = owed(deals.values())
    for who in ("p1", "p2", "p3", "p4"):
        in_hand = await office.owed(who) - await office.balance(Account.IN_PAYMENT, who)
        assert in_hand == expected.get(who, 0), who
    assert -await office.balance(Account.HOUSE) - await office.balance(Account.BONUS) == expected[""]
    report = await office.made.reconciliation.report(office.actor)
    assert report.agrees
    page = await office.made.accruals.page(office.actor, limit=200)
    for one in page.items:
        assert (await office.made.explanations.of(office.actor, one.id)).agrees
