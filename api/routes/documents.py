"""Documents of a lead: send one, list them, see what one states."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.dependencies import LeadReader, LeadWriter, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.uploads import read_upload
from integrations.documents.sniff import MIME
from services.documents.schemas import DocumentDetail, DocumentList

router = APIRouter(prefix="/leads/{lead_id}/documents", tags=["documents"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 413, 422, 503)
FILE_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself, named by `Content-Disposition: attachment; filename=...`, or a form with one file.",
        "content": {
            **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in MIME.values()},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
            },
        },
    }
}


@router.post("", status_code=201, responses=_SEND, openapi_extra=FILE_BODY)
async def add_document(
    services: Provided, actor: LeadWriter, lead_id: UUID, request: Request, response: Response
) -> DocumentDetail:
    """Send a PDF, picture, e-mail, spreadsheet or text. It is stored, then read; the answer holds what it states.

    The same bytes for the same lead are the same document: the answer is then 200. A document with pages that are pictures
    is `waiting` until they are recognised: ask again for it.
    """
    name, data = await read_upload(request)
    document, fresh = await services.documents.add(actor, lead_id, name, data)
    path = request.app.url_path_for("get_document", lead_id=str(lead_id), document_id=str(document.id))
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{path}"
    if not fresh:
        response.status_code = 200
    return document


@router.get("", responses=_READ)
async def list_documents(services: Provided, actor: LeadReader, lead_id: UUID) -> DocumentList:
    """The documents of a lead, oldest first, without their fields."""
    return await services.documents.of_lead(actor, lead_id)


@router.get("/{document_id}", responses=_READ)
async def get_document(services: Provided, actor: LeadReader, lead_id: UUID, document_id: UUID) -> DocumentDetail:
    """A document with everything it states, each value with its page and the words there."""
    return await services.documents.one(actor, document_id, lead_id)
