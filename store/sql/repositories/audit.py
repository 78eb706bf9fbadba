"""The audit log: written in the transaction of what it is about, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from kernel.clock import now
from kernel.ids import new_id
from kernel.origin import origin
from store.sql.models import AuditEntryRow
from store.sql.repositories.base import Repository


class Audit(Repository):
    """Rows of ``audit_entry``."""

    async def note(
        self,
        action: str,
        kind: str,
        subject_id: object | None,
        *,
        outcome: str = "done",
        actor: str | None = None,
        **detail: Any,
    ) -> None:
        """Write down that the actor did ``action`` to a subject. ``detail`` is codes and ids: no secret, nothing personal.

        ``actor`` names another one, where the transaction is not that of whoever acts: a person is known only once signed in.
        """
        entry = self.entry(action, kind, subject_id, outcome=outcome, actor=actor, detail=detail)
        await self.session.execute(insert(AuditEntryRow).values(entry))

    def entry(
        self, action: str, kind: str, subject_id: object | None, *, outcome: str, actor: str | None,
        detail: Mapping[str, Any],
    ) -> dict[str, Any]:  # fmt: skip
        """The row that :meth:`note` writes."""
        where = origin()
        return {
            "id": new_id(), "agency_id": self.actor.agency_id, "at": now(), "actor": actor or self.actor.subject,
            "action": action, "subject_kind": kind, "subject_id": None if subject_id is None else str(subject_id),
            "outcome": outcome, "detail": dict(detail), "address": where.address, "request_id": where.request_id,
        }  # fmt: skip

    async def page(
        self, *, action: str | None, actor: str | None, subject_id: str | None, before: UUID | None, at_most: int
    ) -> list[AuditEntryRow]:
        """Newest first, those older than ``before``."""
        query = select(AuditEntryRow).where(AuditEntryRow.agency_id == self.actor.agency_id)
        for column, value in (
            (AuditEntryRow.action, action), (AuditEntryRow.actor, actor), (AuditEntryRow.subject_id, subject_id),
        ):  # fmt: skip
            if value is not None:
                query = query.where(column == value)
        if before is not None:
            query = query.where(AuditEntryRow.id < before)
        return list(await self.session.scalars(query.order_by(AuditEntryRow.id.desc()).limit(at_most)))
