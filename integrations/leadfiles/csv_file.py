"""Delimited text as agencies, forms and spreadsheets write it."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator

from integrations.leadfiles.encoding import Chosen, Opener, choose_encoding
from integrations.leadfiles.records import Layout, Record, layout_of, stream_lines, stream_records
from integrations.leadfiles.table import LeadTable, Survey, TableRow, counted, refused
from integrations.leadfiles.tabular import rows_of, survey_of
from kernel.errors import FieldError, Invalid

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_MARKUP = re.compile(r"\s*(?:<\?xml|<!doctype|<html|<[a-z]+[\s>][^,;\t]*>)", re.IGNORECASE)
_JSON = re.compile(r'\s*(?:\[\s*[\[{\]]|\{\s*["}])')
_HEAD = 65_536


class CsvFile:
    """A delimited file of any usual encoding, delimiter and line end.

    A first record that holds an e-mail address or a phone number is data: the columns are then named ``column_1`` and so
    on. Nothing is dropped: blank records between others are rows, blank lines at the end are counted in ``problems``.
    """

    format = "csv"

    def __init__(self, source: Opener) -> None:
        """Raises :class:`kernel.errors.Invalid` for an empty or binary file and for another format."""
        self._source = source
        self._chosen = _chosen(source)
        with self._chosen.text(source()) as text:
            sample = list(itertools.islice(stream_lines(text), 201))
        # Excel's "sep=;" line states the delimiter and is no data.
        stated = _SEPARATOR_LINE.fullmatch(sample[0]) if sample else None
        self._skip = 1 if stated else 0
        self._layout = Layout(stated.group(1)) if stated else layout_of(sample)

    @property
    def encoding(self) -> str:
        """The name of its encoding."""
        return self._chosen.encoding

    @property
    def delimiter(self) -> str:
        """What stands between its cells."""
        return self._layout.delimiter

    def survey(self) -> Survey:
        """Read the file through once. Raises Invalid where nothing but blank lines is in it, and over 200 columns."""
        blank = _Blank()
        found = survey_of(self._records(blank), self._chosen.problems)
        if not blank.lines:
            return found
        note = FieldError("file", "blank_lines_at_end", f"{blank.lines} blank lines at the end", "", None)
        place = len(self._chosen.problems)
        problems = (*found.problems[:place], note, *found.problems[place:])
        return Survey(found.header, found.rows, found.sample, problems)

    def rows(self, survey: Survey) -> Iterator[TableRow]:
        """Every row from the first."""
        return rows_of(self._records(_Blank()), survey.header)

    def _records(self, blank: _Blank) -> Iterator[Record]:
        with self._chosen.text(self._source()) as text:
            lines = itertools.islice(stream_lines(text), self._skip, None)
            yield from stream_records(blank.without(lines), self._layout)


def read_csv(data: bytes) -> LeadTable:
    """The whole table of :class:`CsvFile`, for small files.

    Raises :class:`kernel.errors.Invalid` as that does, and for a cell over 1,000,000 characters or a row over 200 cells.
    """
    file = CsvFile(lambda: io.BytesIO(data))
    survey = file.survey()
    rows = tuple(file.rows(survey))
    for row in rows:
        if (fault := row.fault) is not None:
            raise Invalid(f"{fault.field}: {fault.message}; {fault.remedy}", fields=(fault,))
    return LeadTable(survey.header, rows, file.encoding, file.delimiter, survey.problems)


class _Blank:
    """Takes blank lines from the end of a file and counts them in ``lines``."""

    def __init__(self) -> None:
        self.lines = 0

    def without(self, lines: Iterator[str]) -> Iterator[str]:
        waiting: list[str] = []
        for line in lines:
            if line.strip(" \r\n"):
                yield from waiting
                waiting.clear()
                yield line
            else:
                waiting.append(line)
                counted(len(waiting))
        self.lines = len(waiting)


def _chosen(source: Opener) -> Chosen:
    chosen = choose_encoding(source)
    with chosen.text(source()) as text:
        head = text.read(_HEAD)
    if _MARKUP.match(head) or _JSON.match(head):
        kind = "XML or HTML" if _MARKUP.match(head) else "JSON"
        raise refused("not_csv", f"this is {kind} and not CSV", "send it as what it is, or export the table as CSV")
    return chosen
