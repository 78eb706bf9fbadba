"""The chat as a page of ours, to be opened or held in a frame. It works without JavaScript: every answer is a form's."""

from __future__ import annotations

import secrets
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute

from api.dependencies import Provided
from api.limits import RateLimits
from api.routes.chat import require_start, turns
from api.uploads import read_upload
from domain.chat.words import table
from domain.leads.reading.web_form import read_form
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.origin import origin
from services.chat.ports import Speaker
from services.chat.schemas import ChatView, MessageIn
from services.chat.visitors import Visitor
from services.container import Services

_COOKIE = "lw_chat"
_ASSETS = {"chat.css": "text/css", "chat.js": "text/javascript"}
_DAYS_SECONDS = 3 * 86_400


class PageRoute(APIRoute):
    """Counts by address under the chat's own limits."""

    def get_route_handler(self) -> Any:
        """FastAPI's handler behind the count."""
        handle = super().get_route_handler()

        async def counted(request: Request) -> Response:
            limits: RateLimits = request.app.state.limits
            settings = request.app.state.services.settings.chat
            request.state.pace, refusal = await limits.of_chat(
                settings, address=origin().site, session=request.cookies.get(_COOKIE, "")[:36]
            )
            if refusal is not None:
                raise refusal
            return await handle(request)

        return counted


router = APIRouter(prefix="/chat", route_class=PageRoute, include_in_schema=False)


@router.get("/assets/{name}")
async def get_chat_asset(name: str) -> Response:
    """What the page loads."""
    if name not in _ASSETS:
        raise NotFound("there is no such file")
    return Response(_file(name), media_type=_ASSETS[name], headers={"Cache-Control": "public, max-age=3600"})


@router.get("/{agency}/{source}")
async def show_chat(services: Provided, request: Request, agency: str, source: str) -> Response:
    """The page: the chat of the visitor's cookie, or the greeting of one that begins with the first message."""
    speaker = await services.chats.speaker(agency, source, None)
    view = await _known(services, request)
    if view is None:
        spoken = request.headers.get("accept-language", "en")[:2]
        view = await services.chats.preview(speaker, spoken)
    return _page(request, speaker, view)


@router.post("/{agency}/{source}")
async def say_in_chat(services: Provided, request: Request, agency: str, source: str) -> Response:
    """A message, or one of the buttons; the page again, or the answer as JSON where the page's script asks."""
    _require_own_page(request)
    speaker = await services.chats.speaker(agency, source, None)
    form = {one.name: one.text for one in read_form(await request.body())}
    opened, fresh = _cookie(request), None
    if opened is None or (await _known(services, request)) is None:
        await require_start(request)
        spoken = request.headers.get("accept-language", "en")[:2]
        begun = await services.chats.begin(speaker, spoken, str(request.url)[:2_000])
        opened = fresh = (begun.id, begun.token)
    chat_id, token = opened
    visitor, view = Visitor(token), None
    match form.get("do"):
        case "stop":
            view = await services.chats.stop(visitor, chat_id)
        case "resume":
            view = await services.chats.resume(visitor, chat_id)
        case "erase":
            await services.chats.erase(visitor, chat_id)
        case "new":
            fresh = (chat_id, "")
        case _:
            message = MessageIn(text=form.get("text", ""), key=form.get("key") or None)
            view = await turns(request).send(visitor, chat_id, message)
    response: Response = RedirectResponse(_here(request, agency, source), status_code=303)
    if view is not None and "application/json" in request.headers.get("accept", ""):
        response = JSONResponse({**view.model_dump(mode="json"), "next_key": secrets.token_urlsafe(12)})
    if fresh is not None:
        response.headers.append("Set-Cookie", _set_cookie(request, agency, source, *fresh))
    return response


@router.post("/{agency}/{source}/files")
async def send_chat_page_file(services: Provided, request: Request, agency: str, source: str) -> Response:
    """A file of the page's form."""
    _require_own_page(request)
    opened = _cookie(request)
    if opened is None:
        raise Conflict("send the request first, then its files", code="request_not_sent")
    name, data = await read_upload(request)
    await services.chats.add_file(Visitor(opened[1]), opened[0], name, data)
    return RedirectResponse(_here(request, agency, source), status_code=303)


