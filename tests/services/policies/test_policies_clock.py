"""Due timers are worked some at once: with the same results as one by one, whatever refuses, fails, dies or works beside."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import event, text

from domain.actor import Actor
from kernel.errors import Unavailable
from kernel.ids import new_id
from services.container import Services
from services.policies import timing
from services.policies.schemas import EndorsementIn
from services.policy_papers import PaperIn
from store.sql.repositories.policy_group import PolicyGroup
from tests.services.policies.book import Book, glass, noon
from tests.services.policies.test_policies_ending import a_life

_IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TOGETHER = "_together"


async def one_by_one(_: object, __: UUID, due: Any) -> list[UUID]:
    return [one.timer_id for one in due]


async def lived(book: Book) -> None:
    """One term of each kind that a timer ends or asks about, with quotes and renewals that are open then."""
    renewed = await book.active(number="C1", auto_renew=True)
    taken = await book.active(number="C2", auto_renew=True)
    await book.active(number="C3", frequency="monthly")
    noticed = await book.active(number="C4", frequency="monthly")
    paid = await book.active(number="C5", frequency="monthly")
    leaves = await book.active(number="C6", auto_renew=True)
    await book.active(number="C7", **a_life())
    lapses = await book.active(number="C8", **a_life())
    quoted = await book.active(number="C9", **a_life())
    declined = await book.active(number="C10", state="NY", zone="America/New_York")
    await book.tick("2026-02-02")
    with book.on("2026-02-02"):
        for one in (noticed, paid):
            await book.notice(one, "2026-02-02", "2026-02-12")
    with book.on("2026-02-10"):
        for one in (lapses, quoted):
            await book.notice(one, "2026-02-10", "2026-04-03", action="lapse", sent="mail")
        body = EndorsementIn.model_validate({
            "effective_on": "2026-05-01",
            "operations": [{"verb": "change", "part": "coverage", "key": "d", "value": {"premium_minor": 150_000}}],
        })  # fmt: skip
        await book.policies.changing.quote(book.actor, quoted, body, expected=None, key=None)
    await paid_unseen(book, paid)
    # every month by itself: of timers that wait together, one that another sets anew comes before or behind the rest
    for day in ("2026-02-12", "2026-02-13", "2026-04-03", *(f"2026-{month:02}-02" for month in range(5, 12))):
        await book.tick(day)
    with book.on("2026-11-10"):
        await book.notice(declined, "2026-11-10", "2027-01-01", action="non_renewal", reason="other")
    await book.tick("2026-11-25")
    with book.on("2026-11-26"):
        await book.endorse(renewed, "2026-12-01", glass(9_000))
        await book.cancel(leaves, day="2026-12-20")
        async with book.services.database.begin(book.actor) as uow:
            renewal = await uow.policies.renewal_of(taken)
        assert renewal is not None
        await book.pay(renewal.id, (await book.see(renewal.id)).schedule[0].amount_minor)
    for day in ("2026-12-20", "2027-01-02", "2027-03-05"):
        await book.tick(day)


async def paid_unseen(book: Book, policy_id: UUID) -> None:
    """Paid behind the services' back, so that a notice still stands when its day comes, and its rule refuses."""
    statement = text(
        "INSERT INTO policy_payment (id, agency_id, policy_id, key, amount_minor, method, state, received_at, recorded_at, "
        "recorded_by) VALUES (:id, :agency, :policy, 'x', 10000, 'ach', 'settled', :at, :at, 'test')"
    )
    async with book.services.database.begin(book.actor) as uow:
        values = {"id": new_id(), "agency": book.actor.agency_id, "policy": policy_id, "at": noon("2026-02-05")}
        await uow.session.execute(statement, values)


OF_TERM = "JOIN policy p ON p.id = x.policy_id WHERE x.agency_id = :agency ORDER BY p.number, p.term_number"
KEPT = "NOT (x.state = 'cancelled' AND x.kind IN ('overdue', 'notice_ends', 'grace_over'))"
"""A timer that one step sets and the next takes back is never written where both are done together."""
EVERYTHING = {
    "policy": "SELECT to_jsonb(p) - 'updated_at' - 'created_at' FROM policy p WHERE agency_id = :agency"
    " ORDER BY number, term_number",
    "event": f"SELECT p.number, p.term_number, to_jsonb(x) - 'seq' - 'recorded_at' FROM policy_event x {OF_TERM}, x.version",
    "in their order": f"SELECT p.number, p.term_number, x.version FROM policy_event x {OF_TERM}, x.seq",
    "change": f"SELECT p.number, p.term_number, to_jsonb(x) - 'recorded_at' FROM policy_change x {OF_TERM}, x.number",
    "posting": "SELECT p.number, p.term_number, x.premium_minor, x.tax_minor, x.fee_minor, x.effective_on::text"
    f" FROM policy_posting x {OF_TERM}, x.seq",
    "timer": "SELECT p.number, p.term_number, x.kind, x.due_at::text, x.state, x.outcome"
    f" FROM policy_timer x {OF_TERM}, x.due_at, x.kind".replace("WHERE", f"WHERE {KEPT} AND"),
    "earning": f"SELECT p.number, p.term_number, x.version, x.kind, x.state FROM policy_earning x {OF_TERM}, x.version",
    "outbox": "SELECT p.number, p.term_number, x.subject, x.payload - 'recorded_at' FROM outbox x"
    " JOIN policy p ON p.id = (x.payload ->> 'policy_id')::uuid WHERE x.agency_id = :agency"
    " ORDER BY p.number, p.term_number, x.payload -> 'version'",
    "audit": "SELECT p.number, p.term_number, x.action, x.actor, x.outcome FROM audit_entry x"
    " JOIN policy p ON p.id::text = x.subject_id"
    " WHERE x.agency_id = :agency AND x.action LIKE 'policy.%' ORDER BY p.number, p.term_number, x.id",
}


