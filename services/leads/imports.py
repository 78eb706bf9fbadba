"""Files of leads: mapped, read row by row, written in slices; every row is accounted for, and a second try repeats nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.leads.lifecycle import IN_PROGRESS, Status
from domain.leads.reading import ColumnMapping, RowReading, infer_columns, read_row
from integrations.leadfiles.csv_file import read_csv
from integrations.leadfiles.table import LeadTable, TableRow
from kernel.errors import FieldError, Invalid, NotFound
from kernel.ids import derived_id, digest
from kernel.settings import Settings
from kernel.telemetry.metrics import LEADS_RECEIVED
from services.leads.intake import Arrival, Intake, notes
from services.leads.schemas import FieldNote, ImportView, RowResult
from store.sql.models import ImportRow, ImportRowRow, LeadRow
from store.uow import Database

_SLICE = 200
_SAMPLE = 200
Progress = Callable[[int, int], None]


class Imports:
    """Files in, one result a row out."""

    def __init__(self, database: Database, intake: Intake, settings: Settings) -> None:
        self._database = database
        self._intake = intake
        self._settings = settings

    async def take(
        self,
        actor: Actor,
        filename: str,
        source: bytes,
        *,
        given: Mapping[str, str] | None = None,
        again: int = 0,
        progress: Progress | None = None,
    ) -> ImportView:
        """Take a file in. The same bytes under the same mapping continue or find the earlier import; ``again`` counts
        deliberate repeats. Raises Invalid when the file cannot be read or ``given`` does not fit it.
        """
        actor.require(Scope.LEADS_WRITE)
        table, mapping = await asyncio.to_thread(_mapped, source, given)
        columns = mapping.as_dict()["columns"]
        key = digest([hashlib.sha256(source).hexdigest(), columns, again])
        async with self._database.begin(actor) as uow:
            started = await uow.imports.by_key(key)
            if started is None:
                started = await uow.imports.start(key, filename, columns, len(table.rows))
                await uow.audit.note("leads.import", "import", started.id, rows=len(table.rows))
        while await self._slice(actor, started.id, key, table, mapping, progress):
            pass
        return view(started)

    async def results(self, actor: Actor, import_id: UUID) -> list[RowResult]:
        """What became of each row so far, by row number."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            rows = await uow.imports.rows(import_id)
            if not rows:
                raise NotFound(f"no import {import_id} in this agency")
            lead_ids = [row.lead_id for row in rows if row.lead_id]
            leads = await uow.leads.by_ids(lead_ids)
            sources: dict[UUID, dict[str, str]] = {}
            for decision in await uow.leads.decisions(lead_ids):
                sources.setdefault(decision.lead_id, {})[decision.specialist] = decision.body["source"]
            names = await uow.agencies.names([lead.producer_id for lead in leads.values() if lead.producer_id])
        return [_result(row, leads.get(row.lead_id) if row.lead_id else None, sources, names) for row in rows]

    async def open_rows(self, actor: Actor, import_id: UUID) -> int:
        """How many rows are still being worked."""
        async with self._database.begin(actor) as uow:
            return await uow.imports.open_rows(import_id)

    async def _slice(
        self,
        actor: Actor,
        import_id: UUID,
        key: str,
        table: LeadTable,
        mapping: ColumnMapping,
        progress: Progress | None,
    ) -> bool:
        """Write the next rows; the import's row lock keeps two processes from writing the same ones."""
        async with self._database.begin(actor) as uow:
            row = await uow.imports.by_key(key, lock=True)
            assert row is not None
            done = await uow.imports.done_up_to(import_id)
            part = table.rows[done : done + _SLICE]
            read = await asyncio.to_thread(self._read, part, mapping, row)
            arrivals = [
                Arrival(derived_id("row", import_id, at.number), f"row:{at.number}",
                        row.created_at + timedelta(microseconds=at.number), reading.draft, f"file:{row.filename}")
                for at, reading in read if reading.draft is not None
            ]  # fmt: skip
            await self._intake.write(uow, arrivals)
            await uow.imports.add_rows([_row_record(import_id, at, reading) for at, reading in read])
            last = done + len(part) >= len(table.rows)
            if last and row.accepted_at is None:
                await uow.imports.close(import_id)
        LEADS_RECEIVED.labels("file", "accepted").inc(len(arrivals))
        LEADS_RECEIVED.labels("file", "refused").inc(len(part) - len(arrivals))
        if progress is not None:
            progress(done + len(part), len(table.rows))
        return not last

    def _read(
        self, rows: Sequence[TableRow], mapping: ColumnMapping, row: ImportRow
    ) -> list[tuple[TableRow, RowReading]]:
        region, today = self._settings.intake.region or None, row.created_at.date()
        return [(one, read_row(one.cells, mapping, region=region, today=today)) for one in rows]


def view(row: ImportRow) -> ImportView:
    """An import as it is shown."""
    return ImportView(id=row.id, filename=row.filename, rows=row.rows, mapping=row.mapping)


def _mapped(source: bytes, given: Mapping[str, str] | None) -> tuple[LeadTable, ColumnMapping]:
    table = read_csv(source)
    if not table.rows:
        fault = FieldError("file", "no_rows", "there is a header and no row", "send a file with a row for each lead")
        raise Invalid("the file holds no lead", fields=(fault,))
    mapping = infer_columns(table.header, [row.cells for row in table.rows[:_SAMPLE]], given)
    return table, mapping


def _row_record(import_id: UUID, at: TableRow, reading: RowReading) -> dict[str, Any]:
    lead_id = derived_id("row", import_id, at.number) if reading.draft is not None else None
    return {
        "import_id": import_id, "number": at.number, "lead_id": lead_id, "raw": dict(at.cells),
        "errors": notes(reading.errors),
        "warnings": notes((at.raw_problem, *reading.warnings) if at.raw_problem else reading.warnings),
    }  # fmt: skip


def _result(
    row: ImportRowRow, lead: LeadRow | None, sources: Mapping[UUID, dict[str, str]], names: Mapping[UUID, str]
) -> RowResult:
    errors = [FieldNote.model_validate(note) for note in row.errors]
    warnings = [FieldNote.model_validate(note) for note in row.warnings]
    if lead is None:
        first = errors[0].code if errors else "unreadable"
        return RowResult(
            row=row.number, lead_id=None, status=Status.REJECTED.value, line=None, intent=None, urgency=None, score=None,
            confidence=None, sources={}, producer_id=None, producer=None, receipt_id=None, duplicate_of=None,
            reason=first, errors=errors, warnings=warnings,
        )  # fmt: skip
    status = "processing" if Status(lead.status) in IN_PROGRESS else lead.status
    return RowResult(
        row=row.number, lead_id=lead.id, status=status, line=lead.line, intent=lead.intent, urgency=lead.urgency,
        score=lead.score, confidence=lead.confidence, sources=sources.get(lead.id, {}), producer_id=lead.producer_id,
        producer=names.get(lead.producer_id) if lead.producer_id else None, receipt_id=lead.receipt_id,
        duplicate_of=lead.duplicate_of, reason=lead.reason, errors=errors, warnings=warnings,
    )  # fmt: skip
