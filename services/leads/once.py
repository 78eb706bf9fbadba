"""One request, one effect (DOMAIN T70): the answer to an Idempotency-Key is remembered beside what it did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from domain.actor import Actor
from kernel.errors import Conflict
from kernel.ids import digest
from services.leads.schemas import Answer
from store.uow import Database, UnitOfWork

Execute = Callable[[UnitOfWork], Awaitable[tuple[int, dict[str, Any]]]]


async def once(
    database: Database, actor: Actor, operation: str, key: str | None, content: Any, keep: timedelta, execute: Execute
) -> Answer:
    """Run ``execute`` in a transaction, or answer what it answered before for the same ``key`` and ``content``.

    Raises Conflict where the key came with other content.
    """
    if actor.source is not None:
        operation = f"{operation}:{actor.source}"  # two partners may think of the same key
    async with database.begin(actor) as uow:
        if key is None:
            status, body = await execute(uow)
            return Answer(status=status, body=body, replayed=False)
        request_hash = digest(content)
        earlier = await uow.answers.reserve(key, operation, request_hash, keep)
        if earlier is None:
            status, body = await execute(uow)
            await uow.answers.remember(key, operation, status, body)
            return Answer(status=status, body=body, replayed=False)
        if earlier.request_hash != request_hash or earlier.status is None or earlier.body is None:
            detail = "this Idempotency-Key was used with another body; use a new key for a new request"
            raise Conflict(detail, code="idempotency_key_reused")
        return Answer(status=earlier.status, body=earlier.body, replayed=True)
