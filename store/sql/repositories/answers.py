"""Answers remembered for an Idempotency-Key (DOMAIN T70): one executes, the others wait for its answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, text, update

from kernel.clock import now
from store.sql.models import IdempotencyRow
from store.sql.repositories.base import Repository

# Said once: composing them costs more than Postgres needs for them.
_RESERVE = text("""
INSERT INTO idempotency_key AS i (agency_id, key, operation, request_hash, created_at, expires_at)
VALUES (:agency, :key, :operation, :hash, :moment, :until)
ON CONFLICT (agency_id, key, operation) DO UPDATE
  SET request_hash = excluded.request_hash, status = NULL, body = NULL, created_at = excluded.created_at,
      expires_at = excluded.expires_at
  WHERE i.expires_at <= excluded.created_at
RETURNING true
""")
_MINE = (
    IdempotencyRow.agency_id == bindparam("agency"),
    IdempotencyRow.key == bindparam("name"),
    IdempotencyRow.operation == bindparam("what"),
)
_EARLIER = select(IdempotencyRow).where(*_MINE)
_REMEMBER = update(IdempotencyRow).where(*_MINE).values(status=bindparam("status"), body=bindparam("body"))


class Answers(Repository):
    """Rows of ``idempotency_key``. Whoever writes a key's row holds it until the surrounding transaction ends."""

    async def reserve(self, key: str, operation: str, request_hash: str, keep: timedelta) -> IdempotencyRow | None:
        """None when this call is the first and must execute; otherwise the row that an earlier call left. A row whose time is
        over counts for nothing.

        A concurrent call with the same key waits here until the first one commits or fails.
        """
        moment = now()
        first = await self.session.scalar(_RESERVE, {
            "agency": self.actor.agency_id, "key": key, "operation": operation, "hash": request_hash, "moment": moment,
            "until": moment + keep,
        })  # fmt: skip
        return None if first else await self.session.scalar(_EARLIER, self._named(key, operation))

    async def remember(self, key: str, operation: str, status: int, body: dict[str, Any]) -> None:
        """Store the answer beside its effect, in the same transaction."""
        values = {**self._named(key, operation), "status": status, "body": body}
        await self.session.execute(_REMEMBER, values, execution_options={"synchronize_session": False})

    def _named(self, key: str, operation: str) -> dict[str, Any]:
        return {"agency": self.actor.agency_id, "name": key, "what": operation}
