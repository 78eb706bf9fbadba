"""Web forms: what a visitor of a page sends, and the pages on which a person confirms."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel

from api.dependencies import Provided
from api.guarded import DoorRoute
from api.problems import problem_answers
from api.routes.inbound import FORM, MULTIPART, form_of, raw_body
from domain.leads.reading.web_form import fields_of
from kernel.errors import AppError, FieldError, Invalid
from kernel.origin import origin
from services.sources.doors import Caller
from services.sources.opt_in import Word

router = APIRouter(prefix="/inbound", tags=["inbound"], route_class=DoorRoute)

_ANSWERS = problem_answers(400, 401, 413, 415, 422, 503)
_OWN = frozenset({"form_token", "redirect"})
_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "object"}} for kind in (FORM, MULTIPART)},
    },
    "security": [],
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}
_WORDS = {
    Word.ASKED: ("Please confirm your request", "Was it you who asked for an insurance quote?"),
    Word.GIVEN: ("Thank you", "Your request is confirmed. Somebody will contact you."),
    Word.GONE: ("This link does not hold any more", "It has run out, or was never ours. Please ask again."),
}


class FormAccepted(BaseModel):
    """What a visitor learns: `received`, or `unconfirmed` until the link in the e-mail is used."""

    status: str


@router.post(
    "/{agency}/{source}/form", status_code=202, response_model=FormAccepted, openapi_extra=_BODY,
    responses={**_ANSWERS, 303: {"description": "To the page named by `redirect`, one of the source's own."}},
)  # fmt: skip
async def receive_form(services: Provided, request: Request, agency: str, source: str) -> Response:
    """Take a web form in. `form_token` is a field of it and public; a field that only machines fill ends it silently.

    In the urlencoded form a raw `+` is a space, as the standard says, except in e-mail addresses and before phone numbers.
    """
    body = await raw_body(request, services)
    form = form_of(body, request.headers.get("content-type", ""))
    own = {one.name: one.text.strip() for one in form if one.name in _OWN}
    caller = await services.doors.by_form_token(agency, source, own.get("form_token", ""))
    try:
        target = _redirect(caller, own.get("redirect", ""))
        fields = fields_of([one for one in form if one.name not in _OWN], caller.settings.mapping)
    except AppError as problem:
        await services.doors.refused(caller, problem.code)
        raise
    status = await services.inbound.submit(caller, fields, ip=origin().address, page_url=request.headers.get("referer"))
    if target:
        return RedirectResponse(target, status_code=303)
    if "text/html" in request.headers.get("accept", ""):
        asked = status == "unconfirmed"
        words = "Please use the link that we have sent you by e-mail." if asked else "We have your request."
        return _page("Thank you", words, status=202)
    return JSONResponse({"status": status}, status_code=202)


@router.get("/confirm/{token}", include_in_schema=False)
async def show_confirmation(services: Provided, token: str) -> HTMLResponse:
    """A page with a button. Opening it confirms nothing, since mail scanners open every link."""
    word = await services.opt_ins.look(token)
    button = '<form method="post"><button type="submit">Yes, it was me</button></form>' if word is Word.ASKED else ""
    return _page(*_WORDS[word], button=button, status=410 if word is Word.GONE else 200)


@router.post("/confirm/{token}", include_in_schema=False)
async def confirm(services: Provided, token: str) -> HTMLResponse:
    """The person's word."""
    word = await services.opt_ins.confirm(token)
    return _page(*_WORDS[word], status=410 if word is Word.GONE else 200)


def _redirect(caller: Caller, wanted: str) -> str | None:
    if not wanted:
        return None
    if wanted not in caller.settings.redirects:
        fault = FieldError(
            "redirect", "not_allowed", "is no page of this source", "use one of its redirects", wanted[:80]
        )
        raise Invalid("the form cannot send its visitor there", fields=(fault,), code="redirect_not_allowed")
    return wanted


def _page(title: str, words: str, *, button: str = "", status: int) -> HTMLResponse:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        "<style>body{font:18px/1.5 system-ui;max-width:32em;margin:4em auto;padding:0 1em}"
        "button{font:inherit;padding:.6em 1.2em}</style></head>"
        f"<body><h1>{escape(title)}</h1><p>{escape(words)}</p>{button}</body></html>"
    )
    return HTMLResponse(text, status_code=status, headers=_HEADERS)
