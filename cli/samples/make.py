"""Writes ``agency.json`` beside this file: ``python -m cli.samples.make``. The same every time, whatever day it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli.samples.profiles import profile
from cli.samples.staff import Person, staff
from cli.samples.ties import connections

_WIDTH = 260


def agency() -> dict[str, Any]:
    """The sample agency in the form of :class:`services.agencies.schemas.AgencyFile`."""
    people = staff()
    return {
        "slug": "sample",
        "name": "Lanternfield Insurance Partners",
        "producers": [_producer(person) for person in people],
        "connections": connections(people),
    }


def as_text(value: Any, depth: int = 0) -> str:
    """JSON for reading: what fits on a line stands on one, but for lists of records; the rest is indented by two spaces."""
    flat = json.dumps(value, ensure_ascii=False)
    table = isinstance(value, list) and any(isinstance(part, dict) for part in value)
    if (len(flat) + 2 * depth <= _WIDTH and not table) or not isinstance(value, dict | list):
        return flat
    pad, inner = "  " * depth, "  " * (depth + 1)
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {as_text(part, depth + 1)}" for name, part in value.items()]
    else:
        parts = [as_text(part, depth + 1) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(inner + part for part in parts)
    return f"{opening}\n{body}\n{pad}{closing}"


def main() -> None:
    """Write the file."""
    Path(__file__).with_name("agency.json").write_text(as_text(agency()) + "\n", encoding="utf-8", newline="\n")


def _producer(person: Person) -> dict[str, Any]:
    return {
        "external_id": person.external_id, "name": person.name, "email": person.email, "phone": person.phone,
        "team": person.team, "profile": profile(person),
    }  # fmt: skip


if __name__ == "__main__":
    main()
