"""What kind each column is, from its header and its texts alone; outcomes are not looked at here."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from domain.leads.reading.dates import read_date
from domain.leads.reading.headers import folded_header, read_header


class Kind(StrEnum):
    """``NUMBER``, ``CATEGORY`` and ``DATE`` are learnt from; the others are not."""

    NUMBER = "number"
    CATEGORY = "category"
    DATE = "date"
    CONSTANT = "constant"
    IDENTIFIER = "identifier"
    PERSONAL = "personal"
    TEXT = "text"


LEARNT = frozenset({Kind.NUMBER, Kind.CATEGORY, Kind.DATE})
MISSING_WORDS = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "?", "#n/a", "nil"})
_MOSTLY = 0.95
_FEW_OTHERS = 5
_ALL_OWN, _MANY_OWN = 0.9, 0.5
_DENSE = 3
_ENOUGH_ROWS = 50
_WORDS_OF_TEXT, _LENGTH_OF_TEXT = 4, 40
_DATES_TRIED = 300
_PERSONAL_FIELDS = frozenset({
    "full_name", "first_name", "last_name", "email", "email_alt", "phone", "phone_alt", "contact", "street", "address",
    "date_of_birth", "consent_ip", "referred_by",
})  # fmt: skip
_NAMED_IDENTIFIER = re.compile(r"(?:^|\s)(?:id|uuid|guid|key|no|nr|number|row|index|record)$")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d{1,3})?", re.IGNORECASE)
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DECORATION = re.compile(r"^[$€£]\s*|\s*[%$€£]$")


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A column's kind with the reason in words; ``whole`` says that its numbers are whole ones."""

    name: str
    kind: Kind
    reason: str
    whole: bool = False


def number_of(text: str) -> float:
    """The number a cell holds (``1,234.5``, ``$20``, ``45%``), NaN where it holds none; never infinite."""
    plain = _DECORATION.sub("", text.strip())
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        return math.nan
    value = float(plain)
    return value if math.isfinite(value) else math.nan


def type_of(name: str, cells: Sequence[str]) -> ColumnType:
    """The kind of a column with these cells."""
    counts = Counter(cell.casefold() for cell in cells)
    filled = {text: count for text, count in counts.items() if text not in MISSING_WORDS}
    rows = sum(filled.values())
    others = len(cells) - max(counts.values(), default=0)
    if len(counts) <= 1 or others < _FEW_OTHERS:
        return ColumnType(name, Kind.CONSTANT, f"all but {others} rows hold the same")
    if _is_personal(name, filled, rows):
        return ColumnType(name, Kind.PERSONAL, "says who the person is; not learnt from")
    numbers = {text: number_of(text) for text in filled}
    read = sum(count for text, count in filled.items() if not math.isnan(numbers[text]))
    if read >= _MOSTLY * rows:
        return _numeric(name, cells, numbers, rows)
    if _are_dates(filled):
        return ColumnType(name, Kind.DATE, "dates: month, weekday and hour are used, not the day itself")
    return _worded(name, filled, rows)


def _numeric(name: str, cells: Sequence[str], numbers: dict[str, float], rows: int) -> ColumnType:
    values = [value for value in numbers.values() if not math.isnan(value)]
    whole = all(value == math.floor(value) for value in values)
    own = len(set(values)) / rows
    if whole and own >= _ALL_OWN and rows >= _ENOUGH_ROWS:
        spread = (max(values) - min(values) + 1) / rows
        in_order = [
            value for value in (numbers.get(cell.casefold(), math.nan) for cell in cells) if not math.isnan(value)
        ]
        steps = [later > earlier for earlier, later in pairwise(in_order)]
        sorted_ = all(steps) or not any(steps)
        if spread <= _DENSE or sorted_ or _names_identifier(name):
            return ColumnType(name, Kind.IDENTIFIER, "a running number: every row has its own")
    return ColumnType(name, Kind.NUMBER, f"{len(set(values))} different numbers", whole)


def _worded(name: str, filled: dict[str, int], rows: int) -> ColumnType:
    words = sum(len(text.split()) * count for text, count in filled.items()) / rows
    length = sum(len(text) * count for text, count in filled.items()) / rows
    own = len(filled) / rows
    long = words >= _WORDS_OF_TEXT or length > _LENGTH_OF_TEXT
    if own >= _MANY_OWN and long:
        return ColumnType(name, Kind.TEXT, "free text; not learnt from")
    if (own >= _ALL_OWN and rows >= _ENOUGH_ROWS) or (own >= _MANY_OWN and _names_identifier(name)):
        return ColumnType(name, Kind.IDENTIFIER, "nearly every row has a value of its own")
    return ColumnType(name, Kind.CATEGORY, f"{len(filled)} different values")


def _names_identifier(name: str) -> bool:
    return read_header(name).field == "external_id" or _NAMED_IDENTIFIER.search(folded_header(name)) is not None


def _is_personal(name: str, filled: dict[str, int], rows: int) -> bool:
    if sum(count for text, count in filled.items() if "@" in text and "." in text) > rows / 2:
        return True
    reading = read_header(name)
    certain = reading.how == "header" and reading.field in _PERSONAL_FIELDS
    return certain and len(filled) > max(_ENOUGH_ROWS, 0.2 * rows)


def _are_dates(filled: dict[str, int]) -> bool:
    tried = list(filled)[:_DATES_TRIED]
    read = sum(any(char.isdigit() for char in text) and read_date(text).day is not None for text in tried)
    return bool(tried) and read >= _MOSTLY * len(tried)
