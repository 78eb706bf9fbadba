"""Whole conversations, played against the services: each ends in the right lead, looked up in Postgres, or the right refusal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import text

from domain.actor import Actor
from domain.chat.state import Stage
from kernel.ids import digest
from services.chat.schemas import ChatView, MessageIn
from services.chat.visitors import Visitor
from services.container import Services
from tests.services.chat.sources import chat_source

TABLE = yaml.safe_load((Path(__file__).parents[2] / "data" / "chat" / "scripts.yaml").read_text("utf-8"))
SCRIPTS: list[dict[str, Any]] = TABLE["scripts"]
_AT_ONCE = 6


def words_of(script: Mapping[str, Any]) -> list[str]:
    return [word for said in script["says"] for word in TABLE["parts"].get(said, [said])]


async def play(services: Services, actor: Actor, source: str, script: Mapping[str, Any]) -> list[str]:
    """Play a script; what was wrong with its end."""
    slug = await _slug(services, actor)
    speaker = await services.chats.speaker(slug, source, None)
    begun = await services.chats.begin(speaker, None, "https://www.example.com/quote")
    visitor, view, said = Visitor(begun.token), ChatView(**begun.model_dump(exclude={"token"})), words_of(script)
    for place, word in enumerate(said):
        if view.stage not in {Stage.OPEN, Stage.SENT}:
            return [f"ended before {word!r}: {view.stage}:{view.reason}"]
        message = MessageIn(text=word, key=f"k{place}")
        view = await services.chats.send(visitor, begun.id, message)
        if place % 5 == 0:  # a message that comes twice is one message
            again = await services.chats.send(visitor, begun.id, message) if view.stage == Stage.OPEN else view
            assert again.messages == view.messages
    whole = await services.chats.transcript(visitor, begun.id)
    return [*_against(script, whole), *await _stored(services, actor, begun.id, script)]


async def _slug(services: Services, actor: Actor) -> str:
    async with services.database.begin(actor) as uow:
        return (await uow.agencies.mine()).slug


def _against(script: Mapping[str, Any], view: ChatView) -> list[str]:
    end = view.stage.value + (f":{view.reason}" if view.reason else "")
    handed = [one.note["handover"] for one in view.messages if "handover" in one.note]
    ordered = any(one.note.get("instruction") for one in view.messages)
    wrong = [f"ended {end}"] if end != script["end"] else []
    if script.get("language", view.language) != view.language:
        wrong.append(f"language {view.language}")
    if end == script["end"] and handed != script.get("handover", []):
        wrong.append(f"handed over {handed}")
    if ordered != script.get("ordered", False):
        wrong.append(f"ordered {ordered}")
    if view.stage == Stage.ERASED and any(one.text for one in view.messages):
        wrong.append("words are left")
    gone = script.get("gone")
    if gone and any(gone in (one.text or "") for one in view.messages if one.role == "person"):
        wrong.append(f"{gone} is left")
    return wrong


async def _stored(services: Services, actor: Actor, chat_id: Any, script: Mapping[str, Any]) -> list[str]:
    async with services.database.begin(actor) as uow:
        found = await uow.session.execute(
            text(
                "SELECT l.*, c.state AS chat_state FROM chat c LEFT JOIN lead l ON l.id = c.lead_id WHERE c.id = :chat"
            ),
            {"chat": chat_id},
        )
        lead = dict(found.mappings().one())
        wished = await uow.session.scalar(
            text("SELECT count(*) FROM contact_revocation WHERE key LIKE :key"), {"key": f"said:chat:{chat_id}:%"}
        )
    wrong = [] if bool(wished) == script.get("withdrawn", False) else [f"{wished} wishes were written down"]
    sent = script["end"] == "sent"
    if not sent:
        if script.get("gone") and script["gone"] in str(lead["chat_state"]):
            wrong.append("the state still says it")
        return wrong + (["there is a lead"] if lead["id"] else [])
    if not lead["id"]:
        return [*wrong, "there is no lead"]
    return wrong + _lead_faults(script, lead)


def _lead_faults(script: Mapping[str, Any], lead: Mapping[str, Any]) -> list[str]:
    wrong = []
    for name, wanted in script.get("lead", {}).items():
        column, _, part = name.partition(".")
        there = (lead[column] or {}).get(part) if part else lead[column]
        there = there if there is None or isinstance(there, int | list) else str(there)
        if there != wanted:
            wrong.append(f"{name} is {there!r}")
    consent = lead["consent"] or {}
    if consent.get("granted") is not True or consent.get("text_hash") != digest(consent.get("text")):
        wrong.append("the consent's evidence is not whole")
    if consent.get("scope") != script.get("consent", consent.get("scope")) or consent.get("channel") != "chat":
        wrong.append(f"consent for {consent.get('scope')}")
    if consent.get("language") != script.get("language", consent.get("language")):
        wrong.append(f"consent in {consent.get('language')}")
    return wrong


async def test_every_scripted_conversation_ends_as_it_should(services: Services, actor: Actor, capsys: Any) -> None:
    """DOMAIN T22, T20, T16: facts are collected, nothing is recommended or bound, consent is shown before it counts."""
    source = await chat_source(services, actor)
    await asyncio.to_thread(lambda: services.geography.place("78701"))
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(script: Mapping[str, Any]) -> list[str]:
        async with gate:
            return await play(services, actor, source, script)

    results = await asyncio.gather(*(one(script) for script in SCRIPTS))
    failed = {script["name"]: wrong for script, wrong in zip(SCRIPTS, results, strict=True) if wrong}
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(SCRIPTS) - len(failed)} of {len(SCRIPTS)} conversations end as they should\n{failed}\n"
        )
    assert len(SCRIPTS) >= 100
    assert not failed
