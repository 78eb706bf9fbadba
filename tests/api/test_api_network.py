"""The broker network over the wire: connections, a referral by a producer, standing, teams."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from domain.actor import Actor
from services.container import Services
from tests.api.test_api_offers import as_producer
from tests.services.test_relations import a_qualified_lead, of

NET = "/api/v1/broker-network"


async def test_two_producers_connect_and_pass_a_lead_on(
    services: Services, actor: Actor, client: httpx.AsyncClient, signed: dict[str, str]
) -> None:
    who = {name: str(one) for name, one in (await of(services, actor)).items()}
    one, two = (as_producer(services, actor, who[name]) for name in ("p1", "p2"))

    async def post(path: str, who_: dict[str, str], body: dict[str, Any] | None = None) -> httpx.Response:
        return await client.post(f"{NET}/{path}", json=body, headers=who_ | {"If-Match": "*"})

    asked = await post("connections", one, {"to_id": who["p2"], "kind": "partnership"})
    assert asked.status_code == 201, asked.text
    made = f"connections/{asked.json()['id']}"
    assert (await post(f"{made}/accept", one, {})).status_code == 403
    assert (await client.post(f"{NET}/{made}/accept", json={}, headers=two)).status_code == 428
    accepted = await client.post(f"{NET}/{made}/accept", json={}, headers=two | {"If-Match": '"1"'})
    assert (accepted.status_code, accepted.headers["ETag"]) == (200, '"2"')
    reach = (await client.get(f"{NET}/brokers/{who['p1']}/reach", headers=one)).json()
    assert (reach["reach"], reach["by_degree"]) == (1, {"1": 1, "2": 0, "3": 0})
    assert (await client.get(f"{NET}/brokers/{who['p1']}/reach?degrees=4", headers=one)).status_code == 422

    lead_id = await a_qualified_lead(services, actor)
    await services.assignments.assign(actor, lead_id, UUID(who["p1"]), expected=None)
    body, key = {"lead_id": str(lead_id), "to_id": who["p2"]}, {"Idempotency-Key": "once"}
    first, second = [await client.post(f"{NET}/referrals", json=body, headers=one | key) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, second.json()), first.text
    assert not {"name", "email", "phone", "text"} & set(first.json()["lead"])
    url = f"referrals/{first.json()['id']}"
    assert (await post(f"{url}/accept", as_producer(services, actor, who["p3"]), {})).status_code == 404
    taken = await post(f"{url}/accept", two, {})
    assert taken.json()["state"] == "accepted", taken.text
    over = await post(f"{url}/decline", two, {})
    assert (over.status_code, over.json()["code"]) == (409, "referral_accepted")
    told = (await client.get(f"{NET}/{url}/credits", headers=signed)).json()["items"]
    assert [(item["event"], item["allowed"]) for item in told] == [("referred", True)]
    counts = (await client.get(f"{NET}/brokers/{who['p1']}/referrals", headers=one)).json()
    assert counts["sent"] == {"accepted": 1}

    card = (await client.get(f"{NET}/brokers/{who['p1']}/tier", headers=one)).json()
    assert (card["tier"], card["score"], card["shown"], card["next_tier"]) == ("bronze", "1.250000", "1.25", "silver")
    assert (await client.get(f"{NET}/brokers/{who['p2']}/score", headers=one)).status_code == 404
    mentors = await client.get(f"{NET}/brokers/{who['p1']}/mentors", headers=one)
    assert mentors.json() == {"producer_id": who["p1"], "items": []}, "all are of one tier"
    assert (await client.get(f"{NET}/brokers/{who['p1']}/mentors", headers=two)).status_code == 404
    board = (await client.get(f"{NET}/leaderboard?limit=2", headers=one)).json()
    assert [(item["place"], item["shared"]) for item in board["items"]] == [(1, 1), (1, 1)]
    assert (await client.get(f"{NET}/suspicions", headers=one)).status_code == 403
    picture = (await client.get(f"{NET}/brokers/{who['p1']}/graph", headers=signed)).json()
    assert {item["id"] for item in picture["nodes"]} == {who["p1"], who["p2"]}


async def test_a_team_is_founded_joined_and_left(services: Services, actor: Actor, client: httpx.AsyncClient) -> None:
    who = {name: str(one) for name, one in (await of(services, actor)).items()}
    one, two = (as_producer(services, actor, who[name]) for name in ("p1", "p2"))
    team = (await client.post(f"{NET}/teams", json={"name": "West"}, headers=one)).json()
    assert team["my_role"] == "leader"
    invited = await client.post(f"{NET}/teams/{team['id']}/invitations", json={"producer_id": who["p2"]}, headers=one)
    assert invited.status_code == 201, invited.text
    url = f"{NET}/invitations/{invited.json()['id']}"
    assert (await client.post(f"{url}/accept", headers=one)).status_code == 404
    assert (await client.post(f"{url}/accept", headers=two)).json()["state"] == "accepted"
    seen = (await client.get(f"{NET}/teams/{team['id']}", headers=two)).json()
    assert [member["role"] for member in seen["members"] if member["producer_id"] == who["p2"]] == ["member"]
    left = await client.delete(f"{NET}/teams/{team['id']}/members/{who['p2']}", headers=two | {"If-Match": "*"})
    assert [member["producer_id"] for member in left.json()["members"]] == [who["p1"]]
