"""Writing down what a document states, whoever read it; and telling the lead."""

from __future__ import annotations

from dataclasses import asdict, fields
from uuid import UUID

from domain.documents.fields import DocumentField
from domain.documents.opinion import OURS, Opinion
from kernel.ids import digest
from services.runs import RESCORE
from store.sql.models import DocumentFieldRow
from store.uow import UnitOfWork

NONE, WANTED, GIVEN, NO_HELP, NO_MODEL = "none", "wanted", "given", "no_help", "no_model"
"""Where a document stands with its second opinion."""


async def keep_opinion(uow: UnitOfWork, document_id: UUID, opinion: Opinion, state: str) -> None:
    """Put ``opinion`` in the place of what was known of the document. Its lead, if it has one, is scored anew: once for the
    same facts, however often they are read.
    """
    row = await uow.documents.one(document_id)
    notes = [note for note in row.notes if note["code"] not in OURS]
    await uow.documents.replace_fields(document_id, [asdict(field) for field in opinion.fields])
    await uow.documents.change(
        document_id, kind=opinion.kind.name, kind_reason=opinion.kind.reason, kind_confidence=opinion.kind.confidence,
        notes=[*notes, *(asdict(note) for note in opinion.notes)], read_source=opinion.source.value,
        read_version=opinion.version, read_cost=row.read_cost + opinion.cost, needs_review=opinion.needs_review, opinion=state,
    )  # fmt: skip
    if row.lead_id is not None and row.status != "waiting":
        facts = [[one.name, one.item, one.value, one.rank] for one in opinion.fields]
        said = digest([row.status, opinion.kind.name, opinion.needs_review, facts])
        await uow.runs.admit_once(row.lead_id, RESCORE, f"{document_id}:{said[:16]}")


def field_of(row: DocumentFieldRow) -> DocumentField:
    """A stored field as it was read."""
    return DocumentField(**{field.name: getattr(row, field.name) for field in fields(DocumentField)})
