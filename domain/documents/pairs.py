"""Labels with their values: beside each other, below each other, or run together in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.documents.labels import BULLET, Label, label_of, prefix_label, suffix_label
from domain.documents.page import Cell

COLON, BESIDE, BELOW, LOOSE = 0.95, 0.92, 0.85, 0.75
"""Confidence by how a label and its value stand together: a colon; columns; one above the other; only a space."""

_COLON = re.compile(r"(?<![\d/]):(?=\s|$)|(?<=\d):(?=\s|$)|(?<=[A-Za-z)]):(?=[A-Z$\u00a3\d(])")
_BARS = re.compile(r"\s+[|\u2022]\s+")
_TYPED = frozenset(
    ("identifier", "date", "money", "period", "email", "phone", "vin", "limit", "deductible", "birth", "vehicle")
)
_LISTED = frozenset(("date", "money", "year", "whole", "area", "limit", "deductible", "vin", "premium", "stories"))
_ENDS = frozenset(".,;|)-\u2013")
_STACK = 5
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Pair:
    """A label as printed, the field it means, and the text that may hold the value, line by line."""

    shown: str
    label: Label
    parts: tuple[str, ...]
    sure: float
    below: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        """The value as one line."""
        return " ".join(self.parts)


Row = Sequence[Cell]


def pairs_of(
    rows: Sequence[Row], index: int, group: str | None, *, fuzzy: bool = False, table: bool = False
) -> Iterator[Pair]:
    """Every pair that begins in row ``index``. A value may stand in the rows below it; in a ``table`` only where one row does,
    since a header over several rows begins a list.
    """
    row = [cell for cell in rows[index] if not cell.blank]
    place = 0
    while place < len(row):
        cell = row[place]
        after = row[place + 1] if place + 1 < len(row) else None
        found, used = _at(cell, after, _Below(rows, index, table), group, fuzzy=fuzzy)
        yield from found
        place += 1 + used


def _at(cell: Cell, after: Cell | None, under: _Below, group: str | None, *, fuzzy: bool) -> tuple[list[Pair], int]:
    """The pairs that begin in ``cell``, and how many of the cells behind it they used."""
    value_beside = after is not None and not _is_label(after, group)
    if pieces := _with_colons(cell.text, group, fuzzy=fuzzy):
        *whole, (shown, label, rest) = pieces
        done = [Pair(head, known, (value,), COLON * known.sure) for head, known, value in whole if known and value]
        if label is None:
            return done, 0
        if rest:
            return [*done, Pair(shown, label, (rest,), COLON * label.sure)], 0
        found, used = _value(shown, label, after if value_beside else None, under.of(cell, after, group), COLON)
        return [*done, *found], used
    label = label_of(cell.text, group, fuzzy=fuzzy or cell.confidence < 1)
    if label is not None:
        sure = BESIDE if value_beside else BELOW
        return _value(cell.text, label, after if value_beside else None, under.of(cell, after, group), sure)
    if len(cell.parts) > 1 and (label := label_of(cell.parts[0].rstrip(": "), group)):
        return list(_stacked(cell.parts[0], label, cell.parts[1:], BELOW)), 0
    return _loose(cell.text, group), 0


def _value(shown: str, label: Label, beside: Cell | None, below: Sequence[str], sure: float) -> tuple[list[Pair], int]:
    if beside is not None:
        return [Pair(shown, label, beside.parts, sure * label.sure)], 1
    return list(_stacked(shown, label, below, sure)), 0


def _with_colons(text: str, group: str | None, *, fuzzy: bool) -> list[tuple[str, Label | None, str]]:
    # ["Policy Number: A1 Effective Date: 1/1/2025"] is two pairs; a first label that nobody knows ends the matter.
    found: list[tuple[str, Label | None, str]] = []
    for piece in _BARS.split(BULLET.sub("", text)):
        found += _colons(piece, group, fuzzy=fuzzy)
    return found if any(label for _, label, _ in found) else []


def _colons(text: str, group: str | None, *, fuzzy: bool) -> list[tuple[str, Label | None, str]]:
    stops = [match.start() for match in _COLON.finditer(text)]
    if not stops:
        return []
    first = text[: stops[0]].strip()
    label = label_of(first, group, fuzzy=fuzzy) if len(first) <= _LONGEST_LABEL else None
    shown = first
    if label is None and (tail := suffix_label(first, group)) and (" " in tail[1] or tail[2][-1:] in _ENDS):
        label, shown, _ = tail
    found: list[tuple[str, Label | None, str]] = [(shown, label, text[stops[0] + 1 :].strip())]
    for stop in stops[1:]:
        head, known, rest = found[-1]
        start = text.rindex(rest, 0) if rest else len(text)
        tail = suffix_label(text[start:stop].strip(), group)
        if tail is not None:
            found[-1] = head, known, tail[2].strip()
            if known is None and tail[0].spec is not None and tail[0].spec.group:
                continue  # "Racking: 40 rows - Replacement value: $85,000" is about the racking
            found.append((tail[1], tail[0], text[stop + 1 :].strip()))
    return found


def _loose(text: str, group: str | None) -> list[Pair]:
    begun = prefix_label(text, group)
    if begun is None:
        return []
    label, shown, rest = begun
    kind = label.spec.kind if label.spec else label.part
    if kind not in _TYPED or not any(char.isdigit() for char in rest):
        return []
    return [Pair(shown, label, (rest,), LOOSE * label.sure)]


def _stacked(shown: str, label: Label, below: Sequence[str], sure: float) -> Iterator[Pair]:
    kind = label.spec.kind if label.spec else label.part
    listed = kind in _LISTED and len(below) > 1 and any(char.isdigit() for char in below[1])
    if below and not listed:
        yield Pair(shown, label, (below[0],), sure * label.sure, tuple(below[1:]))


@dataclass(frozen=True, slots=True)
class _Below:
    """The rows under one row."""

    rows: Sequence[Row]
    index: int
    table: bool

    def of(self, cell: Cell, after: Cell | None, group: str | None) -> list[str]:
        """The cells that begin under ``cell``, until a label or an empty place ends the stack; ``after`` is its neighbour."""
        limit = after.left if after is not None else float("inf")
        found: list[str] = []
        rows = self.rows[self.index + 1 : self.index + 1 + _STACK]
        for number, row in enumerate(rows):
            under = [item for item in row if not item.blank and item.left < limit - 1 and item.right > cell.left]
            under = [item for item in under if item.left >= cell.left - (cell.right - cell.left) / 2]
            if not under or _is_label(under[0], group):
                break
            if self.table and number:
                return []
            found += under[0].parts
        return found


def _is_label(cell: Cell, group: str | None) -> bool:
    text = cell.text
    if label_of(text.rstrip(": "), group) is not None:
        return True
    first = text.partition(":")[0]
    return ":" in text and len(first) <= _LONGEST_LABEL and label_of(first, group) is not None
