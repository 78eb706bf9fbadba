"""The tool hands on quotes of the actor's own agency."""

from __future__ import annotations

from domain.actor import Actor
from domain.knowledge.documents import Document, Section
from kernel.ids import new_id
from services.container import Services
from tools.deps import ToolDeps
from tools.knowledge import search_knowledge


async def test_the_actor_of_the_deps_decides_whose_documents_answer(
    services: Services, actor: Actor, other_actor: Actor
) -> None:
    guide = Document("flood", "", "guide.md", (Section("", "A home policy does not cover floods."),))
    await services.knowledge_loading.load(actor, [guide])
    mine = await search_knowledge(ToolDeps(actor, services, new_id(), new_id()), "are floods covered?")
    assert mine["items"][0]["id"] == "flood"
    assert mine["answer"]["quotes"][0]["text"] == "A home policy does not cover floods."
    theirs = await search_knowledge(ToolDeps(other_actor, services, new_id(), new_id()), "are floods covered?")
    assert theirs["items"] == []
