"""Files that hold an agency's documents: one each (Markdown, text, HTML), many in a table (CSV, JSON lines), or a folder."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.knowledge.documents import Document, Section, one_line
from domain.knowledge.markup import read_html, read_markdown, read_plain
from integrations.leadfiles.encoding import decode
from integrations.leadfiles.table import CELL_LIMIT
from kernel.errors import FieldError, Invalid

MOST_BYTES = 50_000_000
"""Of one file, unpacked; a document of a table has no limit of its own below it."""

_READERS = {
    ".md": read_markdown, ".markdown": read_markdown, ".txt": read_plain, ".text": read_plain, ".html": read_html,
    ".htm": read_html,
}  # fmt: skip
_TABLES = frozenset({".csv", ".jsonl", ".ndjson"})
_IDS = ("id", "document_id", "doc_id", "answer_id", "passage_id", "key", "name")
_TEXTS = ("text", "answer", "content", "body", "passage", "document")
_TITLES = ("title", "heading", "subject", "question")
_TITLE_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table hold a document's id and text; None looks for the usual names."""

    id: str | None = None
    text: str | None = None
    title: str | None = None


def read_documents(path: Path, columns: Columns = Columns()) -> Iterator[Document]:  # noqa: B008 - frozen
    """The documents of a file, or of every file of a known kind in a folder and its folders, in the order of their names.

    A document of a folder is called by its path within it. Hidden files, and links out of the folder, are left out.
    Raises :class:`kernel.errors.Invalid` on a file that cannot be read, naming it and what to do.
    """
    if not path.is_dir():
        yield from _of_file(path, path.name, columns)
        return
    files = [one for one in sorted(path.rglob("*")) if _taken(one, path)]
    if not files:
        raise _refused(path.name, "empty", f"no files that can be read, of {_kinds()}", "put documents into the folder")
    for file in files:
        yield from _of_file(file, file.relative_to(path).as_posix(), columns)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file (plain or .gz) or of JSON lines, by column; raises Invalid on anything else."""
    kind = _kind(path)
    text = _text(path)
    if kind == ".csv":
        yield from _csv_rows(text, path.name)
    elif kind in _TABLES:
        yield from _json_rows(text, path.name)
    else:
        raise _refused(path.name, "kind", "this is not a table", "use a CSV or JSON lines file")


def column_of(header: Sequence[str], wanted: str | None, usual: Sequence[str], what: str) -> str:
    """The column that was asked for, else the first of the usual ones; raises Invalid where neither is there."""
    found = wanted if wanted is not None else next((one for one in usual if one in header), None)
    if found is None or found not in header:
        raise _refused(
            wanted or what, "unknown", f"no column for {what}", f"name one of {', '.join(header)[:200]}", wanted
        )
    return found


def _of_file(path: Path, name: str, columns: Columns) -> Iterator[Document]:
    kind = _kind(path)
    if kind in _TABLES:
        yield from _of_table(path, name, columns)
        return
    if kind not in _READERS:
        raise _refused(name, "kind", f"files ending in {path.suffix or 'nothing'} are not read", f"use {_kinds()}")
    title, sections = _READERS[kind](_text(path))
    yield Document(name, title, name, sections)


def _of_table(path: Path, name: str, columns: Columns) -> Iterator[Document]:
    chosen: tuple[str, str, str | None] | None = None
    number = 0
    for number, row in enumerate(rows_of(path), 1):
        if chosen is None:
            chosen = _chosen(list(row), columns)
        id_column, text_column, title_column = chosen
        identity = one_line(row.get(id_column, ""), 1_000)
        if not identity:
            raise _refused(id_column, "empty", f"row {number} has no id", "give every row an id of its own")
        title = one_line(row.get(title_column, ""), _TITLE_LIMIT) if title_column else ""
        _, sections = read_plain(row.get(text_column, ""))
        headed = tuple(Section(title, one.text) for one in sections)
        yield Document(identity, title, name, headed)
    if not number:
        raise _refused(name, "empty", "the table has no rows", "add a row for each document")


def _chosen(header: list[str], columns: Columns) -> tuple[str, str, str | None]:
    identity = column_of(header, columns.id, _IDS, "id")
    text = column_of(header, columns.text, _TEXTS, "text")
    if columns.title is not None:
        return identity, text, column_of(header, columns.title, (), "title")
    return identity, text, next((one for one in _TITLES if one in header), None)


def _csv_rows(text: str, name: str) -> Iterator[dict[str, str]]:
    csv.field_size_limit(CELL_LIMIT)  # the process's one limit, which lead files need too
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            yield {
                key: value or "" for key, value in row.items() if isinstance(key, str) and not isinstance(value, list)
            }
    except csv.Error as problem:
        raise _refused(name, "csv", f"line {reader.line_num}: {problem}", "export the table as CSV UTF-8") from problem


def _json_rows(text: str, name: str) -> Iterator[dict[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
        except (ValueError, RecursionError) as problem:
            raise _refused(
                name, "json", f"line {number} is not JSON", "write one JSON object a line", line
            ) from problem
        if not isinstance(row, Mapping):
            raise _refused(name, "json", f"line {number} is not an object", "write one JSON object a line", line)
        yield {str(key): value if isinstance(value, str) else _plain(value) for key, value in row.items()}


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _text(path: Path) -> str:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, EOFError) as problem:
        raise _refused(path.name, "unreadable", f"it cannot be read: {problem}", "check the file") from problem
    if len(data) > MOST_BYTES:
        raise _refused(path.name, "too_large", f"it holds more than {MOST_BYTES:,} bytes", "split it")
    if not data.strip():
        return ""
    try:
        return decode(data).text
    except Invalid as problem:
        raise _refused(path.name, "not_text", "it is not a text file", f"use {_kinds()}") from problem


def _kind(path: Path) -> str:
    inner = path.with_suffix("") if path.suffix == ".gz" else path
    return inner.suffix.lower()


def _taken(path: Path, folder: Path) -> bool:
    inside = path.relative_to(folder)
    if any(part.startswith(".") for part in inside.parts) or not path.is_file():
        return False
    return path.resolve().is_relative_to(folder.resolve()) and (_kind(path) in _READERS or _kind(path) in _TABLES)


def _kinds() -> str:
    return ", ".join(sorted([*_READERS, *_TABLES]))


def _refused(field: str, code: str, message: str, remedy: str, value: str | None = None) -> Invalid:
    fault = FieldError(field[:80], code, message, remedy, None if value is None else value[:80])
    return Invalid("the documents cannot be read", fields=(fault,))
