"""A source of chats."""

from __future__ import annotations

from typing import Any

from domain.actor import Actor
from domain.sources.settings import SourceKind
from kernel.ids import new_id
from services.container import Services
from services.sources.schemas import SourceIn


async def chat_source(services: Services, actor: Actor, **settings: Any) -> str:
    """A new source of kind ``chat``; its slug."""
    slug = f"chat-{new_id().hex[-10:]}"
    given = {"slug": slug, "name": "Chat of the site", "kind": SourceKind.CHAT, "sellers": ["Acme Agency"]} | settings
    await services.sources.create(actor, SourceIn(**given))
    return slug
