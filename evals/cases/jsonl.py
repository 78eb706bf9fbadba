"""JSON lines: one case a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from evals.cases.faults import Faults


def json_lines(text: str, faults: Faults) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Line number and object of each line that is not blank. A key that stands twice is a fault, as JSON would drop one."""
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            record = json_object(content)
        except ValueError as problem:
            faults.add(line, "line", f"is no JSON: {problem}", "write one object a line", content)
            continue
        if not isinstance(record, dict):
            faults.add(line, "line", "is no object", 'write {"input": ...}', content)
            continue
        yield line, record


def json_object(text: str) -> Any:
    """The value of a JSON text. Raises ValueError, also for NaN and keys that stand twice."""
    return json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_number)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(
            name for number, (name, _) in enumerate(pairs) if any(name == other for other, _ in pairs[:number])
        )
        msg = f"the key {twice!r} stands twice"
        raise ValueError(msg)
    return found


def _no_number(word: str) -> Any:
    msg = f"{word} is no number"
    raise ValueError(msg)
