"""CSV by RFC 4180: commas, quotes, line breaks within quotes. A row is right, or its line is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evals.cases.faults import Faults
from evals.cases.jsonl import json_object

_PLAIN = frozenset({"id", "why", "group", "split"})
_JSON = ":json"


def csv_records(text: str, faults: Faults) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Line and record of each row. Columns: id, why, group, split, tags (words joined by ``|``), ``input`` or one column for each
    of its parts (``input.text``), and the same for ``expected``. A column named ``...:json`` holds JSON values, any other text;
    an empty field says nothing.
    """
    rows = read_rows(text, faults)
    header = next(rows, None)
    if header is None:
        return
    line, names = header
    if not _columns_known(names, line, faults):
        return
    for line, values in rows:
        if len(values) != len(names):
            faults.add(
                line, "row", f"has {len(values)} fields, and the header {len(names)}",
                "quote a field that holds a comma or a line break", ",".join(values),
            )  # fmt: skip
            continue
        yield line, _record(names, values, line, faults)


def read_rows(text: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line that each begins on, from 1. Lines without any character are passed over.

    After a fault of quoting nothing more is read, since every later row could be a wrong one.
    """
    place, line, size = 0, 1, len(text)
    while place < size:
        began, row = line, list[str]()
        while True:
            try:
                value, place, line = _field(text, place, line)
            except ValueError as problem:
                faults.add(
                    line if str(problem).startswith("has") else began, "row", str(problem),
                    'write a field with quotes, commas or line breaks as "...", each quote in it twice',
                )  # fmt: skip
                return
            row.append(value)
            if text[place : place + 1] != ",":
                break
            place += 1
        if row != [""]:
            yield began, row
        if text.startswith("\r\n", place):
            place += 2
        elif place < size:
            place += 1
        line += 1


def _field(text: str, place: int, line: int) -> tuple[str, int, int]:
    """A field from ``place``: its value, where it ends, and the line there. Raises ValueError with what is wrong."""
    if text[place : place + 1] != '"':
        end = place
        while end < len(text) and text[end] not in ',\n"' and not text.startswith("\r\n", end):
            if text[end] == "\r":
                msg = "has a carriage return without a line feed"
                raise ValueError(msg)
            end += 1
        if text[end : end + 1] == '"':
            msg = "has a quote within a field that does not begin with one"
            raise ValueError(msg)
        return text[place:end], end, line
    parts: list[str] = []
    start = place + 1
    while True:
        end = text.find('"', start)
        if end < 0:
            msg = "opens a quote that is never closed"
            raise ValueError(msg)
        parts.append(text[start:end])
        if text[end + 1 : end + 2] != '"':
            break
        parts.append('"')
        start = end + 2
    value, end = "".join(parts), end + 1
    line += value.count("\n")
    if end < len(text) and text[end] not in ",\n" and not text.startswith("\r\n", end):
        msg = "has characters after the closing quote of a field"
        raise ValueError(msg)
    return value, end, line


def _columns_known(names: list[str], line: int, faults: Faults) -> bool:
    before = len(faults.found)
    for name in names:
        head = name.removesuffix(_JSON).partition(".")[0]
        known = name in _PLAIN or name == "tags" or head in {"input", "expected"}
        if not known:
            remedy = (
                "save it with commas"
                if len(names) == 1
                else "use id, why, group, split, tags, input, input.name, expected"
            )
            faults.add(line, name or "(empty name)", "is no column of a case", remedy)
        elif names.count(name) > 1:
            faults.add(line, name, "stands twice", "remove one of the two")
    for head in ("input", "expected"):
        plain = [name.removesuffix(_JSON) for name in names if name.removesuffix(_JSON).partition(".")[0] == head]
        if head in plain and len(plain) > 1:
            faults.add(line, head, "stands beside columns for its parts", f"use {head} or {head}.name, not both")
    return len(faults.found) == before


def _record(names: list[str], values: list[str], line: int, faults: Faults) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, text in zip(names, values, strict=True):
        if not text:
            continue
        value: Any = text
        if name.endswith(_JSON):
            try:
                value = json_object(text)
            except ValueError as problem:
                faults.add(line, name, f"is no JSON: {problem}", "write JSON, or take :json off the column", text)
                continue
        head, _, part = name.removesuffix(_JSON).partition(".")
        if name == "tags":
            record["tags"] = [word.strip() for word in text.split("|") if word.strip()]
        elif part:
            record.setdefault(head, {})[part] = value
        else:
            record[head] = value
    return record
