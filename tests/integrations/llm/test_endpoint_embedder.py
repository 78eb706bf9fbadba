"""Embeddings of an endpoint: one row a text, booked on the agency, and never mixed with another model's."""

from __future__ import annotations

import json
from typing import Any

import httpx
import numpy as np
import pytest
import respx

from domain.actor import Actor, system_actor
from integrations.llm.calls import booked, caller, on_behalf
from integrations.llm.embedder import EndpointEmbedder
from integrations.llm.errors import BadAnswer, NoCaller
from kernel.errors import Unavailable
from tests.integrations.llm.world import AGENCY, CONTEXT, refused, world

URL = "https://api.openai.com/v1/embeddings"


def answered(request: httpx.Request) -> httpx.Response:
    """Vectors whose first number is the length of the text, in the wrong order."""
    texts = json.loads(request.content)["input"]
    data = [{"object": "embedding", "index": at, "embedding": [len(text), 4.0, 0.0]} for at, text in enumerate(texts)]
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    return httpx.Response(200, json={"object": "list", "model": "m", "data": data[::-1], "usage": usage})


@respx.mock
async def test_rows_are_in_order_of_length_one_and_empty_texts_are_not_sent() -> None:
    route = respx.post(URL).mock(side_effect=answered)
    async with world() as at:
        embedder = EndpointEmbedder(at.gateway, "text-embedding-3-small", 3)
        with on_behalf(CONTEXT):
            rows = await embedder.embed_async(["abc", "  ", "\x00", "a" * 5000], kind="query")
        assert route.call_count == len(at.rows.calls) == 1
        assert at.rows.calls[0].usage.total == 7
    assert rows.shape == (4, 3)
    assert np.allclose(np.linalg.norm(rows, axis=1), [1, 0, 0, 1])
    assert np.allclose(rows[0], [0.6, 0.8, 0])
    assert embedder.name == "text-embedding-3-small-3"


@respx.mock
async def test_many_texts_go_in_batches() -> None:
    route = respx.post(URL).mock(side_effect=answered)
    async with world() as at:
        with on_behalf(CONTEXT):
            rows = await EndpointEmbedder(at.gateway, "m", 3).embed_async(
                [f"text {n}" for n in range(300)], kind="passage"
            )
        assert route.call_count == 3
    assert rows.shape == (300, 3)


@respx.mock
@pytest.mark.parametrize("dimensions", [2, 1536])
async def test_vectors_of_another_length_are_refused_with_the_setting_to_change(dimensions: int) -> None:
    respx.post(URL).mock(side_effect=answered)
    async with world() as at:
        with on_behalf(CONTEXT), pytest.raises(BadAnswer, match="EMBEDDING_DIMENSIONS"):
            await EndpointEmbedder(at.gateway, "m", dimensions).embed_async(["abc"], kind="query")


@respx.mock
async def test_an_endpoint_that_fails_is_unavailable_after_the_owners_attempts() -> None:
    route = respx.post(URL).mock(return_value=refused(503))
    async with world(attempts=2) as at:
        with on_behalf(CONTEXT), pytest.raises(Unavailable):
            await EndpointEmbedder(at.gateway, "m", 3).embed_async(["abc"], kind="query")
        assert route.call_count == 2


@respx.mock
async def test_nobody_embeds_without_a_caller_or_blocking() -> None:
    route = respx.post(URL).mock(side_effect=answered)
    async with world() as at:
        embedder = EndpointEmbedder(at.gateway, "m", 3)
        with pytest.raises(NoCaller):
            await embedder.embed_async(["abc"], kind="query")
        with pytest.raises(Unavailable):
            embedder.embed(["abc"], kind="query")
    assert route.call_count == 0


class Booking:
    @booked("embedder")
    async def work(self, actor: Actor, more: int, *, word: str = "") -> tuple[Any, ...]:
        context = caller()
        return context.agency_id, context.agent, context.prompt_hash, more, word


async def test_a_booked_method_is_called_on_its_actors_agency() -> None:
    assert await Booking().work(system_actor(AGENCY, "test"), 3, word="x") == (AGENCY, "embedder", None, 3, "x")
    with pytest.raises(NoCaller):
        caller()
