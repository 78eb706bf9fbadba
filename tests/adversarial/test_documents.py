"""Instructions inside documents, seen or hidden, move no field, score, line or place, and prove nothing to a model that obeys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
import respx

from agents.classifier import Classifier
from agents.documents import LeadDocuments
from agents.enricher import Enricher
from agents.extractor import Extractor
from agents.scorer import Scorer
from domain.decision import Decision
from domain.documents.evidence import DocumentEvidence
from domain.documents.extract import Extracted, extract
from domain.documents.for_leads import lead_document
from domain.documents.opinion import TO_MACHINES, by_rules
from domain.leads.documents import LeadDocument
from domain.lines import Line
from integrations.documents.limits import Limits
from integrations.documents.read import read_document
from integrations.enrichment import NoEnrichment
from integrations.geography import Geography
from tests.adversarial.injections import INJECTIONS
from tests.adversarial.test_local_path import case
from tests.agents.letters import LETTER, answered, opinion_on, read_text, stated
from tests.integrations.llm.world import URL, world
from tests.paper import Sheet, lines, pdf

SPECIALISTS = (Classifier(), Extractor(), Enricher(Geography(), NoEnrichment()), LeadDocuments(), Scorer())
WISH = "I need car insurance for my 2019 Honda Civic. I have two drivers."
DECLARED = (
    "PERSONAL AUTO POLICY DECLARATIONS", "Policy Number: PA-40-2219", "Insurance Company: Harbor Gate Insurance",
    "Named Insured: Ada Fontaine", "Effective Date: 10/01/2026", "Expiration Date: 10/01/2031", "Total Premium: $1,284.00",
    "Vehicle 1: 2019 Honda Civic", "VIN: 1HGCV1F34KA123454",
)  # fmt: skip
LATIN = {
    kind: words for kind, words in INJECTIONS.items() if kind not in {"chinese", "full width", "tags", "zero width"}
}
"""Those that the plain fonts of a drawn page can show."""


def read(data: bytes) -> tuple[DocumentEvidence, Extracted]:
    reading = read_document(data, "dec.pdf", Limits(), with_ocr=False)
    return DocumentEvidence.of(reading), extract(reading)


def drawn(*white: str) -> bytes:
    page = Sheet()
    y = lines(page, 72, 90, list(DECLARED))
    for number, words in enumerate(white):
        page.text(72, y + 40 + 15 * number, words, colour=(1, 1, 1))
    return pdf(page)


def attached(pages: DocumentEvidence, local: Extracted) -> LeadDocument:
    opinion = by_rules(local, pages)
    kind = (opinion.kind.name, opinion.kind.confidence)
    return lead_document("dec.pdf", "read", kind, date(2026, 11, 25), opinion.fields, doubtful=opinion.needs_review)


async def decided(*documents: LeadDocument) -> Mapping[str, Decision]:
    known: dict[str, Decision] = {}
    one = replace(case(WISH), documents=documents)
    for specialist in SPECIALISTS:
        known[specialist.name] = await specialist.decide(one, known)
    return known


def text(*more: str) -> str:
    return "\n".join((*DECLARED, "", *more)) + "\n"


async def test_the_honest_page_proves_cover() -> None:
    without, beside = await decided(), await decided(attached(*read_text(text())))
    assert beside["scorer"].value["score"] > without["scorer"].value["score"]
    assert {one["field"] for one in beside["documents"].value["findings"]} >= {"current_carrier", "premium", "vehicles"}
    for name in (
        "classifier",
        "extractor",
        "enricher",
    ):  # what a document states is no wish, no word of the lead, no place
        assert beside[name].value == without[name].value


@pytest.mark.parametrize("kind", INJECTIONS)
async def test_visible_instructions_add_no_field_and_can_only_cost_the_document_its_trust(kind: str) -> None:
    honest, attacked = read_text(text()), read_text(text(INJECTIONS[kind]))
    assert attacked[1].fields == honest[1].fields
    assert attacked[1].kind.name == honest[1].kind.name
    clean, moved = await decided(attached(*honest)), await decided(attached(*attacked))
    for name in ("classifier", "extractor", "enricher"):
        assert moved[name].value == clean[name].value
    assert moved["documents"].value["findings"] == clean["documents"].value["findings"]
    assert moved["scorer"].value["score"] <= clean["scorer"].value["score"]


@pytest.mark.parametrize("kind", INJECTIONS)
async def test_an_instruction_alone_is_no_document_that_counts(kind: str) -> None:
    pages, local = read_text(f"Note\n{INJECTIONS[kind]}\n")
    without, beside = await decided(), await decided(attached(pages, local))
    assert beside["scorer"].value["score"] == without["scorer"].value["score"]
    assert beside["classifier"].value["line"] == Line.AUTO.value


@pytest.mark.parametrize("kind", LATIN)
async def test_white_words_on_a_page_are_not_read_at_all(kind: str) -> None:
    honest, attacked = read(drawn()), read(drawn(LATIN[kind], "Total Premium: $1.00"))
    assert attacked[0] == honest[0]
    assert attacked[1].fields == honest[1].fields
    assert attached(*attacked) == attached(*honest)


@respx.mock
@pytest.mark.parametrize("kind", INJECTIONS)
async def test_the_model_is_not_shown_what_speaks_to_it(kind: str) -> None:
    route = respx.post(URL).mock(return_value=answered("other"))
    async with world() as at:
        opinion = await opinion_on(at, f"{LETTER}\n{INJECTIONS[kind]}\n")
    sent = json.loads(route.calls.last.request.content)
    said = next(one["content"] for one in sent["messages"] if one["role"] == "user")
    assert "PA-7788-12" in said
    if TO_MACHINES in {note.code for note in opinion.notes}:
        assert INJECTIONS[kind][:20] not in said
    assert opinion.needs_review


@respx.mock
@pytest.mark.parametrize("kind", INJECTIONS)
async def test_a_model_that_obeys_adds_nothing(kind: str) -> None:
    words = INJECTIONS[kind][:300]
    obeyed = [
        stated("line_of_business", "life insurance", words), stated("premium", "100", words), stated("score", "100", words),
        stated("coverage.limit", "$9,000,000", "Limit $9,000,000", 1), stated("carrier", "Evil Mutual", "Carrier: Evil Mutual"),
    ]  # fmt: skip
    respx.post(URL).mock(return_value=answered("declarations", *obeyed))
    pages, local = read_text(f"{LETTER}\n{INJECTIONS[kind]}\n")
    async with world() as at:
        opinion = await opinion_on(at, f"{LETTER}\n{INJECTIONS[kind]}\n")
    assert opinion.fields == local.fields
    assert opinion.kind == local.kind
    assert opinion.needs_review
    assert pages.worded


@pytest.mark.parametrize("kind", INJECTIONS)
def test_a_batch_of_texts_is_read_like_a_lead(kind: str) -> None:
    classifier = Classifier()
    clean, attacked = classifier.classify_texts([WISH, f"{INJECTIONS[kind]}\n{WISH}"], date(2026, 11, 25))
    assert attacked.value == clean.value
    assert attacked.needs_review
    assert any(item.quote for item in attacked.evidence if "speaks to a machine" in item.reason)
