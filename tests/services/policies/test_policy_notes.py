"""Notes on a policy, who records an insurer's notice, refunds that come back."""

from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor, ActorKind, Scope
from kernel.errors import AppError, Forbidden
from services.policies.schemas import FromLeadIn, NoteIn, RefundIn
from tests.builders import a_sent_lead
from tests.services.policies.book import START, Book, a_policy

SAID = "Ann called: she wants the letters by mail."


async def code(work: object) -> str:
    with pytest.raises(AppError) as refused:
        await work  # type: ignore[misc]
    return refused.value.code


async def a_producer(book: Book) -> Actor:
    async with book.services.database.begin(book.actor) as uow:
        mine = min((await uow.agencies.ids_by_external()).values())
    scopes = frozenset({Scope.POLICIES_READ, Scope.POLICIES_WRITE})
    return Actor(book.actor.agency_id, ActorKind.PRODUCER, f"producer:{mine}", scopes, mine)


async def words(book: Book, policy_id: UUID) -> list[str | None]:
    timeline = await book.policies.reading.timeline(book.actor, policy_id)
    return [one.words for one in timeline.items if one.kind == "noted"]


async def test_a_note_is_on_the_timeline_once_and_its_words_are_in_no_event(book: Book) -> None:
    policy_id = await book.active()
    note = book.policies.noting.note
    one = await note(book.actor, policy_id, NoteIn(text=f" {SAID} "), key="n")
    assert await note(book.actor, policy_id, NoteIn(text=f" {SAID} "), key="n") == one
    assert await code(note(book.actor, policy_id, NoteIn(text="other"), key="n")) == "idempotency_key_reused"
    assert await words(book, policy_id) == [SAID]
    async with book.services.database.begin(book.actor) as uow:
        kept = await uow.session.scalars(
            text("SELECT data::text FROM policy_event WHERE policy_id = :id"), {"id": policy_id}
        )
        noted = await uow.audit.page(
            action="policy.noted", actor=None, subject_id=str(policy_id), before=None, at_most=9
        )
    assert not [row for row in kept if SAID in row]
    assert len(noted) == 1
    for wrong in ("", "   ", "x" * 2_001):
        with pytest.raises(ValueError, match="text"):
            NoteIn(text=wrong)


async def test_a_note_is_forgotten_with_the_other_words_and_its_event_stays(book: Book) -> None:
    policy_id = await book.active()
    await book.policies.noting.note(book.actor, policy_id, NoteIn(text=SAID), key=None)
    await book.policies.asking.forget(book.actor, policy_id)
    assert await words(book, policy_id) == [None]


async def test_an_erased_lead_takes_along_the_notes_and_licences_of_what_never_came_into_force(book: Book) -> None:
    lead_id = await a_sent_lead(book.services, book.actor)
    async with book.services.database.begin(book.actor) as uow:
        await uow.history.locked(lead_id)
        await uow.session.execute(text("UPDATE lead SET status = 'won' WHERE id = :id"), {"id": lead_id})
    body = FromLeadIn(carrier="Prairie Mutual", starts_on=START, type="auto.standard")
    policy_id = await book.policies.drafts.from_lead(book.actor, lead_id, body, key=None)
    filled = a_policy()
    filled.contents.party["driver"].licence_number, filled.contents.party["driver"].licence_state = "L123-4567", "IL"
    await book.policies.drafts.revise(book.actor, policy_id, filled, expected=None)
    assert len((await book.policies.reading.licences(book.actor, policy_id)).items) == 1
    await book.policies.noting.note(book.actor, policy_id, NoteIn(text=SAID), key=None)
    async with book.services.database.begin(book.actor) as uow:
        await uow.session.execute(text("DELETE FROM lead WHERE id = :id"), {"id": lead_id})
        row = await uow.session.scalar(text("SELECT to_jsonb(p)::text FROM policy p WHERE id = :id"), {"id": policy_id})
    assert row is not None
    assert "4567" not in row
    assert await words(book, policy_id) == [None]


async def test_an_insurers_notice_is_recorded_and_withdrawn_by_who_answers_for_the_agency(book: Book) -> None:
    producer = await a_producer(book)
    policy_id = await book.active(frequency="monthly", producers=[{"producer_id": str(producer.producer_id)}])
    with book.on("2026-02-02"):
        with pytest.raises(Forbidden):
            await Book(book.services, producer).notice(policy_id, "2026-02-02", "2026-02-12")
        notice_id = await book.notice(policy_id, "2026-02-02", "2026-02-12")
        with pytest.raises(Forbidden):
            await book.policies.ending.withdraw_notice(producer, policy_id, notice_id, "a slip", expected=None)
        assert (await book.see(policy_id)).notices[0].withdrawn_at is None


async def test_a_refund_that_comes_back_is_credit_again_once(book: Book) -> None:
    policy_id = await book.active(pay=125_000)
    paying = book.policies.paying
    with book.on("2026-02-01"):
        refund = await paying.refund(book.actor, policy_id, RefundIn(amount_minor=5_000, method="check"), key=None)
        paid = (await book.see(policy_id)).payments[0].id
        before = await book.see(policy_id)
        assert (before.account.credit_minor, before.paid_minor) == (0, 120_000)
    with book.on("2026-05-01"):
        with pytest.raises(Forbidden):
            await paying.returned(await a_producer(book), policy_id, refund, "not cashed")
        assert await code(paying.returned(book.actor, policy_id, paid, "not cashed")) == "not_a_refund"
        assert await code(paying.reverse(book.actor, policy_id, refund, "bounced")) == "refund"
        await paying.returned(book.actor, policy_id, refund, "not cashed in 90 days")
        await paying.returned(book.actor, policy_id, refund, "again")
        after = await book.see(policy_id)
        assert (after.account.credit_minor, after.paid_minor, after.written_minor) == (
            5_000,
            125_000,
            before.written_minor,
        )
        back = next(one for one in after.payments if one.id == refund)
        assert (back.state, back.why, back.amount_minor) == ("reversed", "not cashed in 90 days", -5_000)
        assert (await book.kinds(policy_id)).count("refund_returned") == 1
        again = RefundIn(amount_minor=5_000, method="ach")
        await paying.refund(book.actor, policy_id, again, key=None)
        assert (await book.see(policy_id)).account.credit_minor == 0
        assert await code(paying.refund(book.actor, policy_id, again, key=None)) == "beyond_credit"
