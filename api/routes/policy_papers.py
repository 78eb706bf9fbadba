"""Documents of a policy: send one, list them, see what one states, fetch it, say what it is worth."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.dependencies import PolicyReader, PolicyWriter, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.routes.documents import FILE_BODY
from api.uploads import read_upload
from integrations.documents.sniff import MIME
from services.policies.schemas import WhyIn
from services.policy_papers import PaperDetail, PaperIn, PaperList

router = APIRouter(prefix="/policies/{policy_id}/documents", tags=["policies"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 422, 503)
_DECIDE = problem_answers(401, 403, 404, 409, 422, 503)
_WHY = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_FILE = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MIME.values()}


@router.post("", status_code=201, responses=_SEND, openapi_extra=FILE_BODY)
async def add_policy_document(
    services: Provided,
    actor: PolicyWriter,
    policy_id: UUID,
    paper: Annotated[PaperIn, Query()],
    request: Request,
    response: Response,
) -> PaperDetail:
    """Send a PDF, picture, e-mail, spreadsheet or text, and say what it is. It is stored, then read.

    The same bytes for the same policy are the same document: the answer is then 200. Behind `expires_on` a person is asked.
    """
    name, data = await read_upload(request)
    document, fresh = await services.policy_papers.attach(actor, policy_id, name, data, paper)
    path = request.app.url_path_for("get_policy_document", policy_id=str(policy_id), document_id=str(document.id))
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{path}"
    if not fresh:
        response.status_code = 200
    return document


@router.get("", responses=_READ)
async def list_policy_documents(services: Provided, actor: PolicyReader, policy_id: UUID) -> PaperList:
    """The documents of a policy, oldest first, every version, without their fields."""
    return await services.policy_papers.of(actor, policy_id)


@router.get("/{document_id}", responses=_READ)
async def get_policy_document(
    services: Provided, actor: PolicyReader, policy_id: UUID, document_id: UUID
) -> PaperDetail:
    """A document with everything it states, each value with its page and the words there."""
    return await services.policy_papers.one(actor, policy_id, document_id)


@router.get("/{document_id}/content", response_class=Response, responses={200: {"content": _FILE}, **_READ})
async def get_policy_document_content(
    services: Provided, actor: PolicyReader, policy_id: UUID, document_id: UUID
) -> Response:
    """The file itself, to be saved: it is never shown as a page of this site."""
    document, data = await services.policy_papers.content(actor, policy_id, document_id)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "ETag": f'"{document.sha256}"',
    }
    return Response(data, media_type=document.media_type, headers=headers)


@router.post("/{document_id}/verify", responses=_DECIDE)
async def verify_policy_document(
    services: Provided, actor: PolicyWriter, policy_id: UUID, document_id: UUID
) -> PaperDetail:
    """A person looked at it, and it is what it seems; the same again changes nothing."""
    return await services.policy_papers.verify(actor, policy_id, document_id)


@router.post("/{document_id}/reject", responses=_WHY)
async def reject_policy_document(
    services: Provided, actor: PolicyWriter, policy_id: UUID, document_id: UUID, body: WhyIn
) -> PaperDetail:
    """A person looked at it, and it is not; it is kept, and a better one is sent as its new version."""
    return await services.policy_papers.reject(actor, policy_id, document_id, body.why)
