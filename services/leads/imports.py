"""Files of leads: kept, read row by row, written in slices; every row is accounted for, and a second try repeats nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from domain.actor import Actor, Scope, system_actor
from domain.file_names import plain_name
from domain.leads.reading import FIELDS, ColumnMapping, RowReading, infer_columns, read_row
from integrations.blobs import Blobs, hash_of
from integrations.leadfiles.lead_file import open_lead_file
from integrations.leadfiles.table import LeadFile, Survey, TableRow
from integrations.virus_scan import Scan, Scanner, Verdict
from kernel.clock import now
from kernel.errors import FieldError, Invalid, NotFound
from kernel.ids import derived_id, digest, new_id
from kernel.settings import Settings
from kernel.telemetry.metrics import LEADS_RECEIVED
from services.arrival import Arrival, Refused, notes
from services.leads.intake import Intake, consent_of, received
from services.leads.once import once
from services.leads.schemas import Answer, ImportView, import_view
from store.sql.models import ImportRow
from store.uow import Database, UnitOfWork

_log = structlog.get_logger("leadwright.imports")
_SLICE = 200
_LEASE = timedelta(seconds=60)
_ATTEMPTS = 20
_TOO_OFTEN = "reading it ended early several times; split the file, and look at the worker's memory"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the sender says of a file: ``given`` maps headers to canonical fields, ``sheet`` names a workbook's sheet, ``source``
    is the leads' source where a row names none, and ``again`` counts deliberate repeats.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    source: str | None = None
    again: int = 0


class Imports:
    """Files in. Writing needs ``leads:write``."""

    def __init__(self, database: Database, intake: Intake, settings: Settings, blobs: Blobs, scanner: Scanner) -> None:
        self._database = database
        self._intake = intake
        self._settings = settings
        self._blobs = blobs
        self._scanner = scanner

    async def receive(
        self, actor: Actor, filename: str, path: Path, options: ImportOptions, *, key: str | None = None
    ) -> Answer:
        """Keep a file for :meth:`work` to take in. The same bytes with the same options are the earlier import, whose failure
        is tried again.

        Raises Invalid for a format that is not read, a field that does not exist and a file with a virus; Conflict when ``key``
        came before with another file or other options.
        """
        actor.require(Scope.LEADS_WRITE)
        actor.require_whole_agency()
        values = await self._checked(actor, filename, path, options)

        async def execute(uow: UnitOfWork) -> tuple[int, dict[str, Any]]:
            row = await self._opened(uow, values)
            return 202, import_view(row).model_dump(mode="json")

        keep = timedelta(hours=self._settings.api.idempotency_hours)
        return await once(self._database, actor, "imports.create", key, values["key"], keep, execute)

    async def take(
        self,
        actor: Actor,
        filename: str,
        path: Path,
        options: ImportOptions | None = None,
        *,
        progress: Progress | None = None,
    ) -> ImportView:
        """Take a file in now, in this process, or continue the earlier import of it.

        Raises as :meth:`receive`, and Invalid when the file cannot be read or the given columns do not fit it.
        """
        actor.require(Scope.LEADS_WRITE)
        actor.require_whole_agency()
        values = await self._checked(actor, filename, path, options or ImportOptions())
        async with self._database.begin(actor) as uow:
            row = await self._opened(uow, values)
            row = await uow.imports.one(row.id, lock=True)
            attempts = row.attempts + 1
            if row.state != "taken":
                await uow.imports.change(row.id, attempts=attempts, lease_until=now() + _LEASE)
        if row.state == "taken":
            if progress is not None:
                progress(row.rows, row.rows)
            return import_view(row)
        await self._work(actor, row.id, attempts, progress)
        async with self._database.begin(actor) as uow:
            row = await uow.imports.one(row.id)
        if row.failure is not None:
            faults = tuple(FieldError(**fault) for fault in row.failure["errors"])
            raise Invalid(row.failure["detail"], fields=faults)
        return import_view(row)

    async def work(self) -> bool:
        """Take in the next waiting file of any agency, to its end; False when none waits. Another worker never works it
        meanwhile, and one that falls silent loses it after a minute.
        """
        async with self._database.platform() as platform:
            claimed = await platform.claim_import(_LEASE)
        if claimed is None:
            return False
        actor = system_actor(claimed.agency_id, "imports")
        if claimed.attempts > _ATTEMPTS:
            await self._failed(actor, claimed.import_id, claimed.attempts, Invalid(_TOO_OFTEN))
        else:
            await self._work(actor, claimed.import_id, claimed.attempts, None)
        return True

    async def open_rows(self, actor: Actor, import_id: UUID) -> int:
        """How many rows are still being worked."""
        actor.require(Scope.LEADS_READ)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            return await uow.imports.open_rows(import_id)

    async def _checked(self, actor: Actor, filename: str, path: Path, options: ImportOptions) -> dict[str, Any]:
        """The new row of a file that may come in; its bytes are then stored."""
        unknown = [
            FieldError(header, "field_unknown", "there is no such field", f"use one of: {', '.join(FIELDS)}", name)
            for header, name in options.given.items() if name not in FIELDS
        ]  # fmt: skip
        if unknown:
            raise Invalid("the column mapping cannot be used", fields=tuple(unknown))
        sha256 = await asyncio.to_thread(hash_of, path)
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        file = await asyncio.to_thread(_file_at, path, options.sheet)
        scan = await self._scanned(path, sha256)
        await self._blobs.put_file(actor.agency_id, path)
        moment, said = now(), asdict(options)
        return {
            "id": new_id(), "key": digest([sha256, said]), "filename": plain_name(filename, "leads"), "mapping": [], "rows": 0,
            "created_at": moment, "accepted_at": None, "state": "waiting", "format": file.format, "sha256": sha256,
            "size": size, "scan": scan.verdict.value, "options": said, "problems": [], "failure": None,
            "sent_by": actor.subject, "taken": 0, "refused": 0, "warned": 0, "attempts": 0, "lease_until": moment,
        }  # fmt: skip

    async def _scanned(self, path: Path, sha256: str) -> Scan:
        scan = await self._scanner.scan_file(path)
        if scan.verdict is Verdict.INFECTED:
            _log.warning("infected lead file refused", by=scan.by, sha256=sha256)
            fault = FieldError("file", "infected", f"{scan.by} found {scan.found}", "clean the sender's machine")
            raise Invalid("the file carries a virus and was not stored", fields=(fault,))
        return scan

    async def _opened(self, uow: UnitOfWork, values: dict[str, Any]) -> ImportRow:
        made = await uow.imports.start(values)
        if made is not None:
            await uow.audit.note("leads.import", "import", made.id, sha256=made.sha256)
            return made
        row = await uow.imports.by_key(values["key"], lock=True)
        assert row is not None, "the key has just been refused as taken"
        if row.state != "failed":
            return row
        await uow.imports.change(row.id, state="waiting", failure=None, lease_until=now(), attempts=row.attempts + 1)
        await uow.session.refresh(row)
        return row

    async def _work(self, actor: Actor, import_id: UUID, attempts: int, progress: Progress | None) -> None:
        async with self._database.begin(actor) as uow:
            row = await uow.imports.one(import_id)
        if row.sha256 is None:
            raise NotFound("the file of this import was not kept; send it again")
        try:
            async with self._blobs.file(actor.agency_id, row.sha256) as path:
                file, survey, mapping = await asyncio.to_thread(_surveyed, path, ImportOptions(**row.options))
                async with self._database.begin(actor) as uow:
                    row = await uow.imports.one(import_id, lock=True)
                    if row.attempts != attempts:
                        return
                    await uow.imports.change(
                        import_id, state="reading", mapping=mapping.as_dict()["columns"], rows=survey.rows,
                        problems=notes(survey.problems), lease_until=now() + _LEASE,
                    )  # fmt: skip
                await self._slices(actor, import_id, attempts, _Reader(file, survey, mapping), progress)
        except Invalid as problem:
            await self._failed(actor, import_id, attempts, problem)

    async def _slices(
        self, actor: Actor, import_id: UUID, attempts: int, reader: _Reader, progress: Progress | None
    ) -> None:
        """Write the rows, a slice a transaction. Under the import's row lock its counts say which rows are in."""
        while True:
            async with self._database.begin(actor) as uow:
                row = await uow.imports.one(import_id, lock=True)
                if row.attempts != attempts or row.state != "reading":
                    return
                part = await asyncio.to_thread(reader.next, row.taken + row.refused)
                read = await asyncio.to_thread(self._read, part, reader.mapping, row)
                drafts = [
                    Arrival(derived_id("row", import_id, at.number), f"row:{at.number}",
                            row.created_at + timedelta(microseconds=at.number), reading.draft,
                            row.options.get("source") or f"file:{row.filename}", consent_of(reading.draft))
                    for at, reading in read if reading.draft is not None
                ]  # fmt: skip
                outcomes = await self._intake.admit(uow, drafts, "file")
                arrivals = [one for one in outcomes if isinstance(one, Arrival)]
                await self._intake.write(uow, arrivals)
                refused = {
                    draft.lead_id: one for draft, one in zip(drafts, outcomes, strict=True) if isinstance(one, Refused)
                }
                records = [_row_record(import_id, at, reading, refused) for at, reading in read]
                await uow.imports.add_rows(records)
                done = row.taken + row.refused + len(part)
                ended = {"state": "taken", "accepted_at": now(), "lease_until": None}
                await uow.imports.change(
                    import_id, taken=row.taken + len(arrivals), refused=row.refused + len(part) - len(arrivals),
                    warned=row.warned + sum(bool(record["warnings"]) for record in records),
                    **({"lease_until": now() + _LEASE} if done < row.rows else ended),
                )  # fmt: skip
            received("file", arrivals)
            LEADS_RECEIVED.labels("file", "refused").inc(len(part) - len(arrivals))
            if progress is not None:
                progress(done, row.rows)
            if done >= row.rows:
                _log.info("file taken in", import_id=str(import_id), rows=done)
                return

    def _read(
        self, rows: Sequence[TableRow], mapping: ColumnMapping, row: ImportRow
    ) -> list[tuple[TableRow, RowReading]]:
        region, today = self._settings.intake.region or None, row.created_at.date()
        return [
            (one, RowReading(None, (one.fault,)) if one.fault else read_row(one.cells, mapping, region=region, today=today))
            for one in rows
        ]  # fmt: skip

    async def _failed(self, actor: Actor, import_id: UUID, attempts: int, problem: Invalid) -> None:
        async with self._database.begin(actor) as uow:
            row = await uow.imports.one(import_id, lock=True)
            if row.attempts == attempts:
                failure = {"detail": problem.detail, "errors": notes(problem.fields)}
                await uow.imports.change(import_id, state="failed", failure=failure, lease_until=None)
        _log.warning("file not taken in", import_id=str(import_id))


