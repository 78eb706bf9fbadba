"""Lays what the documents of a lead state beside the lead's own words. By rules; the documents were read before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agents.base import LeadCase
from domain.decision import Decision, Evidence, Source
from domain.leads.documents import CONFLICTS, LeadDocument, findings
from domain.leads.extraction.extract import VERSION as EXTRACTION
from domain.leads.extraction.extract import extract
from domain.leads.extraction.stated import typed

_READ = "read"
_MOST_SHOWN = 12


class LeadDocuments:
    """Specialist ``documents``.

    ``value`` has ``documents`` (name, kind and its confidence, status, lines, as_of, ``in_force`` on the day the lead came,
    ``doubtful``), ``findings`` (facts with page, day and status, as the enricher has them) and ``conflicts`` (field, given,
    found, source). The lead's own words stand: a fact that contradicts them is named, and its document is doubtful.
    """

    name = "documents"
    version = f"lead-documents/1+{EXTRACTION}"

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        """What the documents of the case say of it; the columns and the text are read by the rules that always read them."""
        del known
        own = _own(case)
        shown, found, conflicts = [], [], []
        for document in case.documents:
            facts = findings([document], own)
            against = [_conflict(one) for one in facts if one["status"] == CONFLICTS]
            shown.append(_shown(document, case, contradicts=bool(against)))
            found += facts
            conflicts += against
        sure = [one["confidence"] for one in found]
        return Decision(
            specialist=self.name,
            value={"documents": shown, "findings": found, "conflicts": conflicts},
            confidence=round(sum(sure) / len(sure), 4) if sure else 1.0,
            source=Source.RULES,
            version=self.version,
            evidence=(*_evidence(case), *_noted(conflicts)),
            needs_review=bool(conflicts) or any(one["doubtful"] for one in shown),
        )


def _own(case: LeadCase) -> dict[str, Any]:
    """What the lead said itself, in the form of the extractor's facts; columns go before the text."""
    on = case.received_at.date()
    own = {name: fact.value for name, fact in extract(case.text, on).facts.items()}
    columns = {**case.fields, "zip": case.zip_code or "", "state": case.state or ""}
    own |= {name: value for name, text in columns.items() if (value := typed(name, text, on)) is not None}
    return own


def _shown(document: LeadDocument, case: LeadCase, *, contradicts: bool) -> dict[str, Any]:
    return {
        "name": document.name, "status": document.status, "kind": document.kind, "kind_confidence": document.kind_confidence,
        "lines": sorted(line.value for line in document.lines), "as_of": document.as_of.isoformat(),
        "in_force": document.ends is None or document.ends >= case.received_at.date(),
        "doubtful": document.doubtful or contradicts or document.status != _READ,
    }  # fmt: skip


def _conflict(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "field": finding["field"], "given": finding["given"], "found": finding["value"], "source": finding["source"],
    }  # fmt: skip


def _evidence(case: LeadCase) -> Iterator[Evidence]:
    facts = [(document, fact) for document in case.documents for fact in document.facts]
    for document, fact in facts[:_MOST_SHOWN]:
        yield Evidence(f"{fact.field}: a {document.kind} document, p. {fact.page}", fact.quote, fact.confidence)
    unread = sum(document.status != _READ for document in case.documents)
    if unread:
        yield Evidence(f"{unread} documents are not read, or not whole")


def _noted(conflicts: list[dict[str, Any]]) -> Iterator[Evidence]:
    yield from (
        Evidence(f"{item['field']}: a document contradicts it; the lead's own words stand") for item in conflicts
    )
