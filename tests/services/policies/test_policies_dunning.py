"""What an unpaid premium tells, when and how often: each instalment of itself, and a person in time that a notice is due."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from tests.services.policies.book import Book
from tests.services.policies.test_policies_ending import a_life


async def told(book: Book, policy_id: UUID, kind: str = "needs_a_person") -> list[dict[str, Any]]:
    events = (await book.policies.reading.timeline(book.actor, policy_id)).items
    return [one.data for one in events if one.kind == kind]


async def test_every_instalment_that_is_overdue_tells_of_itself_and_asks_for_its_notice_once(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    for month in range(2, 12):
        for _ in range(2):
            await book.tick(date(2026, month, 2))
    overdue, asked = await told(book, policy_id, "became_overdue"), await told(book, policy_id)
    assert [(one["instalment"], one["due_on"], one["amount_minor"]) for one in overdue] == [
        (month, f"2026-{month:02}-01", 10_000) for month in range(2, 12)
    ]
    assert [one["code"] for one in asked] == ["notice_due"] * 10
    first, last = asked[0], asked[-1]
    assert first["proposal"] == {
        "action": "cancellation", "reason": "nonpayment", "due_on": "2026-02-01", "mail_from": "2026-02-02",
        "mail_by": "2026-12-22", "ways": [{"sent": "mail_with_proof", "effective_on": "2026-02-12"}],
        "effective_on": "2026-02-12", "past_due_minor": 10_000, "to_pay_minor": 10_000, "recipients": [],
        "citation": "215 ILCS 5/143.15 and 143.14(a), P.A. 100-475 (ilga.gov)",
    }  # fmt: skip
    assert "overdue, 100.00 USD in all: a notice of cancellation is due, by mail with proof" in first["words"]
    assert last["proposal"]["past_due_minor"] == 100_000
    await book.tick("2026-12-15")
    assert [one["code"] for one in await told(book, policy_id)][-2:] == ["notice_due", "notice_due_soon"]
    with book.on("2026-12-22"):
        proposal = (await told(book, policy_id))[-1]["proposal"]
        await book.notice(policy_id, "2026-12-22", "2027-01-01")
    assert proposal["mail_by"] == "2026-12-22"


async def test_a_clock_that_comes_late_asks_once_for_all_that_is_overdue(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    await book.tick("2026-11-02")
    assert len(await told(book, policy_id, "became_overdue")) == 10
    (asked,) = await told(book, policy_id)
    assert (asked["code"], asked["proposal"]["past_due_minor"]) == ("notice_due", 100_000)


async def test_a_notice_that_stands_is_not_asked_for_and_one_that_was_paid_is_asked_for_anew(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    await book.tick("2026-02-02")
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-03-20")
    await book.tick("2026-03-02")
    assert len(await told(book, policy_id)) == 1
    with book.on("2026-03-03"):
        await book.pay(policy_id, 20_000)
    await book.tick("2026-04-02")
    assert [one["proposal"]["due_on"] for one in await told(book, policy_id)] == ["2026-02-01", "2026-04-01"]


async def test_a_payment_that_is_taken_back_asks_again(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-02-01"):
        paid = await book.pay(policy_id, 10_000)
    with book.on("2026-02-20"):
        await book.policies.paying.reverse(book.actor, policy_id, paid, "returned by the bank")
    await book.tick("2026-02-21")
    assert [one["code"] for one in await told(book, policy_id)] == ["notice_due", "notice_due"]
    await book.tick("2026-02-22")
    assert len(await told(book, policy_id)) == 2


async def test_where_no_rule_is_known_a_person_is_told_to_find_the_law(book: Book) -> None:
    for changes in (
        {"state": "GA", "zone": "America/New_York", "frequency": "monthly"},
        a_life(state="TX", zone="America/Chicago"),  # grace is known there, its notice is not
    ):
        policy_id = await book.active(**changes)
        await book.tick("2026-02-02")
        (asked,) = await told(book, policy_id)
        assert (asked["code"], asked["proposal"]) == ("no_notice_rule", None)
        assert "find the law" in asked["words"]


async def test_a_notice_of_lapse_is_asked_for_while_it_may_be_mailed_and_for_each_instalment_anew(book: Book) -> None:
    policy_id = await book.active(**a_life())
    days = [date(2026, 2, 2) + timedelta(days=number) for number in range(51)]
    for day in days:  # until 24 March
        await book.tick(day)
    asked = [(one["code"], one["effective_on"], one["proposal"]) for one in await told(book, policy_id)]
    assert [(kind, on, one["due_on"], one["mail_by"], one["effective_on"]) for kind, on, one in asked] == [
        ("notice_due", "2026-02-02", "2026-02-01", "2026-03-03", "2026-04-03"),
        ("notice_due_soon", "2026-02-24", "2026-02-01", "2026-03-03", "2026-04-03"),
        ("notice_due", "2026-03-02", "2026-02-01", "2026-03-03", "2026-04-03"),
        ("notice_due_soon", "2026-03-24", "2026-03-01", "2026-03-31", "2026-05-01"),
    ]
    assert asked[0][2]["recipients"] == ["assignee", "designee", "owner"]
    with book.on("2026-03-24"):
        await book.notice(policy_id, "2026-03-24", "2026-05-01", action="lapse", sent="mail")
        (notice,) = (await book.see(policy_id)).notices
    assert notice.due_on == date(2026, 3, 1)
    await book.tick("2026-04-30")
    assert (await book.see(policy_id)).status == "active"  # grace runs from the due date that the notice names
    await book.tick("2026-05-01")
    ended = await book.see(policy_id)
    assert (ended.status, ended.ended_on) == ("lapsed", date(2026, 5, 1))
