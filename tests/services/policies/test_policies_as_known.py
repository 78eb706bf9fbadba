"""Two times of one question: what held at an instant, and what was known of it at another; money and schedule as cover (T57)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.actor import Actor, ActorKind
from domain.policies.asking.words import Intent
from kernel.errors import Conflict, NotFound
from kernel.ids import new_id
from services.container import Services
from services.policies.schemas import RenewalIn
from services.policies.views import AsOfView
from store.sql.repositories.policy_search import PolicyFilter
from tests.services.policies.book import Book, a_policy, glass, noon
from tools.policy_requests import RequestDeps, answers


async def seen(book: Book, policy_id: UUID, at: str, known: str) -> AsOfView:
    return await book.policies.reading.as_of(book.actor, policy_id, noon(at), noon(known))


async def test_the_account_is_told_by_the_payments_that_were_known(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-02-10"):
        payment = await book.pay(policy_id, 10_000, received_at=noon("2026-01-30"))
    with book.on("2026-03-05"):
        await book.policies.paying.reverse(book.actor, policy_id, payment, "returned")
    told = {
        known: (one.account.paid_minor, one.account.overdue)
        for known in ("2026-01-15", "2026-02-05", "2026-02-15", "2026-03-06")
        if (one := await seen(book, policy_id, "2026-02-05", known))
    }
    assert told == {
        "2026-01-15": (10_000, True),  # by what was known then, which is a forecast
        "2026-02-05": (10_000, True),
        "2026-02-15": (20_000, False),  # it had come on 30 January, as was known by then
        "2026-03-06": (20_000, False),  # it was taken back in March only
    }
    after = [
        (await seen(book, policy_id, "2026-03-06", known)).account.paid_minor for known in ("2026-03-04", "2026-03-06")
    ]
    assert after == [20_000, 10_000]


async def test_what_was_on_its_way_or_failed_is_not_paid(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-02-01"):
        coming = await book.pay(policy_id, 10_000, settled=False)
        failing = await book.pay(policy_id, 10_000, settled=False)
    with book.on("2026-02-04"):
        await book.policies.paying.settle(book.actor, policy_id, coming)
        await book.policies.paying.fail(book.actor, policy_id, failing, "no funds")
    paid = [
        (await seen(book, policy_id, "2026-02-10", known)).account.paid_minor for known in ("2026-02-02", "2026-02-05")
    ]
    assert paid == [10_000, 20_000]


async def test_the_schedule_is_the_one_that_stood_and_the_present_one_is_what_the_policy_shows(book: Book) -> None:
    policy_id = await book.active(frequency="quarterly")
    with book.on("2026-03-01"):
        await book.endorse(policy_id, "2026-03-01", glass(36_500))
    with book.on("2026-03-20"):
        before = await book.see(policy_id)
        await book.cancel(policy_id, day="2026-03-20")
    with book.on("2026-03-25"):
        ended = await book.see(policy_id)
        await book.pay(policy_id, 1)
        await book.reinstate(policy_id, lapse=True)
        again = await book.see(policy_id)
    first = await seen(book, policy_id, "2026-06-01", "2026-02-01")
    assert [one.amount_minor for one in first.schedule] == [30_000] * 4
    for known, then in (("2026-03-10", before), ("2026-03-22", ended), ("2026-03-26", again)):
        found = await seen(book, policy_id, known, known)
        assert found.schedule == then.schedule, known
        assert (
            found.account.billed_minor == then.account.billed_minor == sum(one.amount_minor for one in found.schedule)
        )
    assert (
        (await seen(book, policy_id, "2026-03-22", "2026-03-22")).account.credit_minor == ended.account.credit_minor > 0
    )


async def test_an_offer_shows_what_it_asks_for_and_a_draft_nothing(book: Book) -> None:
    with book.on("2026-01-01"):
        policy_id = await book.draft()
    with book.on("2026-01-02"):
        await book.policies.drafts.submit(book.actor, policy_id, expected=None)
    assert (await seen(book, policy_id, "2026-01-01", "2026-01-01")).schedule == []
    offered = await seen(book, policy_id, "2026-01-02", "2026-01-02")
    assert [one.amount_minor for one in offered.schedule] == [120_000]
    with book.on("2026-01-03"):
        await book.pay(policy_id, 120_000)
    assert (await seen(book, policy_id, "2026-01-02", "2026-01-02")).schedule == offered.schedule
    assert (await seen(book, policy_id, "2026-01-02", "2026-01-02")).account.paid_minor == 0


async def test_a_term_in_its_gap_is_not_listed_as_in_force(book: Book) -> None:
    gap, _ = await book.active(), await book.active()
    with book.on("2026-03-01"):
        await book.cancel(gap, day="2026-03-01")
    with book.on("2026-03-20"):
        await book.pay(gap, 1)
        await book.reinstate(gap, lapse=True)
    for day, listed in (("2026-02-20", 2), ("2026-03-10", 1), ("2026-03-25", 2)):
        wanted, reading = PolicyFilter(in_force_at=noon(day)), book.policies.reading
        assert len((await reading.page(book.actor, wanted, None, 10)).items) == listed, day
        assert await reading.count(book.actor, wanted) == listed
        assert (await reading.in_force(book.actor, noon(day), noon("2026-04-01"))).count == listed
        rows = [line async for line in book.policies.exporting.csv(book.actor, wanted)]
        assert len(rows) == 1 + listed


async def given_away(services: Services, book: Book, **changes: Any) -> tuple[Actor, Actor, UUID, UUID]:
    """A term of one producer, and the next one of another, as the agency decided."""
    one, other = (row.id for row in (await services.producers.records.page(book.actor, None, 2)).items)
    policy_id = await book.active(number="GA-1", producers=[{"producer_id": str(one), "share": "1"}], **changes)
    with book.on("2026-12-01"):
        renewal_id = await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
        await book.policies.drafts.reopen(book.actor, renewal_id, expected=None)
        body = a_policy(
            number="GA-1", starts_on=date(2027, 1, 1), producers=[{"producer_id": str(other), "share": "1"}], **changes
        )
        await book.policies.drafts.revise(book.actor, renewal_id, body, expected=None)
        await book.policies.drafts.submit(book.actor, renewal_id, expected=None)
    first, second = (
        replace(book.actor, kind=ActorKind.PRODUCER, subject=f"person:{each}", producer_id=each)
        for each in (one, other)
    )
    return first, second, policy_id, renewal_id


async def test_a_bill_is_explained_without_the_figure_of_a_term_that_is_anothers(
    services: Services, book: Book
) -> None:
    first, second, policy_id, renewal_id = await given_away(services, book)
    with pytest.raises(NotFound):
        await book.policies.reading.one(second, policy_id)
    deps = RequestDeps(services, second, None, renewal_id, new_id())
    (told,), figures = await answers(deps, (Intent.EXPLAIN_BILL,))
    assert "term before" not in told
    assert "changes" in figures
    whole = RequestDeps(services, book.actor, None, renewal_id, new_id())
    (said,), _ = await answers(whole, (Intent.EXPLAIN_BILL,))
    assert "The term before was written for 1200.00 USD." in said
    assert first.producer_id != second.producer_id


async def test_t60_an_end_reaches_the_next_term_whoever_is_of_record_of_it(services: Services, book: Book) -> None:
    first, _, policy_id, renewal_id = await given_away(services, book)
    one = Book(services, first)
    with book.on("2026-12-10"):
        await one.cancel(policy_id, day="2026-12-10")
        assert (await book.see(renewal_id)).status == "not_taken"


async def test_a_renewal_of_anothers_is_not_offered_twice(services: Services, book: Book) -> None:
    first, _, policy_id, _ = await given_away(services, book)
    with book.on("2026-12-10"):
        detail = await book.policies.reading.one(first, policy_id)
        assert detail.ends_on == date(2027, 1, 1)
        with pytest.raises(Conflict, match="renewed already"):
            await book.policies.renewing.offer(first, policy_id, RenewalIn(), expected=None, key=None)
