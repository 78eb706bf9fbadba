"""Drafts of leads with where each value is from, licences that are not shown, backdating, days of instalments."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor, ActorKind, Scope
from domain.decision import Decision, Source
from domain.documents.fields import DocumentField
from domain.documents.owner import Owner
from integrations.blobs import LocalBlobs
from kernel.clock import now
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.ids import new_id
from kernel.money import Money
from services.leads.schemas import LeadIn
from services.policies.schemas import ContentsIn, FromLeadIn, RenewalIn
from services.policies.views import PolicyDetail
from tests.builders import a_lead
from tests.services.policies.book import START, Book, a_policy, contents

VIN, LICENCE = "1HGCM82633A004352", "L123-4567-8901"
WHY = "The carrier bound it by telephone on the first day."


def a_driver(**changes: Any) -> dict[str, Any]:
    driver = {
        "role": "driver", "name": "Ann Lee", "date_of_birth": "1990-02-03", "licence_number": LICENCE, "licence_state": "IL",
        "relation": "self",
    }  # fmt: skip
    return driver | changes


def with_driver(**changes: Any) -> dict[str, Any]:
    made = contents()
    return {**made, "party": {**made["party"], "driver": a_driver(**changes)}}


async def a_won_lead(book: Book, premium: int | None = 130_000, **changes: Any) -> UUID:
    lead = LeadIn(**a_lead(street="12 Oak St", city="Chicago", **changes))
    taken = await book.services.intake.accept_one(book.actor, lead, key=None)
    lead_id = UUID(str(taken.body["lead_id"]))
    async with book.services.database.begin(book.actor) as uow:
        await uow.history.locked(lead_id)
        await uow.session.execute(
            text("UPDATE lead SET status = 'contacted', line = 'auto' WHERE id = :id"), {"id": lead_id}
        )
    given = None if premium is None else Money(premium, "USD")
    await book.services.lead_status.change(book.actor, lead_id, "win", reason=None, expected=None, premium=given)
    return lead_id


async def a_document(book: Book, lead_id: UUID, *stated: DocumentField, **changes: Any) -> UUID:
    document_id = new_id()
    sha256 = await LocalBlobs(book.services.settings.home_path / "blobs").put(book.actor.agency_id, document_id.bytes)
    row = {
        "id": document_id, "name": "a.pdf", "format": "pdf", "media_type": "application/pdf", "size": 1,
        "sha256": sha256, "scan": "not_scanned", "status": "waiting", "notes": [], "uploaded_by": "x",
        "uploaded_at": now(), "attempts": 0,
    }  # fmt: skip
    async with book.services.database.begin(book.actor) as uow:
        await uow.documents.add(Owner(lead_id=lead_id), row)
        await uow.documents.replace_fields(document_id, [asdict(one) for one in stated])
        await uow.documents.change(
            document_id, **{"status": "read", "kind": "declarations", "needs_review": False, **changes}
        )
    return document_id


def states(name: str, value: Any, **more: Any) -> DocumentField:
    given = {"page": 1, "quote": "x", "confidence": 0.95, "source": "text", "label": "x", "item": 1, **more}
    return DocumentField(name=name, value=value, **given)


def licensed(number: str = LICENCE) -> tuple[DocumentField, ...]:
    return (
        states("driver.name", "Ann Lee"), states("driver.licence_number", number), states("driver.licence_state", "Illinois"),
        states("driver.date_of_birth", "1990-02-03"),
    )  # fmt: skip


async def drafted(book: Book, lead_id: UUID, **changes: Any) -> PolicyDetail:
    body = FromLeadIn.model_validate({
        "carrier": "Prairie Mutual", "starts_on": START, "type": "auto.standard", **changes,
    })  # fmt: skip
    return await book.see(await book.policies.drafts.from_lead(book.actor, lead_id, body, key=None))


def origins(found: PolicyDetail) -> dict[str, tuple[str, UUID | None]]:
    assert found.prefill is not None
    return {one.field: (one.source, one.document_id) for one in found.prefill.filled}


async def test_a_draft_of_a_lead_is_filled_from_all_that_is_known_and_says_from_where(book: Book) -> None:
    lead_id = await a_won_lead(book)
    paper = await a_document(
        book, lead_id, *licensed(), states("vehicle.make", "HONDA"), states("vehicle.model", "Civic"),
        states("vehicle.year", 2021), states("vehicle.vin", VIN), states("driver.name", "Bo Lee", item=2),
    )  # fmt: skip
    async with book.services.database.begin(book.actor) as uow:
        at_once = {"lead_id": lead_id, "run_id": new_id(), "at": now()}
        fields = {"vehicles": {"value": [{"make": "Honda", "model": "Civic", "year": 2021}], "confidence": 0.95}}
        read = Decision("extractor", {"fields": fields, "do_not_call": False}, 0.9, Source.RULES, "x")
        finding = {
            "field": "annual_miles", "value": 9_000, "source": "vendor", "as_of": "2026-01-01", "confidence": 0.9,
            "status": "new",
        }  # fmt: skip
        added = Decision("enricher", {"findings": [finding]}, 0.9, Source.RULES, "x")
        await uow.leads.save_decisions(
            [{**at_once, "specialist": one.specialist, "body": one.as_dict()} for one in (read, added)]
        )
    found = await drafted(book, lead_id, months=6)
    assert found.contents["object"] == {"vehicle-1": {"kind": "vehicle", "data": {
        "garaging_zip": "60614", "make": "Honda", "model": "Civic", "year": 2021, "vin": VIN, "annual_miles": 9_000,
    }}}  # fmt: skip
    party = found.contents["party"]
    assert party["insured-1"]["name"] == party["driver-1"]["name"] == "Ann Lee"
    assert (party["driver-1"]["relation"], party["driver-1"]["licence_state"]) == ("self", "IL")
    assert party["driver-2"] == {"role": "driver", "name": "Bo Lee"}
    from_where = origins(found)
    assert from_where["object.vehicle-1.make"] == ("lead", None)
    assert from_where["object.vehicle-1.vin"] == from_where["party.driver-1.licence_number"] == ("document", paper)
    assert from_where["object.vehicle-1.annual_miles"] == ("enrichment", None)
    assert from_where["party.driver-1.name"] == ("lead", None)
    assert found.prefill is not None
    assert (found.prefill.expected_premium_minor, found.prefill.expected_currency) == (65_000, "USD")
    assert (found.contents["coverage"], found.prefill.difference_minor) == ({}, -65_000)
    assert (await drafted(book, lead_id, months=6)).id == found.id


async def test_two_documents_that_differ_leave_the_value_empty_and_are_both_named(book: Book) -> None:
    lead_id = await a_won_lead(book, None)
    papers = [await a_document(book, lead_id, *licensed(number)) for number in (LICENCE, "L999-9999-9999")]
    found = await drafted(book, lead_id)
    assert "licence_number" not in found.contents["party"]["driver-1"]
    assert found.prefill is not None
    (one,) = found.prefill.differing
    assert (one.field, [each.document_id for each in one.sources]) == ("party.driver-1.licence_number", papers)
    assert (found.prefill.expected_premium_minor, found.prefill.difference_minor) == (None, None)


@pytest.mark.parametrize("doubt", ["review", "unread", "unsure", "two ways"])
async def test_what_needs_review_is_not_filled_in(book: Book, doubt: str) -> None:
    lead_id = await a_won_lead(book)
    changes: dict[str, Any] = {"review": {"needs_review": True}, "unread": {"status": "failed"}}.get(doubt, {})
    vin = states("vehicle.vin", VIN, confidence=0.5 if doubt == "unsure" else 0.95)
    other = (states("vehicle.vin", "2T1BURHE5JC034461", rank=1),) if doubt == "two ways" else ()
    await a_document(book, lead_id, vin, *other, **changes)
    assert "vin" not in (await drafted(book, lead_id)).contents["object"]["vehicle-1"]["data"]


async def test_a_document_that_came_later_makes_no_second_draft(book: Book) -> None:
    lead_id = await a_won_lead(book)
    found = await drafted(book, lead_id)
    await a_document(book, lead_id, *licensed())
    assert (await drafted(book, lead_id)).id == found.id


async def test_what_the_contents_cost_stands_beside_what_the_lead_was_won_with(book: Book) -> None:
    found = await drafted(book, await a_won_lead(book))
    await book.policies.drafts.revise(book.actor, found.id, a_policy(), expected=None)
    revised = await book.see(found.id)
    assert revised.prefill is not None
    assert (revised.prefill.difference_minor, revised.prefill.filled) == (-10_000, [])
    with book.on(START):
        await book.policies.drafts.submit(book.actor, found.id, expected=None)
    last = (await book.policies.reading.timeline(book.actor, found.id)).items[-1]
    told = (last.kind, last.data["expected_premium_minor"], last.data["priced_premium_minor"])
    assert told == ("submitted", 130_000, 120_000)


async def test_a_licence_is_shown_by_its_last_signs_and_whole_to_who_asks_for_it(book: Book) -> None:
    policy_id = await book.active(contents=with_driver())
    seen = await book.see(policy_id)
    assert seen.contents["party"]["driver"]["licence_number"] == "****8901"
    with book.on("2026-02-01"):
        more = a_driver(name="Bo Lee", licence_number="B765-4321-0000")
        await book.endorse(
            policy_id, "2026-02-01", {"verb": "add", "part": "party", "key": "bo", "value": more}, free=True
        )
        seen = await book.see(policy_id)
        as_of = await book.policies.reading.as_of(book.actor, policy_id, now(), None)
        licences = await book.policies.reading.licences(book.actor, policy_id)
    assert [(one.party, one.licence_number) for one in licences.items] == [
        ("driver", LICENCE),
        ("bo", "B765-4321-0000"),
    ]
    timeline = await book.policies.reading.timeline(book.actor, policy_id)
    for view in (seen, as_of, timeline):
        assert not [part for part in ("4567", "7654", "4321") if part in view.model_dump_json()]
    reader = Actor(book.actor.agency_id, ActorKind.PERSON, "person:x", frozenset({Scope.POLICIES_READ}))
    with pytest.raises(Forbidden):
        await book.policies.reading.licences(reader, policy_id)
    async with book.services.database.begin(book.actor) as uow:
        noted = await uow.audit.page(
            action="policy.licences", actor=None, subject_id=str(policy_id), before=None, at_most=9
        )
        said = await uow.session.scalars(
            text("SELECT data::text FROM policy_event WHERE policy_id = :id"), {"id": policy_id}
        )
    assert len(noted) == 1
    assert not [one for one in said if "4567" in one or "4321" in one]


async def test_a_renewal_with_contents_as_a_view_showed_them_keeps_its_licence(book: Book) -> None:
    policy_id = await book.active(contents=with_driver())
    seen = (await book.see(policy_id)).contents
    with book.on("2026-11-20"):
        body = RenewalIn.model_validate({"contents": seen})
        renewal = await book.policies.renewing.offer(book.actor, policy_id, body, expected=None, key=None)
    licences = await book.policies.reading.licences(book.actor, renewal)
    assert [one.licence_number for one in licences.items] == [LICENCE]
    seen["party"]["driver"]["licence_number"] = "****0000"
    other = await book.active(contents=with_driver(), number="PM-other")
    body = RenewalIn.model_validate({"contents": seen})
    with book.on("2026-11-20"), pytest.raises(Invalid, match="whole number"):
        await book.policies.renewing.offer(book.actor, other, body, expected=None, key=None)


async def test_a_draft_given_back_as_it_was_shown_keeps_its_licence(book: Book) -> None:
    policy_id = await book.draft(contents=with_driver())

    async def revise(**driver: Any) -> str:
        body = a_policy(contents=with_driver(**driver))
        await book.policies.drafts.revise(book.actor, policy_id, body, expected=None)
        return (await book.policies.reading.licences(book.actor, policy_id)).items[0].licence_number

    assert await revise(licence_number="****8901") == LICENCE
    with pytest.raises(Invalid, match="whole number"):
        await revise(licence_number="****1111")
    assert await revise(licence_number="N555-5555-5555") == "N555-5555-5555"
    with pytest.raises(Invalid, match="whole number"):
        await book.draft(contents=with_driver(licence_number="****8901"))


def test_nobody_is_born_in_the_future() -> None:
    today = now().date()
    a_policy(contents=with_driver(date_of_birth=str(today + timedelta(days=1))))  # a day ahead of Greenwich
    with pytest.raises(ValueError, match="future"):
        a_policy(contents=with_driver(date_of_birth=str(today + timedelta(days=2))))


async def test_a_start_that_is_long_past_needs_who_answers_for_the_agency_and_a_reason(book: Book) -> None:
    submit = book.policies.drafts.submit
    policy_id = await book.draft()
    with book.on(START + timedelta(days=31)):
        with pytest.raises(Conflict) as refused:
            await submit(book.actor, policy_id, expected=None)
        assert (refused.value.code, [one.field for one in refused.value.fields]) == ("backdated", ["starts_on"])
        async with book.services.database.begin(book.actor) as uow:
            mine = min((await uow.agencies.ids_by_external()).values())
        scopes = frozenset({Scope.POLICIES_READ, Scope.POLICIES_WRITE})
        producer = Actor(book.actor.agency_id, ActorKind.PRODUCER, f"producer:{mine}", scopes, mine)
        own = await book.policies.drafts.draft(producer, a_policy(), key=None)
        with pytest.raises(Forbidden):
            await submit(producer, own, expected=None, backdating=WHY)
        await submit(book.actor, policy_id, expected=None, key="one", backdating=WHY)
        await submit(book.actor, policy_id, expected=None, key="one", backdating=WHY)
    last = (await book.policies.reading.timeline(book.actor, policy_id)).items[-1]
    assert (last.kind, last.data["backdated_days"], last.words) == ("submitted", 31, WHY)


async def test_thirty_days_back_need_no_reason_and_renewals_begin_where_they_must(book: Book) -> None:
    with book.on(START + timedelta(days=30)):
        policy_id = await book.draft()
        await book.policies.drafts.submit(book.actor, policy_id, expected=None)
        assert (await book.see(policy_id)).status == "pending_payment"
    old = await book.active()
    with book.on("2026-12-20"):
        empty = RenewalIn(contents=ContentsIn())
        next_term = await book.policies.renewing.offer(book.actor, old, empty, expected=None, key=None)
        assert (await book.see(next_term)).status == "draft"
    with book.on("2027-03-01"):
        whole = a_policy(starts_on=date(2027, 1, 1), number=(await book.see(old)).number)
        await book.policies.drafts.revise(book.actor, next_term, whole, expected=None)
        await book.policies.drafts.submit(book.actor, next_term, expected=None)
        assert (await book.see(next_term)).status == "pending_payment"


async def test_instalments_fall_due_on_the_day_that_was_chosen(book: Book) -> None:
    policy_id = await book.active(frequency="monthly", due_day=31, starts_on=date(2026, 1, 15))
    found = await book.see(policy_id)
    assert [str(one.due_on) for one in found.schedule][:4] == ["2026-01-15", "2026-01-31", "2026-02-28", "2026-03-31"]
    assert sum(one.amount_minor for one in found.schedule) == 120_000
    assert found.contract["due_day"] == 31
    with pytest.raises(Invalid, match="day of the month"):
        await book.draft(due_day=5)
