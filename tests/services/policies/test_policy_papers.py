"""Documents of policies: who owns one, versions, a person's word, the day behind which a person is asked."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import CheckConstraint, text
from sqlalchemy.exc import IntegrityError

from domain.actor import Actor, ActorKind
from domain.documents.owner import Owner
from domain.policies.papers import PaperType
from kernel.errors import NotFound
from kernel.ids import new_id
from services.container import Services
from services.policies.schemas import RenewalIn
from services.policy_papers import PaperDetail, PaperIn
from store.sql.models import DocumentRow
from tests.builders import a_sent_lead
from tests.services.policies.book import Book
from tests.services.policies.test_policies_ending import code

CARD = b"Policy Number: PM-1\nNamed Insured: Ann Lee\n"


async def attach(book: Book, policy_id: UUID, data: bytes = CARD, **parts: Any) -> PaperDetail:
    paper = PaperIn.model_validate({"type": "id_card", **parts})
    return (await book.services.policy_papers.attach(book.actor, policy_id, "card.txt", data, paper))[0]


@pytest.fixture
def person(actor: Actor) -> Actor:
    return replace(actor, kind=ActorKind.PERSON, subject="person:p")


def test_an_owner_is_one_of_both() -> None:
    for wrong in ({}, {"lead_id": new_id(), "policy_id": new_id()}):
        with pytest.raises(ValueError, match="one of them"):
            Owner(**wrong)


async def test_a_document_is_read_versioned_verified_and_told(book: Book, person: Actor) -> None:
    policy_id, papers = await book.active(), book.services.policy_papers
    with book.on("2026-02-01"):
        first = await attach(book, policy_id)
        assert (first.status, first.verdict) == ("read", "open")
        assert {one.name: one.value for one in first.fields}["policy_number"] == "PM-1"
        again, fresh = await papers.attach(book.actor, policy_id, "x.txt", CARD, PaperIn())
        assert (again.id, again.type, fresh) == (first.id, "id_card", False)
        assert await code(papers.verify(book.actor, policy_id, first.id)) == "forbidden"  # the platform is no person
        rejected = await papers.reject(person, policy_id, first.id, "cut off")
        assert (rejected.verdict, rejected.decided_by, rejected.decided_why) == ("rejected", "person:p", "cut off")
        assert await code(papers.verify(person, policy_id, first.id)) == "document_decided"
        wrong = attach(book, policy_id, b"Policy Number: PM-2", replaces=first.id, type="receipt")
        assert await code(wrong) == "invalid"
        second = await attach(book, policy_id, b"Policy Number: PM-2", replaces=first.id)
        assert await code(attach(book, policy_id, b"third", replaces=first.id)) == "document_replaced"
        await papers.verify(person, policy_id, second.id)
        await papers.verify(person, policy_id, second.id)
    listed = (await papers.of(book.actor, policy_id)).items
    assert [(one.id, one.replaces_id, one.replaced_by_id, one.verdict) for one in listed] == [
        (first.id, None, second.id, "rejected"), (second.id, first.id, None, "verified"),
    ]  # fmt: skip
    assert (await papers.content(book.actor, policy_id, first.id))[1] == CARD
    kinds = [kind for kind in await book.kinds(policy_id) if kind.startswith("document")]
    assert kinds == ["document_added", "document_rejected", "document_added", "document_verified"]
    told = (await book.policies.reading.timeline(book.actor, policy_id)).items
    assert "cut off" not in str(told)
    assert "card.txt" not in str(told)


async def test_twenty_at_once_make_one_document_and_one_event(book: Book) -> None:
    policy_id = await book.draft()
    made = await asyncio.gather(*(attach(book, policy_id) for _ in range(20)))
    assert len({one.id for one in made}) == 1
    assert (await book.kinds(policy_id)).count("document_added") == 1


async def test_behind_its_last_good_day_a_person_is_asked_once(book: Book, person: Actor) -> None:
    policy_id, papers = await book.active(), book.services.policy_papers
    with book.on("2026-02-01"):
        assert await code(attach(book, policy_id, b"old", expires_on="2026-01-31")) == "invalid"
        card = await attach(book, policy_id, expires_on="2026-03-01")
        other = await attach(book, policy_id, b"claim", type="claim", expires_on="2026-03-01")
        gone = await attach(book, policy_id, b"gone", type="claim", expires_on="2026-03-01")
        await papers.reject(person, policy_id, gone.id, "another's")
        await attach(book, policy_id, b"newer", type="claim", replaces=other.id, expires_on="2026-06-01")
    await book.tick("2026-03-01")
    assert "needs_a_person" not in await book.kinds(policy_id)
    await book.tick("2026-03-02")
    await book.tick("2026-03-03")
    asked = [
        one
        for one in (await book.policies.reading.timeline(book.actor, policy_id)).items
        if one.kind == "needs_a_person"
    ]
    assert [one.data["code"] for one in asked] == ["document_expired"]
    assert asked[0].data["document_ids"] == [str(card.id)]
    assert "ID card until 2026-03-01" in asked[0].data["words"]
    with book.on("2026-11-20"):
        renewal = await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
    assert "papers_until" not in (await book.see(renewal)).plan


async def test_strangers_and_other_producers_find_none(
    book: Book, services: Services, actor: Actor, other_actor: Actor
) -> None:
    policy_id = await book.active()
    card = await attach(book, policy_id)
    producer = replace(actor, kind=ActorKind.PRODUCER, subject="producer:x", producer_id=new_id())
    for stranger in (other_actor, producer, replace(actor, kind=ActorKind.PARTNER)):
        for work in (
            services.policy_papers.of(stranger, policy_id), services.policy_papers.one(stranger, policy_id, card.id),
            services.policy_papers.content(stranger, policy_id, card.id), services.documents.one(stranger, card.id),
            services.policy_papers.attach(stranger, policy_id, "a.txt", b"x", PaperIn()),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                await work
    lead_id = await a_sent_lead(services, actor)
    with pytest.raises(NotFound):
        await services.documents.one(actor, card.id, lead_id)
    with pytest.raises(NotFound):
        await services.policy_papers.one(actor, await book.draft(), card.id)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("policy_id = NULL, type = NULL, verdict = NULL", "one_owner"), ("lead_id = :lead", "one_owner"),
        ("type = NULL", "of_policy"),
        ("verdict = NULL", "of_policy"), ("type = 'poem'", "type"), ("verdict = 'verified'", "decided"),
        ("verdict = 'rejected', decided_by = 'x', decided_at = now(), decided_why = ''", "rejected_why"),
        ("verdict = 'made'", "letter"), ("letter_key = 'x'", "letter"), ("replaces_id = id", "replaces"),
        ("decided_at = now(), decided_by = 'x'", "decided"),
    ],
)  # fmt: skip
async def test_the_database_refuses_what_no_document_is(book: Book, change: str, name: str) -> None:
    card = await attach(book, await book.draft())
    lead_id = await a_sent_lead(book.services, book.actor)
    with pytest.raises(IntegrityError, match=f"ck_document_{name}"):
        async with book.services.database.begin(book.actor) as uow:
            await uow.session.execute(
                text(f"UPDATE document SET {change} WHERE id = :id"),
                {"id": card.id} | ({"lead": lead_id} if ":lead" in change else {}),
            )


async def test_a_document_of_a_lead_has_nothing_of_a_policys(book: Book) -> None:
    lead_id = await a_sent_lead(book.services, book.actor)
    made, _ = await book.services.documents.add(book.actor, lead_id, "a.txt", CARD)
    for change, name in (("expires_on = '2026-01-01'", "for_policy"), ("type = 'other'", "of_policy")):
        with pytest.raises(IntegrityError, match=f"ck_document_{name}"):
            async with book.services.database.begin(book.actor) as uow:
                await uow.session.execute(
                    text(f"UPDATE document SET {change} WHERE id = :id"),
                    {"id": made.id},
                )


def test_types_are_those_of_the_table() -> None:
    checks = {str(one.name): one for one in DocumentRow.metadata.tables["document"].constraints}
    check = checks["ck_document_type"]
    assert isinstance(check, CheckConstraint)
    assert all(f"'{one.value}'" in str(check.sqltext) for one in PaperType)
