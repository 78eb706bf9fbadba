"""``leadwright chat``: talk to the chat of a source, as a visitor of its page would."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from agents.registry import chat_reader
from cli.session import agency_actor, execute, out, session
from domain.chat.state import Stage
from graphs.chat import ChatTurns
from kernel.settings import Settings
from services.chat.schemas import ChatView, MessageIn
from services.chat.visitors import Visitor
from services.container import Services


def chat(
    source: Annotated[str, typer.Argument(help="Slug of a source of kind chat.")],
    language: Annotated[str, typer.Option(help="en or es; the chat changes to what is written to it.")] = "en",
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; without it the setting decides.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print each message as a JSON object on a line.")] = False,
) -> None:
    """Talk to a source's chat: a message a line on stdin, until it ends. What is sent is a lead."""
    execute(lambda settings: _chat(settings, agency, source, language, as_json=as_json))


async def _chat(settings: Settings, agency: str | None, source: str, language: str, *, as_json: bool) -> None:
    async with session(settings) as services:
        slug = await _slug(services, agency)
        speaker = await services.chats.speaker(slug, source, None)
        begun = await services.chats.begin(speaker, language, None)
        turns = ChatTurns(services, chat_reader(services))
        await turns.prepare()
        _print(begun, as_json=as_json)
        for text in _lines(quiet=as_json):
            view = await turns.send(Visitor(begun.token), begun.id, MessageIn(text=text))
            _print(view, as_json=as_json)
            if view.stage is not Stage.OPEN:
                return
        # The token takes the half conversation up again over the API; a terminal does not keep it.
        await services.chats.stop(Visitor(begun.token), begun.id, said=False)


async def _slug(services: Services, agency: str | None) -> str:
    actor = await agency_actor(services, "chat", agency)
    async with services.database.begin(actor) as uow:
        return (await uow.agencies.mine()).slug


def _lines(*, quiet: bool) -> Iterator[str]:
    """What stands on stdin. A person is shown where to write."""
    while True:
        if sys.stdin.isatty() and not quiet:
            out.print("> ", end="")
        line = sys.stdin.readline()
        if not line:
            return
        yield line.rstrip("\n")


def _print(view: ChatView, *, as_json: bool) -> None:
    for message in view.messages:
        if message.role != "assistant" or message.text is None:
            continue
        if as_json:
            typer.echo(
                json.dumps({"stage": view.stage.value, "asking": view.asking, **message.model_dump(mode="json")})
            )
        else:
            out.print(message.text, markup=False)
