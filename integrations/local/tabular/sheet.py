"""A table as arrays: numbers, and keys that stand for texts. Keys are hashes, so no text of the table is in a model file."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from domain.leads.reading.dates import read_date
from integrations.local.tabular.columns import MISSING_WORDS, ColumnType, Kind, number_of
from integrations.local.tabular.table import DataTable

Floats = NDArray[np.float64]
Keys = NDArray[np.int64]
_DATE_PARTS = ("month", "weekday", "hour")


@dataclass(frozen=True, slots=True)
class Sheet:
    """``numbers`` with NaN where missing; ``keys`` of the texts of categories and of whole numbers, where missing is a text
    like any other. Both by the name of what is learnt from, which for a date is one of its parts.
    """

    rows: int
    numbers: Mapping[str, Floats]
    keys: Mapping[str, Keys]

    def take(self, rows: NDArray[np.int64]) -> Sheet:
        """The sheet of these rows only."""
        return Sheet(
            len(rows),
            {name: values[rows] for name, values in self.numbers.items()},
            {name: keys[rows] for name, keys in self.keys.items()},
        )

    def groups(self) -> NDArray[np.int64]:
        """A number for each row, the same for rows that agree in everything learnt from."""
        columns = [
            np.unique(values, return_inverse=True)[1] for values in (*self.numbers.values(), *self.keys.values())
        ]
        codes = np.ascontiguousarray(np.stack(columns, axis=1).astype(np.int32))
        whole = codes.view(np.dtype((np.void, codes.dtype.itemsize * codes.shape[1]))).ravel()
        return np.unique(whole, return_inverse=True)[1].astype(np.int64)


def sheet_of(types: Sequence[ColumnType], table: DataTable) -> Sheet:
    """The columns of these types as arrays. A cell that does not fit its column's kind counts as missing."""
    numbers: dict[str, Floats] = {}
    keys: dict[str, Keys] = {}
    for column in types:
        cells = [cell.casefold() for cell in table.cells[column.name]]
        if column.kind is Kind.CATEGORY:
            keys[column.name] = _keys(cells, key_of)
        elif column.kind is Kind.NUMBER:
            numbers[column.name] = _numbers(cells, number_of)
            if column.whole:
                keys[column.name] = _keys(cells, _number_key)
        elif column.kind is Kind.DATE:
            for place, part in enumerate(_DATE_PARTS):
                numbers[date_part(column.name, part)] = _numbers(cells, partial(_date_number, part=place))
    return Sheet(len(table.numbers), numbers, keys)


def date_part(column: str, part: str) -> str:
    """What a part of a date is called among the things learnt from."""
    return f"{column} ({part})"


def sources_of(types: Sequence[ColumnType]) -> dict[str, str]:
    """The column of the file behind each thing learnt from."""
    found = {column.name: column.name for column in types}
    for column in types:
        if column.kind is Kind.DATE:
            found |= {date_part(column.name, part): column.name for part in _DATE_PARTS}
    return found


def key_of(text: str) -> int:
    """A 63-bit hash of a text."""
    digest = hashlib.blake2b(text.encode(), digest_size=8, person=b"lw-scorer").digest()
    return int.from_bytes(digest, "big") >> 1


def _number_key(text: str) -> int:
    value = number_of(text)
    return key_of("" if math.isnan(value) else f"{value:.12g}")


def _date_number(text: str, part: int) -> float:
    if text in MISSING_WORDS:
        return math.nan
    reading = read_date(text)
    if reading.day is None:
        return math.nan
    if part == 2:  # noqa: PLR2004 - the hour
        return float(reading.at.hour) if reading.at else math.nan
    return float((reading.day.month, reading.day.weekday())[part])


def _keys(cells: Sequence[str], reading: Callable[[str], int]) -> Keys:
    # Most columns hold few different texts: each is read once.
    known = {text: reading(text) for text in set(cells)}
    return np.array([known[text] for text in cells], dtype=np.int64)


def _numbers(cells: Sequence[str], reading: Callable[[str], float]) -> Floats:
    known = {text: reading(text) for text in set(cells)}
    return np.array([known[text] for text in cells], dtype=np.float64)
