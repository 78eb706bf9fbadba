"""Networks from edge files: who is connected with whom, by the agency's own ids."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from domain.actor import Actor, Scope
from domain.network.connections import MUTUAL, Kind
from domain.network.strength import UNSTATED
from domain.routing.profile import ProducerProfile
from kernel.clock import now
from kernel.errors import FieldError, Forbidden, Invalid
from kernel.ids import derived_id
from kernel.slices import slices
from services.network.schemas import Imported
from store.uow import Database, UnitOfWork

T = TypeVar("T")
_SLICE = 5_000
_PRODUCERS = 1_000
_LONGEST = 200
_MOST_BYTES = 512 * 1024 * 1024
_ENDS = (("source", "target"), ("from", "to"), ("from_id", "to_id"))


@dataclass(frozen=True, slots=True)
class Edges:
    """Distinct pairs in the order of the file, and how many rows named oneself or a pair again."""

    pairs: tuple[tuple[str, str], ...]
    loops: int
    repeats: int


def read_edges(name: str, source: bytes) -> Edges:
    """The pairs of a CSV file with the columns ``source`` and ``target`` (or ``from`` and ``to``), gzipped or not.

    Raises Invalid with an entry for each row that cannot be used, at most a hundred of them.
    """
    text = _text(name, source)
    rows = csv.reader(io.StringIO(text))
    try:
        header = [part.strip().casefold() for part in next(rows, [])]
        ends = next((pair for pair in _ENDS if set(pair) <= set(header)), None)
        if ends is None:
            raise _refused("header", "no_ends", "names no ends", "give the columns source and target", ",".join(header))
        places = header.index(ends[0]), header.index(ends[1])
        return _edges(rows, places, ends)
    except csv.Error as problem:
        raise _refused("file", "not_readable", str(problem)[:200], "give CSV with a header") from problem


def _edges(rows: Iterator[list[str]], places: tuple[int, int], ends: tuple[str, str]) -> Edges:
    found: dict[tuple[str, str], None] = {}
    wrong: list[FieldError] = []
    loops = repeats = 0
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        pair = tuple(row[place].strip() if place < len(row) else "" for place in places)
        bad = next((at for at in (0, 1) if not pair[at] or len(pair[at]) > _LONGEST or "\x00" in pair[at]), None)
        if bad is not None:
            remedy = f"give an id of 1 to {_LONGEST} characters"
            wrong.append(FieldError(f"{number}.{ends[bad]}", "no_id", "is no id", remedy, pair[bad][:80]))
            continue
        if pair[0] == pair[1]:
            loops += 1
            continue
        key = (min(pair), max(pair))
        repeats += key in found
        found.setdefault(key)
    if wrong:
        raise Invalid(f"{len(wrong)} rows cannot be used", fields=tuple(wrong[:100]))
    if not found:
        raise _refused("file", "no_rows", "connects nobody", "give a row for each pair")
    return Edges(tuple(found), loops, repeats)


def _text(name: str, source: bytes) -> str:
    try:
        if name.casefold().endswith(".gz"):
            with gzip.open(io.BytesIO(source)) as opened:
                source = opened.read(_MOST_BYTES + 1)
        if len(source) > _MOST_BYTES:
            raise _refused("file", "too_large", "is too large", f"give at most {_MOST_BYTES // 2**20} MiB, unpacked")
        return source.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise _refused("file", "not_readable", str(problem)[:200], "give UTF-8 CSV, or that gzipped") from problem


def _refused(field: str, code: str, message: str, remedy: str, value: str | None = None) -> Invalid:
    return Invalid("the file cannot be read", fields=(FieldError(field, code, message, remedy, value and value[:80]),))


class Importing:
    """Connections from files. Whoever is named and not there becomes an inactive producer without licences, who gets no leads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(
        self,
        actor: Actor,
        edges: Edges,
        kind: Kind = Kind.PARTNERSHIP,
        *,
        add: bool = False,
        strength: Decimal = UNSTATED,
    ) -> Imported:
        """Bring the imported network to what the file says, in one transaction; the same file again changes nothing.

        Connections that an earlier import brought and this file does not name end, unless ``add``; those of the agency's file
        and of people stay. A pair that a person ended or asks for is left to them.
        """
        actor.require(Scope.AGENCY_ADMIN)
        if kind not in MUTUAL:
            raise Forbidden(f"an edge has no direction; give one of {', '.join(sorted(MUTUAL))}")
        async with self._database.begin(actor) as uow:
            made = await self._people(uow, edges)
            ids = await uow.agencies.ids_by_external()
            pairs = [_ordered(ids[one], ids[other]) for one, other in edges.pairs]
            moment = now()
            ended = 0 if add else await uow.connections.end_imported(pairs, kind.value, moment)
            connected = 0
            for part in slices(pairs, _SLICE):
                connected += await uow.connections.take_in(part, kind.value, strength, moment)
            await uow.audit.note("network.import", "agency", actor.agency_id, edges=len(pairs), ended=ended)
        people = len({end for pair in edges.pairs for end in pair})
        return Imported(
            agency_id=actor.agency_id, edges=len(edges.pairs), loops=edges.loops, repeats=edges.repeats, producers=people,
            made=made, connected=connected, ended=ended,
        )  # fmt: skip

    @staticmethod
    async def _people(uow: UnitOfWork, edges: Edges) -> int:
        known = await uow.agencies.ids_by_external()
        fresh = sorted({end for pair in edges.pairs for end in pair} - known.keys())
        moment, agency = now(), uow.actor.agency_id
        for part in slices(fresh, _PRODUCERS):
            rows = []
            for name in part:
                who = derived_id("producer", agency, name)
                profile = ProducerProfile(who, agency, active=False).as_dict()
                rows.append({
                    "id": who, "external_id": name, "name": name, "email": None, "phone": None, "active": False,
                    "profile": profile, "loaded": profile, "updated_at": moment, "version": 1,
                })  # fmt: skip
            await uow.agencies.save_producers(rows)
        return len(fresh)


def _ordered(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    return (one, other) if one < other else (other, one)
