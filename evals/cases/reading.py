"""A file of cases, read whole or refused with every fault that it has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from evals.cases.faults import Faults
from evals.cases.jsonl import json_lines
from evals.cases.promptfoo import promptfoo_records
from evals.cases.splitting import HOLDOUT_SHARE, split_units
from evals.cases.tables import csv_records
from evals.cases.yaml_text import yaml_records
from evals.records import Case, Split
from kernel.ids import digest

FIELDS = ("id", "input", "expected", "why", "group", "split", "tags")
Record = tuple[int, Mapping[str, Any]]
_READERS: Mapping[str, Callable[[str, Faults], Iterator[Record]]] = {
    ".jsonl": json_lines, ".yaml": yaml_records, ".yml": yaml_records, ".csv": csv_records,
}  # fmt: skip


@dataclass(frozen=True)
class CaseSet:
    """Cases in the order of their file."""

    cases: tuple[Case, ...]
    source: str = ""

    @cached_property
    def hash(self) -> str:
        """Of all that a run depends on. Lines and reasons may change without making another set."""
        return digest([
            [one.id, one.input, one.expected, one.group, one.split.value, sorted(one.tags)] for one in self.cases
        ])  # fmt: skip

    def of(self, split: Split | None) -> tuple[Case, ...]:
        """The cases of a split, or all."""
        return tuple(one for one in self.cases if split is None or one.split is split)


def read_cases(
    path: Path, *, holdout: float = HOLDOUT_SHARE, promptfoo: bool = False, kept: Path | None = None
) -> CaseSet:
    """The cases of a file. Units without a split are split by a stable hash, ``holdout`` of them to confirm with.

    ``promptfoo`` reads a YAML file as promptfoo's. ``kept`` is a second file: its cases are the holdout and all of ``path`` is
    dev, so that whoever reads the one has not seen the other. Raises Invalid naming each faulty line, up to a limit.
    """
    if kept is None:
        return CaseSet(tuple(_of_file(path, holdout, promptfoo=promptfoo)), path.name)
    chosen_by, confirmed = _of_file(path, 0.0), _of_file(kept, 1.0)
    faults = Faults(kept.name)
    _no_id_twice([*chosen_by, *confirmed], faults)
    for case in (*chosen_by, *confirmed):
        right = Split.DEV if case in chosen_by else Split.HOLDOUT
        if case.split is not right:
            faults.add(case.line, "split", f"is {case.split}", f"leave it out: the file says {right}", case.id)
    faults.stop()
    return CaseSet((*chosen_by, *confirmed), path.name)


def _of_file(path: Path, holdout: float, *, promptfoo: bool = False) -> tuple[Case, ...]:
    faults = Faults(path.name)
    text = _text(path, faults)
    reader = promptfoo_records if promptfoo else _READERS.get(path.suffix.lower())
    if reader is None:
        faults.add(None, "file", f"cannot be read as cases: {path.suffix or 'no suffix'}", f"use {', '.join(_READERS)}")
        faults.stop()
        raise AssertionError
    cases = [one for line, record in reader(text, faults) if (one := case_of(record, line, faults))]
    _no_id_twice((case for case, _ in cases), faults)
    cases = split_units(cases, holdout, faults)
    if not cases and not faults.found:
        faults.add(None, "file", "has no case", "write at least one")
    faults.stop()
    return tuple(one for one, _ in cases)


def case_of(record: Mapping[str, Any], line: int, faults: Faults) -> tuple[Case, Split | None] | None:
    """A case and its split where one is given, or None after a fault. A case without id is called by its input's hash."""
    before = len(faults.found)
    _check(record, line, faults)
    if len(faults.found) > before:
        return None
    made = Case(
        id=record.get("id") or f"case-{digest(record['input'])[:12]}", input=record["input"],
        expected=record.get("expected"), why=record.get("why") or "", group=record.get("group"),
        tags=tuple(record.get("tags") or ()), line=line,
    )  # fmt: skip
    split = record.get("split")
    return made, Split(split) if split is not None else None


def _check(record: Mapping[str, Any], line: int, faults: Faults) -> None:
    for name in record:
        if name not in FIELDS:
            faults.add(line, str(name), "is no field of a case", f"use {', '.join(FIELDS)}")
    if "input" not in record or record["input"] in (None, ""):
        faults.add(line, "input", "is missing", "say what is put to the target")
    for name in ("id", "why", "group"):
        value = record.get(name)
        if value is not None and (not isinstance(value, str) or (name != "why" and not value.strip())):
            faults.add(line, name, "is no text", "write it in quotes", value)
    split = record.get("split")
    if split is not None and split not in list(Split):
        faults.add(line, "split", "is no split", f"write {' or '.join(Split)}, or leave it out", split)
    tags = record.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        faults.add(line, "tags", "is no list of words", "write [one, two]", tags)
    for name in ("input", "expected"):
        if not _is_json(record.get(name)):
            faults.add(
                line, name, "is no JSON value", "use text, finite numbers, true, false, null, lists and mappings"
            )


def _no_id_twice(cases: Iterable[Case], faults: Faults) -> None:
    first: dict[str, Case] = {}
    for case in cases:
        if case.id in first:
            faults.add(
                case.line, "id", f"stands in line {first[case.id].line} already", "give each case its own id", case.id
            )
        first.setdefault(case.id, case)


def _text(path: Path, faults: Faults) -> str:
    try:
        data = path.read_bytes()
    except OSError as problem:
        faults.add(None, "file", f"cannot be read: {problem.strerror}", "name a file that exists", str(path))
        faults.stop()
        raise AssertionError from problem
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        faults.add(line, "file", "is not UTF-8", "save it as UTF-8", repr(data[problem.start : problem.start + 4]))
        faults.stop()
        raise AssertionError from problem


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
