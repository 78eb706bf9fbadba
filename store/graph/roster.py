"""Who is in an agency's network, and what has to change for the graph to show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from kernel.errors import FieldError, Invalid


@dataclass(frozen=True, slots=True)
class ProducerNode:
    """A producer as the graph knows one: no name, no address."""

    id: UUID
    team_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """One relation between two producers.

    ``strength`` is a share, 0 to 1, and a float once in the graph. The direction is kept and never asked for.
    """

    from_id: UUID
    to_id: UUID
    kind: str
    strength: float | Decimal


Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows to write and rows to remove, shaped for the queries of the same names. What is added is not there yet, so that nobody
    looks for it.
    """

    save_producers: Rows
    add_connections: Rows
    save_connections: Rows
    remove_producers: Rows
    remove_connections: Rows


def checked(producers: Sequence[ProducerNode], connections: Sequence[Connection]) -> None:
    """Raise Invalid, naming the row, on what the graph could not hold as given.

    A connection left out in silence would make somebody look less connected than they are.
    """
    known = {producer.id for producer in producers}
    if len(known) != len(producers):
        raise Invalid("a producer is listed twice; list each once")
    seen: set[tuple[UUID, UUID, str]] = set()
    for index, one in enumerate(connections):
        key = (one.from_id, one.to_id, one.kind)
        for end, value in (("from_id", one.from_id), ("to_id", one.to_id)):
            if value not in known:
                _refuse(index, end, value, "list this producer too, or leave the connection out")
        if one.from_id == one.to_id:
            _refuse(index, "to_id", one.to_id, "connect two different producers")
        if not 0 <= float(one.strength) <= 1:
            _refuse(index, "strength", one.strength, "give a share between 0 and 1")
        if not one.kind:
            _refuse(index, "kind", one.kind, "name the kind of the connection")
        if key in seen:
            _refuse(index, "kind", one.kind, "give each kind of connection from one producer to another once")
        seen.add(key)


def difference(producers: Iterable[ProducerNode], connections: Iterable[Connection], present: Rows) -> Difference:
    """From what is wanted and the ``roster`` rows of the graph. Removing a producer removes their connections with them."""
    wanted = {str(one.id): None if one.team_id is None else str(one.team_id) for one in producers}
    held = {row["id"]: row["team_id"] for row in present}
    links = {(str(one.from_id), str(one.to_id), one.kind): float(one.strength) for one in connections}
    held_links = {(row["id"], other, kind): strength for row in present for other, kind, strength in row["links"]}
    return Difference(
        save_producers=[
            {"id": key, "team_id": team} for key, team in wanted.items() if key not in held or held[key] != team
        ],
        add_connections=[
            {"from_id": a, "to_id": b, "kind": kind, "strength": strength}
            for (a, b, kind), strength in links.items()
            if (a, b, kind) not in held_links
        ],
        save_connections=[
            {"from_id": a, "to_id": b, "kind": kind, "strength": strength}
            for (a, b, kind), strength in links.items()
            if (a, b, kind) in held_links and held_links[a, b, kind] != strength
        ],
        remove_producers=[{"id": key} for key in held if key not in wanted],
        remove_connections=[
            {"from_id": a, "to_id": b, "kind": kind}
            for a, b, kind in held_links
            if (a, b, kind) not in links and a in wanted and b in wanted
        ],
    )


def _refuse(index: int, field: str, value: object, remedy: str) -> None:
    path = f"connections.{index}.{field}"
    message = f"{path} {value!s} cannot be taken"
    raise Invalid(f"{message}; {remedy}", fields=(FieldError(path, "not_possible", message, remedy, str(value)[:80]),))
