"""Offers over the wire: versions, repeated clicks, and what the second of two is told."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio

from api.auth import issue_token
from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind
from services.container import Services

OFFERS = "/api/v1/offers"


@pytest_asyncio.fixture
async def offer(
    services: Services, actor: Actor, client: httpx.AsyncClient, signed: dict[str, str],
    queued_lead: Callable[..., Awaitable[str]],
) -> dict[str, Any]:  # fmt: skip
    """An open offer of a lead, made by the bulk route."""
    await services.offers.configure(actor, {"required": True})
    lead_id = await queued_lead()
    async with services.database.begin(actor) as uow:
        row = await uow.leads.one(UUID(lead_id))
        row.line = "auto"
        await uow.session.flush()
    body = {"lead_ids": [lead_id, str(uuid4())]}
    answer = await client.post("/api/v1/leads/assign-bulk", json=body, headers=signed)
    assert answer.status_code == 200, answer.text
    assert [one["outcome"] for one in answer.json()["items"]] == ["offered", "not_found"]
    listed = (await client.get(f"/api/v1/leads/{lead_id}/offers", headers=signed)).json()["items"]
    assert len(listed) == 1
    return dict(listed[0])


def as_producer(services: Services, actor: Actor, producer_id: str) -> dict[str, str]:
    who = Actor(actor.agency_id, ActorKind.PRODUCER, f"p:{producer_id}", SCOPES[Role.PRODUCER], UUID(producer_id))
    return {"Authorization": f"Bearer {issue_token(services.settings, services.jwt_secret, who)}"}


async def test_a_producer_sees_own_offers_and_takes_one_once(
    services: Services, actor: Actor, client: httpx.AsyncClient, signed: dict[str, str], offer: dict[str, Any]
) -> None:
    mine = as_producer(services, actor, offer["producer_id"])
    page = (await client.get(f"{OFFERS}?state=offered", headers=mine)).json()
    assert [one["id"] for one in page["items"]] == [offer["id"]]
    assert page["items"][0]["allowed_actions"] == ["accept", "decline"]
    assert not {"name", "email", "phone", "text"} & set(page["items"][0]["lead"])
    url = f"{OFFERS}/{offer['id']}/accept"
    assert (await client.post(url, headers=mine)).status_code == 428
    assert (await client.post(url, headers=mine | {"If-Match": '"9"'})).status_code == 412
    first = await client.post(url, headers=mine | {"If-Match": '"1"'})
    second = await client.post(url, headers=mine | {"If-Match": '"1"'})
    assert (first.status_code, second.status_code) == (200, 200), first.text
    assert first.json() == second.json()
    assert first.headers["ETag"] == '"2"'
    late = await client.post(
        f"{OFFERS}/{offer['id']}/decline", json={"reason": "too_busy"}, headers=signed | {"If-Match": "*"}
    )
    assert late.status_code == 409
    assert late.json()["code"] == "offer_accepted"
    assert late.json()["current"]["state"] == "accepted"


async def test_another_producer_finds_no_such_offer(
    services: Services, actor: Actor, client: httpx.AsyncClient, offer: dict[str, Any]
) -> None:
    async with services.database.begin(actor) as uow:
        other = next(str(one.id) for one in await uow.agencies.producers() if str(one.id) != offer["producer_id"])
    theirs = as_producer(services, actor, other)
    assert (await client.get(OFFERS, headers=theirs)).json()["items"] == []
    for verb, body in (("accept", None), ("decline", {"reason": "too_busy"})):
        answer = await client.post(f"{OFFERS}/{offer['id']}/{verb}", json=body, headers=theirs | {"If-Match": "*"})
        assert answer.status_code == 404
    taken_back = await client.post(
        f"{OFFERS}/{offer['id']}/withdraw", json={"reason": "mine"}, headers=theirs | {"If-Match": "*"}
    )
    assert taken_back.status_code == 403


async def test_a_reason_that_is_not_on_the_list_is_named(
    client: httpx.AsyncClient, signed: dict[str, str], offer: dict[str, Any]
) -> None:
    url, headers = f"{OFFERS}/{offer['id']}/decline", signed | {"If-Match": "*"}
    for body, field in (({"reason": "bored"}, "reason"), ({"reason": "other"}, "words")):
        answer = await client.post(url, json=body, headers=headers)
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    done = await client.post(url, json={"reason": "other", "words": "on leave"}, headers=headers)
    assert (done.json()["state"], done.json()["words"]) == ("declined", "on leave")


async def test_a_cursor_of_no_offer_is_refused(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    answer = await client.get(f"{OFFERS}?cursor={uuid4()}", headers=signed)
    assert answer.status_code == 422
