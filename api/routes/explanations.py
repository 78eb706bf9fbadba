"""Why a lead was read, scored and given as it was: as JSON from the template, or streamed in a model's words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel

from agents.explainer import Explainer
from agents.registry import explainer
from api.dependencies import LeadReader, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from domain.actor import Actor
from domain.explanation import Explanation

router = APIRouter(prefix="/leads", tags=["leads"], route_class=GuardedRoute)
_STREAM = "text/event-stream"
_ABOUT_STREAM = {
    "description": "The paragraph, made of the decisions' own evidence. As events: `words` to add, `instead` with a paragraph to "
    "show in place of all words so far, and `end`.",
    "content": {_STREAM: {"schema": {"type": "string"}}},
}


class LeadExplanation(BaseModel):
    """A paragraph, and its sentences one by one."""

    text: str
    sentences: list[str]


@router.get(
    "/{lead_id}/explanation", response_model=LeadExplanation,
    responses={200: _ABOUT_STREAM, **problem_answers(401, 403, 404, 422, 503)},
)  # fmt: skip
async def explain_lead(
    services: Provided, actor: LeadReader, lead_id: UUID, accept: Annotated[str, Header(include_in_schema=False)] = ""
) -> Response:
    """Why a lead was read, scored and given as it was. `Accept: text/event-stream` streams it in a model's words, if any."""
    explanation = await services.explanations.of(actor, lead_id)
    if _STREAM in accept:
        events = _events(explainer(services), actor, explanation)
        return StreamingResponse(events, media_type=_STREAM, headers={"Cache-Control": "no-store"})
    told = LeadExplanation(text=explanation.text, sentences=list(explanation.sentences))
    return JSONResponse(told.model_dump(mode="json"))


async def _events(teller: Explainer, actor: Actor, explanation: Explanation) -> AsyncIterator[str]:
    written_by = "template"
    async for piece in teller.tell(actor.agency_id, explanation):
        written_by = piece.written_by
        yield _event(piece.kind.value, {"text": piece.text})
    yield _event("end", {"written_by": written_by})


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
