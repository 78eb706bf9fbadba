"""What a renewal is offered at: the carrier's quote, or the expiring price and it says so; in time where a law was read (T64)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.policies.letters.letter import LetterKind
from kernel.errors import Conflict, Forbidden
from services.policies.schemas import ContentsIn, RenewalIn, RenewalQuoteIn
from tests.services.policies.book import Book, contents, glass, renewal_quote
from tests.services.policies.test_policies_carrying_over import told
from tests.services.policies.test_policies_ending import code
from tests.services.policies.test_policies_falling import offered, paid
from tests.services.policies.test_policy_letters import read

DEARER = {"bi": 132_000, "pd": 1_000}


async def renewal_of(book: Book, policy_id: UUID) -> UUID:
    return UUID((await told(book, policy_id, "renewal_offered"))[-1]["renewal_id"])


async def test_an_automatic_renewal_without_a_quote_says_that_it_is_as_expiring(book: Book) -> None:
    policy_id = await book.active(auto_renew=True)
    await book.tick("2026-11-17")
    (event,) = await told(book, policy_id, "renewal_offered")
    assert (event["basis"], event["price_before_minor"], event["price_after_minor"]) == (
        "as_expiring",
        120_000,
        120_000,
    )
    assert (event["changes"], event["reasons"]) == ([], [{"code": "as_expiring", "amount_minor": 0}])
    offer = (await book.see(UUID(event["renewal_id"]))).offer
    assert offer is not None
    assert [one.code for one in offer.reasons] == ["as_expiring"]
    with book.on("2026-11-18"):
        said = await read(book, policy_id, "renewal_offer")
    assert "It is offered as it is now: the insurer has given no other price yet." in said


async def test_an_automatic_renewal_takes_the_carriers_quote(book: Book) -> None:
    policy_id = await book.active(auto_renew=True, tax_rate="0.03", fees_minor=2_500)
    with book.on("2026-10-20"):
        kept = await renewal_quote(book, policy_id, premiums=DEARER, reasons=["Rates for the county rose."])
    assert kept.renewal_quote is not None
    assert (kept.renewal_quote.reference, kept.renewal_quote.by) == ("PM renewal 8", "person:mia")
    (quoted,) = await told(book, policy_id, "renewal_quoted")
    assert (quoted["price_before_minor"], quoted["price_after_minor"]) == (120_000, 133_000)
    await book.tick("2026-11-17")
    (event,) = await told(book, policy_id, "renewal_offered")
    assert event["basis"] == "carrier_quote"
    assert (event["total_before_minor"], event["total_after_minor"]) == (
        120_000 + 3_600 + 2_500,
        133_000 + 3_990 + 2_500,
    )
    assert [(one["what"], one["field"], one["before"], one["after"]) for one in event["changes"]] == [
        ("bodily_injury", "premium_minor", 120_000, 132_000), ("property_damage", "premium_minor", 0, 1_000),
    ]  # fmt: skip
    assert [(one["code"], one["amount_minor"]) for one in event["reasons"]] == [
        ("coverage", 12_000), ("coverage", 1_000), ("taxes", 390),
    ]  # fmt: skip
    assert not [one for one in ("county", "PM renewal 8") if one in str(event)], "words are not for the bus"
    renewal = await book.see(await renewal_of(book, policy_id))
    assert (renewal.status, renewal.price_minor) == ("pending_payment", 133_000)
    with book.on("2026-11-18"):
        said = await read(book, policy_id, "renewal_offer")
    for words in (
        "Premium of the next term 1,330.00 USD", "Premium of this term 1,200.00 USD", "130.00 USD more than",
        "It is the price that the insurer quotes (PM renewal 8).", "premium 1,200.00 USD before, 1,320.00 USD after",
        "total 1,261.00 USD 133.90 USD 1,394.90 USD", "The insurer says: Rates for the county rose.",
    ):  # fmt: skip
        assert words in said, (words, said)


async def test_a_quote_that_comes_after_the_offer_replaces_it_while_nothing_is_paid(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    renewal_id = await offered(book, policy_id)
    with book.on("2026-12-02"):
        first = (await told(book, policy_id, "renewal_offered"))[0]
        await renewal_quote(book, policy_id, premiums={"bi": 144_000})
        found = await book.see(renewal_id)
        assert (found.status, found.price_minor) == ("pending_payment", 144_000)
        assert [one.amount_minor for one in found.schedule] == [12_000] * 12
        last = (await told(book, policy_id, "renewal_offered"))[-1]
        assert (first["basis"], last["basis"], last["price_after_minor"]) == ("as_expiring", "carrier_quote", 144_000)
        events = (await book.policies.reading.timeline(book.actor, policy_id)).items
        old = next(one for one in events if one.kind == "renewal_offered")
        write = book.policies.letters.write(book.actor, policy_id, LetterKind.RENEWAL_OFFER, event_id=old.id)
        assert await code(write) == "offer_replaced"
        await book.pay(renewal_id, 12_000)
        assert await code(renewal_quote(book, policy_id, premiums={"bi": 150_000})) == "renewal_paid"
    assert (await book.see(renewal_id)).written_minor == 144_000


async def test_a_quote_for_another_length_makes_another_term(book: Book) -> None:
    policy_id = await book.active()
    renewal_id = await offered(book, policy_id)
    with book.on("2026-12-02"):
        await renewal_quote(book, policy_id, premiums={"bi": 66_000}, months=6)
        found = await book.see(renewal_id)
    assert (found.ends_on, found.price_minor) == (date(2027, 7, 1), 66_000)
    assert found.offer is not None
    assert (found.offer.before.months, found.offer.after.months) == (12, 6)


async def test_money_on_its_way_keeps_the_offer_as_it_is(book: Book) -> None:
    policy_id = await book.active()
    renewal_id = await offered(book, policy_id)
    with book.on("2026-12-02"):
        await book.pay(renewal_id, 120_000, settled=False)
        assert await code(renewal_quote(book, policy_id, premiums=DEARER)) == "renewal_paid"
    assert (await book.see(policy_id)).renewal_quote is None, "what is refused is not kept"


@pytest.mark.parametrize("why", ["renewal_quote_expired", "renewal_quote_outdated"])
async def test_a_quote_that_is_not_good_any_more_asks_a_person(book: Book, why: str) -> None:
    policy_id = await book.active(auto_renew=True)
    with book.on("2026-10-20"):
        until = "2026-11-01" if why == "renewal_quote_expired" else "2027-01-01"
        await renewal_quote(book, policy_id, premiums=DEARER, valid_until=until)
        if why == "renewal_quote_outdated":
            await book.endorse(policy_id, "2026-10-25", glass(9_000))
    await book.tick("2026-11-17")
    asked = [one["code"] for one in await told(book, policy_id, "needs_a_person")]
    assert [one for one in asked if one.startswith("renewal")] == [why]
    assert "renewal_offered" not in await book.kinds(policy_id)
    with book.on("2026-11-18"):
        again = await renewal_quote(book, policy_id, premiums=DEARER)
        assert again.renewal_quote is not None
        renewal_id = await offered(book, policy_id, "2026-11-18")
    assert (await book.see(renewal_id)).price_minor == 133_000 + (9_000 if why == "renewal_quote_outdated" else 0)


async def test_an_address_that_changes_leaves_a_quote_of_premiums_good(book: Book) -> None:
    policy_id = await book.active()
    moved = {"verb": "change", "part": "party", "key": "ann", "value": {"address": "9 Oak Ave, Chicago"}}
    with book.on("2026-10-20"):
        await renewal_quote(book, policy_id, premiums=DEARER)
        await book.endorse(policy_id, "2026-10-25", moved)
    renewal = await book.see(await offered(book, policy_id))
    assert renewal.price_minor == 133_000
    assert renewal.contents["party"]["ann"]["address"] == "9 Oak Ave, Chicago"


async def test_a_priced_change_does_not_write_this_terms_premium_over_the_quoted_one(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-11-20"):
        await renewal_quote(book, policy_id, premiums=DEARER)
    renewal_id = await offered(book, policy_id)
    with book.on("2026-12-05"):
        change = {"verb": "change", "part": "coverage", "key": "bi", "value": {"premium_minor": 121_000}}
        await book.endorse(policy_id, "2026-12-05", change)
        assert (await book.see(renewal_id)).price_minor == 133_000
        assert [one["code"] for one in await told(book, renewal_id, "needs_a_person")] == ["renewal_without_change"]
        await renewal_quote(book, policy_id, premiums={"bi": 134_000})
    assert (await book.see(renewal_id)).price_minor == 135_000


async def test_changes_of_this_term_and_of_the_contents_are_reasons(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-07-01"):
        await book.endorse(policy_id, "2026-07-02", glass(36_500))
    other = contents(126_000)
    other["coverage"]["bi"]["limits"] = {"per_person": 5_000_000, "per_accident": 30_000_000}
    other["party"]["leo"] = {"role": "driver", "name": "Leo Lee"}
    with book.on("2026-11-20"):
        body = RenewalIn(contents=ContentsIn.model_validate(other))
        made = await book.policies.renewing.offer(book.actor, policy_id, body, expected=None, key=None)
        said = await read(book, policy_id, "renewal_offer")
    offer = (await book.see(made)).offer
    assert offer is not None
    assert (offer.basis, offer.before.price_minor, offer.before.premium_minor) == ("entered", 156_500, 120_000 + 18_300)
    assert [(one.code, one.amount_minor) for one in offer.reasons] == [
        ("coverage", 6_000), ("coverage", -36_500), ("endorsed", 18_200),
    ]  # fmt: skip
    assert sum(one.amount_minor or 0 for one in offer.reasons) == offer.after.total_minor - offer.before.total_minor
    assert {(one.part, one.change, one.key, one.field) for one in offer.changes} == {
        ("party", "added", "leo", None), ("coverage", "changed", "bi", "limits.per_person"),
        ("coverage", "changed", "bi", "premium_minor"), ("coverage", "removed", "glass", "premium_minor"),
    }  # fmt: skip
    for words in (
        "Added party driver Leo Lee.", "Removed coverage comprehensive (glass) of car-1: premium 365.00 USD.",
        "limits, per person 100,000.00 USD before, 50,000.00 USD after",
    ):  # fmt: skip
        assert words in said, (words, said)
    (event,) = await told(book, policy_id, "renewal_offered")
    assert "Leo" not in str(event)
    assert "leo" not in str(event["changes"])


async def test_t64_a_rise_that_had_to_be_told_earlier_is_refused_with_the_section(book: Book) -> None:
    policy_id = await book.active(state="FL", zone="America/New_York")
    with book.on("2026-12-01"):  # 31 days before
        await renewal_quote(book, policy_id, premiums={"bi": 130_000})
    with book.on("2026-12-03"):
        with pytest.raises(Conflict) as refused:
            await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
        assert refused.value.code == "renewal_too_late"
        assert "627.7277(2)" in refused.value.detail
        same = RenewalIn.model_validate({"contents": contents()})
        made = await book.policies.renewing.offer(book.actor, policy_id, same, expected=None, key=None)
        assert (await book.see(made)).status == "pending_payment"
        assert await code(renewal_quote(book, policy_id, premiums={"bi": 130_000})) == "renewal_too_late"


async def test_t64_where_no_law_was_read_a_late_rise_is_offered(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-12-30"):
        await renewal_quote(book, policy_id, premiums={"bi": 240_000})
        assert (await book.see(await offered(book, policy_id, "2026-12-30"))).price_minor == 240_000
        dates = (await book.see(policy_id)).renewal
    assert (dates.offer_citation, dates.duties) == ("custom", [])


async def test_the_windows_are_shown_with_their_law(book: Book) -> None:
    policy_id = await book.active(state="NY", zone="America/New_York")
    dates = (await book.see(policy_id)).renewal
    assert "3425(d)(1)" in dates.offer_citation
    assert (dates.offer_by, [one.duty for one in dates.duties]) == (date(2026, 11, 17), ["changed"])


async def test_a_program_enters_no_quote_and_the_same_key_is_one(book: Book) -> None:
    policy_id = await book.active()
    body = RenewalQuoteIn.model_validate({"premiums": DEARER, "reference": "8", "valid_until": "2027-01-01"})
    with book.on("2026-11-20"):
        with pytest.raises(Forbidden):
            await book.policies.renewing.quote(book.actor, policy_id, body, expected=None, key=None)
        await renewal_quote(book, policy_id, "k", premiums=DEARER)
        await renewal_quote(book, policy_id, "k", premiums=DEARER)
        assert await code(renewal_quote(book, policy_id, "k", premiums={"bi": 1})) == "idempotency_key_reused"
    assert (await book.kinds(policy_id)).count("renewal_quoted") == 1


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"premiums": {"fire": 1}}, "invalid"), ({"premiums": DEARER, "valid_until": "2026-11-19"}, "invalid"),
        ({"premiums": DEARER, "months": 7}, "invalid"),
    ],
)  # fmt: skip
async def test_a_quote_that_does_not_fit_is_refused(book: Book, said: dict[str, Any], wrong: str) -> None:
    policy_id = await book.active()
    with book.on("2026-11-20"):
        assert await code(renewal_quote(book, policy_id, **said)) == wrong
    assert (await book.see(policy_id)).renewal_quote is None


async def test_a_paid_renewal_takes_no_quote(book: Book) -> None:
    policy_id = await book.active()
    await paid(book, policy_id)
    with book.on("2026-12-02"):
        assert await code(renewal_quote(book, policy_id, premiums=DEARER)) == "renewal_paid"


def test_a_quote_is_of_premiums_or_of_everything() -> None:
    for said in ({}, {"premiums": DEARER, "contents": contents()}):
        with pytest.raises(ValueError, match="either premiums or contents"):
            RenewalQuoteIn.model_validate({"reference": "8", "valid_until": "2027-01-01", **said})
