"""The document worker: reads what waits for recognition, one document at a time."""

from __future__ import annotations

import asyncio

import structlog

from kernel.errors import AppError
from services.container import Services

_IDLE_SECONDS = 1.0
_AWAY_SECONDS = 5.0
_log = structlog.get_logger("leadwright.workers.documents")


async def read_documents(services: Services) -> None:
    """Read until cancelled. A store that is away only delays; the lease of a document that was begun runs out by itself."""
    while True:
        try:
            found = await services.documents.work()
        except AppError as problem:
            _log.warning("documents wait", code=problem.code)
            await asyncio.sleep(_AWAY_SECONDS)
            continue
        if not found:
            await asyncio.sleep(_IDLE_SECONDS)
