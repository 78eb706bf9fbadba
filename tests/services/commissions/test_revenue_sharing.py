"""The house's income of a month is shared once, to the cent, with who held the tier and may be paid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from domain.commissions.ledger import Account
from domain.network.tiers import Benefit, Tier
from kernel.clock import frozen, now
from kernel.errors import Forbidden, Invalid, NotFound
from services.commissions.schemas import ReversalKind
from services.commissions.sharing_schemas import RevenueTermsIn, SharedMonths, ShareRevenueIn
from services.network.schemas import TierCard
from tests.services.commissions.conftest import RATES, MakeOffice, Office, ended
from tests.services.commissions.test_policy_earnings import set_tier
from tests.services.policies.book import noon

HALF = [one | {"house": "0.5"} for one in RATES]


@contextmanager
def on(day: str) -> Iterator[None]:
    with frozen(noon(day)):
        yield


async def shares(office: Office, basis_points: int = 1_000, since: date = date(2026, 1, 1)) -> None:
    await office.made.sharing.put(
        office.actor, RevenueTermsIn(effective_on=since, basis_points=basis_points, why="a test")
    )


async def share(office: Office, month: str = "2026-02", day: str = "2026-03-02", *, dry: bool = False) -> SharedMonths:
    with on(day):
        return await office.made.sharing.share(office.actor, ShareRevenueIn(month=month, dry_run=dry))


@pytest.fixture
async def house(make_office: MakeOffice) -> Office:
    """Three in diamond at the end of February, of whom one was not licensed then; the house keeps half of 100.01."""
    office = await make_office(p3=ended("2026-02-20"))
    await office.plan(rates=HALF)
    for name in ("p1", "p2", "p3"):
        await set_tier(office, name, "diamond", "2026-02-10")
    await set_tier(office, "p4", "platinum", "2026-02-10")
    with on("2026-02-15"):
        await office.sold("p4", premium=100_010, parties=[{"producer_id": office.ids["p4"], "multiplier": "1"}])
    return office


async def test_a_month_is_shared_once_in_equal_shares_and_explained(house: Office) -> None:
    await shares(house)
    tried = await share(house, dry=True)
    assert (tried.items[0].id, tried.items[0].shared_minor) == (None, 500)
    assert await house.balance(Account.SHARING) == 0
    (made,) = (await share(house)).items
    assert (made.income_minor, made.pool_minor, made.shared_minor, made.replayed) == (5_000, 500, 500, False)
    assert {(house_name(house, one.payee_id), one.minor, one.code) for one in made.lines} == {
        ("p1", 250, "permitted"), ("p2", 250, "permitted"), ("p3", 0, "licence_ended"),
    }  # fmt: skip
    batches = await house.counted("ledger_batch")
    (again,) = (await share(house)).items
    assert (again.id, again.replayed, await house.counted("ledger_batch")) == (made.id, True, batches)
    await shares(house, 0)
    (again,) = (await share(house)).items
    assert (again.id, again.shared_minor) == (made.id, 500), "what was shared keeps its terms"
    assert [await house.balance(Account.PAYABLE, one) for one in ("p1", "p2", "p3", "p4")] == [-250, -250, 0, 0]
    assert await house.balance(Account.SHARING) == 500
    assert made.id is not None
    told = await house.made.sharing.explain(house.actor, made.id)
    assert told.agrees
    assert "50.00 USD in 2026-02" in told.sentences[0]
    statement = await house.made.reports.statement(house.actor, house.ids["p1"], "2026-03", "USD")
    assert [(one.happening, one.amount_minor, one.line) for one in statement.entries] == [
        ("shared", 250, "sharing:2026-02")
    ]
    assert "revenue sharing of 2026-02" in statement.entries[0].why


def house_name(office: Office, payee: Any) -> str:
    return next(name for name, one in office.ids.items() if one == payee)


async def test_the_tier_is_that_of_the_months_last_instant(house: Office) -> None:
    await shares(house)
    await set_tier(house, "p2", "gold", "2026-02-28")
    await set_tier(house, "p4", "diamond", "2026-03-01")
    (made,) = (await share(house)).items
    assert {house_name(house, one.payee_id): one.minor for one in made.lines} == {"p1": 500, "p3": 0}


async def test_a_producer_sees_the_own_lines_and_no_income(house: Office) -> None:
    await shares(house)
    (made,) = (await share(house)).items
    assert made.id is not None
    own = await house.made.sharing.explain(house.producer("p1"), made.id)
    assert (own.shared_minor, own.income_minor, own.pool_minor, own.sentences) == (250, None, None, [])
    assert {one.payee_id for one in own.lines} == {house.ids["p1"]}
    with pytest.raises(NotFound):
        await house.made.sharing.explain(house.producer("p3"), made.id)
    with pytest.raises(Forbidden):
        await house.made.sharing.share(house.producer("p1"), ShareRevenueIn(month="2026-02"))


async def test_what_comes_back_reduces_the_month_in_which_it_does_and_never_below_zero(house: Office) -> None:
    await shares(house)
    await share(house)
    with on("2026-03-10"):
        await house.reversed(ReversalKind.FLAT)
    (march,) = (await share(house, "2026-03", "2026-04-02")).items
    assert (march.id, march.income_minor, march.pool_minor, march.shared_minor) == (None, -5_000, 0, 0)
    assert await house.balance(Account.SHARING) == 500, "what was shared stays shared"
    with on("2026-04-10"):
        await house.sold("p4", premium=100_000, parties=[{"producer_id": house.ids["p4"], "multiplier": "1.2"}])
    with on("2026-04-11"):
        await house.sold("p4", policy={"line": "auto", "state": "TX"}, premium=20_000)
    (april,) = (await share(house, "2026-04", "2026-05-02")).items
    # of the Texas part nobody has read the law, so it stays with the house; what the house gives of it counts
    assert {(one.state, one.code) for one in april.lines if one.minor} == {("FL", "permitted")}
    assert {one.code for one in april.lines if one.state == "TX"} <= {"no_rule", "licence_missing"}
    assert april.income_minor == 5_000 - 1_000 + 1_000
    assert april.shared_minor < (april.pool_minor or 0)


async def test_a_month_that_is_not_over_and_terms_that_share_nothing(house: Office) -> None:
    assert (await share(house)).items == []
    await shares(house, 0)
    assert (await share(house)).items == []
    await shares(house, 500, date(2026, 3, 1))
    assert (await share(house)).items == [], "the terms of the month's last day"
    with pytest.raises(Invalid) as refused:
        await share(house, "2026-03", "2026-03-31")
    assert refused.value.fields[0].field == "month"


async def test_the_benefit_is_applied_where_the_terms_share(house: Office) -> None:
    assert not await applied(house, Benefit.REVENUE_SHARING)
    await shares(house, since=date(2020, 1, 1))
    assert await applied(house, Benefit.REVENUE_SHARING)
    await shares(house, 0, date(2020, 1, 1))
    assert not await applied(house, Benefit.REVENUE_SHARING)


async def applied(office: Office, benefit: Benefit) -> bool:
    return {one.benefit: one.applied for one in (await card_of(office)).benefits}[benefit]


async def card_of(office: Office) -> TierCard:
    """The tier card of somebody in diamond."""
    standing, who = office.services.brokers.standing, office.ids["p1"]
    await standing.tier(office.actor, who)  # counted, so that it is not counted again
    row = {"producer_id": str(who), "score": "600", "tier": "diamond", "connected": 0, "parts": {}}
    async with office.services.database.begin(office.actor) as uow:
        await uow.effects.save([row], now())
    card = await standing.tier(office.actor, who)
    assert card.tier is Tier.DIAMOND
    return card
