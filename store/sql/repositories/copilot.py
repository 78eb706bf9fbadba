"""Conversations with the copilot: each person's own, whatever their role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from kernel.errors import NotFound
from store.sql.models import CopilotActionRow, CopilotEventRow, CopilotThreadRow, CopilotTurnRow
from store.sql.repositories.base import Repository

_ADD_EVENTS = insert(cast(Table, CopilotEventRow.__table__)).on_conflict_do_nothing()
"""Into the table, past the mapper: pieces are many, and nobody reads them back as objects."""


class Copilot(Repository):
    """Rows of ``copilot_thread`` and of the tables beside it. Another person's thread looks exactly like a missing one."""

    async def add_thread(self, thread_id: UUID, at: datetime) -> bool:
        """Begin a conversation with its first turn counted; False where it is there already."""
        values = {
            "id": thread_id, "agency_id": self.actor.agency_id, "subject": self.actor.subject, "created_at": at,
            "updated_at": at, "turns": 1,
        }  # fmt: skip
        new = insert(CopilotThreadRow).values(values).on_conflict_do_nothing().returning(CopilotThreadRow.id)
        return await self.session.scalar(new) is not None

    async def thread(self, thread_id: UUID, *, held: bool = False) -> CopilotThreadRow:
        """A conversation of the actor's; NotFound for anybody else's."""
        query = select(CopilotThreadRow).where(
            CopilotThreadRow.id == thread_id, CopilotThreadRow.agency_id == self.actor.agency_id,
            CopilotThreadRow.subject == self.actor.subject,
        )  # fmt: skip
        if held:
            query = query.with_for_update().execution_options(populate_existing=True)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound(f"no conversation {thread_id} of yours")
        return row

    async def threads(self, before: tuple[datetime, UUID] | None, at_most: int) -> list[CopilotThreadRow]:
        """The actor's conversations, the latest first."""
        query = select(CopilotThreadRow).where(
            CopilotThreadRow.agency_id == self.actor.agency_id, CopilotThreadRow.subject == self.actor.subject
        )
        if before is not None:
            query = query.where(tuple_(CopilotThreadRow.updated_at, CopilotThreadRow.id) < before)
        query = query.order_by(CopilotThreadRow.updated_at.desc(), CopilotThreadRow.id.desc()).limit(at_most)
        return list(await self.session.scalars(query))

    async def remove_thread(self, thread_id: UUID) -> bool:
        """Forget a conversation with all that belongs to it; False where the actor has none such."""
        gone = await self.session.scalar(
            delete(CopilotThreadRow)
            .where(
                CopilotThreadRow.id == thread_id, CopilotThreadRow.agency_id == self.actor.agency_id,
                CopilotThreadRow.subject == self.actor.subject,
            )
            .returning(CopilotThreadRow.id)
        )  # fmt: skip
        return gone is not None

    async def add_turn(self, row: dict[str, Any]) -> None:
        """Write a turn down."""
        await self.session.execute(
            insert(CopilotTurnRow).values(
                agency_id=self.actor.agency_id, answer=None, calls=[], failure=None, source=None, cost=0, cancel=False,
                ended_at=None, **row,
            )
        )  # fmt: skip

    async def turn(self, turn_id: UUID) -> CopilotTurnRow:
        """A turn of a conversation of the actor's; NotFound for anybody else's."""
        row = await self.session.scalar(
            select(CopilotTurnRow)
            .join(CopilotThreadRow, CopilotThreadRow.id == CopilotTurnRow.thread_id)
            .where(
                CopilotTurnRow.id == turn_id, CopilotThreadRow.agency_id == self.actor.agency_id,
                CopilotThreadRow.subject == self.actor.subject,
            )
            .execution_options(populate_existing=True)
        )  # fmt: skip
        if row is None:
            raise NotFound(f"no turn {turn_id} of yours")
        return row

    async def turn_of_key(self, thread_id: UUID, key: str) -> CopilotTurnRow | None:
        """The turn that was begun under this key."""
        return await self.session.scalar(
            select(CopilotTurnRow).where(
                CopilotTurnRow.agency_id == self.actor.agency_id, CopilotTurnRow.thread_id == thread_id,
                CopilotTurnRow.key == key,
            )
        )  # fmt: skip

    async def running(self, thread_id: UUID) -> CopilotTurnRow | None:
        """The turn that runs in a conversation, or that was left by a process that died."""
        return await self.session.scalar(
            select(CopilotTurnRow).where(
                CopilotTurnRow.agency_id == self.actor.agency_id, CopilotTurnRow.thread_id == thread_id,
                CopilotTurnRow.state == "running",
            )
        )  # fmt: skip

    async def turns(self, thread_id: UUID, at_most: int) -> list[CopilotTurnRow]:
        """The last turns of a conversation, oldest first."""
        found = await self.session.scalars(
            select(CopilotTurnRow)
            .where(CopilotTurnRow.agency_id == self.actor.agency_id, CopilotTurnRow.thread_id == thread_id)
            .order_by(CopilotTurnRow.number.desc())
            .limit(at_most)
        )
        return list(found)[::-1]

    async def settle_turn(self, turn_id: UUID, token: UUID, **values: Any) -> bool:
        """Change a running turn; False when ``token`` no longer holds it, and nothing is written."""
        done = await self.session.scalar(
            update(CopilotTurnRow)
            .where(
                CopilotTurnRow.id == turn_id, CopilotTurnRow.agency_id == self.actor.agency_id,
                CopilotTurnRow.token == token, CopilotTurnRow.state == "running",
            )
            .values(**values)
            .returning(CopilotTurnRow.id)
        )  # fmt: skip
        return done is not None

    async def hold_turn(self, turn_id: UUID, token: UUID, until: datetime) -> bool:
        """Keep a running turn until then; False when ``token`` no longer holds it, or its person wishes it to end."""
        wish = await self.session.scalar(
            update(CopilotTurnRow)
            .where(
                CopilotTurnRow.id == turn_id, CopilotTurnRow.agency_id == self.actor.agency_id,
                CopilotTurnRow.token == token, CopilotTurnRow.state == "running",
            )
            .values(lease_until=until)
            .returning(CopilotTurnRow.cancel)
        )  # fmt: skip
        return wish is False

    async def add_events(self, turn_id: UUID, rows: Sequence[tuple[int, str, dict[str, Any]]]) -> None:
        """Append pieces to a turn's stream."""
        if rows:
            values = [
                {"agency_id": self.actor.agency_id, "turn_id": turn_id, "seq": seq, "kind": kind, "data": data}
                for seq, kind, data in rows
            ]
            await self.session.execute(_ADD_EVENTS, values)

    async def last_event(self, turn_id: UUID) -> int:
        """The number of the stream's last piece; 0 where there is none."""
        found = await self.session.scalar(
            select(func.max(CopilotEventRow.seq)).where(
                CopilotEventRow.agency_id == self.actor.agency_id, CopilotEventRow.turn_id == turn_id
            )
        )
        return int(found or 0)

    async def events(self, turn_id: UUID, after: int, at_most: int) -> list[CopilotEventRow]:
        """Pieces of a turn's stream behind ``after``."""
        found = await self.session.scalars(
            select(CopilotEventRow)
            .where(
                CopilotEventRow.agency_id == self.actor.agency_id, CopilotEventRow.turn_id == turn_id,
                CopilotEventRow.seq > after,
            )
            .order_by(CopilotEventRow.seq)
            .limit(at_most)
        )  # fmt: skip
        return list(found)

    async def add_actions(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write down what was proposed."""
        if rows:
            given = {"agency_id": self.actor.agency_id, "subject": self.actor.subject, "state": "proposed"}
            await self.session.execute(insert(CopilotActionRow).values([{**given, **row} for row in rows]))

    async def withdraw_before(self, thread_id: UUID, number: int, at: datetime) -> None:
        """Refuse what the last answered turn before ``number`` proposed to the actor and nobody has decided."""
        before = (
            select(CopilotTurnRow.id)
            .where(
                CopilotTurnRow.agency_id == self.actor.agency_id, CopilotTurnRow.thread_id == thread_id,
                CopilotTurnRow.number < number, CopilotTurnRow.answer.is_not(None),
            )
            .order_by(CopilotTurnRow.number.desc())
            .limit(1)
            .scalar_subquery()
        )  # fmt: skip
        await self.session.execute(
            update(CopilotActionRow)
            .where(
                CopilotActionRow.agency_id == self.actor.agency_id, CopilotActionRow.subject == self.actor.subject,
                CopilotActionRow.turn_id == before, CopilotActionRow.state == "proposed",
            )
            .values(state="refused", decided_at=at)
        )  # fmt: skip

    async def action(self, action_id: UUID, *, held: bool = False) -> CopilotActionRow:
        """An action proposed to the actor; NotFound for one proposed to anybody else."""
        query = select(CopilotActionRow).where(
            CopilotActionRow.id == action_id, CopilotActionRow.agency_id == self.actor.agency_id,
            CopilotActionRow.subject == self.actor.subject,
        )  # fmt: skip
        if held:
            query = query.with_for_update().execution_options(populate_existing=True)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound(f"no action {action_id} of yours")
        return row

    async def actions(self, turn_ids: Sequence[UUID]) -> list[CopilotActionRow]:
        """Actions of these turns, in order."""
        found = await self.session.scalars(
            select(CopilotActionRow)
            .where(
                CopilotActionRow.agency_id == self.actor.agency_id, CopilotActionRow.subject == self.actor.subject,
                CopilotActionRow.turn_id.in_(turn_ids),
            )
            .order_by(CopilotActionRow.turn_id, CopilotActionRow.number)
        )  # fmt: skip
        return list(found)
