"""Requests about policies over HTTP: asked, shown with what they would cost, approved by their digest, refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from kernel.clock import now
from tests.services.policies.book import a_policy


async def a_policy_in_force(client: httpx.AsyncClient, signed: dict[str, str]) -> str:
    """Where the requests of a policy are."""
    body = a_policy(starts_on=now().date() - timedelta(days=100)).model_dump(mode="json")
    made = (await client.post("/api/v1/policies", json=body, headers=signed)).json()
    at = f"/api/v1/policies/{made['id']}"
    why = {"why": "The carrier bound it by telephone."}
    await client.post(f"{at}/submit-backdated", json=why, headers={**signed, "If-Match": "*"})
    paid = await client.post(f"{at}/payments", json={"amount_minor": 120_000, "method": "ach"}, headers=signed)
    assert paid.json()["status"] == "active", paid.text
    return f"{at}/requests"


async def test_a_request_is_asked_priced_approved_and_read(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    at = await a_policy_in_force(client, signed)

    async def post(path: str, sent: dict[str, Any], **more: str) -> httpx.Response:
        return await client.post(f"{at}{path}", json=sent, headers={**signed, **more})

    day = (now() + timedelta(days=20)).date()
    asked = await post("", {"words": f"cancel from {day}, we moved away"}, **{"Idempotency-Key": "one"})
    assert asked.status_code == 201, asked.text
    told = asked.json()
    assert (told["state"], told["asks"], told["day"]) == ("waiting", ["cancel"], str(day))
    assert told["proposal"]["money"]["refund_minor"] > 0
    again = await post("", {"words": f"cancel from {day}, we moved away"}, **{"Idempotency-Key": "one"})
    assert again.json()["id"] == told["id"]
    other = await post(f"/{told['id']}/approve", {"digest": "0" * 64})
    assert (other.status_code, other.json()["code"]) == (409, "proposal_changed")
    short = await post(f"/{told['id']}/approve", {"digest": told["digest"][:12]})
    assert short.status_code == 422
    done = await post(f"/{told['id']}/approve", {"digest": told["digest"]})
    assert (done.status_code, done.json()["state"]) == (200, "done"), done.text
    twice = await post(f"/{told['id']}/approve", {"digest": told["digest"]})
    assert (twice.status_code, twice.json()["code"]) == (409, "request_done")
    seen = await client.get(f"{at}/{told['id']}", headers=signed)
    assert seen.json() == done.json()
    policy = (await client.get(at.removesuffix("/requests"), headers=signed)).json()
    assert policy["plan"]["asked_end"]["on"] == str(day)


async def test_one_is_refused_and_all_are_listed(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    at = await a_policy_in_force(client, signed)
    asked = (await client.post(at, json={"words": "raise my deductible to 1000"}, headers=signed)).json()
    assert (asked["state"], asked["code"]) == ("refused", "no_deductible")
    asked = (await client.post(at, json={"words": "add my son Leo Lee"}, headers=signed)).json()
    refused = await client.post(f"{at}/{asked['id']}/refuse", json={"digest": asked["digest"]}, headers=signed)
    assert refused.json()["state"] == "declined"
    page = (await client.get(at, params={"limit": 1}, headers=signed)).json()
    assert [one["id"] for one in page["items"]] == [asked["id"]]
    rest = await client.get(at, params={"limit": 5, "cursor": page["next_cursor"]}, headers=signed)
    assert [one["code"] for one in rest.json()["items"]] == ["no_deductible"]
    assert rest.json()["next_cursor"] is None


async def test_words_are_removed_and_what_was_decided_stays(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    at = await a_policy_in_force(client, signed)
    asked = (await client.post(at, json={"words": "add my son Leo Lee"}, headers=signed)).json()
    refused = await client.post(f"{at}/{asked['id']}/refuse", json={"digest": asked["digest"]}, headers=signed)
    assert "Leo" in refused.text
    for _ in range(2):
        assert (await client.delete(at, headers=signed)).status_code == 204
    page = await client.get(at, headers=signed)
    assert "Leo" not in page.text
    (left,) = page.json()["items"]
    assert (left["words"], left["state"], left["decided_by"]) == (None, "declined", refused.json()["decided_by"])
    assert left["answer"].startswith("Add driver")
    foreign = at.replace(at.split("/")[4], "01a21dbc-8c54-7028-87ab-14011091bcfc")
    assert (await client.delete(foreign, headers=signed)).status_code == 404


async def test_words_that_are_none_and_a_cursor_that_is_none_are_refused(
    client: httpx.AsyncClient, signed: dict[str, str]
) -> None:
    at = await a_policy_in_force(client, signed)
    for sent in ({"words": ""}, {"words": "x" * 2_001}, {"words": "cancel", "approve": True}, {}):
        assert (await client.post(at, json=sent, headers=signed)).status_code == 422, sent
    assert (await client.get(at, params={"cursor": "nonsense"}, headers=signed)).status_code == 422
