"""What a referral pays (T23, T26, T29): a share of the sale's commission, by the referrer's tier, to whom it is credited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.commissions.ledger import Account
from domain.referral_law import Event
from kernel.clock import frozen, now
from kernel.errors import Conflict, Forbidden, Invalid
from services.commissions.schemas import FeeIn, PoolIn
from services.network.team_schemas import InvitationIn, PoolingIn, TeamIn
from services.policies.schemas import FromLeadIn
from tests.builders import a_licence
from tests.services.commissions.conftest import EFFECTIVE, Office
from tests.services.network.conftest import Circle, MakeCircle
from tests.services.policies.book import Book, a_policy, noon

BEGINS = now().date() + timedelta(days=18)
HALF = {"referrals": [{"match": {"terms": ["new"]}, "share": "0.5"}]}


async def an_office(circle: Circle, **plan: Any) -> Office:
    office = Office(circle.services, circle.actor, circle.who)
    await office.plan(**(plan or HALF))
    return office


async def a_tier(circle: Circle, name: str, tier: str) -> None:
    row = {"producer_id": str(circle.who[name]), "score": "500", "tier": tier, "connected": 0, "parts": {}}
    async with circle.services.database.begin(circle.actor) as uow:
        await uow.effects.save([row], now())


async def issued(circle: Circle, lead_id: UUID, seller: str) -> UUID:
    """The lead's policy at 1,200.00 a year, its first instalment paid; its commission is 120.00."""
    book = Book(circle.services, circle.actor)
    drafts, made = book.policies.drafts, FromLeadIn(carrier="Prairie Mutual", starts_on=BEGINS, type="auto.standard")
    policy_id = await drafts.from_lead(circle.actor, lead_id, made, key=None)
    producers = [{"producer_id": str(circle.who[seller]), "role": "writing", "share": "1"}]
    await drafts.revise(circle.actor, policy_id, a_policy(starts_on=BEGINS, producers=producers), expected=None)
    await drafts.submit(circle.actor, policy_id, expected=None)
    with frozen(noon(BEGINS)):
        await book.pay(policy_id, (await book.see(policy_id)).schedule[0].amount_minor)
    while await circle.services.earning.work():
        pass
    held = await circle.services.earning.page(circle.actor, ["held", "waiting"])
    assert held.items == []
    return policy_id


async def explained(office: Office) -> list[str]:
    """What each commission says of its lines; each agrees with the ledger."""
    said = []
    for one in (await office.made.accruals.page(office.actor, limit=200)).items:
        told = await office.made.explanations.of(office.actor, one.id)
        assert told.agrees
        said += [line.basis for line in told.lines]
    return said


