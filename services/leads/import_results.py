"""What became of files and of each of their rows: a list, one, pages of rows, and a report to download."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from enum import StrEnum
from uuid import UUID

from domain.actor import Actor, Scope
from domain.csv_cells import csv_line, number_cell, text_cell
from domain.leads.lifecycle import IN_PROGRESS, Status
from services.leads.query import read_cursor, write_cursor
from services.leads.schemas import FieldNote, ImportPage, ImportView, RowPage, RowResult, import_view
from store.sql.models import ImportRowRow, LeadRow
from store.uow import Database, UnitOfWork

_PAGE = 500
_COLUMNS = ("row", "lead_id", "status", "line", "score", "producer", "duplicate_of", "reason", "errors", "warnings")


class ReportForm(StrEnum):
    """How a report is written."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class ImportResults:
    """Reading imports; each needs ``leads:read``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, actor: Actor, import_id: UUID) -> ImportView:
        """An import with its state and counts; NotFound for another agency's."""
        actor.require(Scope.LEADS_READ)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            return import_view(await uow.imports.one(import_id))

    async def page(self, actor: Actor, cursor: str | None, limit: int) -> ImportPage:
        """Imports, newest first. Raises Invalid for a cursor that this list did not give out."""
        actor.require(Scope.LEADS_READ)
        actor.require_whole_agency()
        after = read_cursor(cursor) if cursor else None
        async with self._database.begin(actor) as uow:
            rows = await uow.imports.page(after=after, at_most=limit + 1)
        more = rows[limit - 1] if len(rows) > limit else None
        following = write_cursor(more.created_at, more.id) if more else None
        return ImportPage(items=[import_view(row) for row in rows[:limit]], next_cursor=following)

    async def results(self, actor: Actor, import_id: UUID) -> list[RowResult]:
        """What became of each row so far, by row number."""
        actor.require(Scope.LEADS_READ)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            await uow.imports.one(import_id)
            return await _results(uow, await uow.imports.rows(import_id))

    async def rows(self, actor: Actor, import_id: UUID, after: int, limit: int) -> RowPage:
        """A page of rows behind row number ``after``; NotFound for another agency's import."""
        actor.require(Scope.LEADS_READ)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            await uow.imports.one(import_id)
            found = await uow.imports.rows(import_id, after=after, at_most=limit + 1)
            items = await _results(uow, found[:limit])
        return RowPage(items=items, next_after=items[-1].row if len(found) > limit else None)

    async def report(self, actor: Actor, import_id: UUID, form: ReportForm) -> AsyncIterator[str]:
        """One line for each row, header first in CSV, read a page at a time. NotFound comes before the first line."""
        await self.one(actor, import_id)
        async with self._database.begin(actor) as uow:
            await uow.audit.note("leads.export", "import", import_id, form=form.value)
        return self._lines(actor, import_id, form)

    async def _lines(self, actor: Actor, import_id: UUID, form: ReportForm) -> AsyncIterator[str]:
        if form is ReportForm.CSV:
            yield csv_line(_COLUMNS)
        after: int | None = 0
        while after is not None:
            page = await self.rows(actor, import_id, after, _PAGE)
            write = _csv if form is ReportForm.CSV else _json
            yield "".join(write(item) for item in page.items)
            after = page.next_after


def _json(result: RowResult) -> str:
    return f"{result.model_dump_json()}\n"


def _csv(result: RowResult) -> str:
    return csv_line((
        number_cell(result.row), text_cell(str(result.lead_id or "")), text_cell(result.status), text_cell(result.line),
        number_cell(result.score), text_cell(result.producer), text_cell(str(result.duplicate_of or "")),
        text_cell(result.reason),
        text_cell(_said(result.errors)), text_cell(_said(result.warnings)),
    ))  # fmt: skip


def _said(found: Sequence[FieldNote]) -> str:
    parts = []
    for note in found:
        value = "" if note.value is None else f" (got {note.value!r})"
        remedy = f"; {note.remedy}" if note.remedy else ""
        parts.append(f"{note.field}: {note.message}{value}{remedy}")
    return " | ".join(parts)


async def _results(uow: UnitOfWork, rows: Sequence[ImportRowRow]) -> list[RowResult]:
    lead_ids = [row.lead_id for row in rows if row.lead_id]
    leads = await uow.leads.by_ids(lead_ids)
    sources: dict[UUID, dict[str, str]] = {}
    for decision in await uow.leads.decisions(lead_ids):
        sources.setdefault(decision.lead_id, {})[decision.specialist] = decision.body["source"]
    names = await uow.agencies.names([lead.producer_id for lead in leads.values() if lead.producer_id])
    return [_result(row, leads.get(row.lead_id) if row.lead_id else None, sources, names) for row in rows]


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
