"""Commissions on Postgres: earned once, split, frozen, charged back, explained (T29, T32 to T45)."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from domain.actor import Actor, ActorKind, Scope
from domain.commissions.ledger import Account
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from services.commissions.schemas import (
    HoldIn,
    MemberIn,
    PoolIn,
    RecordChangeIn,
    ReversalKind,
    UplineIn,
)
from tests.builders import a_licence, a_producer, an_agency
from tests.services.commissions.conftest import EFFECTIVE, MakeOffice, Office, ended


async def test_t29_a_bonus_is_the_houses_to_pay(office: Office) -> None:
    parties = [{"producer_id": office.ids["p1"], "multiplier": "1.20"}, {"producer_id": office.ids["p2"]}]
    made = await office.sold(parties=parties)
    assert made.gross_minor == 10_000
    assert (await office.owed("p1"), await office.owed("p2")) == (6_000, 5_000)
    assert await office.balance(Account.BONUS) == 1_000


async def test_t29_somebody_who_sold_and_referred_has_a_multiplier_of_each_part(office: Office) -> None:
    seller = {"producer_id": office.ids["p1"], "weight": "3", "multiplier": "1.20"}
    await office.sold(parties=[seller, {"producer_id": office.ids["p1"], "weight": "1", "role": "referrer"}])
    assert await office.owed("p1") == 7_500 + 1_500 + 2_500


async def test_t32_a_pool_is_who_was_in_it_on_the_day_of_earning(office: Office) -> None:
    def members(*weights: tuple[str, int]) -> list[MemberIn]:
        return [MemberIn(producer_id=office.ids[name], weight=Decimal(weight)) for name, weight in weights]

    arrange = office.made.arrangements
    begins = PoolIn(since=date(2026, 1, 1), members=members(("p1", 1), ("p2", 1)))
    await arrange.set_pool(office.actor, "north", begins)
    made = await office.sold(parties=[{"pool": "north"}])
    await arrange.set_pool(office.actor, "north", PoolIn(since=date(2026, 2, 2), members=members(("p2", 0), ("p3", 1))))
    await office.made.accruals.release(office.actor, made.id)
    assert [await office.owed(one) for one in ("p1", "p2", "p3")] == [5_000, 5_000, 0]
    # a sale that was earned before the change is still split as the pool was then
    await office.sold(parties=[{"pool": "north"}])
    later = {"effective_at": EFFECTIVE.replace(day=3), "number": "HO-9"}
    await office.sold(parties=[{"pool": "north"}], policy=later)
    assert [await office.owed(one) for one in ("p1", "p2", "p3")] == [15_000, 10_000, 5_000]


@pytest.mark.parametrize(
    ("premium", "weights", "shares"),
    [
        (100_000, [1, 1, 1], [3_334, 3_333, 3_333]),
        (612_350, [50, 30, 20], [30_618, 18_370, 12_247]),
        (50, [50, 50], [3, 2]),
    ],
)
async def test_t33_sellers_share_to_the_cent(
    office: Office, premium: int, weights: list[int], shares: list[int]
) -> None:
    names = ["p1", "p2", "p3"][: len(weights)]
    parties = [{"producer_id": office.ids[name], "weight": weight} for name, weight in zip(names, weights, strict=True)]
    await office.sold(parties=parties, premium=premium)
    assert [await office.owed(one) for one in names] == shares


async def test_t35_two_returns_of_premium_leave_nothing_of_a_term(office: Office) -> None:
    await office.sold("p1", "p2", "p3", premium=100_001)
    await office.sold("p1", premium=33_333)
    await office.reversed(return_premium_minor=77_777)
    owed = sum([await office.owed(one) for one in ("p1", "p2", "p3")])
    assert owed == -await office.balance(Account.HOUSE) + await office.balance(Account.RECEIVABLE, "acme")
    with pytest.raises(Invalid, match="more than the term has left"):
        await office.reversed(return_premium_minor=100_001 + 33_333 - 77_777 + 1)
    await office.reversed(return_premium_minor=100_001 + 33_333 - 77_777)
    assert [await office.owed(one) for one in ("p1", "p2", "p3")] == [0, 0, 0]
    assert await office.balance(Account.RECEIVABLE, "acme") == 0


async def test_t36_an_advance_owes_back_its_unearned_months_and_a_month_paid_as_earned_does_not(office: Office) -> None:
    life = {"line": "life", "number": "L-1"}
    made = await office.released(premium=6_800, policy=life)
    assert made.gross_minor == 61_200
    monthly = await office.sold(premium=6_800, policy=life, as_earned=True)
    assert monthly.gross_minor == 6_800
    with pytest.raises(Invalid, match="ended_on is missing"):
        await office.reversed(policy_number="L-1")
    await office.reversed(policy_number="L1", ended_on=date(2026, 6, 1))
    assert await office.owed("p1") == 61_200 - 34_000 + 6_800


@pytest.mark.parametrize(
    ("ended_on", "kept"),
    [(date(2026, 7, 31), 0), (date(2026, 8, 1), 6), (date(2027, 2, 1), 12), (date(2028, 1, 31), 23), (date(2028, 2, 1), 24)],
)  # fmt: skip
async def test_t37_a_life_contract_takes_all_back_then_by_months_and_property_follows_the_premium(
    office: Office, ended_on: date, kept: int
) -> None:
    life = {"match": {"lines": ["life"]}, "clause": {"kind": "window", "full": 6, "months": 24}}
    await office.plan(on=date(2026, 1, 2), contracts=[life, {"match": {}, "clause": {"kind": "return_premium"}}])
    await office.sold("p1", premium=24_000, policy={"line": "life", "number": "L-1"})
    await office.sold("p2", premium=100_000)
    await office.reversed(policy_number="L-1", ended_on=ended_on)
    await office.reversed(ended_on=ended_on, return_premium_minor=25_000)
    assert (await office.owed("p1"), await office.owed("p2")) == (kept * 1_000, 7_500)


async def test_t40_t41_a_bracket_begins_at_its_floor_and_bounds_are_for_what_is_earned(office: Office) -> None:
    brackets = [{"floor": 0, "rate": "0.10"}, {"floor": 100_000, "rate": "0.15"}]
    await office.plan(on=date(2026, 1, 2), rates=[
        {"match": {"lines": ["auto"]}, "basis": {"kind": "tiered", "brackets": brackets}, "house": "0"},
        {"match": {}, "basis": {"kind": "percent", "rate": "0.12"}, "house": "0", "least": 2_500, "most": 4_000},
    ])  # fmt: skip
    tiered = [
        (await office.sold(premium=premium, policy={"line": "auto"})).gross_minor for premium in (99_999, 100_050)
    ]
    assert tiered == [10_000, 15_008]
    bounded = [(await office.sold(premium=premium)).gross_minor for premium in (10_000, 100_000, -10_000)]
    assert bounded == [2_500, 4_000, -1_200]


async def test_t42_the_term_is_whose_it_was_when_it_began_and_a_change_waits_until_it_is_settled(
    office: Office,
) -> None:
    change = RecordChangeIn(
        policy_number="ho 123", carrier="Acme", before_id=office.ids["p1"], after_id=office.ids["p2"],
        effective_on=date(2026, 3, 1), received_on=date(2026, 2, 20), chargebacks="successor",
    )  # fmt: skip
    await office.made.arrangements.change_record(office.actor, change)
    old = await office.released(premium=100_000)
    renewed = {"effective_at": EFFECTIVE.replace(year=2027)}
    await office.sold(premium=50_000, policy=renewed, term="renewal", earned_at=EFFECTIVE.replace(month=4))
    assert (await office.owed("p1"), await office.owed("p2")) == (10_000, 6_000)
    # who took the policy over answers for what comes back of the old term
    await office.reversed(return_premium_minor=25_000)
    assert (await office.owed("p1"), await office.owed("p2")) == (10_000, 3_500)
    explained = await office.made.explanations.of(office.actor, old.id)
    assert explained.agrees


async def test_t42_what_may_be_rescinded_is_not_released(office: Office) -> None:
    await office.plan(on=date(2026, 1, 2), rescission_days=366)
    change = RecordChangeIn(
        policy_number="HO123", carrier="Acme", before_id=office.ids["p1"], after_id=office.ids["p2"],
        effective_on=date(2026, 1, 15), received_on=date(2026, 11, 20),
    )  # fmt: skip
    kept = await office.made.arrangements.change_record(office.actor, change)
    made = await office.sold()
    assert made.hold_until == date(2027, 11, 21)
    with pytest.raises(Conflict, match="held until 2027-11-21"):
        await office.made.accruals.release(office.actor, made.id)
    await office.made.arrangements.rescind(office.actor, kept.id)
    assert (await office.sold()).shares[0].payee_id == office.ids["p1"]


async def test_t43_who_was_not_licensed_on_the_day_gets_nothing_and_unknown_is_no(make_office: MakeOffice) -> None:
    office = await make_office(3, p1=ended("2026-01-31"), p2={"licences": []}, p3=ended("2026-02-01"))
    await office.plan()
    made = await office.sold("p1", "p2", "p3")
    assert [await office.owed(one) for one in ("p1", "p2", "p3")] == [0, 0, 3_333]
    assert [await office.balance(Account.WITHHELD, one) for one in ("p1", "p2")] == [-3_334, -3_333]
    assert "ended on 2026-01-31" in made.shares[0].basis
    assert "no licence data" in made.shares[1].basis


async def test_t43_a_licence_that_turns_out_to_have_ended_is_clawed_back(office: Office) -> None:
    made = await office.released("p1", "p2")
    changed = [a_producer("p1", licences=[a_licence("FL", expires="2026-01-31")]), a_producer("p2", licences=[])]
    async with office.services.database.begin(office.actor) as uow:
        slug = (await uow.agencies.mine()).slug
    await office.services.agencies.load(office.actor, json.dumps(an_agency(slug, changed)).encode())
    found = await office.made.accruals.recheck(office.actor, made.id)
    assert found.changed
    assert [await office.owed(one) for one in ("p1", "p2")] == [0, 5_000]
    assert len(found.doubts) == 1
    assert "no licence data" in found.doubts[0]
    again = await office.made.accruals.recheck(office.actor, made.id)
    assert not again.changed
    changed[0] = a_producer("p1")
    await office.services.agencies.load(office.actor, json.dumps(an_agency(slug, changed)).encode())
    await office.made.accruals.recheck(office.actor, made.id)
    assert [await office.owed(one) for one in ("p1", "p2")] == [5_000, 5_000]
    assert (await office.made.explanations.of(office.actor, made.id)).agrees


async def test_t44_taxes_and_fees_are_kept_and_do_not_count(office: Office) -> None:
    made = await office.sold(premium=100_000, taxes_minor=4_000, fees_minor=2_500)
    assert made.gross_minor == 10_000
    explained = await office.made.explanations.of(office.actor, made.id)
    assert "Taxes of 40.00 USD and fees of 25.00 USD earn no commission." in explained.sentences


async def test_t45_the_same_line_again_posts_nothing(office: Office) -> None:
    given = office.sale("p1", "p2")
    first = await office.made.accruals.accrue(office.actor, given)
    before = await office.counted("ledger_posting")
    again = await office.made.accruals.accrue(office.actor, given)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.accrual.id == first.accrual.id
    assert await office.counted("ledger_posting") == before
    with pytest.raises(Conflict, match="other content"):
        await office.made.accruals.accrue(office.actor, given.model_copy(update={"premium_minor": 1}))


async def test_t45_fifty_at_once_earn_once_and_come_back_once(office: Office) -> None:
    given = office.sale("p1", "p2")
    made = await asyncio.gather(*(office.made.accruals.accrue(office.actor, given) for _ in range(50)))
    assert sum(not one.replayed for one in made) == 1
    assert await office.owed("p1") == 5_000
    back = office.reversal(return_premium_minor=40_000)
    done = await asyncio.gather(*(office.made.reversals.reverse(office.actor, back) for _ in range(50)))
    assert sum(not one.replayed for one in done) == 1
    assert (await office.owed("p1"), await office.owed("p2")) == (3_000, 3_000)
    each = [office.reversal(return_premium_minor=1_000, number=number + 1) for number in range(50)]
    await asyncio.gather(*(office.made.reversals.reverse(office.actor, one) for one in each))
    assert (await office.owed("p1"), await office.owed("p2")) == (500, 500)


async def test_a_policy_that_never_was_and_one_that_stands_again(office: Office) -> None:
    made = await office.sold("p1", "p2")
    await office.reversed(ReversalKind.FLAT)
    assert await office.owed("p1") == 0
    view = await office.reversed(ReversalKind.REINSTATED)
    assert [one.retained for one in view.accruals] == ["1/1"]
    assert await office.owed("p1") == 5_000
    explained = await office.made.explanations.of(office.actor, made.id)
    assert [one.happening for one in explained.history] == ["accrued", "reversed", "reinstated"]
    assert explained.agrees


async def test_overrides_follow_the_hierarchy_of_the_day(office: Office) -> None:
    await office.plan(on=date(2026, 1, 2), overrides=["0.10", "0.05"])
    arrange = office.made.arrangements
    for who, upper in (("p1", "p2"), ("p2", "p3")):
        given = UplineIn(upline_id=office.ids[upper], since=date(2026, 1, 1))
        await arrange.set_upline(office.actor, office.ids[who], given)
    await office.sold("p1")
    assert [await office.owed(one) for one in ("p1", "p2", "p3")] == [10_000, 1_000, 500]
    assert await office.balance(Account.OVERRIDE) == 1_500
    circle = UplineIn(upline_id=office.ids["p1"], since=date(2026, 6, 1))
    with pytest.raises(Invalid, match="stands below them"):
        await arrange.set_upline(office.actor, office.ids["p3"], circle)
    assert (await arrange.upline(office.actor, office.ids["p3"])).above == []


async def test_a_hold_keeps_a_commission_pending_until_it_is_lifted(office: Office) -> None:
    made = await office.sold()
    hold = await office.made.arrangements.hold(office.actor, HoldIn(accrual_id=made.id, reason="under review"))
    with pytest.raises(Conflict, match="hold"):
        await office.made.accruals.release(office.actor, made.id)
    await office.made.arrangements.lift(office.actor, hold.id)
    assert (await office.made.accruals.release(office.actor, made.id)).status == "released"
    assert (await office.made.accruals.release(office.actor, made.id)).version == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parties": [{"pool": "nobody"}]}, "no members"),
        ({"parties": [{"producer_id": uuid4()}]}, "no producer of this agency"),
        ({"policy": {"effective_at": EFFECTIVE.replace(year=2025)}}, "no commission plan was in force"),
    ],
)
async def test_what_cannot_be_decided_is_refused(office: Office, changes: dict[str, object], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        await office.sold(**changes)
    assert await office.counted("commission_accrual") == 0


async def test_a_producer_sees_the_own_lines_and_nobody_elses(office: Office) -> None:
    made = await office.sold("p1", "p2")
    other = await office.sold("p3")
    one = office.producer("p1")
    assert [share.payee_id for share in (await office.made.accruals.one(one, made.id)).shares] == [office.ids["p1"]] * 2
    assert [view.id for view in (await office.made.accruals.page(one)).items] == [made.id]
    explained = await office.made.explanations.of(one, made.id)
    assert {line.payee_id for line in explained.lines} == {office.ids["p1"]}
    assert explained.accrual.allowed_actions == []
    with pytest.raises(NotFound):
        await office.made.explanations.of(one, other.id)
    with pytest.raises(Forbidden):
        await office.made.accruals.accrue(office.producer("p1", *Scope), office.sale("p1"))
    partner = Actor(office.actor.agency_id, ActorKind.PARTNER, "key:x", frozenset(Scope), source="web")
    with pytest.raises(Forbidden):
        await office.made.accruals.page(partner)


async def test_another_agencys_commission_is_none(office: Office, other_actor: Actor) -> None:
    made = await office.sold()
    with pytest.raises(NotFound):
        await office.made.accruals.one(other_actor, made.id)
    assert (await office.made.accruals.page(other_actor)).items == []


async def test_plans_are_versions_that_what_was_earned_keeps(office: Office) -> None:
    before = await office.sold()
    await office.plan(on=date(2026, 1, 1), rates=[{"match": {}, "basis": {"kind": "flat", "minor": 50}, "house": "0"}])
    assert (await office.sold()).gross_minor == 50
    assert (await office.made.accruals.one(office.actor, before.id)).rule_version == 1
    assert (await office.made.explanations.of(office.actor, before.id)).agrees
    await office.plan(on=date(2026, 1, 1), rates=[{"match": {}, "basis": {"kind": "flat", "minor": 50}, "house": "0"}])
    assert len((await office.made.plans.versions(office.actor)).items) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rates": []}, "at least 1"), ({"rates": [{}]}, "Field required"), ({"overrides": ["x"]}, "valid decimal"),
        ({"overrides": ["2"]}, "less than or equal"), ({"least_payouts": 1}, "Extra inputs"),
        ({"contracts": [{"match": {}, "clause": {"kind": "return_premium"}, "advance": 3}]}, "no window"),
        ({"contracts": [{"match": {}, "clause": {"kind": "window", "full": 9, "months": 6}}]}, "is no window"),
        ({"rates": [{"match": {}, "basis": {"kind": "tiered", "brackets": [{"floor": 5, "rate": "0.1"}]}, "house": "0"}]},
         "cover every premium once"),
    ],
)  # fmt: skip
async def test_what_is_no_plan_is_refused(office: Office, change: dict[str, object], said: str) -> None:
    with pytest.raises((Invalid, ValidationError), match=said):
        await office.plan(**change)


async def test_the_sum_of_everything_is_nothing(office: Office) -> None:
    await office.released("p1", "p2", "p3")
    await office.reversed(return_premium_minor=33_333)
    async with office.services.database.begin(office.actor) as uow:
        assert await uow.session.scalar(text("SELECT sum(minor) FROM ledger_posting")) == 0
