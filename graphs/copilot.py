"""Conversations at work: one turn a task, its stream kept in Postgres, its writes waiting for their person's word.

No LangGraph here: a turn is one step, and what waits is a row that the server alone executes (decision 35).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog

from domain.actor import Actor
from kernel.clock import now
from kernel.errors import AppError, Unavailable
from kernel.telemetry.traces import tracer
from services.container import Services
from services.copilot.actions import Claimed
from services.copilot.schemas import ActionView, Begun, Citation, Outcome, TurnView
from services.copilot.turns import ANSWERED, CANCELLED, FAILED, INTERRUPTED
from tools.copilot.acting import execute, take_back
from tools.copilot.answering import Answerer, Asked
from tools.copilot.citing import answer_view
from tools.copilot.results import AskDeps, Done
from tools.copilot.toolbox import Toolbox

Piece = tuple[int, str, dict[str, Any]]
_LOOK_SECONDS = 0.25
"""How often a stream looks for pieces that another process wrote."""
_BEAT_SECONDS = 1.0
_TOGETHER_SECONDS = 0.2
"""Words that follow each other within so long are kept and shown at once: nobody reads faster, and a write costs the same."""
_log = structlog.get_logger("leadwright.graphs.copilot")


class _Stream:
    """Pieces of one turn on their way to Postgres: each write takes all that came meanwhile. ``kept`` are those that are there,
    so that its person, where they listen in this process, need not read back what was just written.
    """

    def __init__(self, services: Services, actor: Actor, turn_id: UUID) -> None:
        self._services, self._actor, self._turn_id = services, actor, turn_id
        self._waiting: list[Piece] = []
        self._writing = asyncio.Lock()
        self._later: asyncio.TimerHandle | None = None
        self._keeping: set[asyncio.Task[None]] = set()
        self._sealed = 0
        self.kept: list[Piece] = []
        self.over = False
        self.last = 0
        self.begun = asyncio.Event()
        self.written = asyncio.Event()
        self.words = ""

    async def emit(self, kind: str, data: dict[str, Any]) -> None:
        """Add a piece; returns when it is kept. Words behind the first ones are kept a moment later, by ``settle`` at last."""
        spoken = bool(self.words)
        if kind == "words":
            self.words += str(data.get("text", ""))
        elif kind == "instead":
            self.words = str(data.get("text", ""))
        if spoken and kind == "words":
            self._add_words(data)
            self._later = self._later or asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self._keep_soon)
            return
        self._add(kind, data)
        await self._keep()

    async def settle(self) -> None:
        """Keep what waits. Raises what stands in its way."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        await self._keep()

    def _add(self, kind: str, data: dict[str, Any]) -> None:
        self.last += 1
        self._waiting.append((self.last, kind, data))

    def _add_words(self, data: dict[str, Any]) -> None:
        if self._waiting and self._waiting[-1][1] == "words" and self._waiting[-1][0] > self._sealed:
            number, kind, before = self._waiting[-1]
            self._waiting[-1] = (number, kind, {"text": before["text"] + data["text"]})
        else:
            self._add("words", data)

    def _keep_soon(self) -> None:
        self._later = None
        keeping = asyncio.create_task(self._keep())
        self._keeping.add(keeping)  # a task that nobody holds may vanish
        keeping.add_done_callback(self._kept_late)

    def _kept_late(self, keeping: asyncio.Task[None]) -> None:
        self._keeping.discard(keeping)
        if not keeping.cancelled() and (problem := keeping.exception()) is not None:
            _log.warning("words wait to be kept", turn_id=str(self._turn_id), problem=type(problem).__name__)

    async def _keep(self) -> None:
        async with self._writing:
            pieces, self._waiting = self._waiting, []
            if not pieces:
                return
            self._sealed = pieces[-1][
                0
            ]  # a write that fails may have been done all the same: its pieces stay as they are
            try:
                await self._services.assistance.turns.say(self._actor, self._turn_id, pieces)
            except BaseException:
                self._waiting = pieces + self._waiting
                raise
            self.kept += pieces
            self.tell()

    def end(self, view: TurnView | None) -> None:
        """Nothing more comes; ``view`` is the last piece as it was kept, None where the turn was not ours any more."""
        if view is not None:
            self.kept.append((self.last + 1, "end", view.model_dump(mode="json")))
        self.over = True
        self.tell()

    def is_of(self, actor: Actor) -> bool:
        """Whether the turn is this person's."""
        return (self._actor.agency_id, self._actor.subject) == (actor.agency_id, actor.subject)

    async def pieces(self, after: int) -> AsyncIterator[Piece]:
        """Those behind ``after``, as they are kept."""
        while True:
            told = self.written
            for piece in self.kept[after:]:  # numbered from 1 without gaps
                after = piece[0]
                yield piece
            if self.over and after >= len(self.kept):
                return
            if after >= len(self.kept):
                await told.wait()

    def tell(self) -> None:
        """Wake whoever listens in this process."""
        self.written.set()
        self.written = asyncio.Event()


