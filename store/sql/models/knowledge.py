"""What an agency knows: documents, their passages with vectors, and how many passages hold each term."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class KnowledgeDocumentRow(Identified, OfAgency, Row):
    """A document by the agency's own name for it. ``collection`` is the vector collection that holds its passages, null
    while none does: what a crash between the two stores leaves behind is found by it and made good.
    """

    __tablename__ = "knowledge_document"
    __table_args__ = (UniqueConstraint("agency_id", "name"), Index(None, "agency_id", "collection"))

    name: Mapped[str]
    title: Mapped[str]
    source: Mapped[str]
    digest: Mapped[str]
    collection: Mapped[str | None]
    loaded_at: Mapped[datetime]


class KnowledgePassageRow(Identified, OfAgency, Row):
    """A passage. ``vector`` is what ``embedder`` made of it (little-endian float32), kept so that the projection can be made
    anew, or moved to a server, without reading everything again. A changed document gets passages with new ids.
    """

    __tablename__ = "knowledge_passage"
    __table_args__ = (UniqueConstraint("document_id", "number"),)

    document_id: Mapped[UUID] = mapped_column(ForeignKey("knowledge_document.id", ondelete="CASCADE"))
    number: Mapped[int]
    heading: Mapped[str]
    text: Mapped[str]
    embedder: Mapped[str]
    vector: Mapped[bytes] = mapped_column(LargeBinary())


class KnowledgeTermRow(OfAgency, Row):
    """How many of the agency's passages hold a term (``domain.knowledge.terms``); kept in step with the passages."""

    __tablename__ = "knowledge_term"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    term: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    passages: Mapped[int]