async def test_t29_a_referrer_shares_in_the_sale_by_their_tier_and_the_house_pays_what_that_adds(
    circle: Circle,
) -> None:
    office = await an_office(circle)
    await a_tier(circle, "p1", "diamond")
    await a_tier(circle, "p2", "diamond")
    won = await circle.converted("p1", "p2")
    policy_id = await issued(circle, won.lead.id, "p2")
    assert (await office.owed("p1"), await office.owed("p2")) == (6_000 + 1_200, 6_000)
    assert await office.balance(Account.BONUS) == 1_200
    assert any("tier multiplier 1.2" in one for one in await explained(office))
    book = Book(circle.services, circle.actor)
    with frozen(noon(BEGINS + timedelta(days=76))):
        await book.cancel(policy_id)
    while await circle.services.earning.work():
        pass
    kept = (await book.see(policy_id)).written_minor // 20
    assert abs(await office.owed("p2") - kept) <= 1
    assert abs(await office.owed("p1") - kept * 6 // 5) <= 2, "the referrer gives back in the same proportion"
    await explained(office)


async def test_who_sold_without_a_referral_has_no_multiplier(circle: Circle) -> None:
    office = await an_office(circle)
    await a_tier(circle, "p2", "diamond")
    await office.sold(parties=[{"producer_id": circle.who["p2"]}])
    assert (await office.owed("p2"), await office.balance(Account.BONUS)) == (10_000, 0)


async def test_the_answer_does_not_wait_for_whoever_settles_referrals(circle: Circle) -> None:
    office = await an_office(circle)
    taken = await circle.accept(await circle.refer("p1", "p2"))
    change = circle.services.lead_status.change
    await change(circle.actor, taken.lead.id, "contact", reason=None, expected=None)
    await change(circle.actor, taken.lead.id, "win", reason="sold", expected=None)
    await issued(circle, taken.lead.id, "p2")
    assert (await office.owed("p1"), await office.owed("p2")) == (6_000, 6_000)


async def test_a_plan_that_gives_referrers_nothing_and_a_lead_that_nobody_referred(circle: Circle) -> None:
    office = await an_office(circle, tolerance=1)
    won = await circle.converted("p1", "p2")
    await issued(circle, won.lead.id, "p2")
    assert (await office.owed("p1"), await office.owed("p2")) == (0, 12_000)
    await office.plan(now().date(), **HALF)
    alone = await circle.lead("p3")
    await circle.services.lead_status.change(circle.actor, alone, "contact", reason=None, expected=None)
    await circle.services.lead_status.change(circle.actor, alone, "win", reason="sold", expected=None)
    await issued(circle, alone, "p3")
    assert await office.owed("p3") == 12_000


async def test_t23_without_a_licence_on_the_day_of_earning_nothing_accrues_and_the_seller_has_it(
    make_circle: MakeCircle,
) -> None:
    circle = await make_circle(
        {"p1": {"licences": [a_licence("IL", expires=(BEGINS - timedelta(days=1)).isoformat())]}}
    )
    office = await an_office(circle)
    won = await circle.converted("p1", "p2")
    await issued(circle, won.lead.id, "p2")
    assert (await office.owed("p1"), await office.owed("p2")) == (0, 12_000)
    assert await office.balance(Account.WITHHELD, "p1") == 0, "what the law forbids does not stand in the books either"
    (one,) = (await office.made.accruals.page(office.actor)).items
    assert one.referral_id == won.id
    (told,) = (await office.made.explanations.of(office.actor, one.id)).history
    assert (told.facts["referral"]["code"], told.facts["referral"]["share"]) == ("forbidden", "0")


async def test_a_fee_for_a_referral_is_paid_once_to_whom_it_is_credited_and_not_beside_a_share(circle: Circle) -> None:
    office = await an_office(circle)
    won = await circle.converted("p1", "p2")

    def fee(source: str, payee: str, trigger: Event) -> FeeIn:
        return FeeIn(
            source=source, referral_id=won.id, payee_id=circle.who[payee], line="auto", state="IL", on=EFFECTIVE.date(),
            amount_minor=5_000, trigger=trigger, of_client=False, every=True,
        )  # fmt: skip

    pay = office.made.fees.pay
    assert (await pay(office.actor, fee("referral:1", "p1", Event.REFERRED))).paid
    with pytest.raises(Conflict, match="paid another fee"):
        await pay(office.actor, fee("ref-1", "p1", Event.REFERRED))
    assert (await pay(office.actor, fee("referral:1", "p1", Event.REFERRED))).replayed
    assert await office.owed("p1") == 5_000
    with pytest.raises(Invalid, match="another producer is credited"):
        await pay(office.actor, fee("referral:1", "p3", Event.REFERRED))
    await issued(circle, won.lead.id, "p2")
    with pytest.raises(Invalid, match="a share of its commission"):
        await pay(office.actor, fee("referral:2", "p1", Event.CONVERTED))
    assert await office.owed("p1") == 5_000 + 6_000


@pytest.mark.parametrize("fee_first", [True, False])
async def test_a_sale_that_pays_a_fee_pays_no_share_and_one_without_a_share_may_pay_a_fee(
    circle: Circle, fee_first: bool
) -> None:
    office = await an_office(circle, **(HALF if fee_first else {"tolerance": 1}))
    won = await circle.converted("p1", "p2")
    fee = FeeIn(
        source="sale", referral_id=won.id, payee_id=circle.who["p1"], line="auto", state="IL", on=EFFECTIVE.date(),
        amount_minor=5_000, trigger=Event.CONVERTED, of_client=False, every=True,
    )  # fmt: skip
    if fee_first:
        assert (await office.made.fees.pay(office.actor, fee)).paid
    await issued(circle, won.lead.id, "p2")
    if not fee_first:
        assert (await office.made.fees.pay(office.actor, fee)).paid
    assert (await office.owed("p1"), await office.owed("p2")) == (5_000, 12_000)
    (one,) = (await office.made.accruals.page(office.actor)).items
    (told,) = (await office.made.explanations.of(office.actor, one.id)).history
    assert told.facts["referral"]["code"] == ("fee_paid" if fee_first else "no_share")


async def test_t32_a_team_that_pools_shares_by_who_is_in_it_on_the_day_of_earning(circle: Circle) -> None:
    office = await an_office(circle, tolerance=1)
    teaming, book = circle.services.brokers.teaming, Book(circle.services, circle.actor)
    team = await teaming.found(circle.producer("p1"), TeamIn(name="North", leader_id=None))

    async def join(name: str) -> None:
        invited = await teaming.invite(circle.producer("p1"), team.id, InvitationIn(producer_id=circle.who[name]))
        await teaming.answer(circle.producer(name), invited.id, accept=True)

    await join("p2")
    await join("p3")
    told = PoolingIn(pools=True, since=BEGINS)
    with pytest.raises(Forbidden):
        await teaming.pool(circle.producer("p1"), team.id, told, expected=None)
    past = PoolingIn(pools=True, since=now().date() - timedelta(days=1))
    with pytest.raises(Invalid, match="not past"):
        await teaming.pool(circle.actor, team.id, past, expected=None)
    view = await teaming.pool(circle.actor, team.id, told, expected=None)
    assert view.pooling is not None
    assert (view.pooling.pools, view.pooling.since) == (True, BEGINS)
    with frozen(noon(BEGINS + timedelta(days=1))):
        await teaming.remove(circle.producer("p3"), team.id, circle.who["p3"], expected=None)
        await join("p4")

    alone = await circle.lead("p2")
    for step in ("contact", "win"):
        await circle.services.lead_status.change(circle.actor, alone, step, reason="sold", expected=None)
    policy_id = await issued(circle, alone, "p2")
    owed = {name: await office.owed(name) for name in circle.who}
    assert owed == {"p1": 4_000, "p2": 4_000, "p3": 4_000, "p4": 0, "p5": 0}, "p3 was in it on the day, p4 was not"
    assert any(f"through the pool team:{team.id}" in one for one in await explained(office))

    with frozen(noon(BEGINS + timedelta(days=76))):
        await book.cancel(policy_id)
    while await circle.services.earning.work():
        pass
    kept = (await book.see(policy_id)).written_minor // 30
    for name in ("p1", "p2", "p3"):
        assert abs(await office.owed(name) - kept) <= 1, "who earned gives back, whoever is in the team by now"
    assert await office.owed("p4") == 0

    await teaming.pool(circle.actor, team.id, PoolingIn(pools=False, since=now().date()), expected=None)
    another = await circle.lead("p2")
    for step in ("contact", "win"):
        await circle.services.lead_status.change(circle.actor, another, step, reason="sold", expected=None)
    before = {name: await office.owed(name) for name in circle.who}
    await issued(circle, another, "p2")
    assert await office.owed("p2") - before["p2"] == 12_000
    assert await office.owed("p1") == before["p1"]


async def test_a_pool_of_no_team_is_refused_by_name(circle: Circle) -> None:
    office = await an_office(circle, tolerance=1)
    for pool in ("team:North", f"team:{circle.who['p1']}"):
        with pytest.raises(Invalid, match="pool"):
            await office.sold(parties=[{"pool": pool}])
    given = PoolIn.model_validate({"since": BEGINS, "members": [{"producer_id": circle.who["p1"], "weight": "1"}]})
    with pytest.raises(Invalid, match="is a team's"):
        await office.made.arrangements.set_pool(circle.actor, "team:mine", given)


async def test_a_referral_that_is_credited_with_nothing_pays_nothing(circle: Circle) -> None:
    office = await an_office(circle)
    asked = await circle.refer("p1", "p2")
    with pytest.raises(Invalid, match="not credited"):
        await office.sold("p2", referral_id=asked.id)
