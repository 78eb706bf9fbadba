"""Reads typed facts, and a wish not to be called, out of what the person wrote. By rules; no model is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agents.base import LeadCase
from domain.decision import Decision, Evidence, Source
from domain.leads.extraction.extract import VERSION, Extraction, extract
from domain.leads.extraction.found import Fact
from domain.leads.extraction.refusal import Refusal, refusals_in_columns

_SURE = 0.8  # below this a person should check whether calls are refused
_NOTHING_FOUND = 0.6  # the share of texts in which rules that found nothing missed nothing is not known; this says so


class Extractor:
    """Specialist ``extractor``; see :func:`domain.leads.extraction.extract.extract` for the fields.

    ``value`` is ``{"fields": {name: {"value", "confidence"}}, "do_not_call": bool}``; a field with contradicting values also
    has ``"others"``. The evidence holds the sender's words. A column that says do-not-call counts like the text.
    """

    name = "extractor"
    version = VERSION

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        """The facts in the text of the case; relative dates count from the day the lead was received (UTC)."""
        del known
        read = extract(case.text, case.received_at.date())
        refusals = [item for item in (read.refusal, *refusals_in_columns(case.fields)) if item.refused or item.limited]
        refused = any(item.refused for item in refusals)
        conflicts = any(fact.others for fact in read.facts.values())
        doubtful = any(item.limited or item.confidence < _SURE for item in refusals)
        return Decision(
            specialist=self.name,
            value={"fields": {fact.field: _as_dict(fact) for fact in read.facts.values()}, "do_not_call": refused},
            confidence=_confidence(case.text, read),
            source=Source.RULES,
            version=self.version,
            evidence=(*_refusal_evidence(refusals), *_fact_evidence(read), *_set_aside(case)),
            needs_review=conflicts or doubtful or bool(case.set_aside),
        )


def _set_aside(case: LeadCase) -> Iterator[Evidence]:
    yield from (Evidence("speaks to a machine, not to us, and was not read", quote) for quote in case.set_aside)


def _as_dict(fact: Fact) -> dict[str, Any]:
    pairs = {"value": fact.value, "confidence": round(fact.confidence, 4)}
    return {**pairs, "others": list(fact.others)} if fact.others else pairs


def _confidence(text: str, read: Extraction) -> float:
    if not text.strip():
        return 1.0  # nothing was said, and nothing was read
    if not read.facts:
        return _NOTHING_FOUND
    return round(sum(fact.confidence for fact in read.facts.values()) / len(read.facts), 4)


def _refusal_evidence(refusals: list[Refusal]) -> Iterator[Evidence]:
    for item in refusals:
        reason = "asks not to be called" if item.refused else "asks not to be called at certain times or places"
        yield from (Evidence(reason, quote, item.confidence) for quote in item.quotes)


def _fact_evidence(read: Extraction) -> Iterator[Evidence]:
    for fact in read.facts.values():
        reason = f"{fact.field}: values contradict each other" if fact.others else fact.field
        yield from (Evidence(reason, quote, round(fact.confidence, 4)) for quote in fact.quotes)
