"""Documents of leads and policies: checked, scanned, stored once, read, and read again later where their pages are pictures."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from domain.actor import Actor, Scope, system_actor
from domain.documents.evidence import DocumentEvidence
from domain.documents.extract import Extracted
from domain.documents.fields import DocumentField
from domain.documents.for_leads import lead_document
from domain.documents.opinion import by_rules
from domain.documents.owner import Owner
from domain.documents.page import Format, Note, Reading
from domain.file_names import plain_name
from domain.leads.documents import LeadDocument
from integrations.blobs import Blobs
from integrations.documents.limits import Limits
from integrations.documents.process import DocumentReader, Patience
from integrations.documents.sniff import MIME, format_of
from integrations.virus_scan import Scanner, Verdict
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.ids import new_id
from kernel.settings import DocumentSettings
from services.documents.keeping import NO_MODEL, NONE, WANTED, field_of, keep_opinion
from services.documents.schemas import DocumentDetail, DocumentList, DocumentView, document_detail, document_view
from store.sql.models import DocumentRow
from store.uow import Database, UnitOfWork

_log = structlog.get_logger("leadwright.documents")
_LEASE = timedelta(minutes=10)
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was checked, scanned and stored, and is no document yet."""

    name: str
    data: bytes
    kind: Format
    sha256: str
    scan: str

    def row(self, document_id: UUID, actor: Actor) -> dict[str, Any]:
        """The document's columns, as one that whoever writes it reads next."""
        return {
            "id": document_id, "name": plain_name(self.name), "format": self.kind.value, "media_type": MIME[self.kind],
            "size": len(self.data), "sha256": self.sha256, "scan": self.scan, "status": "waiting", "notes": [],
            "uploaded_by": actor.subject, "uploaded_at": now(), "attempts": 0, "lease_until": now() + _LEASE,
        }  # fmt: skip


