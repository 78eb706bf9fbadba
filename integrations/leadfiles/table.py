"""A lead file as a table of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.errors import FieldError


@dataclass(frozen=True, slots=True)
class TableRow:
    """One data record. ``number`` counts from 1 without the header; blank records between others count.

    ``cells`` are texts by header, exactly as in the file: a header without a cell is missing from them, and a cell
    without a header stands under ``surplus_1`` and so on. ``raw_problem`` says what was odd about the record itself.
    """

    number: int
    cells: Mapping[str, str]
    raw_problem: FieldError | None = None

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything."""
        return not any(text.strip() for text in self.cells.values())


@dataclass(frozen=True, slots=True)
class LeadTable:
    """The records of one file. ``header`` names are unique; ``problems`` are about the file as a whole."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    encoding: str
    delimiter: str
    problems: tuple[FieldError, ...] = ()
