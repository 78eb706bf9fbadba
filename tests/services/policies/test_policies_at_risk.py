"""Policies at risk, by the commission at stake; each sign as services and payments leave it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind
from kernel.clock import frozen
from kernel.errors import Forbidden
from services.commissions.plan_schemas import PlanIn
from services.container import Services
from services.policies.schemas import RenewalIn
from services.retention import RiskList
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.policies.book import Book, noon, renewal_quote

PLAN = {
    "rates": [
        {"match": {"terms": ["renewal"]}, "basis": {"kind": "percent", "rate": "0.12"}, "house": "0"},
        {"match": {}, "basis": {"kind": "percent", "rate": "0.10"}, "house": "0"},
    ],
    "contracts": [{"match": {}, "clause": {"kind": "return_premium"}}],
}


async def radar(book: Book, day: str, actor: Actor | None = None) -> RiskList:
    with frozen(noon(day)):
        return await book.services.retention.at_risk(actor or book.actor)


@pytest.fixture
async def office(services: Services) -> Book:
    actor = await new_agency(services, [a_producer("p1"), a_producer("p2")])
    given = PlanIn.model_validate({"effective_on": "2026-01-01", "why": "for a test", "plan": PLAN})
    await services.commissions.plans.put(actor, given)
    return Book(services, actor)


async def test_policies_are_ranked_by_what_is_at_stake(office: Book) -> None:
    async with office.services.database.begin(office.actor) as uow:
        ids = await uow.agencies.ids_by_external()
    of = {name: [{"producer_id": str(ids[name]), "role": "writing", "share": "1"}] for name in ("p1", "p2")}
    small = await office.active(frequency="monthly", producers=of["p1"])
    large = await office.active(frequency="monthly", producers=of["p2"], tax_rate="0.01")
    calm = await office.active(producers=of["p1"])
    while await office.services.earning.work():
        pass
    with office.on("2026-02-03"):
        await office.notice(large, "2026-02-03", "2026-02-13")
    found = await radar(office, "2026-02-03")
    assert [one.policy_id for one in found.items] == [large, small]
    assert (found.watched, found.complete) == (2, True)
    first, second = found.items
    assert [one.code for one in first.reasons] == ["notice", "overdue", "first_term"]
    assert [one.code for one in second.reasons] == ["overdue", "first_term"]
    assert first.returned_minor == 10_915  # 12,000 less 33 of 365 days
    assert first.renewal_minor == 14_400
    assert first.risk == "0.84"  # 1 - .3 x .6 x .9
    assert first.at_stake_minor == round((10_915 + 14_400) * 0.838)
    own = replace(
        office.actor, kind=ActorKind.PRODUCER, subject="person:p1", producer_id=ids["p1"], scopes=SCOPES[Role.PRODUCER]
    )
    theirs = await radar(office, "2026-02-03", own)
    assert [(one.policy_id, one.at_stake_minor, one.returned_minor) for one in theirs.items] == [(small, None, None)]
    nobody = replace(own, scopes=frozenset())
    with pytest.raises(Forbidden):
        await radar(office, "2026-02-03", nobody)
    with office.on("2026-02-04"):
        await office.pay(large, 20_000)
    assert [one.policy_id for one in (await radar(office, "2026-02-04")).items] == [small]
    assert calm not in {one.policy_id for one in found.items}


async def test_ends_that_draw_near_and_payments_that_fail_are_signs(office: Book) -> None:
    policy_id = await office.active()
    assert (await radar(office, "2026-10-01")).items == []
    (late,) = (await radar(office, "2026-12-10")).items
    assert [one.code for one in late.reasons] == ["no_renewal_offered", "first_term"]
    with office.on("2026-11-20"):
        await office.policies.renewing.offer(office.actor, policy_id, RenewalIn(), expected=None, key=None)
    (expiring,) = (await radar(office, "2026-12-10")).items
    assert [one.code for one in expiring.reasons] == ["first_term", "as_expiring"]
    with office.on("2026-11-20"):
        await renewal_quote(office, policy_id, premiums={"bi": 120_000})
    assert (await radar(office, "2026-12-10")).items == [], "the carrier asks the same"
    with office.on("2026-12-01"):
        hangs = await office.pay(policy_id, 5_000, settled=False)
        await office.policies.paying.fail(office.actor, policy_id, hangs, "no funds")
    (failed,) = (await radar(office, "2026-12-10")).items
    assert [one.code for one in failed.reasons] == ["payments_failed", "first_term"]
    assert failed.ends_on == date(2027, 1, 1)


async def test_a_policy_asked_to_end_is_first_and_one_that_ended_is_none(office: Book) -> None:
    policy_id = await office.active()
    with office.on("2026-03-01"):
        await office.cancel(policy_id, day="2026-03-20")
    (found,) = (await radar(office, "2026-03-02")).items
    assert [one.code for one in found.reasons] == ["asked_to_end", "first_term"]
    await office.tick("2026-03-20")
    assert (await radar(office, "2026-03-21")).items == []
