"""The document worker: reads what waits for recognition, one document at a time."""

from __future__ import annotations

from services.container import Services
from workers.loop import again_and_again


async def read_documents(services: Services) -> None:
    """Read until cancelled. The lease of a document that was begun and not ended runs out by itself."""
    await again_and_again("documents", services.documents.work, idle_seconds=1.0)
