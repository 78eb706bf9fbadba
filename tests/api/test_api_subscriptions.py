"""Subscriptions over HTTP: made, shown, changed on the version seen, paused, their secrets exchanged, their events replayed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from api.app import create_app
from domain.actor import Actor, Scope
from integrations.webhooks import WebhookSender, signature
from kernel.ids import new_id
from services.container import Services
from services.webhooks.secrets import PREFIX
from tests import receiver as stage
from tests.api.conftest import Headers, TokenMaker
from tests.receiver import receiving, status

PATH = "/api/v1/subscriptions"
GOOD = {"url": "https://hooks.example.com/leads", "kinds": ["assigned", "won"], "description": "CRM"}
WRITES = [("put", ""), ("delete", ""), ("post", "/pause"), ("post", "/resume")]
ROUTES = [
    ("get", ""), *WRITES, ("post", "/secrets"), ("post", "/ping"), ("get", "/deliveries"), ("post", "/replay"),
]  # fmt: skip
Send = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def reaching(services: Services) -> AsyncIterator[FastAPI]:
    """The app with a sender that may reach receivers on loopback."""
    sender = WebhookSender(timeout_seconds=1.0, allow_private=True)
    yield create_app(replace(services, webhook_sender=sender))
    await sender.close()


@pytest_asyncio.fixture
async def client(reaching: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(reaching), base_url="http://testserver") as opened:
        yield opened


async def made(client: httpx.AsyncClient, signed: Headers, **fields: object) -> tuple[str, str]:
    """A new subscription's path and secret."""
    answer = await client.post(PATH, json=GOOD | fields, headers=signed)
    assert answer.status_code == 201, answer.text
    return f"{PATH}/{answer.json()['subscription']['id']}", answer.json()["secret"]["secret"]


async def call(client: httpx.AsyncClient, method: str, path: str, headers: Headers) -> httpx.Response:
    body = {"event_id": str(uuid4())} if path.endswith("replay") else GOOD if method == "put" or path == PATH else None
    body = None if method == "get" else body
    return await client.request(method, path, json=body, headers=headers | {"If-Match": "*"})


async def test_a_subscription_is_shown_as_it_was_made_and_its_secret_once(
    client: httpx.AsyncClient, signed: Headers
) -> None:
    answer = await client.post(PATH, json=GOOD, headers=signed)
    view, secret = answer.json()["subscription"], answer.json()["secret"]
    assert {name: view[name] for name in GOOD} == GOOD
    assert (view["paused"], view["circuit"], view["waiting"], view["include_lead"]) == (None, "closed", 0, False)
    assert view["created_by"] == "tester"
    assert secret["secret"].startswith(PREFIX)
    shown = await client.get(f"{PATH}/{view['id']}", headers=signed)
    assert shown.json() == view
    assert shown.headers["ETag"] == answer.headers["ETag"] == '"1"'
    assert (await client.get(PATH, headers=signed)).json() == {"items": [view]}
    assert secret["secret"] not in shown.text


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"url": "http://hooks.example.com/"}, "url", None),
        ({"url": "https://169.254.169.254/"}, "url", "address"),
        ({"url": "https://me:pw@hooks.example.com/"}, "url", "credentials"),
        ({"url": ""}, "url", None),
        ({"kinds": ["sold"]}, "kinds.0", None),
        ({"colour": "red"}, "colour", None),
        ({"include_lead": "perhaps"}, "include_lead", None),
        ({"description": "x" * 201}, "description", None),
    ],
)
async def test_what_cannot_be_subscribed_is_named(
    services: Services, actor_token: TokenMaker, fields: dict[str, object], field: str, code: str | None
) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(services)), base_url="http://testserver"
    ) as client:
        headers = {"Authorization": f"Bearer {actor_token()}"}
        answer = await client.post(PATH, json=GOOD | fields, headers=headers)
        assert answer.status_code == 422
        (fault,) = answer.json()["errors"]
        assert fault["field"] == field
        assert code is None or fault["code"] == code
        assert (await client.get(PATH, headers=headers)).json() == {"items": []}


async def test_the_lead_is_sent_only_by_the_will_of_one_who_may_read_leads(
    client: httpx.AsyncClient, actor_token: TokenMaker
) -> None:
    headers = {"Authorization": f"Bearer {actor_token([Scope.AGENCY_ADMIN])}"}
    assert (await client.post(PATH, json=GOOD, headers=headers)).status_code == 201
    refused = await client.post(PATH, json=GOOD | {"include_lead": True}, headers=headers)
    assert refused.status_code == 403
    assert "leads:read" in refused.json()["detail"]


@pytest.mark.parametrize(("method", "part"), [("get", None), ("post", None), *ROUTES])
async def test_everything_needs_an_administrator_of_this_agency(
    client: httpx.AsyncClient, signed: Headers, foreign: Headers, actor_token: TokenMaker, method: str, part: str | None
) -> None:
    one, _ = await made(client, signed)
    path = PATH if part is None else one + part
    assert (await call(client, method, path, {})).status_code == 401
    others = [scope for scope in Scope if scope is not Scope.AGENCY_ADMIN]
    without = {"Authorization": f"Bearer {actor_token(others)}"}
    assert (await call(client, method, path, without)).status_code == 403
    if part is not None:
        assert (await call(client, method, path, foreign)).status_code == 404
        assert (await client.get(one, headers=signed)).json()["version"] == 1


