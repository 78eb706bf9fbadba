"""A source of chats."""

from __future__ import annotations

from typing import Any

from domain.actor import Actor
from domain.chat.medicare import SETTING
from domain.sources.settings import SourceKind
from kernel.ids import new_id
from services.container import Services
from services.sources.schemas import SourceIn

MEDICARE = {"AZ": {"organizations": 6, "plans": 41, "every_organization": False, "until": "2999-12-31"}}


async def chat_source(services: Services, actor: Actor, **settings: Any) -> str:
    """A new source of kind ``chat``; its slug. Its agency sells Medicare plans in Arizona."""
    async with services.database.begin(actor) as uow:
        await uow.agencies.save_setting(SETTING, MEDICARE)
    slug = f"chat-{new_id().hex[-10:]}"
    given = {"slug": slug, "name": "Chat of the site", "kind": SourceKind.CHAT, "sellers": ["Acme Agency"]} | settings
    await services.sources.create(actor, SourceIn(**given))
    return slug
