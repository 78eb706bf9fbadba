"""Finding a part of a JSON value by its path."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kernel.ids import canonical_json

MISSING: Any = object()
"""What is at a path that leads nowhere; null is a value."""


def at(value: Any, path: str) -> Any:
    """What ``path`` (``fields.zip.value``, ``lines.0``) leads to, the value itself for an empty path, or :data:`MISSING`."""
    for part in path.split(".") if path else ():
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value


def text_of(value: Any) -> str:
    """A value as text graders read it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shown(value: Any, most: int = 120) -> str:
    """A value for a reason."""
    if value is MISSING:
        return "nothing"
    text = canonical_json(value)
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"
