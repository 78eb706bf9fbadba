"""Second opinions through the stores: wanted once, asked by one, kept once, given up after a few early ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import respx
from pydantic import SecretStr

from agents.document_reader import DocumentReaderAgent
from agents.language_models import LanguageModels
from domain.actor import Actor
from domain.documents.extract import VERSION
from integrations.blobs import LocalBlobs
from integrations.documents.limits import Limits
from integrations.documents.process import DocumentReader
from integrations.llm.gateway import Gateway
from integrations.virus_scan import NoScanner
from kernel.clock import now
from kernel.ids import new_id
from kernel.llm_settings import LlmSettings
from prompts.registry import library
from services.container import Services
from services.documents.documents import Documents
from services.documents.schemas import DocumentDetail
from services.llm.budget import DailyBudget
from tests.agents.letters import ANSWER, LETTER, TOOL
from tests.agents.models import tool
from tests.builders import a_sent_lead
from tests.integrations.llm.world import URL, refused
from workers.documents import second_opinion


@pytest.fixture
async def reader(services: Services) -> AsyncIterator[DocumentReaderAgent]:
    """The document reader on a gateway that writes into the real ledger."""
    settings = LlmSettings(api_key=SecretStr("sk-secret-of-the-test"), attempts=1)
    budget = DailyBudget(services.database, settings.daily_budget_usd, new_id())
    gateway = Gateway(settings, services.llm_ledger, budget)
    yield DocumentReaderAgent(LanguageModels(gateway), library())
    await gateway.close()


async def sent(
    services: Services, actor: Actor, folder: Path, text: str = LETTER, *, asks: bool = True
) -> DocumentDetail:
    use = Documents(services.database, LocalBlobs(folder), NoScanner(), DocumentReader(Limits()), asks=asks)
    document, _ = await use.add(actor, await a_sent_lead(services, actor), "letter.txt", text.encode())
    return document


async def pages_kept(services: Services, actor: Actor, document: DocumentDetail) -> bool:
    async with services.database.begin(actor) as uow:
        return (await uow.documents.one(document.id)).opinion_pages is not None


@respx.mock
async def test_a_doubtful_document_is_read_at_once_and_completed_by_the_worker(
    services: Services, actor: Actor, reader: DocumentReaderAgent, tmp_path: Path
) -> None:
    route = respx.post(URL).mock(return_value=tool(TOOL, ANSWER))
    first = await sent(services, actor, tmp_path)
    assert (first.status, first.opinion, first.needs_review, first.read_source) == ("read", "wanted", True, "rules")
    assert first.fields
    assert await pages_kept(services, actor, first)
    assert await second_opinion(services, reader)
    done = await services.documents.one(actor, first.id)
    assert (done.kind, done.opinion, done.needs_review, done.read_source) == ("declarations", "given", False, "llm")
    assert (done.read_version or "").startswith(f"{VERSION}+document_reader/v1@")
    assert done.read_cost > 0
    assert {field.name: field.read_by for field in done.fields} | {
        "policy_number": "llm",
        "effective_date": "rules",
    } == {field.name: field.read_by for field in done.fields}
    assert "kind_unsure" not in {note.code for note in done.notes}
    assert not await pages_kept(services, actor, first)  # a stranger's words are kept no longer than they are needed
    assert not await second_opinion(services, reader)
    assert route.call_count == 1
    await services.llm_ledger.flush()
    async with services.database.begin(actor) as uow:
        sums = await uow.llm_calls.sums(now() - timedelta(days=1), now() + timedelta(days=1))
    assert [one.agent for one in sums] == ["document_reader"]


@respx.mock
async def test_many_workers_ask_once(
    services: Services, actor: Actor, reader: DocumentReaderAgent, tmp_path: Path
) -> None:
    route = respx.post(URL).mock(return_value=tool(TOOL, ANSWER))
    await sent(services, actor, tmp_path, LETTER + "\n1")
    worked = await asyncio.gather(*(second_opinion(services, reader) for _ in range(5)))
    assert sum(worked) == route.call_count == 1


@respx.mock
async def test_a_model_of_no_help_leaves_the_reading_marked(
    services: Services, actor: Actor, reader: DocumentReaderAgent, tmp_path: Path
) -> None:
    respx.post(URL).mock(return_value=refused(503))
    before = await sent(services, actor, tmp_path, LETTER + "\n2")
    assert await second_opinion(services, reader)
    after = await services.documents.one(actor, before.id)
    assert (after.opinion, after.needs_review, after.read_source, after.read_version) == (
        "no_help",
        True,
        "rules",
        VERSION,
    )
    assert after.fields == before.fields
    assert "no_second_opinion" in {note.code for note in after.notes}


async def test_what_ends_early_again_and_again_is_given_up(services: Services, actor: Actor, tmp_path: Path) -> None:
    document = await sent(services, actor, tmp_path, LETTER + "\n3")
    async with services.database.begin(actor) as uow:
        await uow.documents.change(document.id, opinion_attempts=3)
    assert await services.second_opinions.next() is None
    given_up = await services.documents.one(actor, document.id)
    assert (given_up.opinion, given_up.needs_review) == ("no_help", True)
    assert any("several times" in note.message for note in given_up.notes)


async def test_an_answer_that_comes_after_another_was_kept_is_dropped(
    services: Services, actor: Actor, reader: DocumentReaderAgent, tmp_path: Path
) -> None:
    document = await sent(services, actor, tmp_path, LETTER + "\n4")
    question = await services.second_opinions.next()
    assert question is not None
    with respx.mock:
        respx.post(URL).mock(return_value=tool(TOOL, ANSWER))
        opinion = await reader.read(actor.agency_id, document.id, question.name, question.pages, question.local)
    assert await services.second_opinions.keep(question, opinion)
    assert not await services.second_opinions.keep(question, opinion)
    kept = await services.documents.one(actor, document.id)
    assert kept.read_cost == opinion.cost


async def test_without_a_model_a_doubtful_document_is_marked_and_waits_for_nobody(
    services: Services, actor: Actor, tmp_path: Path
) -> None:
    document = await sent(services, actor, tmp_path, LETTER + "\n5", asks=False)
    assert (document.opinion, document.needs_review) == ("no_model", True)
    assert not await pages_kept(services, actor, document)
    assert await services.second_opinions.next() is None


async def test_another_agency_sees_nothing_of_it(
    services: Services, actor: Actor, other_actor: Actor, tmp_path: Path
) -> None:
    document = await sent(services, actor, tmp_path, LETTER + "\n6", asks=False)
    async with services.database.begin(other_actor) as uow:
        await uow.documents.change(document.id, opinion="wanted")
    assert (await services.documents.one(actor, document.id)).opinion == "no_model"