@pytest.mark.parametrize(("method", "part"), WRITES)
async def test_a_write_is_on_the_version_seen(
    client: httpx.AsyncClient, signed: Headers, method: str, part: str
) -> None:
    path, _ = await made(client, signed)
    body = GOOD if method == "put" else None
    assert (await client.request(method, path + part, json=body, headers=signed)).status_code == 428
    stale = await client.request(method, path + part, json=body, headers=signed | {"If-Match": '"7"'})
    assert stale.status_code == 412
    assert stale.json()["current"] == (await client.get(path, headers=signed)).json()
    done = await client.request(method, path + part, json=body, headers=signed | {"If-Match": '"1"'})
    assert done.status_code in {200, 204}
    if method != "delete":
        assert done.headers["ETag"] == '"2"'
    else:
        assert (await client.get(path, headers=signed)).status_code == 404


async def test_paused_and_resumed(client: httpx.AsyncClient, signed: Headers) -> None:
    path, _ = await made(client, signed)
    headers = signed | {"If-Match": "*"}
    assert (await client.post(f"{path}/pause", headers=headers)).json()["paused"] == "person"
    assert (await client.post(f"{path}/resume", headers=headers)).json()["paused"] is None


async def test_after_an_exchange_both_secrets_sign_and_there_are_five_at_most(
    client: httpx.AsyncClient, signed: Headers
) -> None:
    async with receiving() as there:
        path, first = await made(client, signed, url=there.url)
        second = (await client.post(f"{path}/secrets", headers=signed)).json()["secret"]
        assert second != first
        pinged = (await client.post(f"{path}/ping", headers=signed)).json()
    (got,) = there.got
    assert pinged == {"id": got.id, "arrived": True, "status": 200, "error": None}
    at = int(got.headers["leadwright-timestamp"])
    keys = [stage.key_of(secret) for secret in (second, first)]
    assert got.headers["leadwright-signature"] == signature(keys, UUID(got.id), at, got.body)
    secrets = (await client.get(path, headers=signed)).json()["secrets"]
    assert [one["expires_at"] is None for one in secrets] == [True, False]
    for expected in (201, 201, 201, 409):
        answer = await client.post(f"{path}/secrets", headers=signed)
        assert answer.status_code == expected
    assert answer.json()["code"] == "too_many_secrets"


async def test_a_ping_tells_how_it_was_answered_and_works_while_paused(
    client: httpx.AsyncClient, signed: Headers
) -> None:
    async with receiving(status(500), stage.hangs) as there:
        path, _ = await made(client, signed, url=there.url)
        await client.post(f"{path}/pause", headers=signed | {"If-Match": "*"})
        first = (await client.post(f"{path}/ping", headers=signed)).json()
        second = (await client.post(f"{path}/ping", headers=signed)).json()
    assert (first["arrived"], first["status"], first["error"]) == (False, 500, None)
    assert (second["arrived"], second["status"], second["error"]) == (False, None, "timeout")
    assert there.got[0].headers["leadwright-event"] == "webhook.ping"
    assert (await client.get(f"{path}/deliveries", headers=signed)).json()["items"] == []


async def test_deliveries_by_state_and_page_and_events_again(
    client: httpx.AsyncClient, signed: Headers, queued_lead: Send
) -> None:
    path, _ = await made(client, signed, kinds=[])
    await client.post(f"{path}/pause", headers=signed | {"If-Match": "*"})
    lead_id = await queued_lead()
    page = (await client.get(f"{path}/deliveries", params={"limit": 1}, headers=signed)).json()
    rest = (
        await client.get(f"{path}/deliveries", params={"limit": 1, "cursor": page["next_cursor"]}, headers=signed)
    ).json()
    assert [one["kind"] for one in page["items"] + rest["items"]] == ["queued", "received"]
    assert rest["next_cursor"] is None
    assert (await client.get(f"{path}/deliveries?state=dead&state=failed", headers=signed)).json()["items"] == []
    assert (await client.get(f"{path}/deliveries?state=lost", headers=signed)).status_code == 422
    told = (await client.get(f"/api/v1/leads/{lead_id}/timeline", headers=signed)).json()["items"]
    waiting = {"event_id": told[0]["id"]}
    assert (await client.post(f"{path}/replay", json=waiting, headers=signed)).json() == {"added": 0, "more": False}
    for body in ({}, {"until": "2026-01-01T00:00:00Z"}, waiting | {"since": "2026-01-01T00:00:00Z"}):
        assert (await client.post(f"{path}/replay", json=body, headers=signed)).status_code == 422
    unknown = {"event_id": str(new_id())}
    assert (await client.post(f"{path}/replay", json=unknown, headers=signed)).status_code == 404


async def test_another_agencys_event_cannot_be_replayed(
    client: httpx.AsyncClient, signed: Headers, foreign: Headers, queued_lead: Send, services: Services, actor: Actor
) -> None:
    lead_id = await queued_lead()
    event = (await services.lead_queries.timeline(actor, UUID(lead_id)))[0]
    path, _ = await made(client, foreign)
    refused = await client.post(f"{path}/replay", json={"event_id": str(event.id)}, headers=foreign)
    assert refused.status_code == 404
