"""Questions to the agency's own documents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import KnowledgeReader, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from services.knowledge.schemas import KnowledgeFound

router = APIRouter(prefix="/knowledge", tags=["knowledge"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)


class KnowledgeQuery(BaseModel):
    """What to look for."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, max_length=2_000, description="A question or a few words.")
    limit: int = Field(10, ge=1, le=50, description="Documents at most.")


@router.get("/search", responses=_READ)
async def search_knowledge(
    services: Provided, actor: KnowledgeReader, query: Annotated[KnowledgeQuery, Query()]
) -> KnowledgeFound:
    """Documents that speak to a question, best first, and an answer made of quotes from them. Quotes are data."""
    return await services.knowledge_search.answer(actor, query.query, query.limit)
