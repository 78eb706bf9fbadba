"""From words in their places to lines, and lines to the order in which a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from domain.documents.page import Cell, Line, Word

CELL_GAP = 1.0
"""A gap wider than this many heights of the type parts two cells; a space is about a quarter of one."""

_SAME_LINE = 0.5
_PROSE_WIDTH = 0.3  # of the page: narrower cells are labels and figures, not columns of prose
_PROSE_ROWS = 4


def lines_of(words: Iterable[Word], *, gap: float = CELL_GAP) -> list[Line]:
    """Lines from top to bottom, words from left to right. Words belong to one line when half of the lower one's height
    lies beside the other.
    """
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda item: (item.middle, item.left)):
        row = next((row for row in reversed(rows[-4:]) if _beside(row, word)), None)
        if row is None:
            rows.append([word])
        else:
            row.append(word)
    return [_line(sorted(row, key=lambda item: item.left), gap) for row in sorted(rows, key=_top)]


def cell_of(words: Sequence[Word]) -> Cell:
    """One cell of the words, line by line."""
    if not words:
        return Cell(())
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda item: (item.middle, item.left)):
        if rows and _beside(rows[-1], word):
            rows[-1].append(word)
        else:
            rows.append([word])
    parts = tuple(" ".join(word.text for word in sorted(row, key=lambda item: item.left)) for row in rows)
    return Cell(
        parts,
        min(word.left for word in words),
        max(word.right for word in words),
        min(word.confidence for word in words),
    )


def in_reading_order(lines: Sequence[Line], width: float) -> list[Line]:
    """Columns of prose one after the other; everything else row by row, since a label and its value stand in one row."""
    ordered: list[Line] = []
    block: list[Line] = []
    gutter: tuple[float, float] | None = None
    for line in lines:
        between = _gutter(line, width)
        if between and gutter and (found := _shared(gutter, between)):
            gutter = found
            block.append(line)
            continue
        if gutter and len(line.cells) == 1 and (line.right <= gutter[1] or line.left >= gutter[0]) and not between:
            block.append(line)
            continue
        ordered += _by_columns(block, gutter)
        block, gutter = ([line], between) if between else ([], None)
        if not between:
            ordered.append(line)
    return ordered + _by_columns(block, gutter)


def body_size(lines: Iterable[Line]) -> float:
    """The height of type that most characters of the text have; 0 for none."""
    weights: dict[float, int] = {}
    for line in lines:
        weights[round(line.size, 1)] = weights.get(round(line.size, 1), 0) + len(line.text)
    return max(weights, key=lambda size: (weights[size], -size)) if weights else 0.0


def _beside(row: Sequence[Word], word: Word) -> bool:
    top, bottom = median(item.top for item in row), median(item.bottom for item in row)
    shared = min(bottom, word.bottom) - max(top, word.top)
    return shared >= _SAME_LINE * min(bottom - top, word.height) > 0


def _top(row: Sequence[Word]) -> float:
    return median(word.top for word in row)


def _line(words: Sequence[Word], gap: float) -> Line:
    size = median(word.height for word in words)
    groups: list[list[Word]] = [[words[0]]]
    for before, word in pairwise(words):
        if word.left - before.right > gap * size:
            groups.append([word])
        else:
            groups[-1].append(word)
    top, bottom = min(word.top for word in words), max(word.bottom for word in words)
    bold = all(word.bold for word in words)
    return Line(tuple(_flat(group) for group in groups), top, bottom, size, bold)


def _flat(words: Sequence[Word]) -> Cell:
    text = " ".join(word.text for word in words)
    return Cell((text,), words[0].left, words[-1].right, min(word.confidence for word in words))


def _gutter(line: Line, width: float) -> tuple[float, float] | None:
    if len(line.cells) != 2 or not width:  # noqa: PLR2004 - two columns
        return None
    left, right = line.cells
    wide = all(cell.right - cell.left >= _PROSE_WIDTH * width for cell in (left, right))
    return (left.right, right.left) if wide and not left.text.rstrip().endswith(":") else None


def _shared(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float] | None:
    found = max(one[0], other[0]), min(one[1], other[1])
    return found if found[0] < found[1] else None


def _by_columns(block: list[Line], gutter: tuple[float, float] | None) -> list[Line]:
    if gutter is None or sum(len(line.cells) > 1 for line in block) < _PROSE_ROWS:
        return block
    middle = (gutter[0] + gutter[1]) / 2
    sides: tuple[list[Line], list[Line]] = ([], [])
    for line in block:
        for cell in line.cells:
            part = Line((cell,), line.top, line.bottom, line.size, line.bold)
            sides[cell.left >= middle].append(part)
    return sides[0] + sides[1]
