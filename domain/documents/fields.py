"""What a document states: one finding for each value, and the choice between findings that contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.documents.page import Cell, Page
from domain.documents.specs import by_name
from kernel.ids import canonical_json

_LONGEST_ROW = 240
_MOST_LINES = 8
_MOST_SEARCHED = 2_000


@dataclass(frozen=True, slots=True)
class DocumentField:
    """One value with where it stands.

    ``name`` is of the table of fields (``policy_number``, ``vehicle.vin``); ``item`` numbers the things of a group from 1.
    ``value`` is JSON-ready: money is ``{"minor", "currency", "period"}``, a date ISO, an address its parts and its text.
    ``quote`` is verbatim from page ``page``, line by line. ``confidence`` is 0 to 1, ``source`` how the words were come by,
    ``label`` the document's own word for it. ``rank`` 0 is the value to use; others contradict it, the likeliest first.
    ``read_by`` says who read it: ``rules`` or ``llm``.
    """

    name: str
    value: Any
    page: int
    quote: str
    confidence: float
    source: str
    label: str
    item: int | None = None
    rank: int = 0
    read_by: str = "rules"


class Quoting:
    """Finds the verbatim words for a value on one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._lines = [" ".join(line.text.split()) for line in page.lines]
        self._whole = frozenset(self._lines)
        self._parts = [
            " ".join(part.split()) for table in page.tables for row in table.rows for cell in row for part in cell.parts
        ]

    def quote(self, shown: str, parts: Iterable[str], words: str) -> str:
        """The label with the value where they stand together, else the value's own lines; never words of ours."""
        value = [" ".join(part.split()) for part in parts if part.strip()]
        label = " ".join(shown.split())
        if value:
            for join in (": ", " ", ":", " : ") if label else ():
                whole = self._through(f"{label}{join}{value[0]}")
                if whole:
                    return "\n".join([*whole, *self._held(value[1:])])
            if held := self._held(value):
                return "\n".join(held)
        said = " ".join(words.split())
        return "\n".join(self._through(said)) or said

    def row(self, row: Sequence[Cell]) -> str:
        """The line that holds every cell of a table's row; empty where the row was wrapped or is too long to quote."""
        wanted = [" ".join(part.split()) for cell in row for part in cell.parts]
        joined = " ".join(wanted)
        if joined in self._whole and len(joined) <= _LONGEST_ROW:
            return joined
        for line in self._lines if len(self._lines) <= _MOST_SEARCHED else ():
            if len(line) <= _LONGEST_ROW and wanted and all(part in line for part in wanted):
                return line
        return ""

    def _held(self, parts: list[str]) -> list[str]:
        return [line for part in parts for line in self._through(part)]

    def _through(self, words: str) -> list[str]:
        """The pieces of the page's lines that spell ``words``: one, or several where they run on."""
        if any(words in line for line in (*self._lines, *self._parts)):
            return [words]
        for first, line in enumerate(self._lines):
            overlap = _overlap(line, words)
            if not overlap:
                continue
            pieces, rest = [overlap], words[len(overlap) :].lstrip()
            for following in self._lines[first + 1 : first + _MOST_LINES]:
                if rest.startswith(following):
                    pieces.append(following)
                    rest = rest[len(following) :].lstrip()
                elif rest and following.startswith(rest):
                    return [*pieces, rest]
                else:
                    break
            if not rest:
                return pieces
        return []


def _overlap(line: str, words: str) -> str:
    """The longest end of ``line`` that begins ``words``, at the border of a word."""
    first = words.split(" ", 1)[0]
    place = line.find(first)
    while place >= 0:
        if words.startswith(line[place:]) and (place == 0 or line[place - 1] == " "):
            return line[place:]
        place = line.find(first, place + 1)
    return ""


def settle(found: Iterable[DocumentField]) -> list[DocumentField]:
    """The findings with their ranks: equal values once, the surest first. A contradicted value keeps ``1 - other / 3`` of its
    confidence.
    """
    kinds = by_name()
    by_key: dict[tuple[str, int | None], list[DocumentField]] = {}
    for item in found:
        by_key.setdefault((item.name, item.item), []).append(item)
    settled: list[DocumentField] = []
    for items in by_key.values():
        unique: dict[str, DocumentField] = {}
        for item in sorted(items, key=lambda each: -each.confidence):  # stable: the earlier one of equals stays first
            unique.setdefault(value_key(item.value), item)
        ranked = _without_parts(list(unique.values()))
        # Two descriptions are no contradiction, two premiums are.
        against = len(ranked) > 1 and kinds[ranked[0].name].kind != "text"
        doubt = ranked[1].confidence / 3 if against else 0.0
        settled += [
            replace(item, rank=rank, confidence=round(item.confidence * (1 - doubt), 4))
            for rank, item in enumerate(ranked)
        ]
    return settled


def _without_parts(ranked: list[DocumentField]) -> list[DocumentField]:
    """Without values that another says more fully: ``Los Angeles, CA 90064`` beside the whole address."""
    kept: list[DocumentField] = []
    for item in ranked:
        words = value_words(item)
        more = [other for other in ranked if other is not item and words < value_words(other)] if words else []
        fuller = isinstance(item.value, dict)  # of addresses the fuller is kept, of names the surer
        less = [other for other in kept if words and words > value_words(other)] if not fuller else []
        if not ((fuller and more) or less or (not fuller and any(other in kept for other in more))):
            kept.append(item)
    return kept


def value_words(item: DocumentField) -> frozenset[str]:
    """The words of a name, an address or a text, of which another value may say more or fewer; empty for any other value."""
    text = item.value.get("text") if isinstance(item.value, dict) else item.value
    if not isinstance(text, str) or by_name()[item.name].kind not in {"address", "name", "text"}:
        return frozenset()
    return frozenset(value_key(text).split())


def value_key(value: Any) -> str:
    """The value in one form: equal for two values that differ in case and punctuation only."""
    if isinstance(value, str):
        return " ".join(value.casefold().replace(",", " ").replace(".", " ").split())
    if isinstance(value, dict) and "text" in value:
        return value_key(value["text"])
    return canonical_json(value)
