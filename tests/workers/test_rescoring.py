"""A document read after its lead was decided moves score and completeness, once, and nothing else."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
from langgraph.runtime import RunControl

from agents.registry import specialists
from domain.actor import Actor
from domain.leads.history import fold
from graphs.runner import Ended, LeadRunner
from services.container import Services
from services.leads.rebuild import event_of
from services.leads.status import LeadStatus
from services.runs import RESCORE, ClaimedRun
from tests.paper import Sheet, lines, pdf
from tests.workers.stage import at_work, lead_row, runner, submit, until_ended
from workers.pipeline import PipelineWorker

AUTO = {"message": "I need a quote for car insurance for my Honda", "line": "auto"}


def declared(premium: str = "$1,284.00") -> bytes:
    """A declarations page in force that states what a lead for auto insurance is asked first."""
    page = Sheet()
    page.text(72, 60, "PERSONAL AUTO POLICY DECLARATIONS", size=15, bold=True)
    lines(
        page, 72, 90,
        [
            "Policy Number: PA-40-2219", "Insurance Company: Harbor Gate Insurance", "Named Insured: Ada Fontaine",
            "Effective Date: 10/01/2026", "Expiration Date: 10/01/2031", f"Total Premium: {premium}",
            "Vehicle 1: 2019 Honda Accord", "VIN: 1HGCV1F34KA123454",
        ],
    )  # fmt: skip
    return pdf(page)


async def decided(services: Services, actor: Actor, owner: asyncpg.Pool, **changes: Any) -> UUID:
    lead_id = await submit(services, actor, **{**AUTO, **changes})
    await settle(services, owner, lead_id)
    return lead_id


async def settle(services: Services, owner: asyncpg.Pool, lead_id: UUID) -> None:
    async with at_work(PipelineWorker(services, runner(services))):
        await until_ended(owner, [lead_id])


async def outcomes(owner: asyncpg.Pool, lead_id: UUID) -> list[str]:
    query = "SELECT outcome FROM graph_run WHERE lead_id = $1 AND graph = $2 ORDER BY finished_at"
    return [row["outcome"] for row in await owner.fetch(query, lead_id, RESCORE)]


async def newest(owner: asyncpg.Pool, lead_id: UUID, specialist: str) -> dict[str, Any]:
    query = "SELECT body FROM decision WHERE lead_id = $1 AND specialist = $2 ORDER BY at DESC, id DESC LIMIT 1"
    body: dict[str, Any] = json.loads(await owner.fetchval(query, lead_id, specialist))
    return body


async def kinds(owner: asyncpg.Pool, lead_id: UUID) -> list[str]:
    rows = await owner.fetch("SELECT kind FROM lead_event WHERE lead_id = $1 ORDER BY version", lead_id)
    return [row["kind"] for row in rows]


def share_of(body: dict[str, Any], factor: str) -> int:
    return int(next(part["points"] for part in body["value"]["contributions"] if part["factor"] == factor))


async def test_a_declarations_page_raises_the_score_of_an_assigned_lead_and_moves_nothing_else(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await decided(services, actor, owner)
    before, scored = await lead_row(owner, lead_id), await newest(owner, lead_id, "scorer")
    receipts = await owner.fetchval("SELECT count(*) FROM receipt WHERE lead_id = $1", lead_id)
    await services.documents.add(actor, lead_id, "dec.pdf", declared())
    await settle(services, owner, lead_id)
    after, again = await lead_row(owner, lead_id), await newest(owner, lead_id, "scorer")

    assert await outcomes(owner, lead_id) == ["rescored"]
    assert share_of(again, "documents") > share_of(scored, "documents")
    assert share_of(again, "completeness") > share_of(scored, "completeness")
    assert after["score"] == again["value"]["score"] == sum(part["points"] for part in again["value"]["contributions"])
    assert after["score"] > before["score"]
    moved = {name for name in before if before[name] != after[name]}
    assert moved <= {"score", "tier", "version", "updated_at", "needs_review"}
    assert (await kinds(owner, lead_id))[-2:] == ["assigned", "rescored"]
    assert await owner.fetchval("SELECT count(*) FROM assignment WHERE lead_id = $1", lead_id) == 1
    assert await owner.fetchval("SELECT count(*) FROM receipt WHERE lead_id = $1", lead_id) == receipts
    found = (await newest(owner, lead_id, "documents"))["value"]["findings"]
    carrier = next(one for one in found if one["field"] == "current_carrier")
    assert (carrier["value"], carrier["source"], carrier["status"]) == (
        "Harbor Gate Insurance", "document dec.pdf p. 1", "new",
    )  # fmt: skip
    told = (await services.explanations.of(actor, lead_id)).text
    assert "One document was sent for it, adding current carrier" in told
    assert f"The score is {after['score']} of 100" in told
    assert f"Documents give {share_of(again, 'documents')} points" in told


async def test_the_row_stays_the_fold_of_its_events(services: Services, actor: Actor, owner: asyncpg.Pool) -> None:
    lead_id = await decided(services, actor, owner)
    await services.documents.add(actor, lead_id, "dec.pdf", declared("$1,285.00"))
    await settle(services, owner, lead_id)
    async with services.database.begin(actor) as uow:
        row = await uow.leads.one(lead_id)
        assert fold(event_of(one) for one in await uow.history.of(lead_id)) == row.as_state()
    message = await owner.fetchrow(
        "SELECT subject, payload FROM outbox WHERE subject = 'leads.v1.rescored' ORDER BY created_at DESC LIMIT 1"
    )
    assert set(json.loads(message["payload"])["data"]) == {"score", "tier", "needs_review", "was"}


async def test_the_same_document_again_scores_nothing_anew(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await decided(services, actor, owner)
    for _ in range(2):
        await services.documents.add(actor, lead_id, "dec.pdf", declared("$1,286.00"))
        await settle(services, owner, lead_id)
    assert await outcomes(owner, lead_id) == ["rescored"]
    assert (await kinds(owner, lead_id)).count("rescored") == 1


async def test_a_document_that_came_before_the_decision_is_in_it_and_not_scored_twice(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await submit(services, actor, **AUTO)
    await services.documents.add(actor, lead_id, "Ada Fontaine dec.pdf", declared("$1,287.00"))
    await settle(services, owner, lead_id)
    assert await outcomes(owner, lead_id) == ["unchanged"]
    assert "rescored" not in await kinds(owner, lead_id)
    assert share_of(await newest(owner, lead_id, "scorer"), "documents") > 2
    kept: list[bytes] = []
    for table, column in (
        ("checkpoints", "convert_to(checkpoint::text, 'UTF8')"),
        ("checkpoint_blobs", "blob"),
        ("checkpoint_writes", "blob"),
    ):
        rows = await owner.fetch(f"SELECT {column} AS said FROM {table} WHERE thread_id LIKE $1", f"%{lead_id}%")
        kept += [row["said"] for row in rows if row["said"]]
    assert any(b"findings" in said for said in kept)
    assert not any(word in said for said in kept for word in (b"Fontaine", b"Harbor Gate", b"128700"))


async def test_a_closed_lead_keeps_its_score(services: Services, actor: Actor, owner: asyncpg.Pool) -> None:
    lead_id = await decided(services, actor, owner)
    await LeadStatus(services.database).change(actor, lead_id, "lose", reason="bought elsewhere", expected=None)
    before = await lead_row(owner, lead_id)
    await services.documents.add(actor, lead_id, "dec.pdf", declared("$1,288.00"))
    await settle(services, owner, lead_id)
    assert await outcomes(owner, lead_id) == ["closed"]
    assert await lead_row(owner, lead_id) == before


async def test_a_document_that_contradicts_the_lead_is_named_and_raises_nothing(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await decided(
        services,
        actor,
        owner,
        message="Car insurance for my Honda please, I am with Geico now",
        current_carrier="GEICO",
    )
    scored = await newest(owner, lead_id, "scorer")
    await services.documents.add(actor, lead_id, "dec.pdf", declared("$1,289.00"))
    await settle(services, owner, lead_id)
    said = await newest(owner, lead_id, "documents")
    assert [one["field"] for one in said["value"]["conflicts"]] == ["current_carrier"]
    assert said["value"]["conflicts"][0]["given"].casefold() == "geico"
    assert share_of(await newest(owner, lead_id, "scorer"), "documents") == share_of(scored, "documents")
    row = await lead_row(owner, lead_id)
    assert row["needs_review"]
    assert "contradicts the sender's own words" in (await services.explanations.of(actor, lead_id)).text


async def test_a_run_executed_twice_leaves_one_event_and_one_decision(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await decided(services, actor, owner)
    await services.documents.add(actor, lead_id, "dec.pdf", declared("$1,290.00"))
    (run,) = [one for one in await services.runs.claim("first", 100) if one.lead_id == lead_id]
    assert await runner(services).execute(run, RunControl()) is Ended.DONE
    await owner.execute("UPDATE graph_run SET status = 'queued' WHERE id = $1", run.run_id)
    (again,) = [one for one in await services.runs.claim("second", 100) if one.lead_id == lead_id]
    assert await runner(services).execute(again, RunControl()) is Ended.DONE
    assert (await kinds(owner, lead_id)).count("rescored") == 1
    assert await owner.fetchval("SELECT count(*) FROM decision WHERE run_id = $1", run.run_id) == 2


async def test_a_score_that_rests_on_an_older_lead_is_not_written(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await decided(services, actor, owner)
    await services.documents.add(actor, lead_id, "dec.pdf", declared("$1,291.00"))
    (run,) = [one for one in await services.runs.claim("first", 100) if one.lead_id == lead_id]
    real = dict(specialists(services))

    class Overtaken:
        """A scorer during whose work a person writes down a call."""

        name, version = "scorer", "test"

        async def decide(self, case: Any, known: Any) -> Any:
            await services.lead_status.change(actor, lead_id, "contact", reason=None, expected=None)
            return await real["scorer"].decide(case, known)

    overtaken = LeadRunner(services, {**real, "scorer": Overtaken()})
    assert await overtaken.execute(run, RunControl()) is Ended.LATER
    assert "rescored" not in await kinds(owner, lead_id)
    await settle(services, owner, lead_id)
    assert (await kinds(owner, lead_id))[-2:] == ["contacted", "rescored"]


async def test_a_rescoring_that_never_succeeds_leaves_the_lead_alone(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    lead_id = await decided(services, actor, owner)
    before = await lead_row(owner, lead_id)
    await services.documents.add(actor, lead_id, "dec.pdf", declared("$1,292.00"))
    (run,) = [one for one in await services.runs.claim("first", 100) if one.lead_id == lead_id]
    worn = ClaimedRun(run.run_id, run.agency_id, run.lead_id, run.graph, run.thread_id, run.token, attempts=99)
    assert await runner(services).execute(worn, RunControl()) is Ended.DONE
    assert await lead_row(owner, lead_id) == before
    assert await outcomes(owner, lead_id) == ["pipeline_failed"]
