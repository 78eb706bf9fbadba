"""Contact checks, wishes and comparisons over the API."""

from collections.abc import Awaitable, Callable

import httpx

from kernel.ids import new_id

Headers = dict[str, str]
Send = Callable[..., Awaitable[str]]
NOON = "2026-11-24T12:00:00-06:00"


async def test_a_check_says_why_and_is_kept(client: httpx.AsyncClient, signed: Headers, send_lead: Send) -> None:
    lead_id = await send_lead(phone="+12145550123")
    path = f"/api/v1/leads/{lead_id}/contact-check"
    body = {"channel": "call", "at": NOON}
    first = await client.post(path, json=body, headers=signed | {"Idempotency-Key": f"k{lead_id}"})
    assert first.status_code == 200, first.text
    assert first.json()["allowed"] is False
    assert "not_scrubbed" in {one["code"] for one in first.json()["findings"]}
    again = await client.post(path, json=body, headers=signed | {"Idempotency-Key": f"k{lead_id}"})
    assert again.json() == first.json()
    other = await client.post(path, json={"channel": "sms"}, headers=signed | {"Idempotency-Key": f"k{lead_id}"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    kept = (await client.get(f"{path}s", headers=signed)).json()
    assert kept == {"items": [first.json()], "next": None}


async def test_a_wish_over_the_api_binds_at_once(client: httpx.AsyncClient, signed: Headers, send_lead: Send) -> None:
    """DOMAIN T16."""
    lead_id = await send_lead()
    body = {"lead_id": lead_id, "channel": "email", "words": "do not contact me"}
    made = await client.post("/api/v1/revocations", json=body, headers=signed)
    assert made.status_code == 201, made.text
    assert made.json()["leads"] == [lead_id]
    assert len(made.json()["channels"]) == 5
    check = await client.post(f"/api/v1/leads/{lead_id}/contact-check", json={"channel": "email"}, headers=signed)
    assert "revoked" in {one["code"] for one in check.json()["findings"]}
    wishes = (await client.get(f"/api/v1/leads/{lead_id}/revocations", headers=signed)).json()["items"]
    assert made.json()["id"] in {one["id"] for one in wishes}


async def test_a_wish_is_somebodys(client: httpx.AsyncClient, signed: Headers) -> None:
    answer = await client.post("/api/v1/revocations", json={"channel": "sms"}, headers=signed)
    assert answer.status_code == 422
    missing = await client.post(
        "/api/v1/revocations", json={"channel": "sms", "lead_id": str(new_id())}, headers=signed
    )
    assert missing.status_code == 404


async def test_comparisons_come_in_batches(client: httpx.AsyncClient, signed: Headers) -> None:
    """DOMAIN T15."""
    results = [{"phone": f"+1214555{number:04}", "listed": number % 2 == 0} for number in range(100, 140)]
    body = {"at": "2026-01-01T00:00:00Z", "results": results}
    assert (await client.post("/api/v1/dnc-scrubs", json=body, headers=signed)).json() == {"taken": 40, "known": 0}
    assert (await client.post("/api/v1/dnc-scrubs", json=body, headers=signed)).json() == {"taken": 0, "known": 40}
    bad = await client.post(
        "/api/v1/dnc-scrubs", json=body | {"results": [{"phone": "?", "listed": True}]}, headers=signed
    )
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "results.0.phone")


async def test_the_rules_have_citations(client: httpx.AsyncClient, signed: Headers) -> None:
    items = (await client.get("/api/v1/contact-rules", headers=signed)).json()["items"]
    assert all(one["citation"] and one["effective"] for one in items)
    assert {"hours", "channels", "numbers"} == {one["table"] for one in items}
