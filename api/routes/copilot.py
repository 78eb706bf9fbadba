"""The copilot: questions in plain words, answers as JSON or as a stream, and a person's word on what is proposed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import LeadReader, LeadWriter, Provided
from api.event_stream import DESCRIBED, MEDIA_TYPE
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.routes.leads import IdempotencyKey
from domain.actor import Actor
from graphs.copilot import Conversations, Piece
from kernel.errors import AppError
from kernel.ids import new_id
from services.copilot.schemas import ActionView, DecideIn, QuestionIn, ThreadDetail, ThreadPage, TurnView

router = APIRouter(prefix="/copilot", tags=["copilot"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_ASK = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_ABOUT_STREAM = {
    "description": "The turn as it stands at its end. With `Accept: text/event-stream` its events, each with an `id`: `words` to "
    "add, `instead` with words to show in place of all so far, `tool` for each tool used, and `end` with the turn.",
    "content": DESCRIBED,
}
_Accept = Annotated[str, Header(include_in_schema=False)]
_LastId = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=2**53)]


class ThreadList(BaseModel):
    """Which conversations."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class TurnEvents(BaseModel):
    """From where."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(0, ge=0, le=2**53, description="Id seen last; the header `Last-Event-ID` counts before it.")


async def _conversations(request: Request) -> Conversations:
    found: Conversations = request.app.state.copilot
    return found


Talk = Annotated[Conversations, Depends(_conversations)]


@router.post("/turns", response_model=TurnView, responses={200: _ABOUT_STREAM, **_ASK})
async def ask_copilot(
    services: Provided,
    actor: LeadReader,
    talk: Talk,
    body: QuestionIn,
    key: IdempotencyKey = None,
    accept: _Accept = "",
) -> Response:
    """Begin a conversation with a question. The turn goes on when the caller hangs up: the same key finds it again."""
    return await _ask(services.settings.live.heartbeat_seconds, actor, talk, None, body.question, key, accept)


@router.post("/threads/{thread_id}/turns", response_model=TurnView, responses={200: _ABOUT_STREAM, **_ASK})
async def continue_copilot_thread(
    services: Provided, actor: LeadReader, talk: Talk, thread_id: UUID, body: QuestionIn, key: IdempotencyKey = None,
    accept: _Accept = "",
) -> Response:  # fmt: skip
    """Ask on in a conversation. 409 with `turn_running` while it still answers."""
    return await _ask(services.settings.live.heartbeat_seconds, actor, talk, thread_id, body.question, key, accept)


@router.get("/threads", responses=_READ)
async def list_copilot_threads(
    services: Provided, actor: LeadReader, query: Annotated[ThreadList, Query()]
) -> ThreadPage:
    """One's own conversations, latest first."""
    return await services.assistance.turns.threads(actor, query.cursor, query.limit)


@router.get("/threads/{thread_id}", responses=_READ_ONE)
async def get_copilot_thread(services: Provided, actor: LeadReader, thread_id: UUID) -> ThreadDetail:
    """A conversation with its last hundred turns."""
    return await services.assistance.turns.thread(actor, thread_id)


@router.delete("/threads/{thread_id}", status_code=204, responses=_READ_ONE)
async def erase_copilot_thread(services: Provided, actor: LeadReader, thread_id: UUID) -> None:
    """Forget a conversation with everything in it. What was done on its proposals stays done."""
    await services.assistance.turns.erase(actor, thread_id)


@router.get("/turns/{turn_id}", responses=_READ_ONE)
async def get_copilot_turn(services: Provided, actor: LeadReader, turn_id: UUID) -> TurnView:
    """A turn as it stands."""
    return await services.assistance.turns.one(actor, turn_id)


@router.get("/turns/{turn_id}/events", response_class=Response, responses={200: _ABOUT_STREAM, **_READ_ONE})
async def stream_copilot_turn(
    services: Provided, actor: LeadReader, talk: Talk, turn_id: UUID, query: Annotated[TurnEvents, Query()],
    last_event_id: _LastId = None,
) -> Response:  # fmt: skip
    """The events of a turn from behind the id seen last, to its end."""
    await services.assistance.turns.one(actor, turn_id)
    after = query.after if last_event_id is None else last_event_id
    return _stream(talk.pieces(actor, turn_id, after), services.settings.live.heartbeat_seconds)


@router.post("/turns/{turn_id}/cancel", responses=_ASK)
async def cancel_copilot_turn(actor: LeadReader, talk: Talk, turn_id: UUID) -> TurnView:
    """End a running turn. One that is over stays as it is."""
    return await talk.cancel(actor, turn_id)


@router.get("/actions/{action_id}", responses=_READ_ONE)
async def get_copilot_action(services: Provided, actor: LeadReader, action_id: UUID) -> ActionView:
    """A proposed write as it stands."""
    return await services.assistance.actions.one(actor, action_id)


@router.post("/actions/{action_id}/decide", responses=_ASK)
async def decide_copilot_action(actor: LeadWriter, talk: Talk, action_id: UUID, body: DecideIn) -> ActionView:
    """Give one's word on a proposed write: a literal `true` executes it, once; `false` refuses it. 409 says how it stands."""
    return await talk.decide(actor, action_id, body.approve, body.digest)


@router.post("/actions/{action_id}/undo", responses=_ASK)
async def undo_copilot_action(actor: LeadWriter, talk: Talk, action_id: UUID) -> ActionView:
    """Take back what was done, where `can_undo` says so and the record is as it was left."""
    return await talk.undo(actor, action_id)


async def _ask(
    beat: float, actor: Actor, talk: Conversations, thread_id: UUID | None, question: str, key: str | None, accept: str
) -> Response:
    key = key or f"once:{new_id()}"
    if MEDIA_TYPE in accept:
        begun = await talk.begin(actor, thread_id, question, key)
        where = {"X-Copilot-Turn": str(begun.turn_id), "X-Copilot-Thread": str(begun.thread_id)}
        return _stream(talk.pieces(actor, begun.turn_id, 0), beat, where)
    turn = await talk.ask(actor, thread_id, question, key)
    return JSONResponse(turn.model_dump(mode="json"))


def _stream(pieces: AsyncIterator[Piece], beat: float, headers: dict[str, str] | None = None) -> StreamingResponse:
    kept = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **(headers or {})}
    return StreamingResponse(_events(pieces, beat), media_type=MEDIA_TYPE, headers=kept)


async def _events(pieces: AsyncIterator[Piece], beat: float) -> AsyncIterator[str]:
    """Pieces as events; a comment in silence, so that nobody between takes the connection for dead."""
    coming: asyncio.Task[Piece] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(_next(pieces))
            done, _ = await asyncio.wait([coming], timeout=beat)
            if not done:
                yield ": beat\n\n"
                continue
            try:
                seq, kind, data = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield f"id: {seq}\nevent: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
    finally:
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration, AppError):  # nobody listens any more
                await coming


async def _next(pieces: AsyncIterator[Piece]) -> Piece:
    return await anext(pieces)
