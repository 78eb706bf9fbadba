"""Licences from a licence database's extract, with a report for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.producers.extract import ExtractRow, read_row
from kernel.clock import now
from kernel.errors import FieldError, Forbidden
from services.producers.records import own_of, saved
from services.producers.schemas import LicenceReport, LicenceRowReport, LicenceRowsIn, RowNote
from store.sql.models import ProducerRow
from store.uow import Database, UnitOfWork

_COMPARED = ("status", "authorities", "effective", "expires", "source")


class Licensing:
    """A licence is one state's of one number: the file's stands in place of ours, and what the file leaves out stays."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, actor: Actor, given: LicenceRowsIn) -> LicenceReport:
        """Bring records to what the rows say, in one transaction; a row that cannot be used is reported, the others count.

        A source that lists nothing for a producer says that it does not know yet: nothing is removed (DOMAIN T2).
        """
        actor.require(Scope.PRODUCERS_WRITE)
        if own_of(actor) is not None:
            raise Forbidden("licences are the agency's to enter; ask a manager")
        checked_at = given.checked_at or now()
        read = [read_row(row, given.source, checked_at) for row in given.rows]
        reports: list[LicenceRowReport] = []
        changed = 0
        async with self._database.begin(actor) as uow:
            ids = await uow.agencies.ids_by_external()
            wanted = sorted({ids[row.producer] for row, _ in read if row is not None and row.producer in ids})
            rows = {who: await uow.routing.lock_producer(who) for who in wanted}
            licences = {who: list(row.profile.get("licences") or []) for who, row in rows.items()}
            seen: dict[UUID, set[tuple[str, str]]] = {}
            for place, (row, faults) in enumerate(read, start=1):
                reports.append(_entered(place, row, faults, ids, licences, seen))
            for who, kept in rows.items():
                changed += await self._save(uow, kept, licences[who], given.source)
        return LicenceReport(items=reports, producers_changed=changed)

    async def _save(self, uow: UnitOfWork, row: ProducerRow, licences: list[dict[str, Any]], source: str) -> int:
        if licences == (row.profile.get("licences") or []):
            return 0
        ordered = sorted(licences, key=lambda one: (one["state"], one["number"]))
        return int(await saved(uow, row, {**row.profile, "licences": ordered}, {}, f"licences from {source}"))


def _entered(
    place: int, row: ExtractRow | None, faults: Sequence[FieldError], ids: Mapping[str, UUID],
    licences: dict[UUID, list[dict[str, Any]]], seen: dict[UUID, set[tuple[str, str]]],
) -> LicenceRowReport:  # fmt: skip
    """What the row does to the licences of its producer."""
    if row is not None and row.producer not in ids:
        faults = (FieldError("producer", "unknown", "no such producer", "use the agency's own id", row.producer[:80]),)
    if row is None or faults:
        return _report(place, row, "refused", faults)
    if row.licence is None:
        return _report(place, row, "unknown", ())
    held, fresh = licences[ids[row.producer]], dict(row.licence)
    key = (fresh["state"], fresh["number"])
    before = next((one for one in held if (one["state"], one["number"]) == key), None)
    mine = seen.setdefault(ids[row.producer], set())
    if key in mine and before is not None:  # such extracts have a row for each authority of a licence
        fresh["authorities"] = sorted({*before["authorities"], *fresh["authorities"]})
    mine.add(key)
    if before is not None and before["checked_at"] > fresh["checked_at"]:
        return _report(place, row, "same", row.doubts)  # what we have was read later
    if before is not None:
        held.remove(before)
    held.append(fresh)
    same = before is not None and all(before.get(name) == fresh[name] for name in _COMPARED)
    return _report(place, row, "added" if before is None else "same" if same else "changed", row.doubts)


def _report(place: int, row: ExtractRow | None, outcome: str, notes: Sequence[FieldError]) -> LicenceRowReport:
    state = None if row is None or row.licence is None else row.licence["state"]
    return LicenceRowReport(
        row=place, producer=None if row is None else row.producer, state=state, outcome=outcome,
        notes=[RowNote.model_validate(one.as_dict()) for one in notes],
    )  # fmt: skip
