"""Leads sent by partners: accepted once, whatever the network does."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kernel.ids import new_id
from services.container import Services

LEADS = "/api/v1/leads"
LeadBody = Callable[..., dict[str, Any]]


async def total(client: httpx.AsyncClient, signed: dict[str, str]) -> int:
    answer = await client.get(LEADS, params={"count": "true", "limit": 1}, headers=signed)
    return int(answer.headers["X-Total-Count"])


async def test_an_accepted_lead_is_where_its_location_says(
    client: httpx.AsyncClient, signed: dict[str, str], lead: LeadBody
) -> None:
    sent = lead(message="need car insurance today")
    answer = await client.post(LEADS, json=sent, headers=signed)
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"{LEADS}/{answer.json()['lead_id']}"
    found = (await client.get(answer.headers["Location"], headers=signed)).json()
    assert found["status"] == "received"
    assert found["email"] == sent["email"]
    assert found["text"] == sent["message"]


@pytest.mark.parametrize(
    ("raw", "phone", "ext"),
    [("+44 (0) 20 7946 0958", "+442079460958", None), ("1 (617) 555-0123 x45", "+16175550123", "45")],
)
async def test_t65_a_phone_is_kept_in_e164_its_extension_apart_and_as_it_was_written(
    client: httpx.AsyncClient, signed: dict[str, str], lead: LeadBody, raw: str, phone: str, ext: str | None
) -> None:
    answer = await client.post(LEADS, json=lead(phone=raw), headers=signed)
    found = (await client.get(answer.headers["Location"], headers=signed)).json()
    assert (found["phone"], found["phone_ext"], found["phone_raw"]) == (phone, ext, raw)


async def test_the_same_key_and_body_get_the_same_answer(
    client: httpx.AsyncClient, signed: dict[str, str], lead: LeadBody
) -> None:
    headers, sent = signed | {"Idempotency-Key": str(new_id())}, lead()
    first = await client.post(LEADS, json=sent, headers=headers)
    before = await total(client, signed)
    second = await client.post(LEADS, json=sent, headers=headers)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert second.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert await total(client, signed) == before


async def test_the_same_key_with_another_body_is_a_conflict(
    client: httpx.AsyncClient, signed: dict[str, str], lead: LeadBody
) -> None:
    """DOMAIN T70."""
    headers = signed | {"Idempotency-Key": str(new_id())}
    assert (await client.post(LEADS, json=lead(), headers=headers)).status_code == 202
    refused = await client.post(LEADS, json=lead(), headers=headers)
    assert refused.status_code == 409
    assert refused.json()["code"] == "idempotency_key_reused"


async def test_another_agency_may_use_the_same_key(
    client: httpx.AsyncClient, signed: dict[str, str], foreign: dict[str, str], lead: LeadBody
) -> None:
    key, sent = {"Idempotency-Key": str(new_id())}, lead()
    ours = await client.post(LEADS, json=sent, headers=signed | key)
    theirs = await client.post(LEADS, json=sent, headers=foreign | key)
    assert theirs.status_code == 202
    assert theirs.json()["lead_id"] != ours.json()["lead_id"]


async def test_twenty_at_once_with_one_key_make_one_lead(
    client: httpx.AsyncClient, signed: dict[str, str], lead: LeadBody
) -> None:
    """DOMAIN T70."""
    headers, sent, before = signed | {"Idempotency-Key": str(new_id())}, lead(), await total(client, signed)
    answers = await asyncio.gather(*(client.post(LEADS, json=sent, headers=headers) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["lead_id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert await total(client, signed) == before + 1


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "é"])
async def test_a_key_is_visible_ascii(
    client: httpx.AsyncClient, signed: dict[str, str], lead: LeadBody, key: str
) -> None:
    headers = [*signed.items(), ("Idempotency-Key", key.encode())]
    refused = await client.post(LEADS, json=lead(), headers=headers)  # type: ignore[arg-type]
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_a_batch_takes_the_good_and_names_the_bad(
    client: httpx.AsyncClient, signed: dict[str, str], lead: LeadBody
) -> None:
    sent = {"leads": [lead(), {"full_name": "Nobody Reachable"}, lead()]}
    headers = signed | {"Idempotency-Key": str(new_id())}
    answer = await client.post(f"{LEADS}/batch", json=sent, headers=headers)
    assert answer.status_code == 202
    items = answer.json()["items"]
    assert [item["index"] for item in items] == [0, 1, 2]
    assert [item["status"] for item in items] == ["received", "rejected", "received"]
    assert items[1]["lead_id"] is None
    assert items[1]["errors"]
    assert not items[0]["errors"]
    again = await client.post(f"{LEADS}/batch", json=sent, headers=headers)
    assert again.json() == answer.json()
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_batch_has_a_size(client: httpx.AsyncClient, signed: dict[str, str], services: Services) -> None:
    for size in (0, services.settings.api.max_batch + 1):
        refused = await client.post(f"{LEADS}/batch", json={"leads": [{}] * size}, headers=signed)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "leads"
