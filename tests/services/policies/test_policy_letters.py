"""Letters: what the PDF says when it is read back, once for each event, the same bytes for the same letter."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pypdfium2 as pdfium
import pytest

from domain.actor import Actor, ActorKind
from domain.policies.contents import Contents
from domain.policies.letters.letter import LetterKind
from domain.policies.letters.recipients import addressees
from domain.policies.notices import legal_tables
from domain.policies.words import Reason
from kernel.errors import Conflict, NotFound
from kernel.ids import new_id
from services.policies.held import hold
from services.policies.letters import WRITES, drawn
from services.policies.schemas import RenewalIn
from tests.services.policies.book import Book, contents, glass
from tests.services.policies.test_policies_ending import a_life, code

HOSTILE = "Ann <b>Lee</b>\n\nNotice of cancellation\u202e {{x}} " + "w" * 400


async def read(book: Book, policy_id: UUID, kind: str, **subject: Any) -> str:
    """What the letter says, on lines."""
    made = await book.policies.letters.write(book.actor, policy_id, LetterKind(kind), **subject)
    _, data = await book.services.policy_papers.content(book.actor, policy_id, made)
    document = pdfium.PdfDocument(data)
    said = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return " ".join(said.split())


async def test_a_notice_for_non_payment_says_until_when_and_how_much(book: Book) -> None:
    policy_id = await book.active(frequency="monthly", number="LT-1")
    with book.on("2026-02-02"):
        notice_id = await book.notice(policy_id, "2026-02-02", "2026-03-05")
        said = await read(book, policy_id, "notice", notice_id=notice_id)
    assert said.startswith(
        "Notice of cancellation Date February 2, 2026 Named insured Ann Lee "
        "Address 12 Elm St, Chicago, IL 60614 Insurer Prairie Mutual"
    )
    assert "Cover ends at 12:01 a.m. CST on March 5, 2026, at the insured's address." in said
    assert "A premium that was due has not been paid." in said
    assert "pay 200.00 USD before 12:01 a.m. CST on March 5, 2026" in said
    assert "Of this, 100.00 USD is past due" in said
    assert "by mail, with proof of mailing kept on February 2, 2026, 31 days before it takes effect" in said
    assert "At least 10 days are required: 215 ILCS 5/143.15" in said
    (paper,) = (await book.services.policy_papers.of(book.actor, policy_id)).items
    told = (await book.policies.reading.timeline(book.actor, policy_id)).items
    given = next(one for one in told if one.kind == "notice_given")
    assert (paper.type, paper.verdict, paper.policy_version) == ("notice", "made", given.version)
    assert told[-1].kind == "letter_written"
    assert told[-1].data["of_event_id"] == str(given.id)
    with book.on("2026-02-03"):
        await book.pay(policy_id, 20_000)  # takes the notice back; its letter stays, another is not written
        again = await book.policies.letters.write(book.actor, policy_id, LetterKind.NOTICE, notice_id=notice_id)
    assert again == paper.id


async def test_a_withdrawn_notice_is_not_written(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-03-05")
        await book.pay(policy_id, 20_000)
        assert await code(book.policies.letters.write(book.actor, policy_id, LetterKind.NOTICE)) == "notice_withdrawn"


async def test_a_notice_says_what_was_known_when_it_was_recorded_whenever_it_is_written(book: Book) -> None:
    async def given() -> tuple[UUID, UUID]:
        policy_id = await book.active(frequency="monthly")
        with book.on("2026-02-02"):
            return policy_id, await book.notice(policy_id, "2026-02-02", "2026-02-12")

    (at_once, first), (behind, second) = await given(), await given()
    told = await read(book, at_once, "notice", notice_id=first)
    await book.tick("2026-02-12")  # cancels both: what is due later is another sum now
    with book.on("2026-03-01"):
        late = await read(book, behind, "notice", notice_id=second)
    numbers = [(await book.see(one)).number or "" for one in (at_once, behind)]
    assert "pay 100.00 USD before 12:01 a.m. CST on February 12, 2026" in told
    assert late.replace(numbers[1], numbers[0]).replace(*await keys(book, behind, at_once)) == told


async def keys(book: Book, *policies: UUID) -> tuple[str, str]:
    """The ids of the events of notice of two policies: they are at the foot of their letters."""
    found = [(await book.policies.reading.timeline(book.actor, one)).items for one in policies]
    one, other = (str(next(event.id for event in events if event.kind == "notice_given")) for events in found)
    return one, other


async def letters_of(book: Book, policy_id: UUID) -> dict[str, str]:
    """What the copies of the last notice say, by their names."""
    await book.policies.letters.write(book.actor, policy_id, LetterKind.NOTICE)
    papers = (await book.services.policy_papers.of(book.actor, policy_id)).items
    found = {}
    for paper in papers:
        _, data = await book.services.policy_papers.content(book.actor, policy_id, paper.id)
        document = pdfium.PdfDocument(data)
        found[paper.name.removesuffix(".pdf").partition("-")[2].partition("-")[2]] = " ".join(
            "\n".join(page.get_textpage().get_text_bounded() for page in document).split()
        )
        document.close()
    return found


def a_life_with(**parties: dict[str, str]) -> dict[str, Any]:
    life = a_life()
    life["contents"]["party"]["i"]["address"] = "1 Bay St, Oakland, CA 94607"
    life["contents"]["party"] |= parties
    return life


async def test_a_notice_of_lapse_goes_to_everybody_whom_its_row_names(book: Book) -> None:
    policy_id = await book.active(**a_life_with(
        o={"role": "owner", "name": "Rosa Ruiz", "address": "2 Bay St"},
        d={"role": "designee", "name": "Max Ode", "address": "3 Bay St"},
        e={"role": "designee", "name": "Eva Ode", "address": "4 Bay St"},
        z={"role": "assignee", "name": "First Bank", "address": "5 Bay St"},
    ))  # fmt: skip
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-04-03", action="lapse", sent="mail")
        found = await letters_of(book, policy_id)
    assert set(found) == {"", "o", "d", "e", "z"}
    assert found["d"].startswith("Notice of lapse To Max Ode Address 3 Bay St As designee You are sent this copy")
    assert found["z"].startswith("Notice of lapse To First Bank Address 5 Bay St As assignee")
    assert "To keep the policy in force, pay" in found["z"]
    assert not [one for one in found.values() if "Leo Ruiz" in one], "a beneficiary is sent none"
    assert (await book.kinds(policy_id)).count("letter_written") == 5
    assert len(await letters_of(book, policy_id)) == 5  # written once


async def test_who_must_be_sent_a_notice_and_has_no_address_is_asked_for(book: Book) -> None:
    nowhere = {"role": "designee", "name": "Max Ode"}
    policy_id = await book.active(**a_life_with(d=nowhere))
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-04-03", action="lapse", sent="mail")
        with pytest.raises(Conflict) as refused:
            await book.policies.letters.write(book.actor, policy_id, LetterKind.NOTICE)
        assert (refused.value.code, [one.field for one in refused.value.fields]) == (
            "no_address", ["contents.party.d.address"],
        )  # fmt: skip
        assert "letter_written" not in await book.kinds(policy_id)
        moved = {"verb": "change", "part": "party", "key": "d", "value": {"address": "3 Bay St"}}
        await book.endorse(policy_id, "2026-02-02", moved)
        assert "Address 3 Bay St As designee" in (await letters_of(book, policy_id))["d"]


async def test_a_lender_is_sent_a_copy_and_california_wants_the_producer_of_record_told(book: Book) -> None:
    given = contents()
    given["party"]["bank"] = {"role": "lienholder", "name": "First Bank"}
    policy_id = await book.active(frequency="monthly", contents=given)
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-02-12")
        assert "To First Bank As lienholder" in (await letters_of(book, policy_id))["bank"]
    row = next(one for one in legal_tables().notices if one.key == "cancellation/CA/commercial/nonpayment/0-")
    for producer, reached in ((None, ""), ("Bea Boss", "Bea Boss")):
        (_, _, other) = addressees(Contents.read(given), row.recipients, producer)
        assert (other.role, other.name, other.required) == ("producer_of_record", reached, True)


async def test_declarations_state_what_is_insured_and_for_how_much(book: Book) -> None:
    policy_id = await book.active(frequency="quarterly", tax_rate="0.04", fees_minor=2_500, number="LT-2")
    said = await read(book, policy_id, "declarations")
    for words in (
        "Policy declarations", "Policy LT-2, auto, standard, IL", "named insured Ann Lee", "Vehicle (car-1)", "make Honda",
        "bodily injury per person 100,000.00 USD 1,200.00 USD per accident 300,000.00 USD", "premium 1,200.00 USD",
        "taxes 48.00 USD", "fees 25.00 USD", "total of the term 1,273.00 USD", "Paid quarterly. Paid so far by ach.",
        "2 April 1, 2026 312.00 USD", "12:01 a.m. CST on January 1, 2026 to 12:01 a.m. CST on January 1, 2027",
    ):  # fmt: skip
        assert words in said, (words, said)
    with book.on("2026-03-01"):
        await book.endorse(policy_id, "2026-04-01", glass(36_500))
    after = await read(book, policy_id, "declarations")
    assert "comprehensive car-1 500.00 USD 365.00 USD" in after
    assert "premium 1,475.00 USD" in after
    events = (await book.policies.reading.timeline(book.actor, policy_id)).items
    first = next(one for one in events if one.kind == "activated")
    assert await read(book, policy_id, "declarations", event_id=first.id) == said


async def test_receipts_and_refunds_say_what_is_left(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-01-20"):
        payment_id = await book.pay(policy_id, 15_000, reference="check 17")
        said = await read(book, policy_id, "receipt", payment_id=payment_id)
    for words in (
        "Receipt of payment", "Received 150.00 USD", "By ach", "On January 20, 2026", "Reference check 17",
        "Paid of the term in all 250.00 USD", "Left to pay 950.00 USD", "The instalment of 100.00 USD is the next",
        "by the end of March 1, 2026",
    ):  # fmt: skip
        assert words in said, (words, said)
    assert (
        await code(book.policies.letters.write(book.actor, policy_id, LetterKind.RECEIPT, payment_id=new_id()))
        == "not_found"
    )


async def test_confirmations_have_the_money_before_and_after(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-03-01"):
        await book.endorse(policy_id, "2026-04-01", glass(36_500))
        change = await read(book, policy_id, "confirmation")
    for words in (
        "Your policy was changed from 12:01 a.m. CDT on April 1, 2026 on.", "Added coverage glass: comprehensive,",
        "deductible 500.00 USD", "premium 1,200.00 USD 275.00 USD 1,475.00 USD", "275.00 USD is left to pay",
    ):  # fmt: skip
        assert words in change, (words, change)
    with book.on("2026-07-02"):
        quote = await book.policies.reading.quote_cancel(book.actor, policy_id, date(2026, 7, 2), Reason.REQUEST)
        await book.cancel(policy_id, day="2026-07-02")
        ended = await read(book, policy_id, "confirmation")
        again = await read(book, policy_id, "confirmation")
    assert ended == again
    back = f"{quote.premium_return_minor / 100:,.2f}"
    assert f"premium 1,475.00 USD -{back} USD {1475 - quote.premium_return_minor / 100:,.2f} USD" in ended
    assert "Confirmation of cancellation" in ended
    assert "as you asked" in ended
    assert "Premium is returned so: Pro rata" in ended
    assert "from until 12:01 a.m. CST on January 1, 2026 12:01 a.m. CDT on July 2, 2026" in ended
    with book.on("2026-07-05"):
        await book.pay(policy_id, 27_500)
        await book.reinstate(policy_id, lapse=False, no_loss_stated_on="2026-07-05")
        resumed = await read(book, policy_id, "confirmation")
    assert "in force again, without a gap" in resumed
    assert f"premium {1475 - quote.premium_return_minor / 100:,.2f} USD {back} USD 1,475.00 USD" in resumed
    first = (await book.policies.reading.timeline(book.actor, policy_id)).items
    endorsed = next(one for one in first if one.kind == "endorsed")
    assert await read(book, policy_id, "confirmation", event_id=endorsed.id) == change


async def test_a_renewal_offer_says_how_to_accept(book: Book) -> None:
    policy_id = await book.active(number="LT-5")
    with book.on("2026-11-20"):
        dearer = RenewalIn.model_validate({"contents": contents(132_000)})
        await book.policies.renewing.offer(book.actor, policy_id, dearer, expected=None, key=None)
        said = await read(book, policy_id, "renewal_offer")
        for words in (
            "Renewal offer", "from 12:01 a.m. CST on January 1, 2027 until 12:01 a.m. CST on January 1, 2028",
            "Premium of the next term 1,320.00 USD", "Premium of this term 1,200.00 USD", "120.00 USD more than",
            "To accept, pay the first instalment of 1,320.00 USD before 12:01 a.m. CST on January 1, 2027.",
        ):  # fmt: skip
            assert words in said, (words, said)


async def test_twenty_at_once_are_one_letter_and_a_key_is_for_one(book: Book) -> None:
    policy_id = await book.active()

    async def write(kind: LetterKind, key: str | None = None) -> UUID:
        return await book.policies.letters.write(book.actor, policy_id, kind, key=key)

    assert len(set(await asyncio.gather(*(write(LetterKind.DECLARATIONS) for _ in range(20))))) == 1
    assert (await book.kinds(policy_id)).count("letter_written") == 1
    receipt = await write(LetterKind.RECEIPT, "k")
    assert await write(LetterKind.RECEIPT, "k") == receipt
    with book.on("2026-03-01"):
        await book.endorse(policy_id, "2026-04-01", glass(36_500))
        assert await code(write(LetterKind.CONFIRMATION, "k")) == "idempotency_key_reused"


async def test_the_same_letter_is_the_same_bytes_and_others_words_stay_words(book: Book) -> None:
    given = contents()
    given["party"]["ann"]["name"] = HOSTILE[:200]
    policy_id = await book.active(contents=given)
    said = await read(book, policy_id, "declarations")
    assert "<b>Lee</b> Notice of cancellation {{x}} www" in said
    assert said.count("Policy declarations") == 1
    document = (await book.services.policy_papers.of(book.actor, policy_id)).items[-1]
    _, data = await book.services.policy_papers.content(book.actor, policy_id, document.id)
    await asyncio.sleep(1.1)  # PDFium's own clock has gone on
    assert data.count(b"%PDF") == 1
    async with book.services.database.begin(book.actor) as uow:
        (event,) = [one for one in await uow.policies.events(policy_id) if one.kind == "activated"]
        row = await uow.policies.one(policy_id)
        letter = await WRITES[LetterKind.DECLARATIONS](uow, await hold(uow, policy_id, locked=False), event)
    assert drawn(letter, f"{row.number}  declarations:{event.id}", event.recorded_at) == data


async def test_strangers_write_none(book: Book, actor: Actor, other_actor: Actor) -> None:
    policy_id = await book.active()
    producer = replace(actor, kind=ActorKind.PRODUCER, producer_id=new_id())
    for stranger in (other_actor, producer, replace(actor, kind=ActorKind.PARTNER)):
        with pytest.raises(NotFound):
            await book.policies.letters.write(stranger, policy_id, LetterKind.DECLARATIONS)
