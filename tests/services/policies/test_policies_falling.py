"""What an end of a term does to the term that renews it: T60, T62, T52."""

from datetime import date
from uuid import UUID

from domain.policies.words import Reason
from services.policies.schemas import RefundIn, RenewalIn, RescindIn
from tests.services.policies.book import Book
from tests.services.policies.test_policies_ending import a_life, code

NY = {"state": "NY", "zone": "America/New_York"}
NON_RENEWAL = {"action": "non_renewal", "reason": "other"}


async def offered(book: Book, policy_id: UUID, day: str = "2026-12-01") -> UUID:
    with book.on(day):
        return await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)


async def paid(book: Book, policy_id: UUID, day: str = "2026-12-01") -> UUID:
    renewal_id = await offered(book, policy_id, day)
    with book.on(day):
        await book.pay(renewal_id, (await book.see(renewal_id)).schedule[0].amount_minor)
    assert (await book.see(renewal_id)).status == "active"
    return renewal_id


async def fell(book: Book, renewal_id: UUID, reason: str, credit: int = 120_000) -> None:
    """Cancelled from its first day, everything to be given back, and its timeline says why."""
    with book.on("2027-01-02"):
        found = await book.see(renewal_id)
    assert (found.status, found.ended_on, found.ended_reason) == ("cancelled", found.starts_on, reason)
    assert (found.written_minor, found.cover, found.account.credit_minor) == (0, [], credit)
    last = (await book.policies.reading.timeline(book.actor, renewal_id)).items[-1]
    assert (last.kind, last.data["flat"], last.data["reason"]) == ("cancelled", True, reason)


async def test_t60_a_paid_renewal_falls_with_the_term_that_the_insured_cancels(book: Book) -> None:
    policy_id = await book.active()
    renewal_id = await paid(book, policy_id)
    with book.on("2026-12-10"):
        await book.cancel(policy_id, day="2026-12-10")
        await fell(book, renewal_id, "request")
        back = RefundIn(amount_minor=120_000, method="check")
        await book.policies.paying.refund(book.actor, renewal_id, back, key=None)
    await book.tick("2027-01-02")
    assert (await book.see(renewal_id)).covered_now is False


async def test_t60_a_paid_renewal_falls_with_a_rescission(book: Book) -> None:
    policy_id = await book.active()
    renewal_id = await paid(book, policy_id)
    body = RescindIn(reason=Reason.FRAUD, basis="the car never existed")
    with book.on("2026-12-10"):
        await book.policies.ending.rescind(book.actor, policy_id, body, expected=None)
    await fell(book, renewal_id, "fraud")


async def test_t60_a_paid_renewal_falls_with_a_lapse_by_the_clock(book: Book) -> None:
    policy_id = await book.active(**a_life())
    renewal_id = await paid(book, policy_id, "2026-02-10")
    with book.on("2026-02-10"):
        await book.notice(policy_id, "2026-02-10", "2026-04-03", action="lapse", sent="mail")
    await book.tick("2026-04-03")
    assert (await book.see(policy_id)).status == "lapsed"
    await fell(book, renewal_id, "nonpayment", 10_000)


async def test_t60_what_is_paid_in_part_is_not_taken_and_given_back(book: Book) -> None:
    policy_id = await book.active()
    renewal_id = await offered(book, policy_id)
    with book.on("2026-12-10"):
        await book.pay(renewal_id, 500)
        await book.cancel(policy_id, day="2026-12-10")
    with book.on("2026-12-11"):
        found = await book.see(renewal_id)
        assert (found.status, found.account.credit_minor) == ("not_taken", 500)
        assert await code(book.pay(renewal_id, 500)) == "policy_not_taken"


async def test_t60_where_the_renewal_covers_already_a_person_is_asked(book: Book) -> None:
    policy_id = await book.active(**a_life(state="TX", zone="America/Chicago"))
    renewal_id = await paid(book, policy_id)
    await book.tick("2027-01-02")
    body = RescindIn(reason=Reason.FRAUD, basis="the person never lived")
    with book.on("2027-01-05"):
        await book.policies.ending.rescind(book.actor, policy_id, body, expected=None)
        found = await book.see(renewal_id)
    assert (found.status, found.covered_now) == ("active", True)
    last = (await book.policies.reading.timeline(book.actor, renewal_id)).items[-1]
    assert (last.kind, last.data["code"]) == ("needs_a_person", "renewal_without_policy")
    assert "rescinded (fraud)" in last.data["words"]


async def test_t62_a_non_renewal_withdraws_the_open_offer_and_it_is_not_paid(book: Book) -> None:
    policy_id = await book.active(**NY, auto_renew=True)
    await book.tick("2026-11-10")
    async with book.services.database.begin(book.actor) as uow:
        renewal = await uow.policies.renewal_of(policy_id)
    assert renewal is not None
    with book.on("2026-11-12"):
        given = await book.notice(policy_id, "2026-11-12", "2027-01-01", **NON_RENEWAL)
        assert (await book.see(renewal.id)).status == "not_taken"
        assert await code(book.pay(renewal.id, 120_000)) == "policy_not_taken"
    with book.on("2026-11-13"):
        await book.policies.ending.withdraw_notice(book.actor, policy_id, given, "mended", expected=None)
    await book.tick("2026-11-13")  # what is to be renewed again is offered again, under the same number
    assert (await book.kinds(policy_id)).count("renewal_offered") == 2


async def test_t62_what_is_renewed_and_paid_is_not_non_renewed(book: Book) -> None:
    policy_id = await book.active(**NY)
    renewal_id = await paid(book, policy_id, "2026-11-10")
    with book.on("2026-11-12"):
        assert await code(book.notice(policy_id, "2026-11-12", "2027-01-01", **NON_RENEWAL)) == "renewed"
    assert (await book.see(policy_id)).notices == []
    assert (await book.see(renewal_id)).status == "active"


async def test_t61_what_is_in_force_again_is_renewed_again(book: Book) -> None:
    policy_id = await book.active(auto_renew=True)
    await book.tick("2026-11-17")
    async with book.services.database.begin(book.actor) as uow:
        renewal = await uow.policies.renewal_of(policy_id)
    assert renewal is not None
    with book.on("2026-11-20"):
        await book.pay(renewal.id, 120_000)
        await book.cancel(policy_id, day="2026-11-20")
    await fell(book, renewal.id, "request")
    with book.on("2026-11-25"):
        await book.reinstate(policy_id, lapse=False, no_loss_stated_on=date(2026, 11, 25))
    await book.tick("2026-11-25")
    async with book.services.database.begin(book.actor) as uow:
        again = await uow.policies.renewal_of(policy_id)
    assert again is not None
    assert (again.id != renewal.id, again.status, again.number) == (True, "pending_payment", renewal.number)
