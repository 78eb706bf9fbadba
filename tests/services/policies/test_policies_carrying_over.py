"""A change of a term reaches the term that was offered to follow it, and a draft to follow it is not forgotten: T60, T64."""

from datetime import date
from typing import Any
from uuid import UUID

from services.policies.schemas import ContentsIn, RenewalIn
from tests.services.policies.book import Book, contents, glass
from tests.services.policies.test_policies_falling import offered, paid


async def told(book: Book, policy_id: UUID, kind: str) -> list[dict[str, Any]]:
    events = (await book.policies.reading.timeline(book.actor, policy_id)).items
    return [one.data for one in events if one.kind == kind]


async def test_an_offer_of_which_nothing_is_paid_is_made_anew_with_the_change(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    renewal_id = await offered(book, policy_id)
    with book.on("2026-12-05"):
        await book.endorse(policy_id, "2026-12-05", glass(24_000))
        found, now = await book.see(renewal_id), await book.see(policy_id)
    assert (found.status, found.price_minor, now.price_minor) == ("pending_payment", 144_000, 144_000)
    assert found.contents["coverage"]["glass"]["premium_minor"] == 24_000
    assert [one.amount_minor for one in found.schedule] == [12_000] * 12
    (why,) = await told(book, renewal_id, "revised")
    assert (why["code"], why["endorsement_id"]) == ("endorsed", str(now.endorsements[0].id))
    assert [one["renewal_id"] for one in await told(book, policy_id, "renewal_offered")] == [str(renewal_id)] * 2
    with book.on("2026-12-20"):
        await book.pay(renewal_id, 12_000)
    assert (await book.see(renewal_id)).written_minor == 144_000


async def test_where_the_renewal_is_paid_a_person_is_asked(book: Book) -> None:
    policy_id = await book.active()
    renewal_id = await paid(book, policy_id)
    with book.on("2026-12-05"):
        await book.endorse(policy_id, "2026-12-05", glass(24_000))
    assert (await book.see(renewal_id)).price_minor == 120_000
    assert [one["code"] for one in await told(book, renewal_id, "needs_a_person")] == ["renewal_without_change"]


async def test_where_money_is_on_its_way_a_person_is_asked(book: Book) -> None:
    policy_id = await book.active()
    renewal_id = await offered(book, policy_id)
    with book.on("2026-12-05"):
        await book.pay(renewal_id, 120_000, settled=False)
        await book.endorse(policy_id, "2026-12-05", glass(24_000))
    assert [one["code"] for one in await told(book, renewal_id, "needs_a_person")] == ["renewal_without_change"]


async def test_where_the_offer_does_not_take_the_change_a_person_is_asked(book: Book) -> None:
    policy_id = await book.active()
    other = ContentsIn.model_validate(contents(coverage={**contents()["coverage"], "glass": glass(20_000)["value"]}))
    with book.on("2026-12-01"):
        renewal_id = await book.policies.renewing.offer(
            book.actor, policy_id, RenewalIn(contents=other), expected=None, key=None
        )
    with book.on("2026-12-05"):
        await book.endorse(policy_id, "2026-12-05", glass(24_000))
    assert (await book.see(renewal_id)).status == "pending_payment"
    assert [one["code"] for one in await told(book, renewal_id, "needs_a_person")] == ["renewal_without_change"]


async def test_a_renewal_at_the_desk_takes_the_change_too(book: Book) -> None:
    policy_id = await book.active()
    renewal_id = await offered(book, policy_id, "2026-11-20")
    with book.on("2026-11-21"):
        await book.policies.drafts.reopen(book.actor, renewal_id, expected=None)
        await book.endorse(policy_id, "2026-11-21", glass(24_000))
    found = await book.see(renewal_id)
    assert (found.status, found.price_minor) == ("pending_payment", 144_000)


async def test_t64_a_renewal_that_went_back_to_the_desk_is_not_forgotten(book: Book) -> None:
    policy_id = await book.active()
    renewal_id = await offered(book, policy_id, "2026-11-17")
    with book.on("2026-11-18"):
        await book.policies.drafts.reopen(book.actor, renewal_id, expected=None)
    await book.tick("2026-12-01")
    assert await told(book, renewal_id, "needs_a_person") == []
    await book.tick("2026-12-02")  # thirty days before
    await book.tick("2026-12-20")
    assert [one["code"] for one in await told(book, renewal_id, "needs_a_person")] == ["renewal_is_draft"]
    await book.tick("2027-01-01")
    assert (await book.see(policy_id)).status == "expired"
    words = [one["words"] for one in await told(book, renewal_id, "needs_a_person")]
    assert ["ends on 2027-01-01" in words[0], "has ended" in words[1]] == [True, True]


async def test_t64_a_renewal_that_was_never_complete_is_not_forgotten(book: Book) -> None:
    policy_id = await book.active()
    bare = ContentsIn.model_validate(contents(object={}))
    with book.on("2026-12-10"):
        renewal_id = await book.policies.renewing.offer(
            book.actor, policy_id, RenewalIn(contents=bare), expected=None, key=None
        )
        assert (await book.see(renewal_id)).status == "draft"
    await book.tick("2026-12-11")
    assert [one["code"] for one in await told(book, renewal_id, "needs_a_person")] == ["renewal_is_draft"]


async def test_t55_every_term_of_a_policy_of_the_31st_is_paid_by_the_month(book: Book) -> None:
    policy_id = await book.active(starts_on=date(2025, 8, 31), months=6, frequency="monthly")
    dues = []
    for offered_on, paid_on in (("2026-01-20", "2026-02-28"), ("2026-07-20", "2026-08-31")):
        with book.on(offered_on):
            policy_id = await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
        seen = await book.see(policy_id)
        assert seen.status == "pending_payment"
        dues.append([one.due_on.isoformat() for one in seen.schedule])
        with book.on(paid_on):
            await book.pay(policy_id, seen.schedule[0].amount_minor)
    assert dues[0] == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31"]
    assert dues[1] == ["2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31", "2027-01-31"]
