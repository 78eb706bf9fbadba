"""Leads that one sender sends at the same time share a transaction, and none of them feels the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor
from kernel.errors import Invalid, Unavailable
from kernel.telemetry.metrics import LEADS_RECEIVED
from services.arrival import Arrival
from services.container import Services
from services.leads.intake import Intake
from services.leads.schemas import Answer, LeadIn
from services.sources.schemas import SourceIn
from store.uow import UnitOfWork
from tests.builders import a_lead

pytestmark = pytest.mark.both_sides
MANY = 20


async def send(services: Services, actor: Actor, number: int, **changes: Any) -> Answer:
    body = a_lead(email=f"t{number}@leads.example", phone=None) | changes
    return await services.intake.accept_one(actor, LeadIn(**body), key=None)


async def send_many(services: Services, actor: Actor, **changes: Any) -> list[Answer | BaseException]:
    sent = (send(services, actor, number, **changes) for number in range(MANY))
    return await asyncio.gather(*sent, return_exceptions=True)


async def rows(services: Services, actor: Actor, query: str) -> list[Any]:
    async with services.database.begin(actor) as uow:
        return list(await uow.session.execute(text(query)))


async def test_each_is_whole_and_answered_with_its_own(services: Services, actor: Actor) -> None:
    counter = LEADS_RECEIVED.labels("api", "accepted")
    before = counter._value.get()
    answers = await send_many(services, actor)
    assert counter._value.get() == before + MANY
    ids = [UUID(answer.body["lead_id"]) for answer in answers if isinstance(answer, Answer)]
    kept = await rows(services, actor, "SELECT id, email FROM lead")
    assert sorted((lead_id, f"t{number}@leads.example") for number, lead_id in enumerate(ids)) == sorted(
        map(tuple, kept)
    )
    for table, lead in (
        ("lead_event", "lead_id"), ("graph_run", "lead_id"), ("outbox", "CAST(payload->>'lead_id' AS uuid)")
    ):  # fmt: skip
        found = await rows(services, actor, f"SELECT {lead} FROM {table}")
        assert sorted(row[0] for row in found) == sorted(ids), table
    [(transactions,)] = await rows(services, actor, "SELECT count(DISTINCT xmin::text) FROM lead")
    assert transactions < MANY


async def test_agencies_and_sources_are_never_mixed(services: Services, actor: Actor, other_actor: Actor) -> None:
    await asyncio.gather(
        *(send_many(services, who, source=name) for who in (actor, other_actor) for name in ("one", "two"))
    )
    written: dict[str, set[tuple[str, str]]] = {}
    for who in (actor, other_actor):
        for agency, source, transaction in await rows(
            services, who, "SELECT agency_id::text, source, xmin::text FROM lead"
        ):
            written.setdefault(transaction, set()).add((agency, source))
    assert Counter(map(len, written.values())) == {1: len(written)}
    assert len(set().union(*written.values())) == 4


async def test_a_cap_lets_in_exactly_as_many_as_it_says(services: Services, actor: Actor) -> None:
    await services.sources.create(actor, SourceIn(slug="capped", name="Capped", kind="api", caps={"day": 7}))
    answers = await send_many(services, actor, source="capped")
    codes = Counter(answer.code if isinstance(answer, Invalid) else "taken" for answer in answers)
    assert codes == {"taken": 7, "cap_reached": MANY - 7}
    assert await rows(services, actor, "SELECT count(*), max(count) FROM lead, source_count") == [(7, 7)]


async def test_a_person_who_comes_twice_at_once_is_let_in_once(services: Services, actor: Actor) -> None:
    body = SourceIn(slug="no-repeats", name="No repeats", kind="api", duplicate_days=30)
    await services.sources.create(actor, body)
    answers = await send_many(services, actor, source="no-repeats", email="same@leads.example")
    assert Counter(isinstance(answer, Answer) for answer in answers) == {True: 1, False: MANY - 1}


async def test_a_fault_with_one_is_no_others(services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Intake.write

    async def broken(self: Intake, uow: UnitOfWork, arrivals: Sequence[Arrival]) -> None:
        await write(self, uow, arrivals)
        if any(one.draft.email == "t13@leads.example" for one in arrivals):
            raise ValueError("the thirteenth")

    monkeypatch.setattr(Intake, "write", broken)
    answers = await send_many(services, actor)
    assert [number for number, answer in enumerate(answers) if not isinstance(answer, Answer)] == [13]
    assert isinstance(answers[13], ValueError)
    assert await rows(services, actor, "SELECT count(DISTINCT email) FROM lead") == [(MANY - 1,)]


async def test_what_may_be_on_disk_is_not_written_again(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to a commit is lost: the senders are told to try again, as they would be one by one."""
    begin, taken = services.database.begin, 0

    class Lost:
        def __init__(self, who: Actor) -> None:
            self._inner = begin(who)

        async def __aenter__(self) -> UnitOfWork:
            return await self._inner.__aenter__()

        async def __aexit__(self, *problem: object) -> None:
            nonlocal taken
            taken += 1
            await self._inner.__aexit__(None, None, None)
            raise Unavailable("the database does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(services.database, "begin", Lost)
        answers = await send_many(services, actor)
    assert {type(answer) for answer in answers} == {Unavailable}
    assert taken < MANY
    assert await rows(services, actor, "SELECT count(*), count(DISTINCT email) FROM lead") == [(MANY, MANY)]


async def test_closing_waits_for_a_lead_whose_sender_has_hung_up(services: Services, actor: Actor) -> None:
    sending = asyncio.create_task(send(services, actor, 1))
    for _ in range(3):
        await asyncio.sleep(0)
    sending.cancel()
    await services.drain()
    assert await rows(services, actor, "SELECT email FROM lead") == [("t1@leads.example",)]
