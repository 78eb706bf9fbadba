"""Answers remembered for an Idempotency-Key (DOMAIN T70): one executes, the others wait for its answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from kernel.clock import now
from store.sql.models import IdempotencyRow
from store.sql.repositories.base import Repository


class Answers(Repository):
    """Rows of ``idempotency_key``. The key's lock lasts until the surrounding transaction ends."""

    async def reserve(self, key: str, operation: str, request_hash: str, keep: timedelta) -> IdempotencyRow | None:
        """None when this call is the first and must execute; otherwise the row that an earlier call left.

        A concurrent call with the same key waits here until the first one commits or fails.
        """
        moment = now()
        await self.session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
            {"key": f"{self.actor.agency_id}:{operation}:{key}"},
        )
        await self.session.execute(
            delete(IdempotencyRow).where(
                IdempotencyRow.agency_id == self.actor.agency_id,
                IdempotencyRow.key == key,
                IdempotencyRow.operation == operation,
                IdempotencyRow.expires_at <= moment,
            )
        )
        made = await self.session.scalar(
            insert(IdempotencyRow)
            .values(
                agency_id=self.actor.agency_id,
                key=key,
                operation=operation,
                request_hash=request_hash,
                created_at=moment,
                expires_at=moment + keep,
            )
            .on_conflict_do_nothing()
            .returning(IdempotencyRow.key)
        )
        if made is not None:
            return None
        return await self.session.scalar(
            select(IdempotencyRow).where(
                IdempotencyRow.agency_id == self.actor.agency_id,
                IdempotencyRow.key == key,
                IdempotencyRow.operation == operation,
            )
        )

    async def remember(self, key: str, operation: str, status: int, body: dict[str, Any]) -> None:
        """Store the answer beside its effect, in the same transaction."""
        await self.session.execute(
            update(IdempotencyRow)
            .where(
                IdempotencyRow.agency_id == self.actor.agency_id,
                IdempotencyRow.key == key,
                IdempotencyRow.operation == operation,
            )
            .values(status=status, body=body)
        )
