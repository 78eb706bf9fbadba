"""The same request again finds what it did: its key is an event's, and its body must be the same (DOMAIN T70)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.actor import Actor
from kernel.errors import Conflict
from kernel.ids import digest, new_id
from store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Request:
    """One wish: ``key`` names it among all of a policy's, ``body`` is the hash of what was asked."""

    key: str
    body: str

    @classmethod
    def of(cls, actor: Actor, operation: str, key: str | None, content: Any = None) -> Request:
        """Of the caller's own ``key``; without one it is new every time."""
        return cls(f"{operation}:{actor.subject}:{key or new_id()}", digest(content))

    async def done(self, uow: UnitOfWork, policy_id: UUID) -> bool:
        """Whether it was done before. Raises Conflict where the key came with another body."""
        event = await uow.policies.keyed(policy_id, self.key)
        if event is None:
            return False
        if event.data.get("request") != self.body:
            detail = "this Idempotency-Key was used with another body; use a new key for a new request"
            raise Conflict(detail, code="idempotency_key_reused")
        return True
