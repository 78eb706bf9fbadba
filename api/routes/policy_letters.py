"""Letters to the insured: written once for an event, kept as documents of the policy."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.dependencies import PolicyWriter, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.routes.leads import IdempotencyKey
from services.policies.schemas import LetterIn
from services.policy_papers import PaperDetail

router = APIRouter(prefix="/policies/{policy_id}/letters", tags=["policies"], route_class=GuardedRoute)

_WRITE = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)


@router.post("", status_code=201, responses=_WRITE)
async def write_policy_letter(
    services: Provided,
    actor: PolicyWriter,
    policy_id: UUID,
    request: Request,
    body: LetterIn,
    response: Response,
    key: IdempotencyKey = None,
) -> PaperDetail:
    """Write a letter about an event, as a PDF: `Location` is the file. The same event always answers with the same document."""
    made = await services.policies.letters.write(
        actor,
        policy_id,
        body.kind,
        event_id=body.event_id,
        notice_id=body.notice_id,
        payment_id=body.payment_id,
        key=key,
    )
    path = request.app.url_path_for("get_policy_document_content", policy_id=str(policy_id), document_id=str(made))
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{path}"
    return await services.policy_papers.one(actor, policy_id, made)