class _Reader:
    """The rows of a surveyed file, in slices."""

    def __init__(self, file: LeadFile, survey: Survey, mapping: ColumnMapping) -> None:
        self.mapping = mapping
        self._rows: Iterator[TableRow] = file.rows(survey)
        self._at = 0

    def next(self, done: int) -> list[TableRow]:
        """The slice behind the ``done`` first rows; earlier rows are read over. Raises ValueError for rows already handed out."""
        if done < self._at:
            msg = f"row {done} was handed out already"
            raise ValueError(msg)
        for _ in islice(self._rows, done - self._at):
            pass
        part = list(islice(self._rows, _SLICE))
        self._at = done + len(part)
        return part


def _file_at(path: Path, sheet: str | None) -> LeadFile:
    return open_lead_file(lambda: path.open("rb"), path.stat().st_size, sheet)


def _surveyed(path: Path, options: ImportOptions) -> tuple[LeadFile, Survey, ColumnMapping]:
    file = _file_at(path, options.sheet)
    survey = file.survey()
    if not survey.rows:
        fault = FieldError("file", "no_rows", "there is a header and no row", "send a file with a row for each lead")
        raise Invalid("the file holds no lead", fields=(fault,))
    mapping = infer_columns(survey.header, [row.cells for row in survey.sample], options.given, survey.fields)
    return file, survey, mapping


def _row_record(import_id: UUID, at: TableRow, reading: RowReading, refused: Mapping[UUID, Refused]) -> dict[str, Any]:
    lead_id = derived_id("row", import_id, at.number) if reading.draft is not None else None
    odd = (at.raw_problem,) if at.raw_problem else ()
    errors = reading.errors
    if lead_id is not None and lead_id in refused:
        errors, lead_id = (refused[lead_id].as_fault(),), None
    return {
        "import_id": import_id, "number": at.number, "lead_id": lead_id, "raw": dict(at.cells),
        "errors": notes(errors), "warnings": notes((*odd, *at.notes, *reading.warnings)),
    }  # fmt: skip
