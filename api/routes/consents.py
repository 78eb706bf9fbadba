"""Consent wordings by their hash."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.dependencies import LeadReader, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from services.certificates import ConsentText

router = APIRouter(prefix="/consent-texts", tags=["leads"], route_class=GuardedRoute)

Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="`consent.text_hash` of a lead.")]


@router.get("/{digest}", responses=problem_answers(401, 403, 404, 422, 503))
async def get_consent_text(services: Provided, actor: LeadReader, digest: Digest) -> ConsentText:
    """The exact words that somebody agreed to, also where the form has others by now."""
    return await services.certificates.text(actor, digest)
