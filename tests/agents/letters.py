"""A document that the rules leave in doubt, and what a language model reads in it."""

from __future__ import annotations

from typing import Any

import httpx

from agents.document_reader import DocumentReaderAgent
from agents.language_models import LanguageModels
from domain.documents.evidence import DocumentEvidence
from domain.documents.extract import Extracted, extract
from domain.documents.opinion import Opinion
from domain.documents.page import Reading
from integrations.documents.limits import Limits
from integrations.documents.read import read_document
from prompts.registry import library
from tests.agents.models import tool
from tests.integrations.llm.world import AGENCY, World

LETTER = """Dear Ms Oakes,

we are glad that you stay with Brightwater Mutual for another half year.
Number of your contract PA-7788-12
From March 15, 2026 to September 15, 2026 your Honda is insured, a 2019 Accord.
We will debit $1,728.00 for these six months.
Collision: $500 deductible
"""
"""The rules find the effective date and a deductible in it, and no kind."""


def stated(name: str, value: str, quote: str, item: int | None = None, page: int = 1) -> dict[str, Any]:
    """One value as a model hands it over."""
    return {"name": name, "value": value, "page": page, "quote": quote, "item": item, "confidence": 0.9}


FIELDS = [
    stated("policy_number", "PA-7788-12", "Number of your contract PA-7788-12"),
    stated("carrier", "Brightwater Mutual", "you stay with Brightwater Mutual"),
    stated("premium", "$1,728.00", "We will debit $1,728.00"),
    stated("expiration_date", "September 15, 2026", "to September 15, 2026"),
    stated("named_insured", "Ms Oakes", "Dear Ms Oakes"),
    stated("vehicle.make", "Honda", "your Honda is insured, a 2019 Accord", 1),
    stated("vehicle.year", "2019", "your Honda is insured, a 2019 Accord", 1),
]
ANSWER: dict[str, Any] = {"kind": "declarations", "fields": FIELDS}
TOOL = "DocumentAnswer"


def read_text(text: str = LETTER) -> tuple[DocumentEvidence, Extracted]:
    """A text file as the rules read it."""
    reading: Reading = read_document(text.encode(), "letter.txt", Limits(), with_ocr=False)
    return DocumentEvidence.of(reading), extract(reading)


def answered(kind: str = "declarations", *fields: dict[str, Any]) -> httpx.Response:
    """A model's answer."""
    return tool(TOOL, {"kind": kind, "fields": list(fields)})


async def opinion_on(at: World, text: str = LETTER, name: str = "letter.txt") -> Opinion:
    """What the document reader says of a text."""
    pages, local = read_text(text)
    return await DocumentReaderAgent(LanguageModels(at.gateway), library()).read(AGENCY, AGENCY, name, pages, local)
