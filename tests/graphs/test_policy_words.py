"""Words of requests go in time, and with the person they are of; what was decided, done and paid stays and still explains."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

import graphs.policy as module
from domain.actor import Actor
from domain.policies.asking.deciding import Ends
from domain.policies.papers import PaperType
from kernel.clock import frozen
from kernel.errors import Conflict, Forbidden, NotFound, Unavailable
from kernel.keeping_settings import KeepingSettings
from services.container import Services
from services.leads.schemas import LeadIn
from services.policies.asking import Asking
from services.policies.request_views import RequestIn, RequestView
from services.policies.schemas import FromLeadIn, RenewalIn
from services.policy_papers import PaperIn
from services.sweeping import Sweeping
from tests.builders import a_lead, a_producer
from tests.conftest import new_agency
from tests.graphs.test_policy_requests import TAKE_OFF, TODAY, TWO_CARS, Desk, a_desk, code
from tests.services.policies.book import START, Book, a_policy, noon

NAME = "Zerlina"
ADD = f"add my daughter {NAME} Quist to the policy from March 12"
TABLES = {
    "policy_request": "policy_id", "policy_endorsement": "policy_id", "policy_event": "policy_id", "policy": "id",
    "policy_change": "policy_id", "document": "policy_id",
}  # fmt: skip


@pytest.fixture
async def desk(services: Services, actor: Actor) -> Desk:
    return await a_desk(services, actor)


async def holding(book: Book, policy_id: UUID, name: str = NAME) -> set[str]:
    """The tables with a row about the policy in which the name stands."""
    found = set()
    async with book.services.database.begin(book.actor) as uow:
        for table, column in TABLES.items():
            query = text(f"SELECT to_jsonb(x)::text FROM {table} x WHERE x.{column} = :id")
            rows = [str(one) for one in await uow.session.scalars(query, {"id": policy_id})]
            found |= {table} if any(name in one for one in rows) else set()
    return found


async def sweep(desk: Desk, days: float) -> None:
    """Of what is swept only words of requests, so many days after they were written."""
    long = 100_000.0
    keeping = KeepingSettings(
        deliveries_days=long, messages_days=long, checkpoints_hours=long, live_hours=long, copilot_days=long,
        chat_drafts_hours=long, chat_days=long,
    )  # fmt: skip
    with frozen(noon(TODAY) + timedelta(days=days)):
        await Sweeping(desk.services.database, keeping).sweep()


async def test_words_go_after_their_time_and_what_is_left_explains(desk: Desk) -> None:
    with desk.book.on(TODAY):
        declined = await desk.word(await desk.ask(ADD), desk.mia, approve=False)
        done = await desk.word(await desk.ask(TAKE_OFF), desk.mia)
        waits = await desk.ask("cancel from March 20")
    assert await holding(desk.book, desk.policy_id) == {"policy_request", "policy_endorsement"}
    await sweep(desk, 729)
    assert await desk.see(declined) == declined
    await sweep(desk, 731)
    assert await holding(desk.book, desk.policy_id) == set()
    left = await desk.see(declined)
    assert (left.words, left.forgotten_at) == (None, noon(TODAY) + timedelta(days=731))
    assert left.proposal is not None
    assert declined.proposal is not None
    same = ("state", "asks", "day", "decision", "decided_by", "decided_at", "digest", "code", "asked_by", "created_at")
    assert [getattr(left, name) for name in same] == [getattr(declined, name) for name in same]
    assert (left.proposal.step, left.proposal.money) == (declined.proposal.step, declined.proposal.money)
    assert left.answer == "Add driver from 2026-03-12: declined. The words of the request are not kept any more."
    kept = await desk.see(done)
    assert (kept.words, kept.result) == (None, done.result)
    of = {one.id: one for one in (await desk.book.see(desk.policy_id)).endorsements}
    assert done.result is not None
    assert of[UUID(done.result["endorsement_id"])].operations, "what was applied is the contract"
    assert done.result["letter_id"] in {
        str(one.id) for one in (await desk.services.policy_papers.of(desk.mia, desk.policy_id)).items
    }
    with desk.book.on(TODAY):
        assert (await desk.see(waits)).words == "cancel from March 20", "what is open is not old"
        assert (await desk.word(waits, desk.ana)).state is Ends.DONE


async def test_who_is_erased_leaves_no_words_and_everybody_else_keeps_theirs(desk: Desk, services: Services) -> None:
    other = await new_agency(services, [a_producer("p1"), a_producer("p2")])
    async with services.database.begin(other) as uow:
        ids = await uow.agencies.ids_by_external()
    beside = Desk(services, other, ids["p1"], ids["p2"])
    await beside.open()
    neighbour = Desk(services, desk.actor, UUID(str(desk.ana.producer_id)), UUID(str(desk.ben.producer_id)))
    await neighbour.open()
    with desk.book.on(TODAY):
        declined = await desk.word(await desk.ask(ADD), desk.mia, approve=False)
        waits = await desk.ask(ADD)
        renewal = await desk.book.policies.renewing.offer(
            desk.mia, desk.policy_id, RenewalIn(), expected=None, key=None
        )
        of_renewal = await desk.requests.ask(desk.mia, renewal, RequestIn(words=ADD), None)
        others = [(one, await one.ask(ADD)) for one in (beside, neighbour)]
        forget = desk.services.policies.asking.forget
        assert await code(forget(desk.ana, desk.policy_id), Forbidden) == "forbidden"
        await code(forget(beside.mia, desk.policy_id), NotFound)
        assert await holding(desk.book, desk.policy_id) == {"policy_request", "policy_endorsement"}
        assert await forget(desk.mia, renewal) == 3
        assert await forget(desk.mia, desk.policy_id) == 0
        assert await holding(desk.book, renewal) == set()
        gone = [await desk.see(one) for one in (declined, waits)]
        gone.append(await desk.services.policies.asking.one(desk.mia, of_renewal.id))
        assert [(one.words, one.asks) for one in gone] == [(None, ["add_driver"])] * 3
        assert await code(desk.word(waits, desk.mia)) == "request_expired"
    ended = await desk.taken_up(waits, timedelta(seconds=1))
    assert (ended.state, ended.words) == (Ends.EXPIRED, None)
    assert await holding(desk.book, desk.policy_id) == set()
    assert {one.state for one in (await desk.book.see(desk.policy_id)).endorsements} == {"withdrawn"}
    for one, asked in others:
        with desk.book.on(TODAY):
            assert await one.see(asked) == asked
        assert await holding(one.book, one.policy_id) == {"policy_request", "policy_endorsement"}
    assert "Ann Lee" in json.dumps((await desk.book.see(desk.policy_id)).contents), "the contract stays"


async def _away(*_args: Any) -> None:
    raise Unavailable("the store is away")


@pytest.mark.parametrize(("words", "kinds"), [(ADD, ["endorsed"]), ("cancel from March 20", ["cancellation_asked"])])
async def test_what_was_approved_is_done_although_its_words_are_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, words: str, kinds: list[str]
) -> None:
    with desk.book.on(TODAY):
        asked = await desk.ask(words)
        if words == ADD:
            asked = await desk.price(asked)
        with monkeypatch.context() as patched:
            patched.setattr(module, "execute_step", _away)
            await code(desk.word(asked, desk.mia), Unavailable)
        await desk.services.policies.asking.forget(desk.mia, desk.policy_id)
    done = await desk.taken_up(asked, timedelta(seconds=desk.services.settings.policies.lease_seconds + 1))
    assert (done.state, done.words) == (Ends.DONE, None)
    assert await desk.kinds(*kinds) == kinds
    assert await holding(desk.book, desk.policy_id) <= {"policy", "policy_change", "policy_endorsement"}


async def test_what_nobody_had_read_yet_goes_to_a_person_without_its_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.book.on(TODAY):
        with monkeypatch.context() as patched:
            patched.setattr(Asking, "understood", _away)
            await code(desk.ask(ADD), Unavailable)
        (asked,) = (await desk.services.policies.asking.page(desk.mia, desk.policy_id, None, 10)).items
        await desk.services.policies.asking.forget(desk.mia, desk.policy_id)
    ended = await desk.taken_up(asked, timedelta(seconds=desk.services.settings.policies.lease_seconds + 1))
    assert (ended.state, ended.code, ended.words) == (Ends.NEEDS_PERSON, "not_understood", None)
    assert await holding(desk.book, desk.policy_id) == set()


async def test_a_question_whose_words_are_gone_is_not_answered_any_more(desk: Desk) -> None:
    with desk.book.on(TODAY):
        asked = await desk.ask("cancel, I sold the car")
        await desk.services.policies.asking.forget(desk.mia, desk.policy_id)
        assert await code(desk.ask("from March 20", follows=asked.id)) == "asked_nothing"


async def won(desk: Desk, key: str) -> tuple[UUID, UUID]:
    """A lead that is won, and the draft of it."""
    taken = await desk.services.intake.accept_one(desk.actor, LeadIn(**a_lead()), key=key)
    lead_id = UUID(str(taken.body["lead_id"]))
    async with desk.services.database.begin(desk.actor) as uow:
        await uow.history.locked(lead_id)
        await uow.session.execute(text("UPDATE lead SET status = 'won' WHERE id = :id"), {"id": lead_id})
    body = FromLeadIn(carrier="Prairie Mutual", starts_on=START, type="auto.standard")
    return lead_id, await desk.services.policies.drafts.from_lead(desk.mia, lead_id, body, key=None)


async def asked_of(desk: Desk, policy_id: UUID) -> RequestView:
    return await desk.requests.ask(desk.mia, policy_id, RequestIn(words=ADD), None)


async def test_an_erased_lead_takes_along_words_and_what_came_of_nothing(desk: Desk) -> None:
    (lead_id, draft), (other_lead, other) = await won(desk, "words-1"), await won(desk, "words-2")
    insured = str((await desk.book.see(draft)).insured)
    paper = PaperIn(type=PaperType.APPLICATION, expires_on=START)
    with desk.book.on(START):
        for one in (draft, other):
            await desk.services.policy_papers.attach(desk.mia, one, "a.txt", f"{insured} {one}".encode(), paper)
        asked, kept = await asked_of(desk, draft), await asked_of(desk, other)
        async with desk.services.database.begin(desk.actor) as uow:
            await uow.session.execute(text("DELETE FROM lead WHERE id = :id"), {"id": lead_id})
        gone = await desk.services.policies.asking.one(desk.mia, asked.id)
        assert (gone.words, gone.state, gone.code) == (None, asked.state, asked.code)
        bare = await desk.book.see(draft)
        assert (bare.insured, bare.lead_id, bare.status, bare.version) == (None, None, "draft", 2)
        assert await holding(desk.book, draft, insured) == set()
        assert (await desk.services.policy_papers.of(desk.mia, draft)).items == []
        assert await desk.services.policies.asking.one(desk.mia, kept.id) == kept
        assert (await desk.book.see(other)).insured == insured
    await desk.book.tick("2026-01-03")  # the clock of its document finds nothing to ask for
    assert "needs_a_person" not in await desk.book.kinds(draft)
    assert other_lead == (await desk.book.see(other)).lead_id


async def test_an_erased_lead_leaves_the_contract_and_its_letters(desk: Desk) -> None:
    lead_id, policy_id = await won(desk, "words-3")
    with desk.book.on(START):
        await desk.services.policies.drafts.revise(desk.mia, policy_id, a_policy(contents=TWO_CARS), expected=None)
        await desk.services.policies.drafts.submit(desk.mia, policy_id, expected=None)
        await desk.book.pay(policy_id, (await desk.book.see(policy_id)).schedule[0].amount_minor)
    with desk.book.on(TODAY):
        page = await desk.requests.ask(desk.mia, policy_id, RequestIn(words="send me the declarations"), None)
        asked = await asked_of(desk, policy_id)
        before = await desk.book.see(policy_id)
        async with desk.services.database.begin(desk.actor) as uow:
            await uow.session.execute(text("DELETE FROM lead WHERE id = :id"), {"id": lead_id})
        after = await desk.book.see(policy_id)
        assert after.contents == before.contents
        assert (await desk.services.policies.asking.one(desk.mia, asked.id)).words is None
        papers = (await desk.services.policy_papers.of(desk.mia, policy_id)).items
        assert page.result is not None
        assert [str(one.id) for one in papers] == [page.result["declarations_id"]]
        # a lead's erasure is no way round the guard: what is in force forgets nothing
        with pytest.raises(Exception, match="is at version"):
            async with desk.services.database.begin(desk.actor) as uow:
                await uow.session.execute(text("UPDATE policy SET insured = NULL WHERE id = :id"), {"id": policy_id})


async def test_the_guard_lets_nothing_else_through(desk: Desk) -> None:
    draft = await desk.book.draft()
    for change in ("insured = NULL", "insured = 'Eve'", "contents = contents || '{\"party\": {}}'"):
        with pytest.raises(Exception, match="is at version"):
            async with desk.services.database.begin(desk.actor) as uow:
                await uow.session.execute(text(f"UPDATE policy SET {change} WHERE id = :id"), {"id": draft})
    assert (await desk.services.policies.asking.forget(desk.mia, draft)) == 0
    assert (await desk.book.see(draft)).insured is None
    with pytest.raises(Conflict):
        await desk.services.policies.drafts.submit(desk.mia, draft, expected=None)
