"""The agency's numbers for the disclaimer come with its file, and a chat uses them from then on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.actor import Actor
from domain.sources.settings import SourceKind
from kernel.errors import Invalid
from kernel.ids import new_id
from services.chat.schemas import ChatView, MessageIn
from services.chat.visitors import Visitor
from services.container import Services
from services.sources.schemas import SourceIn
from tests.builders import an_agency

HERE = {"organizations": 3, "plans": 17, "until": "2999-12-31"}


async def asked(services: Services, slug: str, source: str) -> ChatView:
    begun = await services.chats.begin(await services.chats.speaker(slug, source, None), None, None)
    for words in ("medicare", "85001"):
        view = await services.chats.send(Visitor(begun.token), begun.id, MessageIn(text=words))
        if view.stage != "open":
            break
    return view


async def test_numbers_of_the_agency_file_are_shown_and_wrong_ones_change_nothing(
    services: Services, actor: Actor
) -> None:
    async with services.database.begin(actor) as uow:
        slug = (await uow.agencies.mine()).slug
    source = f"chat-{new_id().hex[-10:]}"
    await services.sources.create(actor, SourceIn(slug=source, name="Chat", kind=SourceKind.CHAT))
    ended = await asked(services, slug, source)
    assert (ended.stage, ended.reason) == ("not_taken", "medicare")

    async def load(medicare: dict[str, Any]) -> None:
        await services.agencies.load(actor, json.dumps({**an_agency(slug, []), "medicare": medicare}).encode())

    await load({"AZ": HERE})
    view = await asked(services, slug, source)
    assert view.stage == "open"
    assert "3 organizations which offer 17 products" in (view.messages[0].text or "")
    with pytest.raises(Invalid) as refused:
        await load({"AZ": {**HERE, "plans": 0}})
    assert refused.value.fields[0].field == "medicare.AZ.plans"
    assert (await asked(services, slug, source)).stage == "open"
    await load({})
    assert (await asked(services, slug, source)).stage == "not_taken"
