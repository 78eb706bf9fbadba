"""Receipts over HTTP: the decision as made, and the same again."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx

from domain.actor import Actor
from services.container import Services
from store.sql.repositories.runs import run_of


async def receipt_for(services: Services, actor: Actor, lead_id: UUID) -> str:
    run_id, _ = run_of(lead_id, "lead", 0)
    claimed = await services.assignments.claim(actor, run_id, lead_id, "a person must look")
    return str(claimed.receipt_id)


async def test_a_receipt_is_shown_and_replays_to_the_same(
    client: httpx.AsyncClient,
    signed: dict[str, str],
    foreign: dict[str, str],
    send_lead: Callable[..., Awaitable[str]],
    services: Services,
    actor: Actor,
) -> None:
    lead_id = await send_lead()
    path = f"/api/v1/receipts/{await receipt_for(services, actor, UUID(lead_id))}"
    shown = await client.get(path, headers=signed)
    assert shown.status_code == 200, shown.text
    assert shown.json()["lead_id"] == lead_id
    assert shown.json()["outcome"] == "queued"
    assert shown.json()["body"]["digest"] == shown.json()["digest"]
    again = await client.post(f"{path}/replay", headers=signed)
    assert again.status_code == 200, again.text
    assert again.json()["same"] is True
    assert again.json()["differences"] == []
    assert again.json()["producer_id"] == shown.json()["producer_id"]
    assert (await client.get(path, headers=signed)).json() == shown.json()
    for answer in (await client.get(path, headers=foreign), await client.post(f"{path}/replay", headers=foreign)):
        assert answer.status_code == 404
