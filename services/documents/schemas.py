"""Views of documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from store.sql.models import DocumentFieldRow, DocumentRow


class DocumentNote(BaseModel):
    """Something a person should know about the reading; ``page`` is null for the whole file."""

    code: str
    message: str
    page: int | None


class FieldView(BaseModel):
    """One value that the document states."""

    name: str = Field(description="`policy_number`, `vehicle.vin`; dotted below the kind of thing it belongs to.")
    item: int | None = Field(description="Which vehicle, driver or location, from 1; null for the whole document.")
    value: Any = Field(description="Typed: money as minor units and currency, dates ISO, addresses in parts.")
    page: int
    quote: str = Field(description="The words of that page, verbatim, line by line.")
    confidence: float
    source: str = Field(description="text, ocr, sheet or email.")
    label: str = Field(description="The document's own word for it; empty where a sentence said it.")
    rank: int = Field(description="0 is the value to use; others contradict it.")
    read_by: str = Field(description="rules, or llm where a language model read it and rules checked it.")


class DocumentView(BaseModel):
    """A document in a list."""

    id: UUID
    lead_id: UUID | None
    parent_id: UUID | None = Field(description="The e-mail that it was attached to.")
    name: str
    format: str
    media_type: str
    size: int
    sha256: str
    scan: str = Field(description="clean, or not_scanned where no scanner is configured.")
    status: str = Field(description="read; waiting for recognition; needs_ocr where none is installed; failed.")
    kind: str | None
    kind_reason: str | None
    kind_confidence: float | None
    pages: int | None
    notes: list[DocumentNote]
    uploaded_by: str
    uploaded_at: datetime
    read_at: datetime | None
    read_source: str | None = Field(description="Who read it: rules, or llm where a language model added to them.")
    read_version: str | None = Field(description="Rules, prompt and model that read it.")
    read_cost: int = Field(description="What models cost, in millionths of a dollar.")
    needs_review: bool = Field(description="A person should look; the notes say why.")
    opinion: str = Field(
        description="Second opinion of a language model: none was needed; wanted, and coming; given; no_help; no_model where "
        "none is configured."
    )


class DocumentDetail(DocumentView):
    """A document with everything read from it."""

    fields: list[FieldView]


class DocumentList(BaseModel):
    """The documents of a lead, oldest first."""

    items: list[DocumentView]


def document_view(row: DocumentRow) -> DocumentView:
    """A stored document as it is shown."""
    return DocumentView.model_validate({name: getattr(row, name) for name in DocumentView.model_fields})


def document_detail(row: DocumentRow, fields: list[DocumentFieldRow]) -> DocumentDetail:
    """A stored document with its fields."""
    shown = {name: getattr(row, name) for name in DocumentView.model_fields}
    return DocumentDetail(**shown, fields=field_views(fields))


def field_views(fields: list[DocumentFieldRow]) -> list[FieldView]:
    """What a document states, as it is shown."""
    return [
        FieldView.model_validate({name: getattr(field, name) for name in FieldView.model_fields}) for field in fields
    ]