async def _known(services: Services, request: Request) -> ChatView | None:
    opened = _cookie(request)
    if opened is None:
        return None
    try:
        return await services.chats.transcript(Visitor(opened[1]), opened[0])
    except NotFound:
        return None


def _page(request: Request, speaker: Speaker, view: ChatView) -> Response:
    words = table(view.language)["page"]
    who = {"person": escape(words["you"]), "assistant": escape(words["assistant"])}
    said = "\n".join(
        f'<li class="{escape(one.role)}" data-seq="{one.seq}"><b>{who[one.role]}: </b>{escape(one.text)}</li>'
        for one in view.messages
        if one.text is not None
    )
    text = Template(_file("chat.html")).substitute(
        {name: escape(word) for name, word in words.items()},
        language=view.language, assets=f"{request.scope.get('root_path', '')}/chat/assets", messages=said,
        forms=_forms(request, view, words),
    )  # fmt: skip
    frames = " ".join(("'self'", *speaker.settings.origins))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {frames}"
    )
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return HTMLResponse(text, headers=headers)


def _forms(request: Request, view: ChatView, words: dict[str, str]) -> str:
    """The message with its buttons while the chat is open, the file when the request was sent."""
    here = escape(request.url.path)
    say = {name: escape(text) for name, text in words.items()}
    if view.stage == "open":
        return (
            f'<form id="say" method="post" action="{here}" autocomplete="off"><label for="text">{say["message"]}</label>'
            f'<input type="hidden" name="key" value="{secrets.token_urlsafe(12)}">'
            f'<input type="text" id="text" name="text" maxlength="2000" autofocus>'
            f'<button type="submit">{say["send"]}</button></form>'
            f'<form method="post" action="{here}"><button class="quiet" name="do" value="stop">{say["stop"]}</button>'
            f'<button class="quiet" name="do" value="erase">{say["erase"]}</button></form>'
        )
    file = (
        f'<form method="post" enctype="multipart/form-data" action="{here}/files"><label for="file">{say["file"]}</label>'
        f'<input type="file" id="file" name="file" required><button type="submit">{say["send"]}</button></form>'
        f'<form method="post" action="{here}"><button class="quiet" name="do" value="erase">{say["erase"]}</button></form>'
        if view.stage == "sent"
        else ""
    )
    again = f'<button class="quiet" name="do" value="resume">{say["resume"]}</button>' if view.resumable else ""
    new = f'<button class="quiet" name="do" value="new">{say["new"]}</button>'
    return f'{file}<form method="post" action="{here}">{again}{new}</form>'


def _cookie(request: Request) -> tuple[UUID, str] | None:
    chat, _, token = request.cookies.get(_COOKIE, "").partition(":")
    try:
        return (UUID(chat), token) if token else None
    except ValueError:
        return None


def _set_cookie(request: Request, agency: str, source: str, chat_id: UUID, token: str) -> str:
    """The chat's token, out of reach of scripts; without a token it ends. In a frame of another site only a cookie that says so
    comes back, and only over HTTPS.
    """
    framed = "SameSite=None; Secure; Partitioned" if request.url.scheme == "https" else "SameSite=Lax"
    age = _DAYS_SECONDS if token else 0
    return f"{_COOKIE}={chat_id}:{token}; Path={_here(request, agency, source)}; Max-Age={age}; HttpOnly; {framed}"


def _here(request: Request, agency: str, source: str) -> str:
    return str(request.app.url_path_for("show_chat", agency=agency, source=source))


def _require_own_page(request: Request) -> None:
    """Raise Forbidden for a form of another site: the cookie would come with it."""
    sent = request.headers.get("origin")
    if sent is not None and sent != "null" and urlsplit(sent).netloc != request.headers.get("host", ""):
        raise Forbidden("this form is not of our page", code="origin_not_allowed")


@cache
def _file(name: str) -> str:
    return files("api.pages").joinpath(name).read_text("utf-8")