class Conversations:
    """Questions, answers, and words on what was proposed. A turn goes on when who asked has gone.

    ``only`` are the tools of a specialist; a word on what was proposed is taken whoever proposed it.
    """

    def __init__(self, services: Services, answerer: Answerer, *, only: Collection[str] | None = None) -> None:
        self._services = services
        self._answerer = answerer
        self._only = only
        self._settings = services.settings.copilot
        self._working: dict[UUID, tuple[asyncio.Task[None], _Stream]] = {}
        self._cancelled: set[UUID] = set()
        self._stopping = False

    async def begin(self, actor: Actor, thread_id: UUID | None, question: str, key: str) -> Begun:
        """Begin a turn, or find the one that was begun under ``key``. Raises Conflict while another runs in the conversation."""
        if self._stopping:
            raise Unavailable("this process stops; ask again shortly")
        begun = await self._services.assistance.turns.begin(actor, thread_id, question, key)
        if begun.token is not None:
            stream = _Stream(self._services, actor, begun.turn_id)
            task = asyncio.create_task(self._work(actor, begun, stream))
            self._working[begun.turn_id] = (task, stream)
            task.add_done_callback(lambda _: self._working.pop(begun.turn_id, None))
            await stream.begun.wait()  # a task that is cancelled before its first step would say nothing of it
        return begun

    async def ask(self, actor: Actor, thread_id: UUID | None, question: str, key: str) -> TurnView:
        """Begin a turn and wait for its end. Who stops waiting stops nothing."""
        begun = await self.begin(actor, thread_id, question, key)
        async for _ in self.pieces(actor, begun.turn_id, 0):
            pass
        return await self._services.assistance.turns.one(actor, begun.turn_id)

    async def pieces(self, actor: Actor, turn_id: UUID, after: int) -> AsyncIterator[Piece]:
        """The stream of a turn from behind ``after`` to its end, whichever process works on it. NotFound for another's."""
        mine = self._working.get(turn_id)
        if mine is not None and mine[1].is_of(actor):
            async for piece in mine[1].pieces(after):
                after = piece[0]
                yield piece
                if piece[1] == "end":
                    return
        while True:
            found, more = await self._services.assistance.turns.heard(actor, turn_id, after)
            for piece in found:
                after = piece[0]
                yield piece
            if not found and not more:
                return
            if not found:
                await asyncio.sleep(_LOOK_SECONDS)

    async def cancel(self, actor: Actor, turn_id: UUID) -> TurnView:
        """End a running turn; nothing that it meant to propose is kept."""
        view = await self._services.assistance.turns.cancel(actor, turn_id)
        mine = self._working.get(turn_id)
        if mine is not None and view.state == "running":
            self._cancelled.add(turn_id)
            mine[0].cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait([mine[0]])
        return await self._services.assistance.turns.one(actor, turn_id)

    async def decide(self, actor: Actor, action_id: UUID, word: object, digest: str) -> ActionView:
        """Take the person's word on an action and, on a literal True, do it. See :meth:`Actions.decide` for what is refused."""
        actions = self._services.assistance.actions
        claimed = await actions.decide(actor, action_id, word, digest)
        if claimed is None:
            return await actions.one(actor, action_id)
        # Claimed is claimed: that the caller hangs up must not leave it half told.
        return await asyncio.shield(asyncio.create_task(self._do(actor, claimed, undoing=False)))

    async def undo(self, actor: Actor, action_id: UUID) -> ActionView:
        """Take back what was done, where that can be."""
        claimed = await self._services.assistance.actions.undo(actor, action_id)
        return await asyncio.shield(asyncio.create_task(self._do(actor, claimed, undoing=True)))

    async def drain(self, patience: float = 0) -> None:
        """Begin nothing any more, give what runs ``patience`` seconds to end, and end the rest: who asked may ask again."""
        self._stopping = True
        tasks = [task for task, _ in self._working.values()]
        if tasks and patience > 0:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _do(self, actor: Actor, claimed: Claimed, *, undoing: bool) -> ActionView:
        deps, actions = AskDeps(actor, self._services), self._services.assistance.actions
        before = await actions.one(actor, claimed.id)
        try:
            done: Done = await (take_back(deps, claimed) if undoing else execute(deps, claimed))
        except AppError as problem:
            told = {"error": problem.code, "detail": problem.detail}
            if undoing:
                return await actions.settle(
                    actor, claimed.id, "executed", {**(before.result or {}), "undo": told}, None
                )
            return await actions.settle(actor, claimed.id, "failed", told, None)
        if undoing:
            return await actions.settle(actor, claimed.id, "undone", {**(before.result or {}), "undo": done.data}, None)
        return await actions.settle(actor, claimed.id, "executed", done.data, done.undo)

    async def _work(self, actor: Actor, begun: Begun, stream: _Stream) -> None:
        known = {one.id: one for past in begun.past for one in past.citations}
        tools = self._tools(actor, stream, known)
        with tracer.start_as_current_span("copilot.turn") as span:
            span.set_attribute("copilot.turn", str(begun.turn_id))
            beating = asyncio.create_task(self._beat(actor, begun, asyncio.current_task()))
            try:
                outcome = await self._outcome(actor, begun, stream, tools)
            finally:
                beating.cancel()
            span.set_attribute("copilot.state", outcome.state)
            span.set_attribute("copilot.calls", len(outcome.calls))
            view = None
            with suppress(AppError):  # a turn that ends badly ends all the same
                await stream.settle()
            try:
                view = await self._services.assistance.turns.end(actor, begun, outcome, last=stream.last)
            finally:
                stream.end(view)

    def _tools(self, actor: Actor, stream: _Stream, known: dict[str, Citation]) -> Toolbox:
        return Toolbox(actor, self._services, self._settings, stream.emit, known=known, only=self._only)

    async def _outcome(self, actor: Actor, begun: Begun, stream: _Stream, tools: Toolbox) -> Outcome:
        """The answer, or why there is none; never raises, whatever the answerer does."""
        state, failure = FAILED, "something went wrong here; ask again"
        try:
            stream.begun.set()
            async with asyncio.timeout(self._settings.turn_seconds):
                answered = await self._answerer.answer(Asked(actor, begun, now()), tools, stream.emit)
                view = answer_view(answered, tools)
                if stream.words != view.text:
                    kind = "words" if not stream.words else "instead"
                    await stream.emit(kind, {"text": view.text})
                await stream.settle()
            return Outcome(
                ANSWERED, view, tuple(tools.calls), tuple(tools.proposed), answered.source, answered.cost,
                instead=answered.instead,
            )  # fmt: skip
        except AppError as problem:
            failure = problem.detail
        except TimeoutError:
            failure = "this took too long; ask for less at once"
        except asyncio.CancelledError:
            if begun.turn_id in self._cancelled:
                self._cancelled.discard(begun.turn_id)
                state, failure = CANCELLED, "cancelled"
            else:
                failure = INTERRUPTED
        except Exception:  # noqa: BLE001 - whatever an answerer does, the conversation goes on
            _log.exception("a turn failed", turn_id=str(begun.turn_id))
        return Outcome(state, None, tuple(tools.calls), (), None, 0, failure)

    async def _beat(self, actor: Actor, begun: Begun, task: asyncio.Task[Any] | None) -> None:
        """Keep the turn's lease alive; end the turn where its person wishes that, or where it is not ours any more."""
        while True:
            await asyncio.sleep(min(_BEAT_SECONDS, self._settings.lease_seconds / 3))
            try:
                alive = await self._services.assistance.turns.hold(actor, begun)
            except AppError:  # the database is away for a moment; the lease has time
                continue
            if not alive and task is not None:
                self._cancelled.add(begun.turn_id)
                task.cancel()
                return
