"""Second opinions on documents: the durable wish for one, who is asking now, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from domain.actor import Actor, system_actor
from domain.decision import Source
from domain.documents.evidence import DocumentEvidence
from domain.documents.extract import VERSION, Extracted
from domain.documents.kind import Kind
from domain.documents.opinion import Opinion, by_rules, unhelped
from services.documents.keeping import GIVEN, NO_HELP, WANTED, field_of, keep_opinion
from store.uow import Database

_log = structlog.get_logger("leadwright.documents.opinions")
_LEASE = timedelta(minutes=10)
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A document that a second opinion is wanted on, held by whoever got it: the visible words, and what the rules read."""

    actor: Actor
    document_id: UUID
    lead_id: UUID | None
    name: str
    pages: DocumentEvidence
    local: Extracted


class SecondOpinions:
    """The row is the queue: a document stays ``wanted`` until its opinion is kept, whoever dies meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next(self) -> Question | None:
        """The document of any agency that has waited longest, for ten minutes nobody else's; None when none waits.

        One whose asking ended early again and again is left as the rules read it, marked.
        """
        while True:
            async with self._database.platform() as platform:
                claimed = await platform.claim_opinion(_LEASE)
            if claimed is None:
                return None
            question = await self._question(claimed.agency_id, claimed.document_id)
            if claimed.attempts <= _ATTEMPTS:
                return question
            why = "asking a language model ended early several times; the rules' reading stands"
            await self.keep(question, unhelped(by_rules(question.local, question.pages), why, 0))

    async def keep(self, question: Question, opinion: Opinion) -> bool:
        """Keep the answer, once; False when the document no longer waits for it."""
        async with self._database.begin(question.actor) as uow:
            row = await uow.documents.locked(question.document_id)
            if row.opinion != WANTED:
                return False
            helped = opinion.version != VERSION  # an answer of use names prompt and model
            await uow.documents.change(question.document_id, opinion_pages=None, opinion_until=None)
            await keep_opinion(uow, question.document_id, opinion, GIVEN if helped else NO_HELP)
        _log.info(
            "second opinion kept", document=str(question.document_id), helped=helped, fields=len(opinion.fields),
            by_model=opinion.source is Source.LLM,
        )  # fmt: skip
        return True

    async def _question(self, agency_id: UUID, document_id: UUID) -> Question:
        actor = system_actor(agency_id, "documents")
        async with self._database.begin(actor) as uow:
            row = await uow.documents.one(document_id)
            stored = await uow.documents.fields([document_id])
        assert row.opinion_pages is not None, "kept with the wish"
        fields = tuple(field_of(field) for field in stored)
        kind = Kind(row.kind or "other", row.kind_reason or "", row.kind_confidence or 0.0)
        pages = DocumentEvidence.from_dict(row.opinion_pages)
        return Question(actor, row.id, row.lead_id, row.name, pages, Extracted(kind, fields))
