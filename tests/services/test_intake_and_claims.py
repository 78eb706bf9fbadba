"""Intake remembers, claims do not race, and the pipeline gives each lead one fate."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from cli.workforce import working
from domain.actor import Actor
from domain.leads.case import LeadCase
from kernel.errors import Conflict, NotFound
from kernel.ids import derived_id
from kernel.settings import ApiSettings
from services.container import Services
from services.leads.imports import ImportOptions
from services.leads.schemas import LeadIn
from store.sql.repositories.runs import run_of
from tests.builders import a_lead, a_producer
from tests.conftest import new_agency

pytestmark = pytest.mark.both_sides

CSV = """Name,Email,Zip,Insurance,Message
Ann Lee,ann@leads.example,60614,auto,quote for my 2020 Civic please
ANN LEE,ANN@LEADS.EXAMPLE,60614,auto,quote for my 2020 Civic please
Bo Diaz,bo@leads.example,42223,home,closing on a house
No Contact,,60614,auto,hello
Cy Ott,cy@leads.example,60614,life,"please do not call me, e-mail only"
"""


@pytest.fixture
def leads_csv(tmp_path: Path) -> Path:
    file = tmp_path / "leads.csv"
    file.write_text(CSV, encoding="utf-8")
    return file


async def ended(services: Services, actor: Actor, lead_ids: list[UUID]) -> None:
    """Wait until no run of these leads is open."""
    async with asyncio.timeout(60):
        while True:
            async with services.database.begin(actor) as uow:
                if not await uow.runs.open_of(lead_ids):
                    return
            await asyncio.sleep(0.05)


async def leads_of(services: Services, actor: Actor) -> list[UUID]:
    """Every lead of the agency."""
    async with services.database.begin(actor) as uow:
        return list(await uow.session.scalars(text("SELECT id FROM lead")))


async def test_twenty_requests_with_one_key_make_one_lead(services: Services, actor: Actor) -> None:
    """DOMAIN T70."""
    body = LeadIn(**a_lead())
    answers = await asyncio.gather(*(services.intake.accept_one(actor, body, key="same") for _ in range(20)))
    assert len({answer.body["lead_id"] for answer in answers}) == 1
    assert Counter(answer.replayed for answer in answers) == {False: 1, True: 19}
    async with services.database.begin(actor) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM lead")) == 1


async def test_t70_a_fault_of_ours_is_not_remembered_and_an_answer_is_for_a_day_at_least(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    body = LeadIn(**a_lead())
    with monkeypatch.context() as patch:
        patch.setattr(services.intake, "write", broken)
        with pytest.raises(RuntimeError):
            await services.intake.accept_one(actor, body, key="k")
    answers = [await services.intake.accept_one(actor, body, key="k") for _ in range(2)]
    assert [one.replayed for one in answers] == [False, True]
    async with services.database.begin(actor) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM lead")) == 1
        kept = await uow.session.scalar(text("SELECT expires_at - created_at FROM idempotency_key"))
    assert kept >= timedelta(hours=24)
    with pytest.raises(ValidationError, match="idempotency_hours"):
        ApiSettings(idempotency_hours=23)


async def test_a_key_with_another_body_is_a_conflict(services: Services, actor: Actor) -> None:
    """DOMAIN T70."""
    await services.intake.accept_one(actor, LeadIn(**a_lead()), key="k")
    with pytest.raises(Conflict):
        await services.intake.accept_one(actor, LeadIn(**a_lead(zip="60601")), key="k")


async def test_a_key_whose_time_is_over_makes_another_lead(services: Services, actor: Actor) -> None:
    first = await services.intake.accept_one(actor, LeadIn(**a_lead()), key="k")
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("UPDATE idempotency_key SET expires_at = now() - interval '1 second'"))
    body = LeadIn(**a_lead(zip="60601"))
    answers = [await services.intake.accept_one(actor, body, key="k") for _ in range(2)]
    assert [answer.replayed for answer in answers] == [False, True]
    assert answers[0].body["lead_id"] == answers[1].body["lead_id"] != first.body["lead_id"]


async def test_two_agencies_may_use_one_key(services: Services, actor: Actor, other_actor: Actor) -> None:
    one = await services.intake.accept_one(actor, LeadIn(**a_lead()), key="k")
    other = await services.intake.accept_one(other_actor, LeadIn(**a_lead()), key="k")
    assert one.body["lead_id"] != other.body["lead_id"]


async def test_one_place_left_and_twenty_parallel_leads_give_exactly_one_assignment(services: Services) -> None:
    """DOMAIN T8."""
    actor = await new_agency(services, [a_producer("only", capacity_daily=1)])
    leads = []
    for number in range(20):
        answer = await services.intake.accept_one(
            actor, LeadIn(**a_lead(email=f"{number}@leads.example", phone=None)), key=None
        )
        leads.append(UUID(answer.body["lead_id"]))
    async with services.database.begin(actor) as uow:
        await uow.session.execute(
            text("UPDATE lead SET status = 'qualified', line = 'auto', lines = '{auto}', score = 50, tier = 'warm'")
        )
        await uow.session.execute(text("UPDATE graph_run SET status = 'done'"))
    claims = await asyncio.gather(
        *(services.assignments.claim(actor, run_of(lead, "lead", 0)[0], lead, None) for lead in leads)
    )
    assert Counter(claim.outcome for claim in claims) == {"assigned": 1, "queued": 19}
    again = await asyncio.gather(
        *(services.assignments.claim(actor, run_of(lead, "lead", 0)[0], lead, None) for lead in leads)
    )
    assert [claim.outcome for claim in again] == [claim.outcome for claim in claims]
    for claim in claims:
        replayed = await services.receipts.replay(actor, claim.receipt_id)
        assert replayed.same, replayed.differences
        assert replayed.producer_id == claim.producer_id
    books = await services.books.of(actor)
    assert (books.assignments, books.days_over_capacity) == (1, 0)


async def test_a_file_goes_through_and_nothing_of_it_is_in_the_checkpoints(
    services: Services, actor: Actor, leads_csv: Path
) -> None:
    """DOMAIN T68: each row is reported, and none is dropped."""
    view = await services.imports.take(actor, "leads.csv", leads_csv)
    async with working(services):
        await ended(services, actor, await leads_of(services, actor))
    rows = await services.import_results.results(actor, view.id)
    assert [row.row for row in rows] == [1, 2, 3, 4, 5]
    assert [row.status for row in rows] == ["assigned", "duplicate", "queued", "rejected", "queued"]
    assert rows[1].duplicate_of == rows[0].lead_id
    assert rows[2].reason == "state_ambiguous"
    assert rows[4].reason == "do_not_call"
    assert rows[0].score is not None
    detail = await services.lead_queries.one(actor, rows[0].lead_id or UUID(int=0))
    scorer = next(decision for decision in detail.decisions if decision.specialist == "scorer")
    assert sum(part["points"] for part in scorer.value["contributions"]) == detail.score
    async with services.database.begin(actor) as uow:
        for table in ("checkpoints", "checkpoint_writes", "checkpoint_blobs"):
            kept = (await uow.session.scalars(text(f"SELECT t::text FROM {table} AS t"))).all()
            assert kept, table
            for personal in ("ann@leads.example", "Ann Lee", "Civic", "bo@leads.example"):
                assert not any(personal.encode().hex() in row or personal in row for row in kept), (table, personal)


async def test_the_same_file_again_repeats_nothing(services: Services, actor: Actor, leads_csv: Path) -> None:
    first = await services.imports.take(actor, "leads.csv", leads_csv)
    second = await services.imports.take(actor, "renamed.csv", leads_csv)
    assert first.id == second.id
    third = await services.imports.take(actor, "leads.csv", leads_csv, ImportOptions(again=1))
    assert third.id != first.id
    async with services.database.begin(actor) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM lead")) == 8


async def test_rows_rebuild_from_their_events(services: Services, actor: Actor, leads_csv: Path) -> None:
    await services.imports.take(actor, "leads.csv", leads_csv)
    async with working(services):
        await ended(services, actor, await leads_of(services, actor))
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("UPDATE lead SET score = 1"))
    assert (await services.lead_rebuild.rebuild(actor)).differed > 0
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0


async def test_a_failing_specialist_degrades_its_decision_and_the_lead_goes_on(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: object, case: LeadCase, known: object) -> None:
        raise ValueError("the model is gone")

    monkeypatch.setattr("agents.classifier.Classifier.decide", broken)
    answer = await services.intake.accept_one(actor, LeadIn(**a_lead()), key=None)
    lead_id = UUID(answer.body["lead_id"])
    async with working(services):
        await ended(services, actor, [lead_id])
    detail = await services.lead_queries.one(actor, lead_id)
    assert detail.status == "assigned"
    assert detail.needs_review
    assert next(one for one in detail.decisions if one.specialist == "classifier").degraded


async def test_a_silent_workers_runs_are_taken_over_and_its_token_is_void(services: Services, actor: Actor) -> None:
    answer = await services.intake.accept_one(actor, LeadIn(**a_lead()), key=None)
    lead_id = UUID(answer.body["lead_id"])
    mine = [run for run in await services.runs.claim("gone", 1000) if run.lead_id == lead_id]
    assert len(mine) == 1
    assert not [run for run in await services.runs.claim("second", 1000) if run.lead_id == lead_id]
    await services.runs.recover(everyone=True)
    taken = [run for run in await services.runs.claim("second", 1000) if run.lead_id == lead_id]
    assert taken[0].token == mine[0].token + 1
    assert not await services.runs.finish(mine[0], "late")
    assert await services.runs.finish(taken[0], "done")
    await services.runs.recover(everyone=True)


async def test_another_agencys_lead_is_not_found(services: Services, actor: Actor, other_actor: Actor) -> None:
    answer = await services.intake.accept_one(actor, LeadIn(**a_lead()), key=None)
    with pytest.raises(NotFound):
        await services.lead_queries.one(other_actor, UUID(answer.body["lead_id"]))
    with pytest.raises(NotFound):
        await services.receipts.get(other_actor, derived_id("receipt", "nothing"))
