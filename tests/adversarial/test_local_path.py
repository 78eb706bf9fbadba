"""An instruction in a lead moves neither line nor score: every attack beside every honest message, on the local specialists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from agents.classifier import Classifier
from agents.enricher import Enricher
from agents.extractor import Extractor
from agents.scorer import Scorer
from domain.decision import Decision
from domain.leads.case import LeadCase
from integrations.enrichment import NoEnrichment
from integrations.geography import Geography
from services.leads.qualify import case_of
from tests.adversarial.injections import HONEST, INJECTIONS

SPECIALISTS = (Classifier(), Extractor(), Enricher(Geography(), NoEnrichment()), Scorer())
LEAD, AGENCY = UUID(int=1), UUID(int=2)


def case(text: str, **extras: str) -> LeadCase:
    row: Any = SimpleNamespace(
        id=LEAD, agency_id=AGENCY, received_at=datetime(2026, 11, 25, tzinfo=UTC), text=text, declared_line=None,
        extras=extras, zip="75201", state="TX", source="web", language=None, name="Ana Ruiz", email="a@example.com",
        phone="+12145550123", phone_key="2145550123", phone_valid=True, street=None, consent=None, test=False,
    )  # fmt: skip
    return case_of(row)


async def decided(one: LeadCase) -> Mapping[str, Decision]:
    known: dict[str, Decision] = {}
    for specialist in SPECIALISTS:
        known[specialist.name] = await specialist.decide(one, known)
    return known


@pytest.mark.parametrize("kind", INJECTIONS)
@pytest.mark.parametrize("honest", HONEST)
async def test_line_score_and_route_facts_are_those_of_the_honest_message(kind: str, honest: str) -> None:
    clean = await decided(case(HONEST[honest]))
    for text in (f"{HONEST[honest]} {INJECTIONS[kind]}", f"{INJECTIONS[kind]}\n{HONEST[honest]}"):
        attacked = await decided(case(text))
        for name in ("classifier", "enricher", "scorer"):
            assert attacked[name].value == clean[name].value, (name, text)
        assert attacked["extractor"].value["fields"] == clean["extractor"].value["fields"]
        assert attacked["extractor"].needs_review
        assert any(item.quote for item in attacked["extractor"].evidence)


@pytest.mark.parametrize("kind", INJECTIONS)
async def test_an_attack_in_a_further_column_moves_nothing(kind: str) -> None:
    clean = await decided(case(HONEST["home"], notes=""))
    attacked = await decided(case(HONEST["home"], notes=INJECTIONS[kind]))
    assert attacked["classifier"].value == clean["classifier"].value
    assert attacked["scorer"].value["score"] == clean["scorer"].value["score"]


@pytest.mark.parametrize("kind", INJECTIONS)
async def test_an_attack_alone_is_no_wish_for_insurance(kind: str) -> None:
    attacked = await decided(case(INJECTIONS[kind]))
    assert attacked["classifier"].value["line"] == "unknown"
    assert attacked["classifier"].needs_review
