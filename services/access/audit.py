"""Reading the audit log."""

from __future__ import annotations

from uuid import UUID

from domain.actor import Actor, Scope
from services.access.schemas import AuditEntry, AuditPage
from store.uow import Database


class AuditTrail:
    """Read-only; needs ``audit:read``. Entries are written where the thing is done, in its transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        actor: Actor,
        *,
        action: str | None = None,
        by: str | None = None,
        subject_id: str | None = None,
        before: UUID | None = None,
        limit: int = 50,
    ) -> AuditPage:
        """Entries of one action, one actor (``by``) or about one thing, newest first."""
        actor.require(Scope.AUDIT_READ)
        async with self._database.begin(actor) as uow:
            rows = await uow.audit.page(
                action=action, actor=by, subject_id=subject_id, before=before, at_most=limit + 1
            )
        items = [
            AuditEntry.model_validate({name: getattr(row, name) for name in AuditEntry.model_fields})
            for row in rows[:limit]
        ]
        return AuditPage(items=items, next_cursor=rows[limit - 1].id if len(rows) > limit else None)
