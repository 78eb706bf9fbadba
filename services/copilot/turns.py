"""Threads and turns. Of a thread one turn runs at a time; one whose process died is over as soon as anybody asks."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from kernel.clock import now
from kernel.copilot_settings import CopilotSettings
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.ids import digest, new_id
from services.copilot.actions import Actions, digest_of
from services.copilot.schemas import (
    ActionView,
    AnswerView,
    Begun,
    Outcome,
    Past,
    Proposed,
    ThreadDetail,
    ThreadPage,
    ThreadView,
    TurnView,
    turn_view,
)
from store.sql.models import CopilotThreadRow, CopilotTurnRow
from store.uow import Database, UnitOfWork

_SHOWN = 100
RUNNING, ANSWERED, CANCELLED, FAILED = "running", "answered", "cancelled", "failed"
INTERRUPTED = "the process that worked on it stopped; ask again"


class Turns:
    """Each person's own; another's thread looks exactly like a missing one."""

    def __init__(self, database: Database, actions: Actions, settings: CopilotSettings) -> None:
        self._database = database
        self._actions = actions
        self._settings = settings

    async def begin(self, actor: Actor, thread_id: UUID | None, question: str, key: str) -> Begun:
        """Begin a turn, in a new conversation where ``thread_id`` is None.

        The same ``key`` in the same conversation finds the turn that it began. Raises Conflict while another turn runs, and
        where the key came with another question before.
        """
        actor.require(Scope.LEADS_READ)
        said = question.strip()
        if not said:
            raise Invalid(
                "a question is needed", fields=(FieldError("question", "missing", "is empty", "ask something"),)
            )
        moment = now()
        async with self._database.begin(actor) as uow:
            if thread_id is None:
                thread_id = _thread_of(actor, key)
                if await uow.copilot.add_thread(thread_id, moment):  # nothing stands before it
                    return await self._begun(uow, thread_id, 1, said, key, moment)
            thread = await uow.copilot.thread(thread_id, held=True)
            before = await uow.copilot.turn_of_key(thread.id, key)
            if before is not None:
                if before.question != said:
                    raise Conflict("this key was used for another question", code="idempotency_key_reused")
                return Begun(before.id, thread.id, said, None)
            await self._end_dead(uow, thread.id, moment)
            past = await self._past(uow, thread.id)
            thread.turns, thread.updated_at = thread.turns + 1, moment
            await uow.session.flush()
            return await self._begun(uow, thread.id, thread.turns, said, key, moment, past)

    async def hold(self, actor: Actor, begun: Begun) -> bool:
        """Keep a turn alive; False where it is not ours any more or its person wishes it to end."""
        assert begun.token is not None
        async with self._database.begin(actor) as uow:
            return await uow.copilot.hold_turn(begun.turn_id, begun.token, self._lease(now()))

    async def say(self, actor: Actor, turn_id: UUID, pieces: Sequence[tuple[int, str, dict[str, Any]]]) -> None:
        """Append pieces to the stream."""
        async with self._database.begin(actor) as uow:
            await uow.copilot.add_events(turn_id, pieces)

    async def heard(
        self, actor: Actor, turn_id: UUID, after: int
    ) -> tuple[list[tuple[int, str, dict[str, Any]]], bool]:
        """Pieces of the stream behind ``after``, and whether there will be more. NotFound for another person's turn."""
        async with self._database.begin(actor) as uow:
            turn = await uow.copilot.turn(turn_id)
            rows = await uow.copilot.events(turn_id, after, 500)
            if not rows and turn.state == RUNNING:
                await self._end_dead(uow, turn.thread_id, now(), wait=True)
                turn = await uow.copilot.turn(turn_id)
                rows = await uow.copilot.events(turn_id, after, 500)  # where it was dead, its last piece
        return [(row.seq, row.kind, row.data) for row in rows], turn.state == RUNNING or len(rows) == 500  # noqa: PLR2004

    async def end(self, actor: Actor, begun: Begun, outcome: Outcome, *, last: int) -> TurnView | None:
        """Keep how a turn ended, with what it proposes and the last piece of its stream, at once. None where it is not ours any
        more: then nothing of it counts.
        """
        assert begun.token is not None
        moment = now()
        async with self._database.begin(actor) as uow:
            kept = await uow.copilot.settle_turn(
                begun.turn_id, begun.token, state=outcome.state, ended_at=moment, calls=list(outcome.calls),
                answer=outcome.answer.model_dump(mode="json") if outcome.answer else None, source=outcome.source,
                cost=outcome.cost, failure=outcome.failure,
            )  # fmt: skip
            if not kept:
                return None
            if outcome.instead:
                turn = await uow.copilot.turn(begun.turn_id)
                await uow.copilot.withdraw_before(begun.thread_id, turn.number, moment)
            await uow.copilot.add_actions(
                [
                    self._proposal(actor, begun, number, one, moment)
                    for number, one in enumerate(outcome.proposed, 1)
                    if outcome.state == ANSWERED
                ]
            )
            view = await self._view(uow, await uow.copilot.turn(begun.turn_id))
            await uow.copilot.add_events(begun.turn_id, [(last + 1, "end", view.model_dump(mode="json"))])
            await uow.audit.note(
                "copilot.turn", "copilot_turn", begun.turn_id, state=outcome.state, source=outcome.source
            )
        return view

    async def cancel(self, actor: Actor, turn_id: UUID) -> TurnView:
        """Wish for a running turn to end; whoever works it does so shortly. One that is over stays as it is."""
        async with self._database.begin(actor) as uow:
            turn = await uow.copilot.turn(turn_id)
            await self._end_dead(uow, turn.thread_id, now(), wait=True)
            await uow.copilot.settle_turn(turn.id, turn.token, cancel=True)
            return await self._view(uow, await uow.copilot.turn(turn_id))

    async def one(self, actor: Actor, turn_id: UUID) -> TurnView:
        """A turn."""
        async with self._database.begin(actor) as uow:
            turn = await uow.copilot.turn(turn_id)
            await self._end_dead(uow, turn.thread_id, now(), wait=True)
            return await self._view(uow, await uow.copilot.turn(turn_id))

    async def thread(self, actor: Actor, thread_id: UUID) -> ThreadDetail:
        """A conversation with its last hundred turns."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            thread = await uow.copilot.thread(thread_id)
            await self._end_dead(uow, thread_id, now(), wait=True)
            rows = await uow.copilot.turns(thread_id, _SHOWN)
            actions = await self._of_turns(uow, rows)
        return ThreadDetail(
            **_thread_view(thread).model_dump(), items=[turn_view(row, actions.get(row.id, [])) for row in rows]
        )

    async def threads(self, actor: Actor, cursor: str | None, limit: int) -> ThreadPage:
        """Conversations, latest first. Raises Invalid for a cursor that this list did not give out."""
        actor.require(Scope.LEADS_READ)
        before = _read_cursor(cursor) if cursor else None
        async with self._database.begin(actor) as uow:
            rows = await uow.copilot.threads(before, limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        return ThreadPage(
            items=[_thread_view(row) for row in rows[:limit]],
            next_cursor=_cursor(last.updated_at, last.id) if last else None,
        )

    async def erase(self, actor: Actor, thread_id: UUID) -> None:
        """Forget a conversation with everything that was said in it. What was done stays in the history of leads."""
        async with self._database.begin(actor) as uow:
            if not await uow.copilot.remove_thread(thread_id):
                raise NotFound(f"no conversation {thread_id} of yours")
            await uow.audit.note("copilot.erase", "copilot_thread", thread_id)

    async def _begun(
        self,
        uow: UnitOfWork,
        thread_id: UUID,
        number: int,
        said: str,
        key: str,
        at: datetime,
        past: tuple[Past, ...] = (),
    ) -> Begun:
        token, turn_id = new_id(), new_id()
        await uow.copilot.add_turn({
            "id": turn_id, "thread_id": thread_id, "number": number, "key": key, "question": said, "state": RUNNING,
            "token": token, "lease_until": self._lease(at), "started_at": at,
        })  # fmt: skip
        return Begun(turn_id, thread_id, said, token, past)

    def _lease(self, at: datetime) -> datetime:
        return at + timedelta(seconds=self._settings.lease_seconds)

    async def _end_dead(self, uow: UnitOfWork, thread_id: UUID, at: datetime, *, wait: bool = False) -> None:
        """End the turn whose process fell silent. Raises Conflict where one runs, unless ``wait``."""
        running = await uow.copilot.running(thread_id)
        if running is None:
            return
        if running.lease_until > at:
            if not wait:
                raise Conflict(
                    "this conversation is answering; wait or cancel the turn", code="turn_running",
                    current={"turn_id": str(running.id), "thread_id": str(thread_id)},
                )  # fmt: skip
            return
        over = await uow.copilot.settle_turn(
            running.id, running.token, state=FAILED, failure=INTERRUPTED, ended_at=at, lease_until=at
        )
        if over:
            last = await uow.copilot.last_event(running.id)
            view = turn_view(await uow.copilot.turn(running.id), [])
            await uow.copilot.add_events(running.id, [(last + 1, "end", view.model_dump(mode="json"))])

    def _proposal(self, actor: Actor, begun: Begun, number: int, one: Proposed, at: datetime) -> dict[str, Any]:
        expires = at + timedelta(minutes=self._settings.action_minutes)
        bound = digest_of(actor, begun.thread_id, one, expires)
        return {
            "id": new_id(), "thread_id": begun.thread_id, "turn_id": begun.turn_id, "number": number, "tool": one.tool,
            "arguments": one.arguments, "pinned": one.pinned, "summary": one.summary, "digest": bound, "expires_at": expires,
        }  # fmt: skip

    async def _past(self, uow: UnitOfWork, thread_id: UUID) -> tuple[Past, ...]:
        rows = [row for row in await uow.copilot.turns(thread_id, self._settings.remembered_turns) if row.answer]
        actions = await self._of_turns(uow, rows)
        found = []
        for row in rows:
            answer = AnswerView.model_validate(row.answer)
            done = tuple((one.tool, one.state, one.arguments) for one in actions.get(row.id, []))
            found.append(Past(row.question, answer.text, tuple(row.calls), tuple(answer.citations), done))
        return tuple(found)

    async def _view(self, uow: UnitOfWork, row: CopilotTurnRow) -> TurnView:
        return turn_view(row, (await self._of_turns(uow, [row])).get(row.id, []))

    async def _of_turns(self, uow: UnitOfWork, rows: Sequence[CopilotTurnRow]) -> dict[UUID, list[ActionView]]:
        found: dict[UUID, list[ActionView]] = {}
        for row in await uow.copilot.actions([one.id for one in rows]) if rows else []:
            found.setdefault(row.turn_id, []).append(self._actions.view(row))
        return found


def _thread_of(actor: Actor, key: str) -> UUID:
    """A new conversation's id; the same key of the same person is the same conversation."""
    return UUID(digest([str(actor.agency_id), actor.subject, "copilot", key])[:32])


def _thread_view(row: CopilotThreadRow) -> ThreadView:
    return ThreadView(id=row.id, created_at=row.created_at, updated_at=row.updated_at, turns=row.turns)


def _cursor(at: datetime, thread_id: UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{thread_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        moment, thread_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise ValueError(moment)
        return at, UUID(thread_id)
    except (ValueError, binascii.Error) as problem:
        fault = FieldError("cursor", "unreadable", "not a cursor of this list", "use next_cursor of the page before")
        raise Invalid("the cursor cannot be read", fields=(fault,)) from problem
