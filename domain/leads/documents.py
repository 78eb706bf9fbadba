"""What the documents of a lead say of it, beside the lead's own words: which agree, which contradict, and what is new.

Documents add facts; they never change the lead's own words, its line, its place or who may have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.lines import Line

NEW, AGREES, CONFLICTS, UNCLEAR = "new", "agrees", "conflicts", "unclear"
"""How a document's fact stands to the lead's own: there is none; the same; another; or the two cannot be compared."""
_CLOSE = 0.05
_MONTHS = {"month": 1, "half_year": 6, "year": 12}
_COMPANY_WORDS = frozenset(
    ("insurance", "company", "co", "inc", "mutual", "group", "ins", "the", "of", "casualty", "indemnity", "general",
     "fire", "and", "corporation", "corp", "insurer", "assurance")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DocumentFact:
    """A fact in the words of :data:`domain.leads.meanings.FIELDS`, in the extractor's form, with page, quote and confidence."""

    field: str
    value: Any
    page: int
    quote: str
    confidence: float


@dataclass(frozen=True, slots=True)
class LeadDocument:
    """A document of a lead as specialists may see it.

    ``status`` is that of the stored document, ``lines`` the lines of business it is about, ``as_of`` its own date, else the day
    it came, ``ends`` the last day of the policy it is about. ``doubtful``: a person should look at it, or it contradicts itself.
    """

    name: str
    status: str
    kind: str
    kind_confidence: float
    doubtful: bool
    as_of: date
    ends: date | None = None
    lines: frozenset[Line] = frozenset()
    facts: tuple[DocumentFact, ...] = ()


def findings(documents: Iterable[LeadDocument], own: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every fact with source, page, day, and how it stands to the lead's ``own`` (given where there is one), JSON-ready."""
    found = []
    for document in documents:
        for fact in document.facts:
            given = own.get(fact.field)
            item = {
                "field": fact.field, "value": fact.value, "source": f"document {document.name} p. {fact.page}",
                "as_of": document.as_of.isoformat(), "confidence": fact.confidence, "status": standing(fact, given),
            }  # fmt: skip
            found.append(item if given is None else {**item, "given": given})
    return found


def standing(fact: DocumentFact, given: Any) -> str:
    """How a fact stands to what the lead said in the same form; see :data:`NEW`."""
    if given is None:
        return NEW
    agrees = _COMPARED.get(fact.field, _equal)(given, fact.value)
    return UNCLEAR if agrees is None else AGREES if agrees else CONFLICTS


def impersonal(value: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the decision ``documents`` that a score needs: no names of files, no values, no words of anybody."""
    return {
        "documents": [{key: part for key, part in one.items() if key != "name"} for one in value["documents"]],
        "findings": [{key: one[key] for key in ("field", "confidence", "status")} for one in value["findings"]],
        "conflicts": [{"field": one["field"]} for one in value["conflicts"]],
    }


def _equal(given: Any, found: Any) -> bool | None:
    return _plain(given) == _plain(found)


def _plain(value: Any) -> str:
    return " ".join(str(value).casefold().replace(",", "").split())


def _company(given: Any, found: Any) -> bool | None:
    mine, theirs = (frozenset(_plain(name).replace(".", "").split()) - _COMPANY_WORDS for name in (given, found))
    return None if not mine or not theirs else bool(mine & theirs)


def _number(given: Any, found: Any) -> bool | None:
    try:
        mine, theirs = float(given), float(found)
    except (TypeError, ValueError):
        return None
    return abs(mine - theirs) <= _CLOSE * max(mine, theirs)


def _money(given: Any, found: Any) -> bool | None:
    if (
        not isinstance(given, Mapping)
        or not isinstance(found, Mapping)
        or given.get("currency") != found.get("currency")
    ):
        return None
    months = [_MONTHS.get(str(one.get("period"))) for one in (given, found)]
    if months[0] is None or months[1] is None:
        return None
    return _number(given["minor"] / months[0], found["minor"] / months[1])


def _span(given: Any, found: Any) -> bool | None:
    if not isinstance(given, Mapping) or not isinstance(found, Mapping):
        return None
    return bool(given["from"] <= found["to"] and found["from"] <= given["to"])


def _vehicles(given: Any, found: Any) -> bool | None:
    if not isinstance(given, Sequence) or isinstance(given, str):
        return None
    mine, theirs = ([_vehicle(one) for one in vehicles] for vehicles in (given, found))
    if any(_like(one, other) for one in mine for other in theirs):
        return True
    return None if any(None in one for one in mine) else False


def _vehicle(one: Any) -> tuple[Any, Any]:
    pairs = one if isinstance(one, Mapping) else {}
    make = pairs.get("make")
    return pairs.get("year"), _plain(make) if make else None


def _like(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    return None not in one and one == other


def _described(given: Any, found: Any) -> bool | None:
    """Two descriptions are no contradiction."""
    return True if _plain(given) == _plain(found) else None


_COMPARED: Mapping[str, Callable[[Any, Any], bool | None]] = {
    "current_carrier": _company, "premium": _money, "budget": _money, "renewal_date": _span, "vehicles": _vehicles,
    "square_feet": _number, "employees": _number, "business_kind": _described,
}  # fmt: skip
