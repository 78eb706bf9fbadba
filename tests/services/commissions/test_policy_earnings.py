"""What happens to policies earns commissions and brings them back: once, in order, to the cent; what no rule decides is held."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from domain.commissions.ledger import Account
from domain.policies.words import Reason
from kernel.clock import frozen, now
from kernel.errors import Conflict
from services.commissions.schemas import AccrualView, RecordChangeIn
from services.earning import EarningView
from services.policies.schemas import RenewalIn, RescindIn
from tests.services.commissions.conftest import EFFECTIVE, MakeOffice, Office
from tests.services.policies.book import Book, contents, glass, noon
from tests.services.policies.test_policies_ending import a_life


async def settle(office: Office) -> None:
    while await office.services.earning.work():
        pass


async def told(office: Office, *states: str) -> list[EarningView]:
    return (await office.services.earning.page(office.actor, states, limit=200)).items


async def earned(office: Office) -> list[AccrualView]:
    return (await office.made.accruals.page(office.actor, limit=200)).items[::-1]


def of(office: Office, *names: str) -> list[dict[str, Any]]:
    share = {1: "1", 2: "0.5"}[len(names)]
    return [{"producer_id": str(office.ids[one]), "role": "split", "share": share} for one in names]


def book_of(office: Office) -> Book:
    return Book(office.services, office.actor)


async def agrees(office: Office) -> None:
    for one in await earned(office):
        assert (await office.made.explanations.of(office.actor, one.id)).agrees


async def kept(office: Office, *names: str) -> int:
    await agrees(office)
    return sum([await office.owed(one) for one in names])


async def test_a_policy_earns_when_it_begins_with_every_change_and_gives_back_what_is_returned(office: Office) -> None:
    book = book_of(office)
    policy_id = await book.active(producers=of(office, "p1", "p2"))
    await settle(office)
    assert await kept(office, "p1", "p2") == 12_000  # 10 percent of 1,200.00
    with book.on("2026-03-01"):
        await book.endorse(policy_id, "2026-03-01", glass(36_500))
    await settle(office)
    written = (await book.see(policy_id)).written_minor
    assert written == 120_000 + 30_600  # 306 of 365 days
    assert await kept(office, "p1", "p2") == 15_060
    with book.on("2026-07-01"):
        await book.cancel(policy_id)
    await settle(office)
    after = (await book.see(policy_id)).written_minor
    assert after < written
    assert abs(await kept(office, "p1", "p2") - after / 10) <= 2  # a cent a commission
    with book.on("2026-07-02"):
        await book.pay(policy_id, 30_600)  # the endorsement was due since March
        await book.reinstate(policy_id, lapse=False, no_loss_stated_on=date(2026, 7, 2))
    await settle(office)
    assert (await book.see(policy_id)).written_minor == written
    assert await kept(office, "p1", "p2") == 15_060
    assert [one.kind for one in await told(office, "posted")] == ["activated", "endorsed", "cancelled", "reinstated"]
    assert await told(office, "held", "waiting") == []
    assert await office.balance(Account.HOUSE) == 0


async def test_t44_a_policys_taxes_and_fees_earn_nothing(office: Office) -> None:
    book = book_of(office)
    policy_id = await book.active(
        contents=contents(100_000), tax_rate="0.04", fees_minor=2_500, producers=of(office, "p1")
    )
    seen = await book.see(policy_id)
    assert (seen.written_minor, seen.taxes_minor, seen.fees_minor) == (100_000, 4_000, 2_500)
    await settle(office)
    assert await kept(office, "p1") == 10_000


async def test_a_policy_that_never_began_gives_everything_back(office: Office) -> None:
    """DOMAIN T52."""
    book = book_of(office)
    policy_id = await book.active(producers=of(office, "p1"))
    await settle(office)
    with book.on("2026-01-05"):
        await book.cancel(policy_id, day="2026-01-01")
    await settle(office)
    assert await kept(office, "p1") == 0


async def test_t52_what_was_rescinded_or_never_taken_leaves_no_commission(office: Office) -> None:
    book = book_of(office)
    rescinded = await book.active(producers=of(office, "p1"))
    await settle(office)
    assert await kept(office, "p1") == 12_000
    with book.on("2026-03-01"):
        body = RescindIn(reason=Reason.FRAUD, basis="the car never existed")
        await book.policies.ending.rescind(book.actor, rescinded, body, expected=None)
    with book.on("2026-01-01"):
        never = await book.draft(producers=of(office, "p1"))
        await book.policies.drafts.submit(book.actor, never, expected=None)
    with book.on("2026-01-05"):
        await book.policies.drafts.not_taken(book.actor, never, expected=None)
    await settle(office)
    assert [(await book.see(one)).status for one in (rescinded, never)] == ["rescinded", "not_taken"]
    assert await kept(office, "p1") == 0
    assert len(await earned(office)) == 1
    async with office.services.database.begin(office.actor) as uow:
        assert [one for one in await uow.ledger.standing() if one.minor] == []


async def test_a_renewal_earns_as_one_from_its_own_day(office: Office) -> None:
    book = book_of(office)
    policy_id = await book.active(producers=of(office, "p1"))
    with book.on("2026-12-01"):
        renewal_id = await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
    with book.on("2026-12-20"):
        await book.pay(renewal_id, (await book.see(renewal_id)).schedule[0].amount_minor)
    await settle(office)
    first, second = await earned(office)
    assert (first.term, first.gross_minor) == ("new", 12_000)
    assert (second.term, second.gross_minor, second.effective_on) == ("renewal", 14_400, date(2027, 1, 1))


async def test_cover_again_behind_a_gap_earns_on_what_is_written_anew(office: Office) -> None:
    book = book_of(office)
    policy_id = await book.active(producers=of(office, "p1"), frequency="monthly")
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-02-12")
    await book.tick("2026-02-12")
    await settle(office)
    assert await kept(office, "p1") == 1_381  # of 138.08
    with book.on("2026-02-20"):
        await book.pay(policy_id, 10_000)
        await book.reinstate(policy_id, lapse=True)
    await settle(office)
    written = (await book.see(policy_id)).written_minor
    assert written > 100_000
    assert abs(await kept(office, "p1") - written / 10) <= 1


async def test_a_flat_or_least_commission_is_not_earned_again_by_a_change(make_office: MakeOffice) -> None:
    office = await make_office()
    await office.plan(rates=[{"match": {}, "basis": {"kind": "flat", "minor": 4_000}, "house": "0"}])
    book = book_of(office)
    policy_id = await book.active(producers=of(office, "p1"))
    with book.on("2026-03-01"):
        await book.endorse(policy_id, "2026-03-01", glass(36_500))
    await settle(office)
    assert [one.gross_minor for one in await earned(office)] == [4_000, 0]
    assert await kept(office, "p1") == 4_000


async def test_t36_an_advance_comes_back_by_months_and_later_months_are_earned_as_they_are_paid(office: Office) -> None:
    book = book_of(office)
    contents = a_life()["contents"]
    contents["coverage"]["d"]["premium_minor"] = 12 * 6_800
    policy_id = await book.active(**a_life(contents=contents, producers=of(office, "p1")))
    await settle(office)
    assert await kept(office, "p1") == 61_200  # nine months of 68.00
    for month in (2, 3, 4):
        with book.on(date(2026, month, 1)):
            await book.pay(policy_id, 6_800)
    await settle(office)
    assert await kept(office, "p1") == 61_200
    with book.on("2026-05-03"):
        await book.notice(policy_id, "2026-05-03", "2026-07-02", action="lapse", sent="mail")
    await book.tick("2026-07-02")
    assert (await book.see(policy_id)).status == "lapsed"
    await settle(office)
    assert await kept(office, "p1") == 6 * 6_800  # six completed months on 2 July; cover went on in grace


async def test_months_behind_an_advance_are_earned_when_they_have_begun_and_are_paid(office: Office) -> None:
    book = book_of(office)
    contents = a_life()["contents"]
    contents["coverage"]["d"]["premium_minor"] = 100_003  # no whole month
    policy_id = await book.active(**a_life(contents=contents, frequency="full", producers=of(office, "p1")))
    await settle(office)
    assert await kept(office, "p1") == 9 * 8_333
    await book.tick("2027-01-02")
    with book.on("2027-01-02"):
        assert (await book.see(policy_id)).status == "expired"
        await settle(office)
    assert await kept(office, "p1") == 100_003
    assert [one.as_earned for one in await rows_of(office)] == [False, True, True, True]


async def rows_of(office: Office) -> list[Any]:
    async with office.services.database.begin(office.actor) as uow:
        return (await uow.commissions.page(payee_id=None, policy_key=None, before=None, at_most=50))[::-1]


async def test_without_a_plan_events_are_held_in_their_order_until_there_is_one(make_office: MakeOffice) -> None:
    office = await make_office()
    book = book_of(office)
    policy_id = await book.active(producers=of(office, "p1"))
    with book.on("2026-03-01"):
        await book.endorse(policy_id, "2026-03-01", glass(36_500))
    await settle(office)
    found = await told(office, "held")
    assert [(one.kind, one.code) for one in found][-2:] == [("activated", "invalid"), ("endorsed", "behind")]
    assert "no commission plan was in force" in str(found[-2].words)
    assert await earned(office) == []
    await office.plan()
    await settle(office)
    assert await told(office, "held") == []
    assert await kept(office, "p1") == 15_060


async def test_nobody_of_record_is_held_and_laid_aside_by_a_person(office: Office) -> None:
    book = book_of(office)
    await book.active()
    await settle(office)
    (held,) = await told(office, "held")
    assert "no producer of record" in str(held.words)
    assert (await office.services.earning.retry(office.actor)).woken == 1
    await settle(office)
    assert [one.event_id for one in await told(office, "held")] == [held.event_id]
    laid = await office.services.earning.dismiss(office.actor, held.event_id, "house business")
    assert (laid.state, laid.words) == ("dismissed", "house business")
    with pytest.raises(Conflict):
        await office.services.earning.dismiss(office.actor, held.event_id, "again")
    await settle(office)
    assert await earned(office) == []


async def test_a_sale_recorded_by_hand_does_not_earn_again(office: Office) -> None:
    book = book_of(office)
    policy_id = await book.active(producers=of(office, "p1"), number="PM-1")
    found = await book.see(policy_id)
    await office.sold(policy={"number": "PM-1", "carrier": found.carrier, "line": "auto", "state": "IL",
                              "effective_at": found.starts_at})  # fmt: skip
    await settle(office)
    assert [one.code for one in await told(office, "held")] == ["earned_elsewhere", "behind"]
    assert len(await earned(office)) == 1


async def test_many_workers_post_every_event_once_and_in_order(office: Office) -> None:
    book = book_of(office)
    policies = [await book.active(producers=of(office, "p1")) for _ in range(3)]
    with book.on("2026-03-01"):
        for one in policies:
            await book.endorse(one, "2026-03-01", glass(36_500))
            await book.cancel(one)

    async def worker() -> None:
        for _ in range(12):
            await office.services.earning.work()

    await asyncio.gather(*(worker() for _ in range(6)))
    await settle(office)
    assert len(await told(office, "posted")) == 9
    assert await told(office, "held", "waiting") == []
    assert len(await earned(office)) == 6
    left = sum([(await book.see(one)).written_minor for one in policies])
    assert abs(await kept(office, "p1") - left / 10) <= 6


async def test_t29_a_referrers_share_is_multiplied_by_the_tier_of_when_it_was_earned_and_a_sellers_by_none(
    office: Office,
) -> None:
    for name in ("p1", "p2"):
        await set_tier(office, name, "gold", "2025-12-31")
        await set_tier(office, name, "bronze", "2026-03-01")
    parties = [{"producer_id": office.ids["p1"], "role": "referrer"}, {"producer_id": office.ids["p2"]}]
    await office.sold(parties=parties)
    assert (await kept(office, "p1"), await kept(office, "p2")) == (5_500, 5_000)
    assert await office.balance(Account.BONUS) == 500  # the house pays what the tier adds
    await office.sold(parties=parties, policy={"number": "L-2", "effective_at": EFFECTIVE.replace(month=4)})
    await set_tier(office, "p1", "diamond", "2026-05-01")
    assert (await kept(office, "p1"), await kept(office, "p2")) == (10_500, 10_000)


async def test_t29_before_a_tier_was_known_there_is_none_and_a_referrers_share_is_no_successors(office: Office) -> None:
    await set_tier(office, "p1", "gold", "2026-02-02")
    await set_tier(office, "p2", "diamond", "2025-12-01")
    change = RecordChangeIn(
        policy_number="HO-00123", carrier="Acme", before_id=office.ids["p1"], after_id=office.ids["p2"],
        effective_on=date(2026, 1, 15), received_on=date(2026, 1, 2),
    )  # fmt: skip
    await office.made.arrangements.change_record(office.actor, change)
    await office.sold(
        parties=[{"producer_id": office.ids["p1"], "role": "referrer"}, {"producer_id": office.ids["p3"]}]
    )
    assert [await kept(office, one) for one in ("p1", "p2", "p3")] == [5_000, 0, 5_000]


async def set_tier(office: Office, name: str, tier: str, day: str) -> None:
    row = {"producer_id": str(office.ids[name]), "score": "1", "tier": tier, "connected": 0, "parts": {}}
    with frozen(noon(day)):
        async with office.services.database.begin(office.actor) as uow:
            await uow.effects.save([row], now())


async def test_t60_a_renewal_that_falls_with_the_term_before_it_leaves_no_commission(office: Office) -> None:
    book = book_of(office)
    policy_id = await book.active(producers=of(office, "p1"))
    with book.on("2026-12-01"):
        renewal_id = await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
        await book.pay(renewal_id, (await book.see(renewal_id)).schedule[0].amount_minor)
    await settle(office)
    assert await kept(office, "p1") == 26_400
    with book.on("2026-12-10"):
        await book.cancel(policy_id)
    await settle(office)
    first = (await book.see(policy_id)).written_minor
    assert (await book.see(renewal_id)).written_minor == 0
    assert abs(await kept(office, "p1") - first / 10) <= 1
    assert await told(office, "held", "waiting") == []
