"""A lead's decision in plain words, over HTTP."""

from collections.abc import Awaitable, Callable

import httpx

from services.container import Services


async def test_a_lead_in_hand_is_explained_and_only_to_its_agency(
    client: httpx.AsyncClient,
    signed: dict[str, str],
    foreign: dict[str, str],
    queued_lead: Callable[..., Awaitable[str]],
    services: Services,
) -> None:
    path = f"/api/v1/leads/{await queued_lead()}/explanation"
    told = await client.get(path, headers=signed)
    assert told.status_code == 200, told.text
    assert told.json()["text"] == "There is no score."
    assert (await client.get(path, headers=foreign)).status_code == 404
    assert (await client.get(path)).status_code == 401


async def test_the_same_is_streamed(
    client: httpx.AsyncClient, signed: dict[str, str], queued_lead: Callable[..., Awaitable[str]]
) -> None:
    path = f"/api/v1/leads/{await queued_lead()}/explanation"
    told = await client.get(path, headers=signed | {"Accept": "text/event-stream"})
    assert told.headers["content-type"].startswith("text/event-stream")
    assert told.text == (
        'event: words\ndata: {"text": "There is no score. "}\n\nevent: end\ndata: {"written_by": "template"}\n\n'
    )
    assert (await client.get(path, headers={"Accept": "text/event-stream"})).status_code == 401
