"""Tables that only alignment makes: rows whose cells stand in common columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.documents.page import NOTHING, Cell, Line, Table

_ROW_DISTANCE = 2.2
_WRAP_DISTANCE = 1.45
_MOST_COLUMNS = 40


@dataclass(slots=True)
class _Run:
    """Consecutive lines while they still fit one set of columns; ``bands`` are the horizontal extents of the columns."""

    first: int
    bands: list[tuple[float, float]] = field(default_factory=list)
    rows: list[dict[int, list[Cell]]] = field(default_factory=list)
    last: int = -1


def aligned_tables(lines: Sequence[Line], taken: Sequence[tuple[int, int]] = ()) -> list[Table]:
    """Runs of at least two rows with two or more cells in the same columns. ``taken`` are line spans of other tables."""
    found: list[Table] = []
    run: _Run | None = None
    for number, line in enumerate(lines):
        if any(first <= number <= last for first, last in taken):
            found += _closed(run, lines)
            run = None
            continue
        near = run is not None and line.top - lines[run.last].bottom <= _ROW_DISTANCE * line.size
        if run is not None and near and _joined(run, line, number, lines[run.last]):
            continue
        found += _closed(run, lines)
        run = None
        if 1 < len(line.cells) <= _MOST_COLUMNS:
            run = _Run(
                number, [(cell.left, cell.right) for cell in line.cells], [_placed(range(99), line.cells)], number
            )
    return found + _closed(run, lines)


def _joined(run: _Run, line: Line, number: int, above: Line) -> bool:
    if len(line.cells) == 1:
        return _wrapped(run, line, number, above)
    bands = _merged([*run.bands, *((cell.left, cell.right) for cell in line.cells)])
    if len(bands) < 2 or not _apart(bands, run, line):  # noqa: PLR2004 - one column is no table
        return False
    places = [_place(bands, cell) for cell in line.cells]
    run.rows = [_replaced(bands, run.bands, row) for row in run.rows]
    run.bands = bands
    run.rows.append(_placed(places, line.cells))
    run.last = number
    return True


def _wrapped(run: _Run, line: Line, number: int, above: Line) -> bool:
    # A lone cell under a later column goes on with the cell above it; under the first column it begins something else.
    close = line.top - above.bottom <= (_WRAP_DISTANCE - 1) * line.size
    hits = [index for index, band in enumerate(run.bands) if _overlap(band, line.cells[0]) > 0]
    if not close or hits != [hits[0] if hits else -1] or hits[0] == 0 or hits[0] not in run.rows[-1]:
        return False
    run.rows[-1][hits[0]].append(line.cells[0])
    run.last = number
    return True


def _apart(bands: Sequence[tuple[float, float]], run: _Run, line: Line) -> bool:
    # No two cells of one row may fall into one column, in this row or in those before.
    rows = [[cell for cells in row.values() for cell in cells[:1]] for row in run.rows]
    for cells in (*rows, list(line.cells)):
        places = [_place(bands, cell) for cell in cells]
        if len(set(places)) < len(places):
            return False
    return True


def _place(bands: Sequence[tuple[float, float]], cell: Cell) -> int:
    return max(range(len(bands)), key=lambda index: _overlap(bands[index], cell))


def _overlap(band: tuple[float, float], cell: Cell) -> float:
    return min(band[1], cell.right) - max(band[0], cell.left)


def _merged(bands: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for left, right in sorted(bands):
        if merged and left < merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], right)
        else:
            merged.append((left, right))
    return merged


def _placed(places: Sequence[int], cells: Sequence[Cell]) -> dict[int, list[Cell]]:
    return {place: [cell] for place, cell in zip(places, cells, strict=False)}


def _replaced(
    bands: Sequence[tuple[float, float]], before: Sequence[tuple[float, float]], row: dict[int, list[Cell]]
) -> dict[int, list[Cell]]:
    moved: dict[int, list[Cell]] = {}
    for place, cells in row.items():
        old = Cell((), *before[place])
        moved.setdefault(_place(bands, old), []).extend(cells)
    return moved


def _closed(run: _Run | None, lines: Sequence[Line]) -> list[Table]:
    if run is None or len(run.rows) < 2:  # noqa: PLR2004 - one row shows no columns
        return []
    above = lines[run.first - 1] if run.first else None
    if above is not None and 0 <= lines[run.first].top - above.bottom <= above.size and (row := _parted(run, above)):
        run.rows.insert(0, row)
        run.first -= 1
    rows = tuple(tuple(_cell(row.get(place, [])) for place in range(len(run.bands))) for row in run.rows)
    return [Table(rows, run.first, run.last)]


def _parted(run: _Run, line: Line) -> dict[int, list[Cell]] | None:
    """A header whose neighbouring words were taken for one cell (``Veh Year``), parted by the columns under it."""
    if len(line.cells) < 2 or len(run.bands) <= len(line.cells):  # noqa: PLR2004
        return None
    placed: dict[int, list[Cell]] = {}
    for cell in line.cells:
        for word in _spread(cell):
            place = _place(run.bands, word)
            if _overlap(run.bands[place], word) > 0:
                placed.setdefault(place, []).append(word)
            elif placed:
                placed[max(placed)].append(word)
    joined = {
        place: [Cell((" ".join(word.text for word in words),), words[0].left, words[-1].right, words[0].confidence)]
        for place, words in placed.items()
    }
    return joined if len(joined) == len(run.bands) else None


def _spread(cell: Cell) -> list[Cell]:
    # Words share the width of their cell by their letters.
    text = cell.text
    step = (cell.right - cell.left) / max(1, len(text))
    found, place = [], 0
    for word in text.split():
        place = text.index(word, place)
        found.append(Cell((word,), cell.left + place * step, cell.left + (place + len(word)) * step, cell.confidence))
        place += len(word)
    return found


def _cell(cells: Sequence[Cell]) -> Cell:
    if not cells:
        return NOTHING
    return Cell(
        tuple(part for cell in cells for part in cell.parts),
        min(cell.left for cell in cells),
        max(cell.right for cell in cells),
        min(cell.confidence for cell in cells),
    )
