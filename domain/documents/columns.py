"""What the columns of a table hold, from its header and its values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.documents.page import Cell
from domain.documents.specs import KEYS, FieldSpec, by_column, fold
from domain.documents.values import Conventions, blank, read_value

_HEADER_ROWS = 6
_READS = 0.5
_SHARE = 0.5
_SAMPLE = 30
_TAIL = re.compile(r"(?:\s(?:usd|gbp|eur|\d{4}|s|us|in usd|in gbp|nov dec))+$")
_SIGNS = (("\u00a3", "GBP"), ("\u20ac", "EUR"), ("$", "USD"), ("gbp", "GBP"), ("eur", "EUR"), ("usd", "USD"))


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field it holds, its printed header, and the currency that the header names."""

    spec: FieldSpec
    header: str
    conventions: Conventions


@dataclass(frozen=True, slots=True)
class Listing:
    """A table that lists the things of ``group``: columns by place, and the row where the things begin."""

    group: str
    columns: dict[int, Column]
    start: int

    def holds(self, attribute: str) -> bool:
        """Whether a column holds this attribute."""
        return any(column.spec.attribute == attribute for column in self.columns.values())


def listing_of(rows: Sequence[Sequence[Cell]], conventions: Conventions) -> Listing | None:
    """The listing that the table is, found by the header among its first rows; None for a table of another kind."""
    for number, header in enumerate(rows[:_HEADER_ROWS]):
        filled = sum(not cell.blank for cell in header)
        if filled < 2:  # noqa: PLR2004 - a title above the header
            continue
        found = [listing for group in KEYS if (listing := _as_group(group, rows, number, filled, conventions))]
        if found:
            return max(found, key=lambda listing: len(listing.columns))
    return None


def _as_group(
    group: str, rows: Sequence[Sequence[Cell]], number: int, filled: int, conventions: Conventions
) -> Listing | None:
    known = by_column(group)
    candidates = {place: specs for place, cell in enumerate(rows[number]) if (specs := _specs(cell, known))}
    if len(candidates) < max(2, filled * _SHARE) or len(rows) <= number + 1:
        return None
    body = rows[number + 1 : number + 1 + _SAMPLE]
    columns: dict[int, Column] = {}
    taken: set[str] = set()
    for place in sorted(candidates, key=lambda each: (len(candidates[each]), each)):
        header = rows[number][place].text
        local = _local(header, conventions)
        texts = [row[place].text for row in body if place < len(row) and not blank(row[place].text)]
        options = [spec for spec in candidates[place] if spec.attribute not in taken]
        fitting = [spec for spec in options if _reads(spec, texts, local)]
        if fitting:
            columns[place] = Column(fitting[0], header, local)
            taken.add(fitting[0].attribute)
    one_of, also = KEYS[group]
    wide = len(columns) >= max(2, filled * _SHARE)
    if not wide or not taken & one_of or (also and not taken & also) or (not also and taken <= {"number", "name"}):
        return None
    return Listing(group, columns, number + 1)


def _specs(cell: Cell, known: dict[str, tuple[FieldSpec, ...]]) -> tuple[FieldSpec, ...]:
    plain = fold(cell.text)
    return known.get(plain) or known.get(_TAIL.sub("", plain)) or ()


def _reads(spec: FieldSpec, texts: Sequence[str], conventions: Conventions) -> bool:
    if not texts:
        return False
    return sum(read_value(spec.kind, text, conventions) is not None for text in texts) >= len(texts) * _READS


def _local(header: str, conventions: Conventions) -> Conventions:
    low = header.casefold()
    named = next((code for sign, code in _SIGNS if sign in low), None)
    return replace(conventions, currency=named) if named else conventions