async def told(book: Book) -> dict[str, list[str]]:
    """Every row of an agency's policies, other than what differs from agency to agency."""
    agency = {"agency": book.actor.agency_id}
    async with book.services.database.begin(book.actor) as uow:
        return {
            name: [_IDS.sub("#", json.dumps(list(row))) for row in await uow.session.execute(text(query), agency)]
            for name, query in EVERYTHING.items()
        }


async def test_a_group_writes_what_one_by_one_is_written(
    book: Book, services: Services, other_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = Book(services, other_actor)
    await book.tick("2026-01-01")
    with structlog.testing.capture_logs() as logs:
        await lived(book)
    assert not [one for one in logs if one["log_level"] in {"warning", "error"}]
    monkeypatch.setattr(timing.Timing, TOGETHER, one_by_one)
    await lived(beside)
    found, expected = await told(book), await told(beside)
    for name, rows in expected.items():
        assert rows, name
        assert found[name] == rows, name
    outcomes = {json.loads(row)[5] for row in found["timer"]}
    assert {"expired", "non_renewed", "cancelled", "lapsed", "not_taken", "became_overdue", "not_overdue"} <= outcomes


async def due_together(book: Book, many: int, day: str, **changes: Any) -> list[UUID]:
    """Policies with timers that are due on a day, and nobody else's with them."""
    await book.tick(day)
    found = [await book.active(**changes) for _ in range(many)]
    await book.tick("2026-01-02")
    return found


async def versions(book: Book, policies: list[UUID]) -> list[int]:
    return [(await book.see(one)).version for one in policies]


async def test_a_refusal_in_a_group_leaves_the_others_worked(book: Book) -> None:
    one, refused, other = await due_together(book, 3, "2026-02-12", frequency="monthly")
    await book.tick("2026-02-02")
    with book.on("2026-02-02"):
        for each in (one, refused, other):
            await book.notice(each, "2026-02-02", "2026-02-12")
    await paid_unseen(book, refused)
    with book.on("2026-02-12"), structlog.testing.capture_logs() as logs:
        assert await book.policies.timing.work() == 3
        assert await book.policies.timing.work() == 0
    assert not [line for line in logs if line["log_level"] in {"warning", "error"}]
    for each in (one, other):
        assert (await book.see(each)).status == "cancelled"
        assert (await book.kinds(each)).count("cancelled") == 1
    assert (await book.see(refused)).status == "active"
    last = (await book.policies.reading.timeline(book.actor, refused)).items[-1]
    assert (last.kind, last.data["code"]) == ("needs_a_person", "not_overdue")


async def worked_alone(
    monkeypatch: pytest.MonkeyPatch, book: Book, policy_id: UUID, work: Callable[..., Awaitable[str]]
) -> None:
    """Let the rule of one policy's overdue timer do something else."""
    own = timing.OF_INSTALMENT["overdue"]

    async def patched(uow: Any, held: Any, key: str, *when: datetime) -> str:
        return await (work if held.row.id == policy_id else own)(uow, held, key, *when)

    monkeypatch.setitem(timing.OF_INSTALMENT, "overdue", patched)


async def test_what_fails_holds_up_no_other_and_is_tried_again_when_its_lease_is_over(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, broken, other = await due_together(book, 3, "2026-02-03", frequency="monthly")

    async def fails(*_: object) -> str:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patch:
        await worked_alone(patch, book, broken, fails)
        with book.on("2026-02-02"):
            assert await book.policies.timing.work() == 3
            assert await book.policies.timing.work() == 0
    assert [(await book.kinds(each)).count("became_overdue") for each in (one, broken, other)] == [1, 0, 1]
    await book.tick("2026-02-03")
    assert [(await book.kinds(each)).count("became_overdue") for each in (one, broken, other)] == [1, 1, 1]


async def test_a_group_whose_worker_dies_is_undone_as_a_whole_and_left_to_the_next(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = await due_together(book, 4, "2026-02-03", frequency="monthly")
    before = await versions(book, policies)
    whole = PolicyGroup.send

    async def dies(group: PolicyGroup) -> None:
        """Everything was written, and the connection goes before it was committed."""
        await whole(group)
        assert await group.session.scalar(text("SELECT count(*) FROM policy_event WHERE kind = 'became_overdue'")) >= 4
        await group.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with monkeypatch.context() as patch:
        patch.setattr(PolicyGroup, "send", dies)
        with book.on("2026-02-02"), pytest.raises(Unavailable):
            await book.policies.timing.work()
    assert await versions(book, policies) == before
    with book.on("2026-02-02"):
        assert await book.policies.timing.work() == 0  # another worker's, as long as the lease lasts
    await book.tick("2026-02-03")
    for each in policies:
        assert (await book.kinds(each)).count("became_overdue") == 1
        async with book.services.database.begin(book.actor) as uow:
            timers = [one for one in await uow.policies.timers(each) if one.kind == "overdue" and one.state == "done"]
        assert [(one.outcome, one.attempts) for one in timers] == [("became_overdue", 2)]


@contextmanager
def statements(book: Book) -> Iterator[list[tuple[str, Any]]]:
    """Statements with their parameters, as they are sent to the database from here on."""
    engine, sent = book.services.database.engine.sync_engine, list[tuple[str, Any]]()

    def heard(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        sent.append((statement, values))

    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", heard)


async def test_documents_that_are_over_are_read_at_once_for_a_whole_group(book: Book) -> None:
    policies, asked = [await book.active() for _ in range(5)], set()
    with book.on("2026-02-01"):
        for each in policies:
            for name in ("id_card", "claim"):
                paper = PaperIn.model_validate({"type": name, "expires_on": "2026-03-01"})
                file = ("card.txt", f"{name} of {each}".encode())
                made, _ = await book.services.policy_papers.attach(book.actor, each, *file, paper)
                asked.add(str(made.id))
    await book.tick("2026-03-01")
    with statements(book) as sent:
        await book.tick("2026-03-02")
    found = [await book.policies.reading.timeline(book.actor, each) for each in policies]
    told = [one.data for each in found for one in each.items if one.kind == "needs_a_person"]
    assert [one["code"] for one in told] == ["document_expired"] * 5
    assert {one for each in told for one in each["document_ids"]} == asked
    assert all("ID card until 2026-03-01" in each["words"] and "claim until" in each["words"] for each in told)
    ours = str(book.actor.agency_id)
    reads = [values for statement, values in sent if "FROM document" in statement and ours in str(values)]
    assert len(reads) == 1, "one for the group, however many policies it has"


async def test_a_worker_that_comes_back_from_a_lost_lease_repeats_nothing(book: Book) -> None:
    policies = await due_together(book, 3, "2026-02-03", frequency="monthly")
    with book.on("2026-02-02"):
        async with book.services.database.platform() as platform:
            lost = await platform.claim_due_policy_timers(noon("2026-02-02"), timedelta(minutes=2), 40)
    await book.tick("2026-02-03")
    with book.on("2026-02-03"):
        together = getattr(book.policies.timing, TOGETHER)
        assert await together(book.actor.agency_id, [one for one in lost if one.policy_id in policies]) == []
    assert [(await book.kinds(each)).count("became_overdue") for each in policies] == [1, 1, 1]


DUE = [f"2026-{month:02}-01" for month in range(2, 13)]


async def test_workers_with_timers_of_the_same_policies_wait_for_each_other_and_never_in_a_circle(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small groups, so that each holds some of another's policies, or the terms that renew them."""
    policies = await due_together(book, 7, "2027-01-02", frequency="monthly", auto_renew=True)
    monkeypatch.setattr(timing, "_TOGETHER", 5)

    async def worker() -> int:
        worked = 0
        while some := await book.policies.timing.work():
            worked += some
        return worked

    with structlog.testing.capture_logs() as logs:
        for day in ("2026-12-01", "2027-01-02"):
            with book.on(day):
                assert sum(await asyncio.gather(*(worker() for _ in range(4)))) >= 7
    assert not [line for line in logs if line["log_level"] in {"warning", "error"}]
    for each in policies:
        kinds = await book.kinds(each)
        assert [kinds.count(one) for one in ("renewal_offered", "expired")] == [1, 1]
        overdue = [
            one.data["due_on"]
            for one in (await book.policies.reading.timeline(book.actor, each)).items
            if one.kind == "became_overdue"
        ]
        # In any order among workers; the last is not told where another one ended the term before.
        assert sorted(overdue) in (DUE[:-1], DUE)
        async with book.services.database.begin(book.actor) as uow:
            assert all(one.state != "waiting" for one in await uow.policies.timers(each))
