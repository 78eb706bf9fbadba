"""Search over HTTP: quotes of one's own agency, and nobody else's."""

from __future__ import annotations

import httpx

from domain.actor import Actor, Scope
from domain.knowledge.documents import Document, Section
from services.container import Services
from tests.api.conftest import Headers, TokenMaker

PATH = "/api/v1/knowledge/search"


async def test_search_answers_with_quotes_of_ones_own_documents(
    client: httpx.AsyncClient, services: Services, actor: Actor, signed: Headers, foreign: Headers
) -> None:
    guide = Document("flood", "Water", "guide.md", (Section("Water", "A home policy does not cover floods."),))
    await services.knowledge_loading.load(actor, [guide])
    found = await client.get(PATH, params={"query": "are floods covered?", "limit": 3}, headers=signed)
    assert found.status_code == 200, found.text
    body = found.json()
    assert body["items"][0]["id"] == "flood"
    assert body["answer"]["quotes"][0] == {
        "number": 1, "text": "A home policy does not cover floods.", "id": "flood", "document": "Water", "heading": "Water",
        "passage": 0,
    }  # fmt: skip
    theirs = await client.get(PATH, params={"query": "are floods covered?"}, headers=foreign)
    assert theirs.json() == {"answer": {"answer": "", "quotes": []}, "items": []}


async def test_search_needs_a_token_the_scope_and_words(
    client: httpx.AsyncClient, signed: Headers, actor_token: TokenMaker
) -> None:
    assert (await client.get(PATH, params={"query": "x"})).status_code == 401
    weak = {"Authorization": f"Bearer {actor_token([Scope.LEADS_READ])}"}
    assert (await client.get(PATH, params={"query": "x"}, headers=weak)).status_code == 403
    for wrong in ({}, {"query": ""}, {"query": "x", "limit": 0}, {"query": "?!"}, {"query": "x", "other": 1}):
        assert (await client.get(PATH, params=wrong, headers=signed)).status_code == 422
