"""JSON files of leads: an array of objects, an object around one, objects one behind the other, or an object a line."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from integrations.leadfiles.encoding import Opener, choose_encoding
from integrations.leadfiles.records import CutLine, stream_lines
from integrations.leadfiles.table import (
    COLUMN_LIMIT,
    SAMPLE_ROWS,
    Survey,
    TableRow,
    counted,
    over_limit,
    plain_text,
    row_of,
)
from kernel.errors import FieldError

_HEAD = 65_536
_CHUNK = 1 << 20
_OBJECT_LIMIT = 4_000_000
_DEEPEST = 12
_LONGEST_NAME = 200
_AROUND = re.compile(r'"(leads|data|results|items|records|rows|prospects)"\s*:\s*\[\s*(?=\{|\])', re.IGNORECASE)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_NEXT_OBJECT = re.compile(r"\}\s*,?\s*(?=\{)")
_OF_VEHICLE = re.compile(r"^vehicles?(?:\.1)?\.(year|make|model|vin)$")
_SPACE = " \t\r\n,"
_NOT_SPACE = re.compile(r"[^ \t\r\n,]")
_REMEDY = "send valid JSON, one object for each lead"


@dataclass(frozen=True, slots=True)
class _Part:
    """One element: its value, or what is wrong with it."""

    value: Any
    fault: FieldError | None = None


class JsonFile:
    """A file of JSON objects. Numbers stay as they are written; nested objects become dotted columns (``contact.email``), arrays
    of plain values one cell, and arrays of objects numbered columns (``drivers.1.name``).
    The first of ``vehicles`` is ``vehicle_year`` and so on, as everywhere.

    What is no object, or no JSON, is a row with a fault; the others go on.
    """

    def __init__(self, source: Opener) -> None:
        """Raises :class:`kernel.errors.Invalid` for an empty or binary file."""
        self._source = source
        self._chosen = choose_encoding(source)
        with self._chosen.text(source()) as text:
            head = text.read(_HEAD).replace("\0", "")
        self._start, self._around = _start_of(head)
        self.format = "jsonl" if self._start is None else "json"

    def survey(self) -> Survey:
        """Read the file through once: the columns are the names of all objects, in the order they first come."""
        names: dict[str, None] = {}
        sample: list[TableRow] = []
        number = surplus = 0
        for number, (cells, fault) in enumerate(self._flat(), 1):
            counted(number)
            for name in cells:
                if len(names) < COLUMN_LIMIT:
                    names.setdefault(name)
                elif name not in names:
                    surplus += 1
            if number <= SAMPLE_ROWS:
                sample.append(row_of(number, cells, fault=fault))
        problems = list(self._chosen.problems)
        if self._around:
            message = f"the leads were taken from {self._around!r}; what stands beside it was not read"
            problems.append(FieldError("file", "leads_inside", message, "send the array alone"))
        if surplus:
            message = f"{surplus} values of names beyond the first {COLUMN_LIMIT} are kept without being read"
            problems.append(FieldError("file", "many_names", message, "give the objects the same names"))
        return Survey(tuple(names), number, tuple(sample), tuple(problems))

    def rows(self, survey: Survey) -> Iterator[TableRow]:
        """Every row from the first. A name that an object does not have is an empty cell."""
        empty = dict.fromkeys(survey.header, "")
        for number, (cells, fault) in enumerate(self._flat(), 1):
            yield row_of(number, {} if fault else {**empty, **cells}, fault=fault)

    def _flat(self) -> Iterator[tuple[dict[str, str], FieldError | None]]:
        with self._chosen.text(self._source()) as text:
            parts = _lines(text) if self._start is None else _elements(text, self._start)
            for place, part in enumerate(parts, 1):
                if part.fault is not None:
                    yield {}, part.fault
                    continue
                label = f"element {place}"
                try:
                    cells = _flattened(part.value)
                except RecursionError as problem:
                    yield {}, _broken(label, problem, "")
                    continue
                if cells is None:
                    message = "this is no object of named values"
                    yield {}, FieldError(label, "json_not_object", message, _REMEDY)
                elif len(cells) > COLUMN_LIMIT:
                    message = f"an object has {len(cells)} values, over the limit of {COLUMN_LIMIT}"
                    yield {}, over_limit(label, message, "leave out what is not about the lead")
                else:
                    yield cells, None


class _Pairs(list[tuple[str, Any]]):
    """The members of one object in order; a name that comes twice is there twice."""


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=lambda _: "", strict=False
)


def _start_of(head: str) -> tuple[int | None, str | None]:
    """Where the elements begin (None: one a line), and the name of the array inside an object that holds them."""
    begin = len(head) - len(head.lstrip(_SPACE))
    if head[begin : begin + 1] == "[":
        return begin + 1, None
    lines = list(itertools.islice((line for line in head.splitlines() if line.strip()), 3))
    inside = next((found for found in _AROUND.finditer(head) if _depth(head, begin, found.start()) == 1), None)
    several = len(lines) > 1 and any(_is_object(line) for line in lines[:2]) and lines[1].lstrip().startswith("{")
    if several or (inside is None and len(lines) == 1 and _is_object(lines[0])):
        return None, None
    return (inside.end(), inside.group(1)) if inside else (begin, None)


def _depth(text: str, begin: int, end: int) -> int:
    marks = [token.group() for token in _TOKEN.finditer(text, begin, end)]
    return sum(mark in {"{", "["} for mark in marks) - sum(mark in {"}", "]"} for mark in marks)


def _is_object(line: str) -> bool:
    try:
        return isinstance(_DECODER.decode(line.strip()), _Pairs)
    except (ValueError, RecursionError):
        return False


def _lines(text: io.TextIOBase) -> Iterator[_Part]:
    for number, line in enumerate(stream_lines(text), 1):
        label = f"line {number}"
        if isinstance(line, CutLine):
            yield _Part(None, over_limit(label, "the line is too long", "send one object a line"))
        elif line.strip(" \t\r\n\ufeff"):
            try:
                yield _Part(_DECODER.decode(line.strip(" \t\r\n\ufeff")))
            except (ValueError, RecursionError) as problem:
                yield _Part(None, _broken(label, problem, line))


def _elements(text: io.TextIOBase, start: int) -> Iterator[_Part]:
    """The elements of an array from ``start`` on, or objects one behind the other."""
    window = _Window(text, start)
    for number in itertools.count(1):
        if not window.next_element():
            return
        while True:
            try:
                value, end = _DECODER.raw_decode(window.text, window.at)
            except (ValueError, RecursionError) as problem:
                # More text may complete the element; what is wrong in itself stays wrong.
                if window.left < _OBJECT_LIMIT and window.more():
                    continue
                yield _Part(None, _broken(f"element {number}", problem, window.text[window.at :][:200], window.at))
                window.at = _behind_broken(window.text, window.at)
            else:
                if end == len(window.text) and not isinstance(value, list) and window.more():
                    continue  # a number may go on
                window.at = end
                yield _Part(value)
            break


class _Window:
    """The text at hand of a file that is read on as needed; ``at`` is where the next element begins in it."""

    def __init__(self, file: io.TextIOBase, start: int) -> None:
        self._file = file
        self.text = ""
        self.at = 0
        while len(self.text) < start and self.more():
            pass
        self.at = start

    @property
    def left(self) -> int:
        """Characters from ``at`` on."""
        return len(self.text) - self.at

    def more(self) -> bool:
        """Read on, as much again as is left; False at the end."""
        chunk = self._file.read(max(_CHUNK, self.left)).replace("\0", "")
        self.text = self.text[self.at :] + chunk
        self.at = 0
        return bool(chunk)

    def next_element(self) -> bool:
        """Go to the next element; False where the array or the file ends."""
        while True:
            found = _NOT_SPACE.search(self.text, self.at)
            if found:
                self.at = found.start()
                return self.text[self.at] != "]"
            self.at = len(self.text)
            if not self.more():
                return False


def _behind_broken(text: str, at: int) -> int:
    """Where the element behind a broken one begins: after its last bracket, else before the next object."""
    depth = 0
    for token in _TOKEN.finditer(text, at):
        mark = token.group()
        depth += (mark in {"{", "["}) - (mark in {"}", "]"})
        if depth <= 0 and mark in {"}", "]"}:
            return token.end() if depth == 0 else max(token.start(), at + 1)
        if depth == 0:
            return token.end()
    following = _NEXT_OBJECT.search(text, at)
    return following.end() if following else len(text)


def _broken(label: str, problem: Exception, text: str, at: int = 0) -> FieldError:
    if isinstance(problem, json.JSONDecodeError):
        message = f"this is not JSON: {problem.msg[:1].lower()}{problem.msg[1:]} at character {problem.pos - at + 1}"
    else:
        message = "this is nested too deep to be read" if isinstance(problem, RecursionError) else "this is not JSON"
    return FieldError(label, "json_broken", message, _REMEDY, plain_text(text.strip()[:80]))


def _flattened(value: Any) -> dict[str, str] | None:
    """Cells by dotted name; None for what is no object. Stops at the first value past the limit of columns.

    Raises RecursionError where objects nest deeper than is read.
    """
    if not isinstance(value, _Pairs):
        return None
    cells: dict[str, str] = {}
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    while waiting and len(cells) <= COLUMN_LIMIT:
        path, part, depth = waiting.pop()
        if depth > _DEEPEST:
            raise RecursionError
        if isinstance(part, _Pairs):
            waiting += [
                (f"{path}.{_name(name)}" if path else _name(name), inner, depth + 1) for name, inner in reversed(part)
            ]
        elif isinstance(part, list) and any(isinstance(one, list) for one in part):
            waiting += [(f"{path}.{place}", part[place - 1], depth + 1) for place in range(len(part), 0, -1)]
        else:
            path = _OF_VEHICLE.sub(r"vehicle_\1", path)
            final, copy = path, 2
            while final in cells:
                final, copy = f"{path} ({copy})", copy + 1
            cells[final] = _scalar(part)
    return cells


def _name(name: str) -> str:
    return " ".join(plain_text(name).split())[:_LONGEST_NAME] or "(empty)"


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(filter(None, map(_scalar, value)))
    return str(value)
