"""What is to be paid before cover is taken up again, and by which schedule it goes on: T61."""

from datetime import date
from uuid import UUID

import pytest

from kernel.errors import AppError
from services.policies.schemas import RefundIn
from services.policies.views import ReinstateQuote
from tests.services.policies.book import Book, glass, noon
from tests.services.policies.test_policies_ending import code

NO_LOSS = {"no_loss_stated_on": date(2026, 3, 10)}


async def quoted(book: Book, policy_id: UUID, *, lapse: bool) -> ReinstateQuote:
    return await book.policies.reading.quote_reinstate(book.actor, policy_id, lapse=lapse)


async def cancelled(book: Book, **changes: object) -> UUID:
    """Monthly 100.00, the first paid; cancelled for the second on 12 February."""
    policy_id = await book.active(frequency="monthly", **changes)
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-02-12")
    await book.tick("2026-02-12")
    assert (await book.see(policy_id)).status == "cancelled"
    return policy_id


async def test_t61_without_a_lapse_the_schedule_before_the_end_stands_and_what_is_due_by_it_is_paid_first(
    book: Book,
) -> None:
    policy_id = await cancelled(book)
    with book.on("2026-03-10"):
        await book.pay(policy_id, 3_808)
        assert (await quoted(book, policy_id, lapse=False)).to_pay_minor == 30_000 - 13_808
        with pytest.raises(AppError, match="16192 minor units") as refused:
            await book.reinstate(policy_id, lapse=False, **NO_LOSS)
        assert refused.value.code == "overdue"
        await book.pay(policy_id, 16_192)
        await book.reinstate(policy_id, lapse=False, **NO_LOSS)
        found = await book.see(policy_id)
    assert [one.amount_minor for one in found.schedule] == [10_000] * 12
    assert (found.account.overdue, found.account.unpaid and found.account.unpaid.due_on) == (False, date(2026, 4, 1))


async def test_t61_an_endorsement_before_the_end_is_in_the_schedule_that_stands_again(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-01-20"):
        await book.endorse(policy_id, "2026-02-01", glass(12_000))
        before = (await book.see(policy_id)).schedule
    with book.on("2026-02-20"):
        await book.cancel(policy_id, day="2026-02-20")
        assert (await book.see(policy_id)).schedule != before
        await book.pay(policy_id, (await quoted(book, policy_id, lapse=False)).to_pay_minor)
        await book.reinstate(policy_id, lapse=False, no_loss_stated_on=date(2026, 2, 20))
        assert (await book.see(policy_id)).schedule == before


async def test_t61_with_a_lapse_a_cent_does_not_begin_cover_again(book: Book) -> None:
    policy_id = await book.active(frequency="monthly", pay=120_000)
    with book.on("2026-02-12"):
        await book.cancel(policy_id, day="2026-02-12")
        credit = (await book.see(policy_id)).account.credit_minor
        back = RefundIn(amount_minor=credit, method="check")
        await book.policies.paying.refund(book.actor, policy_id, back, key=None)
    with book.on("2026-03-02"):
        await book.pay(policy_id, 1)
        assert await code(book.reinstate(policy_id, lapse=True)) == "overdue"
        quote = await quoted(book, policy_id, lapse=True)
        # 18 of 365 days are not charged: 17 of February's 28, and one of March's
        assert (quote.billed_minor, quote.to_pay_minor) == (120_000 - 5_918, 30_000 - 5_918 - 13_809)
        await book.pay(policy_id, quote.to_pay_minor)
    with book.on("2026-03-05"):
        await book.reinstate(policy_id, lapse=True)
        found = await book.see(policy_id)
    assert found.cover[1].opens_at == noon("2026-03-02")
    amounts = [one.amount_minor for one in found.schedule]
    assert (sum(amounts), amounts[0], amounts[3:]) == (114_082, 10_000, [10_000] * 9)
    assert found.account.overdue is False


async def test_t61_cover_begins_with_the_payment_that_settles_what_is_due(book: Book) -> None:
    policy_id = await cancelled(book)
    with book.on("2026-02-14"):
        await book.pay(policy_id, 5_000)
    with book.on("2026-02-20"):
        await book.pay(policy_id, 5_000)
    with book.on("2026-02-25"):
        await book.pay(policy_id, 10)
        await book.reinstate(policy_id, lapse=True)
        assert (await book.see(policy_id)).cover[1].opens_at == noon("2026-02-20")


async def test_a_quote_is_for_what_was_ended(book: Book) -> None:
    policy_id = await book.active()
    assert await code(quoted(book, policy_id, lapse=False)) == "policy_active"
