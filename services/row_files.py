"""Rows that people send as a file of a few columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from kernel.errors import FieldError, Invalid


def rows_of(name: str, source: bytes, constant: Callable[[str], Any] | None = None) -> list[dict[str, Any]]:
    """The rows of a file: CSV with a header, or by its ``name`` a JSON array of objects. ``constant`` reads NaN and Infinity of
    JSON, or refuses them with ValueError. Raises Invalid for anything else.
    """
    try:
        text = source.decode("utf-8-sig")
        if name.lower().endswith(".json"):
            rows = json.loads(text, parse_constant=constant)
        else:
            rows = [{key: value for key, value in row.items() if key} for row in csv.DictReader(io.StringIO(text))]
    except (ValueError, csv.Error) as problem:
        fault = FieldError("file", "not_readable", str(problem)[:200], "give UTF-8 CSV with a header, or a JSON array")
        raise Invalid("the file cannot be read", fields=(fault,)) from problem
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        fault = FieldError("file", "no_rows", "has no rows", "give CSV with a header, or a JSON array of objects")
        raise Invalid("the file has no rows", fields=(fault,))
    return rows