class Documents:
    """Use cases on documents. Those of leads need ``leads:write`` to be written and ``leads:read`` to be read; those of policies
    come in through :mod:`services.policy_papers`, which keeps the policy's own rules.

    ``asks``: there is a language model, so that a document which the rules leave in doubt waits for its second opinion
    (:class:`services.documents.opinions.SecondOpinions`); without one such a document is marked for review and stays so.
    """

    def __init__(
        self, database: Database, blobs: Blobs, scanner: Scanner, reader: DocumentReader, *, asks: bool = False
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._scanner = scanner
        self._reader = reader
        self._asks = asks

    @classmethod
    def on(
        cls, database: Database, blobs: Blobs, scanner: Scanner, settings: DocumentSettings, *, asks: bool
    ) -> Documents:
        """With a reader that keeps the limits of the settings."""
        limits = Limits(bytes=settings.max_bytes, pages=settings.max_pages, pixels=settings.max_pixels)
        reader = DocumentReader(limits, Patience(settings.read_seconds, settings.ocr_page_seconds))
        return cls(database, blobs, scanner, reader, asks=asks)

    async def add(self, actor: Actor, lead_id: UUID, name: str, data: bytes) -> tuple[DocumentDetail, bool]:
        """Take a file in and read it; also says whether it is new. The same bytes for the same lead are the same document.

        A page that is a picture leaves the document ``waiting`` for :meth:`work`, or ``needs_ocr`` where recognition is not
        installed. Raises NotFound for an unknown lead, Invalid for a type, size or content that is not taken.
        """
        actor.require(Scope.LEADS_WRITE)
        owner, sha256 = Owner(lead_id=lead_id), await hashed(data)
        async with self._database.begin(actor) as uow:
            await uow.leads.one(lead_id)
            known = await uow.documents.same(owner, sha256)
        if known is not None:
            await self.again(actor, known)
            return await self.one(actor, known.id), False
        taken = await self.take(actor, name, data)
        document_id = await self._stored(actor, owner, None, taken)
        if document_id is None:
            async with self._database.begin(actor) as uow:
                known = await uow.documents.same(owner, sha256)
            assert known is not None, "another call has just stored it"
            return await self.one(actor, known.id), False
        await self.read(actor, document_id, taken)
        return await self.one(actor, document_id), True

    async def take(self, actor: Actor, name: str, data: bytes) -> Taken:
        """Check, scan and store a file. Raises Invalid for a type, size or content that is not taken, and for a virus."""
        kind = await asyncio.to_thread(format_of, data, self._reader.limits)
        return await self._scanned(actor, name, data, kind)

    async def read(self, actor: Actor, document_id: UUID, taken: Taken) -> None:
        """Read a document that was just written, and what an e-mail encloses."""
        await self._read(actor, document_id, taken.data, taken.kind)

    async def content(self, actor: Actor, document_id: UUID, owner: Owner) -> tuple[DocumentView, bytes]:
        """The file as it came. Raises NotFound for another owner's, Unavailable where the store of files has lost it."""
        async with self._database.begin(actor) as uow:
            view = document_view(await uow.documents.one(document_id, owner))
        return view, await self._blobs.get(actor.agency_id, view.sha256)

    async def one(self, actor: Actor, document_id: UUID, lead_id: UUID | None = None) -> DocumentDetail:
        """A document with its fields; NotFound for another agency's, or another lead's when one is named."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            row = await uow.documents.one(document_id, None if lead_id is None else Owner(lead_id=lead_id))
            if row.policy_id is not None:
                actor.require(Scope.POLICIES_READ)
            return document_detail(row, await uow.documents.fields([document_id]))

    async def of_lead(self, actor: Actor, lead_id: UUID) -> DocumentList:
        """The documents of a lead; NotFound for another agency's."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            await uow.leads.one(lead_id)
            rows = await uow.documents.of(Owner(lead_id=lead_id))
        return DocumentList(items=[document_view(row) for row in rows])

    async def stated(self, uow: UnitOfWork, lead_id: UUID) -> tuple[LeadDocument, ...]:
        """What the documents of a lead state of it, oldest first; none for another agency's. Quotes and values are a
        stranger's words: data, never instruction.
        """
        uow.actor.require(Scope.LEADS_READ)
        rows = await uow.documents.of(Owner(lead_id=lead_id))
        stored = await uow.documents.fields([row.id for row in rows]) if rows else []
        fields: dict[UUID, list[DocumentField]] = {row.id: [] for row in rows}
        for field in stored:
            fields[field.document_id].append(field_of(field))
        return tuple(
            lead_document(
                row.name, row.status, (row.kind or "other", row.kind_confidence or 0.0), row.uploaded_at.date(),
                fields[row.id], doubtful=row.needs_review,
            )
            for row in rows
        )  # fmt: skip

    async def work(self) -> bool:
        """Read the next waiting document of any agency; False when none waits. Another worker never reads it meanwhile."""
        async with self._database.platform() as platform:
            claimed = await platform.claim_document(_LEASE)
        if claimed is None:
            return False
        actor = system_actor(claimed.agency_id, "documents")
        if claimed.attempts > _ATTEMPTS:
            await self._failed(actor, claimed.document_id, "reading it ended early several times")
            return True
        async with self._database.begin(actor) as uow:
            row = await uow.documents.one(claimed.document_id)
        data = await self._blobs.get(actor.agency_id, row.sha256)
        await self._read(actor, row.id, data, Format(row.format), recognise=True)
        return True

    async def again(self, actor: Actor, known: DocumentRow) -> None:
        """The bytes of a document came once more: what could not be recognised then may be now."""
        if known.status == "needs_ocr" and self._reader.recognises:
            async with self._database.begin(actor) as uow:
                await uow.documents.change(known.id, status="waiting", lease_until=now())

    async def _scanned(self, actor: Actor, name: str, data: bytes, kind: Format) -> Taken:
        scan = await self._scanner.scan(data)
        if scan.verdict is Verdict.INFECTED:
            _log.warning("infected document refused", by=scan.by, sha256=hashlib.sha256(data).hexdigest())
            fault = FieldError("file", "infected", f"{scan.by} found {scan.found}", "clean the sender's machine")
            raise Invalid("the file carries a virus and was not stored", fields=(fault,))
        return Taken(name, data, kind, await self._blobs.put(actor.agency_id, data), scan.verdict.value)

    async def _stored(self, actor: Actor, owner: Owner, parent: DocumentRow | None, taken: Taken) -> UUID | None:
        document_id = new_id()
        row = taken.row(document_id, actor)
        if parent is not None:
            row |= {"parent_id": parent.id, "type": parent.type, "verdict": parent.verdict and "open"}
        async with self._database.begin(actor) as uow:
            fresh = await uow.documents.add(owner, row)
        return document_id if fresh else None

    async def _read(
        self, actor: Actor, document_id: UUID, data: bytes, kind: Format, *, recognise: bool = False
    ) -> None:
        try:
            read = await self._reader.read(data, "")
            pictures = len(read.reading.needs_ocr)
            if pictures and self._reader.recognises and recognise:
                read = await self._reader.recognise(data, "", pictures)
        except Invalid as problem:
            await self._failed(actor, document_id, problem.detail)
            return
        await self._keep(actor, document_id, read.reading, read.extracted)
        if kind is Format.EMAIL:
            await self._attachments(actor, document_id, data)

    async def _keep(self, actor: Actor, document_id: UUID, reading: Reading, extracted: Extracted) -> None:
        status = "read"
        if reading.needs_ocr:
            status = "waiting" if self._reader.recognises else "needs_ocr"
        notes = list(reading.notes)
        if not extracted.complete:
            notes.append(
                Note("fields_cut", f"it states more than {len(extracted.fields):,} values; only these were kept")
            )
        pages = await asyncio.to_thread(DocumentEvidence.of, reading)
        opinion = by_rules(extracted, pages)
        state = NONE
        if opinion.unsettled and status != "waiting":
            state = WANTED if self._asks else NO_MODEL
        moment = now()
        async with self._database.begin(actor) as uow:
            await uow.documents.change(
                document_id, status=status, pages=len(reading.pages), notes=[asdict(note) for note in notes], read_at=moment,
                lease_until=moment if status == "waiting" else None,
                opinion_pages=pages.as_dict() if state == WANTED else None,
                opinion_until=moment if state == WANTED else None, opinion_attempts=0,
            )  # fmt: skip
            await keep_opinion(uow, document_id, opinion, state)
        _log.info(
            "document read", document=str(document_id), status=status, fields=len(extracted.fields), opinion=state
        )

    async def _attachments(self, actor: Actor, parent_id: UUID, data: bytes) -> None:
        """Files of an e-mail become documents of the same owner; what cannot be taken is noted on the e-mail."""
        async with self._database.begin(actor) as uow:
            parent = await uow.documents.one(parent_id)
        notes: list[Note] = []
        for item in await self._reader.enclosed(data):
            try:
                kind = await asyncio.to_thread(format_of, item.data, self._reader.limits)
                if kind is Format.EMAIL:
                    raise Invalid("a message inside a message is not unpacked: send it by itself")
                taken = await self._scanned(actor, item.name, item.data, kind)
                child = await self._stored(actor, Owner(parent.lead_id, parent.policy_id), parent, taken)
            except Invalid as problem:
                notes.append(Note("attachment_refused", f"{plain_name(item.name)}: {problem.detail}"))
                continue
            if child is not None:
                await self._read(actor, child, item.data, kind)
        async with self._database.begin(actor) as uow:
            parent = await uow.documents.locked(parent_id)  # a second opinion may have noted something meanwhile
            await uow.documents.change(parent_id, notes=[*parent.notes, *(asdict(note) for note in notes)])

    async def _failed(self, actor: Actor, document_id: UUID, why: str) -> None:
        async with self._database.begin(actor) as uow:
            await uow.documents.change(
                document_id,
                status="failed",
                notes=[asdict(Note("unreadable", why))],
                read_at=now(),
                lease_until=None,
                needs_review=True,
            )
        _log.warning("document not read", document=str(document_id))


async def hashed(data: bytes) -> str:
    """SHA-256 of a file, in hex."""
    return await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
