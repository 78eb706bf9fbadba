"""What was proposed, and a person's word on it: bound to a digest, used once, and only while it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from domain.actor import Actor
from kernel.clock import now
from kernel.copilot_settings import CopilotSettings
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import digest
from services.copilot.schemas import ActionView, Proposed, action_view
from store.sql.models import CopilotActionRow
from store.uow import Database

_DEAD = timedelta(minutes=1)
"""An execution that has not ended by then never will: its process stopped, and whether it was done is for a person to see."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An action whose execution is the caller's alone. ``arguments`` are those of the undo where it is taken back."""

    id: UUID
    tool: str
    arguments: Mapping[str, Any]
    pinned: Mapping[str, Any]


def digest_of(actor: Actor, thread_id: UUID, one: Proposed, expires_at: datetime) -> str:
    """What a word is bound to: whose, where, which tool, with which arguments and meaning, until when."""
    return digest([
        str(actor.agency_id), actor.subject, str(thread_id), one.tool, dict(one.arguments), dict(one.pinned), one.summary,
        expires_at.timestamp(),
    ])  # fmt: skip


class Actions:
    """An action is claimed in a transaction of its own before it is executed: whatever happens then, nobody claims it again."""

    def __init__(self, database: Database, settings: CopilotSettings) -> None:
        self._database = database
        self._settings = settings

    async def one(self, actor: Actor, action_id: UUID) -> ActionView:
        """An action as it stands; NotFound for one proposed to anybody else."""
        async with self._database.begin(actor) as uow:
            return self.view(await uow.copilot.action(action_id))

    async def decide(self, actor: Actor, action_id: UUID, word: object, shown: str) -> Claimed | None:
        """Take the person's word: a claim to execute for a literal True, None for a literal False, which refuses.

        Raises Invalid for any other word, Conflict for another digest than the one shown, for arguments that are not those that
        were shown, and for an action that is over.
        """
        if not isinstance(word, bool):
            fault = FieldError("approve", "not_a_word", "is neither true nor false", "send true or false")
            raise Invalid("an action is approved by a literal true and by nothing else", fields=(fault,))
        moment = now()
        async with self._database.begin(actor) as uow:
            row = await uow.copilot.action(action_id, held=True)
            current = self.view(row)
            if current.state != "proposed":
                raise Conflict(
                    f"this action is {current.state}",
                    code=f"action_{current.state}",
                    current=current.model_dump(mode="json"),
                )
            shown_then = Proposed(row.tool, row.arguments, row.summary, row.pinned)
            bound = digest_of(actor, row.thread_id, shown_then, row.expires_at)
            if not (
                compare_digest(bound.encode(), row.digest.encode()) and compare_digest(bound.encode(), shown.encode())
            ):
                raise Conflict("this is not the action that was shown; ask for it again", code="action_changed")
            row.decided_at = moment
            row.state = "executing" if word is True else "refused"
            await uow.audit.note("copilot.action", "copilot_action", action_id, tool=row.tool, word=word)
            return Claimed(row.id, row.tool, row.arguments, row.pinned) if word is True else None

    async def undo(self, actor: Actor, action_id: UUID) -> Claimed:
        """A claim to take back what was done. Raises Conflict where that cannot be."""
        async with self._database.begin(actor) as uow:
            row = await uow.copilot.action(action_id, held=True)
            current = self.view(row)
            if not current.can_undo or row.undo is None:
                detail = f"this action is {current.state} and cannot be taken back"
                raise Conflict(detail, code="not_undoable", current=current.model_dump(mode="json"))
            row.state, row.decided_at = "undoing", now()
            await uow.audit.note("copilot.undo", "copilot_action", action_id, tool=row.tool)
            return Claimed(row.id, row.undo["tool"], row.undo["arguments"], {})

    async def settle(
        self, actor: Actor, action_id: UUID, state: str, result: dict[str, Any] | None, undo: dict[str, Any] | None
    ) -> ActionView:
        """Keep how an execution ended: ``executed``, ``failed`` or ``undone``."""
        async with self._database.begin(actor) as uow:
            row = await uow.copilot.action(action_id, held=True)
            row.state, row.result, row.undo, row.ended_at = state, result, undo, now()
            await uow.session.flush()
            return self.view(row)

    def view(self, row: CopilotActionRow) -> ActionView:
        """The row as it stands now."""
        moment = now()
        until = row.ended_at + timedelta(minutes=self._settings.undo_minutes) if row.ended_at else None
        return action_view(row, moment, undo_until=until, dead_before=moment - _DEAD)
