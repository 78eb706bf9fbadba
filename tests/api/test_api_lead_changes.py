"""Writes to a lead: only on the version that the caller has seen."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import httpx
import pytest

from domain.actor import Actor
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from kernel.clock import now
from services.container import Services

LEADS = "/api/v1/leads"
Send = Callable[..., Awaitable[str]]
WRITES = [("status", {"action": "reject", "reason": "not a person"}), ("assign", {"producer_id": str(uuid4())})]


async def test_a_lead_shows_its_version_and_a_change_moves_it(
    client: httpx.AsyncClient, signed: dict[str, str], queued_lead: Send
) -> None:
    path = f"{LEADS}/{await queued_lead()}"
    seen = await client.get(path, headers=signed)
    assert seen.headers["ETag"] == f'"{seen.json()["version"]}"'
    changed = await client.post(
        f"{path}/status",
        json={"action": "reject", "reason": "not a person"},
        headers=signed | {"If-Match": seen.headers["ETag"]},
    )
    assert changed.status_code == 200
    assert changed.json()["status"] == "rejected"
    assert changed.json()["allowed_actions"] == ["reopen", "merge"]
    assert changed.headers["ETag"] == f'"{seen.json()["version"] + 1}"'
    told = (await client.get(f"{path}/timeline", headers=signed)).json()["items"]
    assert [event["kind"] for event in told] == ["received", "queued", "rejected"]
    assert told[-1]["actor"] == "tester"
    assert told[-1]["data"]["reason"] == "not a person"


@pytest.mark.parametrize("weak", ['W/"{}"', ' "{}" ', "*"])
async def test_other_ways_to_name_the_version(
    client: httpx.AsyncClient, signed: dict[str, str], queued_lead: Send, weak: str
) -> None:
    path = f"{LEADS}/{await queued_lead()}"
    version = (await client.get(path, headers=signed)).json()["version"]
    headers = signed | {"If-Match": weak.format(version)}
    body = {"action": "lose", "reason": "bought elsewhere"}
    assert (await client.post(f"{path}/status", json=body, headers=headers)).status_code == 200


@pytest.mark.parametrize(("write", "body"), WRITES)
async def test_an_old_version_gets_the_present_record(
    client: httpx.AsyncClient, signed: dict[str, str], queued_lead: Send, write: str, body: dict[str, str]
) -> None:
    lead_id = await queued_lead()
    listed = (await client.get(LEADS, params={"limit": 1}, headers=signed)).json()["items"][0]
    refused = await client.post(f"{LEADS}/{lead_id}/{write}", json=body, headers=signed | {"If-Match": '"1"'})
    assert refused.status_code == 412
    assert refused.json()["code"] == "stale_version"
    assert listed["id"] == lead_id
    assert refused.json()["current"] == listed


@pytest.mark.parametrize(("write", "body"), WRITES)
async def test_a_write_must_name_a_version(
    client: httpx.AsyncClient, signed: dict[str, str], queued_lead: Send, write: str, body: dict[str, str]
) -> None:
    refused = await client.post(f"{LEADS}/{await queued_lead()}/{write}", json=body, headers=signed)
    assert refused.status_code == 428
    assert refused.json()["code"] == "precondition_required"


@pytest.mark.parametrize("tag", ["7", '"seven"', '"1", "2"', '""', '"0"', '"-1"', 'w/"1"', '"1' + "0" * 30 + '"'])
async def test_a_version_that_is_no_etag_is_malformed(
    client: httpx.AsyncClient, signed: dict[str, str], tag: str
) -> None:
    headers = signed | {"If-Match": tag}
    refused = await client.post(f"{LEADS}/{uuid4()}/status", json={"action": "win"}, headers=headers)
    assert refused.status_code == 400
    assert refused.json()["code"] == "malformed_if_match"


async def test_what_the_life_cycle_forbids_is_a_conflict(
    client: httpx.AsyncClient, signed: dict[str, str], send_lead: Send, queued_lead: Send
) -> None:
    headers = signed | {"If-Match": "*"}
    for lead_id in (await send_lead(), await queued_lead()):
        refused = await client.post(f"{LEADS}/{lead_id}/status", json={"action": "win"}, headers=headers)
        assert refused.status_code == 409
        assert refused.json()["code"] == "conflict"


async def test_an_unknown_action_and_a_missing_reason_are_named(
    client: httpx.AsyncClient, signed: dict[str, str], queued_lead: Send
) -> None:
    path, headers = f"{LEADS}/{await queued_lead()}/status", signed | {"If-Match": "*"}
    for body, field in (({"action": "delete"}, "action"), ({"action": "lose"}, "reason"), ({"action": ""}, "action")):
        refused = await client.post(path, json=body, headers=headers)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == field


async def test_a_person_may_give_a_qualified_lead_to_a_producer(
    client: httpx.AsyncClient, signed: dict[str, str], send_lead: Send, services: Services, actor: Actor
) -> None:
    lead_id = await send_lead(state="TX")
    async with services.database.begin(actor) as uow:
        producer_id = str((await uow.agencies.producers())[0].id)
        decided = LeadEvent(Happening.QUALIFIED, now(), {"line": "auto", "lines": ["auto"]})
        await uow.history.append(UUID(lead_id), "test:qualified", decided)
    await services.lead_status.queue(actor, UUID(lead_id), "test:queued", "a test needs a person")
    path, headers = f"{LEADS}/{lead_id}/assign", signed | {"If-Match": '"3"'}
    given = await client.post(path, json={"producer_id": producer_id}, headers=headers)
    assert given.status_code == 200, given.text
    assert given.json()["status"] == "assigned"
    assert given.json()["producer_id"] == producer_id
    assert given.headers["ETag"] == '"4"'


async def test_a_gate_that_refuses_a_persons_choice_is_named(
    client: httpx.AsyncClient, signed: dict[str, str], queued_lead: Send, services: Services, actor: Actor
) -> None:
    async with services.database.begin(actor) as uow:
        producer_id = str((await uow.agencies.producers())[0].id)
    # Nobody has said what this lead is about, so no licence can cover it.
    path, headers = f"{LEADS}/{await queued_lead()}/assign", signed | {"If-Match": "*"}
    refused = await client.post(path, json={"producer_id": producer_id}, headers=headers)
    assert refused.status_code == 409
    assert refused.json()["code"] == "licence_authority"


async def test_a_producer_of_nobody_is_not_found(
    client: httpx.AsyncClient, signed: dict[str, str], queued_lead: Send
) -> None:
    path, headers = f"{LEADS}/{await queued_lead()}/assign", signed | {"If-Match": "*"}
    assert (await client.post(path, json={"producer_id": str(uuid4())}, headers=headers)).status_code == 404


async def test_a_merge_and_its_undoing_over_http(
    client: httpx.AsyncClient, signed: dict[str, str], foreign: dict[str, str], queued_lead: Send
) -> None:
    stays, goes = await queued_lead(), await queued_lead()
    path, body = f"{LEADS}/{goes}/merge", {"into": stays}
    seen = (await client.get(f"{LEADS}/{goes}", headers=signed)).json()
    assert "merge" in seen["allowed_actions"]
    assert (await client.post(path, json=body, headers=signed)).status_code == 428
    current = signed | {"If-Match": f'"{seen["version"]}"'}
    assert (await client.post(path, json=body, headers=current | foreign)).status_code == 404
    assert (await client.post(path, json={"into": goes}, headers=current)).status_code == 422
    merged = await client.post(path, json=body, headers=current)
    assert merged.status_code == 200
    assert (merged.json()["status"], merged.json()["duplicate_of"]) == ("merged", stays)
    assert merged.json()["allowed_actions"] == ["unmerge"]
    assert (await client.get(f"{LEADS}/{stays}", headers=signed)).json()["repeats"] == [goes]
    current = signed | {"If-Match": merged.headers["ETag"]}
    again = await client.post(path, json=body, headers=current)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    undone = await client.post(f"{LEADS}/{goes}/unmerge", headers=current)
    assert (undone.status_code, undone.json()["status"]) == (200, seen["status"])
    told = (await client.get(f"{LEADS}/{goes}/timeline", headers=signed)).json()["items"]
    assert [event["kind"] for event in told][-2:] == ["merged", "unmerged"]
