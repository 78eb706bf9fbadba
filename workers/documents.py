"""The document workers: one reads what waits for recognition, one asks for second opinions; each one document at a time."""

from __future__ import annotations

from agents.document_reader import DocumentReaderAgent
from services.container import Services
from workers.loop import again_and_again


async def read_documents(services: Services) -> None:
    """Read until cancelled. The lease of a document that was begun and not ended runs out by itself."""
    await again_and_again("documents", services.documents.work, idle_seconds=1.0)


async def ask_second_opinions(services: Services, reader: DocumentReaderAgent) -> None:
    """Ask until cancelled; what was asked and not kept is asked again when its lease has run out."""
    await again_and_again("second opinions", lambda: second_opinion(services, reader), idle_seconds=1.0)


async def second_opinion(services: Services, reader: DocumentReaderAgent) -> bool:
    """Ask about the next document that waits for an opinion, and keep the answer; False when none waits."""
    question = await services.second_opinions.next()
    if question is None:
        return False
    opinion = await reader.read(
        question.actor.agency_id,
        question.lead_id or question.document_id,
        question.name,
        question.pages,
        question.local,
    )
    await services.second_opinions.keep(question, opinion)
    return True
