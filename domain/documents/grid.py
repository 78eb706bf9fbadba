"""Tables whose columns and rows are drawn with lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from domain.documents.layout import cell_of, lines_of
from domain.documents.page import NOTHING, Cell, Line, Table, Word

_NEAR = 4.0
_MOST_RULES = 4_000
_LEAST_HEIGHT = 4.0
_UNRULED_ROWS = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight drawn line: ``at`` is its y when it lies (``flat``), its x when it stands; it runs from ``start`` to ``end``."""

    flat: bool
    at: float
    start: float
    end: float


def ruled_tables(words: Sequence[Word], rules: Sequence[Rule], lines: Sequence[Line]) -> list[Table]:
    """Every grid of at least two columns that holds words; ``lines`` are the page's, to say where each table stands."""
    found = []
    for group in _connected(rules[:_MOST_RULES]):
        table = _table(words, group, lines)
        if table is not None:
            found.append(table)
    return sorted(found, key=lambda table: table.first)


def _connected(rules: Sequence[Rule]) -> list[list[Rule]]:
    # Rules that touch or cross belong to one grid.
    flats, uprights = [rule for rule in rules if rule.flat], [rule for rule in rules if not rule.flat]
    parent = list(range(len(flats) + len(uprights)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for i, flat in enumerate(flats):
        for j, upright in enumerate(uprights, len(flats)):
            crosses = flat.start - _NEAR <= upright.at <= flat.end + _NEAR
            if crosses and upright.start - _NEAR <= flat.at <= upright.end + _NEAR:
                parent[root(i)] = root(j)
    groups: dict[int, list[Rule]] = {}
    for index, rule in enumerate([*flats, *uprights]):
        groups.setdefault(root(index), []).append(rule)
    return [group for group in groups.values() if len(group) > 3]  # noqa: PLR2004 - a box has four sides


def _table(words: Sequence[Word], group: Sequence[Rule], lines: Sequence[Line]) -> Table | None:
    xs = _merged(rule.at for rule in group if not rule.flat)
    ys = _merged(rule.at for rule in group if rule.flat)
    if len(xs) < 3 or len(ys) < 2:  # noqa: PLR2004 - two columns have three uprights
        return None
    uprights = [rule for rule in group if not rule.flat]
    inside = [word for word in words if xs[0] <= word.centre <= xs[-1] and ys[0] <= word.middle <= ys[-1]]
    rows: list[tuple[Cell, ...]] = []
    for top, bottom in pairwise(ys):
        band = [word for word in inside if top <= word.middle < bottom]
        if bottom - top >= _LEAST_HEIGHT and band:
            edges = _edges(uprights, xs, (top + bottom) / 2)
            rows += [_row(part, xs, edges) for part in _split(band, xs, edges)]
    span = [
        number
        for number, line in enumerate(lines)
        if ys[0] <= (line.top + line.bottom) / 2 <= ys[-1] and line.left < xs[-1] and line.right > xs[0]
    ]
    return Table(tuple(rows), span[0], span[-1], ruled=True) if rows and span else None


def _edges(uprights: Sequence[Rule], xs: Sequence[float], middle: float) -> list[int]:
    # The uprights that really run through this row; a missing one means that cells were joined.
    inner = [
        index
        for index in range(1, len(xs) - 1)
        if any(
            abs(rule.at - xs[index]) <= _NEAR and rule.start - _NEAR <= middle <= rule.end + _NEAR for rule in uprights
        )
    ]
    return [0, *inner, len(xs) - 1]


def _row(band: Sequence[Word], xs: Sequence[float], edges: Sequence[int]) -> tuple[Cell, ...]:
    cells = [NOTHING] * (len(xs) - 1)
    for start, end in pairwise(edges):
        cells[start] = cell_of([word for word in band if xs[start] <= word.centre < xs[end]])
    return tuple(cells)


def _split(band: Sequence[Word], xs: Sequence[float], edges: Sequence[int]) -> list[list[Word]]:
    # Without rules between the rows a band holds many; rows are told from wrapped cells by columns that all have as many.
    rows = lines_of(band)
    heights = [len(_row(band, xs, edges)[start].parts) for start in edges[:-1]]
    if len(rows) < _UNRULED_ROWS or sum(height == len(rows) for height in heights) < 2:  # noqa: PLR2004
        return [list(band)]
    return [[word for word in band if row.top <= word.middle <= row.bottom] for row in rows]


def _merged(values: Iterable[float]) -> list[float]:
    merged: list[list[float]] = []
    for value in sorted(values):
        if merged and value - merged[-1][-1] <= _NEAR:
            merged[-1].append(value)
        else:
            merged.append([value])
    return [sum(group) / len(group) for group in merged]
