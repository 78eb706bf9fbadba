"""Signing in, keys and limits over HTTP, and who sees which leads."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.addresses import client_address
from api.app import create_app
from api.auth import issue_token, key_id, verify_token
from api.limits import RateLimits
from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from kernel.clock import now
from kernel.errors import Unauthenticated
from kernel.ids import new_id
from kernel.origin import Origin
from kernel.settings import CacheSettings, Settings
from services.container import Services
from store.cache.client import Cache
from store.sql.repositories.runs import run_of
from tests.access import PASSWORD, signed_up

KEYS = "/api/v1/keys"
LEADS = "/api/v1/leads"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def a_key(client: httpx.AsyncClient, signed: dict[str, str], **wanted: Any) -> dict[str, Any]:
    answer = await client.post(KEYS, json={"name": "site", **wanted}, headers=signed)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_in_renew_out(client: httpx.AsyncClient, services: Services, actor: Actor) -> None:
    ana = await signed_up(services, actor)
    sent = {"agency": ana.agency, "email": ana.email, "password": PASSWORD}
    first = (await client.post("/api/v1/auth/token", json=sent)).json()
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 900)
    assert (await client.get(LEADS, headers=bearer(first["access_token"]))).status_code == 200
    second = (await client.post("/api/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()
    assert (await client.get(LEADS, headers=bearer(second["access_token"]))).status_code == 200
    gone = await client.post("/api/v1/auth/logout", json={"refresh_token": second["refresh_token"]})
    assert (gone.status_code, gone.content) == (204, b"")
    for token in (first, second):
        assert (await client.get(LEADS, headers=bearer(token["access_token"]))).status_code == 401


async def test_a_wrong_password_is_401_and_many_are_429(
    client: httpx.AsyncClient, services: Services, actor: Actor
) -> None:
    ana = await signed_up(services, actor)
    sent = {"agency": ana.agency, "email": ana.email, "password": "not the right words"}
    answers = [await client.post("/api/v1/auth/token", json=sent) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].json()["code"] == "rate_limited"
    assert "right words" not in "".join(answer.text for answer in answers)


async def test_a_password_that_cannot_be_read_is_not_sent_back(client: httpx.AsyncClient) -> None:
    sent = {"agency": "a", "email": "b", "password": "s3cret" * 100}
    answer = await client.post("/api/v1/auth/token", json=sent)
    assert answer.status_code == 422
    assert "s3cret" not in answer.text


async def test_a_person_is_invited_changed_and_kept_out(
    client: httpx.AsyncClient, signed: dict[str, str], services: Services, actor: Actor
) -> None:
    wanted = {"email": "Bo@Agency.example", "name": "Bo", "role": "manager"}
    made = await client.post("/api/v1/people", json=wanted, headers=signed)
    assert made.status_code == 201
    person = made.json()
    assert person["email"] == "bo@agency.example"
    assert (await client.get(made.headers["Location"], headers=signed)).json()["has_password"] is False
    async with services.database.begin(actor) as uow:
        agency = (await uow.agencies.mine()).slug
    reset = {"agency": agency, "email": wanted["email"], "once_token": person["once_token"], "new_password": PASSWORD}
    assert (await client.post("/api/v1/auth/password/reset", json=reset)).status_code == 204
    grant = {"agency": agency, "email": wanted["email"], "password": PASSWORD}
    token = (await client.post("/api/v1/auth/token", json=grant)).json()["access_token"]
    path = f"/api/v1/people/{person['id']}"
    assert (await client.get("/api/v1/people", headers=bearer(token))).status_code == 403
    assert (await client.patch(path, json={"active": False}, headers=signed)).json()["active"] is False
    assert (await client.get(LEADS, headers=bearer(token))).status_code == 401
    log = (await client.get("/api/v1/audit", headers=signed)).json()["items"]
    assert {"person.add", "person.password", "person.sign_in", "person.disable"} <= {one["action"] for one in log}
    assert all(one["address"] == "127.0.0.1" for one in log if one["action"].startswith("person."))


async def test_a_page_follows_the_other(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    made = [(await a_key(client, signed, source=f"s{n}"))["id"] for n in range(5)]
    seen, cursor = [], {}
    while True:
        page = (await client.get(KEYS, params={"limit": 2, **cursor}, headers=signed)).json()
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == made
    newest = (await client.get("/api/v1/audit", params={"limit": 1}, headers=signed)).json()
    older = await client.get("/api/v1/audit", params={"cursor": newest["next_cursor"]}, headers=signed)
    assert [
        one["subject_id"] for one in (newest["items"] + older.json()["items"]) if one["action"] == "key.make"
    ] == made[::-1]


async def test_a_key_is_shown_once_and_kept_as_a_hash(
    client: httpx.AsyncClient, signed: dict[str, str], services: Services, actor: Actor
) -> None:
    made = await a_key(client, signed, source="site")
    secret = made["key"].rsplit("_", 1)[1]
    listed = await client.get(KEYS, headers=signed)
    assert secret not in listed.text
    assert listed.json()["items"][0]["prefix"] == made["key"][:19]
    async with services.database.begin(actor) as uow:
        row = await uow.api_keys.locked(UUID(made["id"]))
    assert secret not in str(vars(row))
    for headers in (bearer(made["key"]), {"X-Api-Key": made["key"]}):
        assert (await client.get(LEADS, headers=headers)).status_code == 200
    both = await client.get(LEADS, headers=bearer(made["key"]) | {"X-Api-Key": made["key"]})
    assert both.status_code == 401
    swapped = made["key"][:-2] + ("aa" if made["key"][-2:] != "aa" else "bb")
    assert (await client.get(LEADS, headers=bearer(swapped))).status_code == 401
    assert (await client.get(KEYS, headers=signed)).json()["items"][0]["last_used_at"] is not None


async def test_a_key_is_replaced_with_an_overlap_and_revoked(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    old = await a_key(client, signed, source="site")
    new = (await client.post(f"{KEYS}/{old['id']}/rotate", json={}, headers=signed)).json()
    assert new["key"] != old["key"]
    for key in (old, new):
        assert (await client.get(LEADS, headers=bearer(key["key"]))).status_code == 200
    at_once = await client.post(f"{KEYS}/{new['id']}/rotate", json={"overlap_hours": 0}, headers=signed)
    assert at_once.status_code == 201
    assert (await client.get(LEADS, headers=bearer(new["key"]))).status_code == 401
    assert (await client.post(f"{KEYS}/{new['id']}/rotate", json={}, headers=signed)).status_code == 409
    for _ in range(2):
        assert (await client.delete(f"{KEYS}/{old['id']}", headers=signed)).status_code == 204
    assert (await client.get(LEADS, headers=bearer(old["key"]))).status_code == 401


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"role": "partner"}, "source"), ({"role": "system"}, "scopes"), ({"role": "admin"}, "role"),
        ({"role": "system", "scopes": ["leads:read"], "source": "x"}, "source"),
        ({"role": "partner", "source": "x", "scopes": ["leads:write"]}, "scopes"),
        ({"role": "system", "scopes": ["agency:admin"]}, "scopes"),
        ({"source": "x", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)  # fmt: skip
async def test_a_key_that_does_not_fit_is_refused(
    client: httpx.AsyncClient, signed: dict[str, str], wanted: dict[str, Any], field: str
) -> None:
    answer = await client.post(KEYS, json={"name": "site", **wanted}, headers=signed)
    assert answer.status_code == 422
    assert field in {one["field"] for one in answer.json()["errors"]}


async def test_nobody_gives_a_key_what_they_do_not_hold(
    client: httpx.AsyncClient, actor_token: Callable[..., str]
) -> None:
    narrow = bearer(actor_token(scopes=[Scope.AGENCY_ADMIN]))
    wanted = {"name": "site", "role": "system", "scopes": ["leads:read"]}
    assert (await client.post(KEYS, json=wanted, headers=narrow)).status_code == 403


# Who sees which leads


async def _assigned(services: Services, actor: Actor, lead_id: str, producer_id: UUID) -> str:
    async with services.database.begin(actor) as uow:
        decided = LeadEvent(Happening.QUALIFIED, now(), {"line": "auto", "lines": ["auto"]})
        await uow.history.append(UUID(lead_id), "test:qualified", decided)
    run_id, _ = run_of(UUID(lead_id), "lead", 0)
    receipt = (await services.assignments.claim(actor, run_id, UUID(lead_id), "a person must look")).receipt_id
    await services.assignments.assign(actor, UUID(lead_id), producer_id, expected=None)
    return str(receipt)


@pytest.mark.parametrize("kind", [ActorKind.PRODUCER, ActorKind.PARTNER])
async def test_a_producer_and_a_partner_see_their_own_leads_only(
    client: httpx.AsyncClient,
    services: Services,
    actor: Actor,
    send_lead: Callable[..., Awaitable[str]],
    kind: ActorKind,
) -> None:
    async with services.database.begin(actor) as uow:
        one, other = [row.id for row in (await uow.agencies.producers())[:2]]
    mine, theirs = await send_lead(source="mine", state="TX"), await send_lead(source="theirs", state="TX")
    receipts = {lead: await _assigned(services, actor, lead, who) for lead, who in ((mine, one), (theirs, other))}
    documents = {
        lead: (await services.documents.add(actor, UUID(lead), "n.txt", b"Name: Ana Ruiz"))[0].id
        for lead in (mine, theirs)
    }

    def headers(**owner: Any) -> dict[str, str]:
        # Every scope, so that nothing but ownership can refuse.
        who = Actor(actor.agency_id, kind, "narrow", frozenset(Scope), **owner)
        return bearer(issue_token(services.settings, services.jwt_secret, who)) | {"If-Match": "*"}

    own = headers(producer_id=one) if kind is ActorKind.PRODUCER else headers(source="mine")
    nobody = headers()
    for who, seen in ((own, [mine]), (nobody, [])):
        listed = await client.get(LEADS, params={"count": True}, headers=who)
        assert [lead["id"] for lead in listed.json()["items"]] == seen
        assert listed.headers["X-Total-Count"] == str(len(seen))
        near = await client.get(f"{LEADS}/nearby", params={"zip": "75201"}, headers=who)
        assert [lead["id"] for lead in near.json()["items"]] == seen
        for lead in (mine, theirs):
            paths = [
                f"{LEADS}/{lead}", f"{LEADS}/{lead}/timeline", f"{LEADS}/{lead}/explanation", f"{LEADS}/{lead}/documents",
                f"{LEADS}/{lead}/documents/{documents[lead]}", f"/api/v1/receipts/{receipts[lead]}",
            ]  # fmt: skip
            answers = [(await client.get(path, headers=who)).status_code for path in paths]
            assert answers == [200 if lead in seen else 404] * len(paths), (lead, paths)
    hidden = [
        (f"{LEADS}/{theirs}/status", {"action": "contact"}), (f"{LEADS}/{theirs}/assign", {"producer_id": str(one)}),
        (f"{LEADS}/{theirs}/merge", {"into": mine}), (f"{LEADS}/{mine}/merge", {"into": theirs}),
        (f"/api/v1/receipts/{receipts[theirs]}/replay", {}),
    ]  # fmt: skip
    for path, body in hidden:
        assert (await client.post(path, json=body, headers=own)).status_code == 404, path
    assert (await client.post(f"{LEADS}/{mine}/status", json={"action": "contact"}, headers=own)).status_code == 200
    sent = await client.post(f"{LEADS}/{theirs}/documents", content=b"Name: Bo", headers=own)
    assert sent.status_code == 404


async def test_a_partner_sends_leads_of_its_own_source_only(
    client: httpx.AsyncClient, signed: dict[str, str], lead: Callable[..., dict[str, Any]]
) -> None:
    key = bearer((await a_key(client, signed, source="acme"))["key"])
    rival = bearer((await a_key(client, signed, source="rival"))["key"])
    body, word = lead(), {"Idempotency-Key": str(new_id())}
    sent = await client.post(LEADS, json=body, headers=key | word)
    assert sent.status_code == 202, sent.text
    shown = await client.get(sent.headers["Location"], headers=key)
    assert shown.json()["source"] == "acme"
    assert (await client.get(sent.headers["Location"], headers=rival)).status_code == 404
    again = await client.post(LEADS, json=body, headers=rival | word)  # the same key of two partners is two keys
    assert again.json()["lead_id"] != sent.json()["lead_id"]
    assert (await client.post(LEADS, json=body, headers=key | word)).json()["lead_id"] == sent.json()["lead_id"]
    refused = await client.post(LEADS, json=lead(source="rival"), headers=key)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "source")
    batch = await client.post(f"{LEADS}/batch", json={"leads": [lead(), lead(source="x")]}, headers=key)
    assert batch.json()["errors"][0]["field"] == "leads.1.source"
    hidden = await client.post(LEADS, json=lead(extras={"Lead Source": "rival"}), headers=key)
    assert (await client.get(hidden.headers["Location"], headers=key)).json()["source"] == "acme"
    change = await client.post(
        f"{LEADS}/{sent.json()['lead_id']}/status", json={"action": "win"}, headers=key | {"If-Match": "*"}
    )
    assert change.status_code == 403


async def test_what_a_person_does_by_hand_is_logged(
    client: httpx.AsyncClient,
    signed: dict[str, str],
    services: Services,
    actor: Actor,
    send_lead: Callable[..., Awaitable[str]],
) -> None:
    async with services.database.begin(actor) as uow:
        producer = (await uow.agencies.producers())[0].id
    lead_id = await send_lead(state="TX")
    await _assigned(services, actor, lead_id, producer)
    headers = signed | {"If-Match": "*", "X-Request-Id": "by-hand-0001"}
    await client.post(f"{LEADS}/{lead_id}/status", json={"action": "contact"}, headers=headers)
    await client.post(f"{LEADS}/{lead_id}/status", json={"action": "nonsense"}, headers=headers)
    log = (await client.get("/api/v1/audit", params={"subject_id": lead_id}, headers=signed)).json()["items"]
    assert [(one["action"], one["actor"]) for one in log] == [("lead.status", "tester"), ("lead.assign", actor.subject)]
    assert (log[0]["detail"], log[0]["request_id"]) == ({"did": "contact"}, "by-hand-0001")


# Limits


def limited(services: Services, cache: Cache | None = None, **changes: int) -> FastAPI:
    app = create_app(services)
    app.state.limits = RateLimits(cache or services.cache, services.settings.api.model_copy(update=changes))
    return app


@pytest.mark.parametrize("redis", ["there", "away"])
async def test_a_caller_and_an_agency_have_limits(
    services: Services, actor_token: Callable[..., str], actor: Actor, redis: str
) -> None:
    away = Cache(CacheSettings(url=SecretStr("redis://127.0.0.1:1"))) if redis == "away" else None
    app = limited(services, away, rate_per_minute=60, rate_burst=3, agency_rate_per_minute=60, agency_rate_burst=5)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        one = bearer(actor_token())
        other = bearer(
            issue_token(
                services.settings, services.jwt_secret, Actor(actor.agency_id, ActorKind.PERSON, "o", frozenset(Scope))
            )
        )
        answers = [await client.get(LEADS, headers=one) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert answers[0].headers["RateLimit-Limit"] == "3"
        assert 1 <= int(answers[3].headers["Retry-After"]) <= 2
        assert answers[3].headers["Content-Type"] == "application/problem+json"
        rest = [(await client.get(LEADS, headers=other)).status_code for _ in range(3)]
        assert rest == [200, 200, 429]  # the agency's five are used up
        stranger = await client.get(LEADS, headers=bearer("x.y.z"))
        assert (stranger.status_code, "RateLimit-Limit" in stranger.headers) == (401, False)
    if away is not None:
        await away.close()


async def test_doors_that_ask_for_no_sign_in_count_by_address(services: Services) -> None:
    app = limited(services, rate_per_minute=60, rate_burst=2)
    answers = []
    for address in ("192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.8"):
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answers.append(await client.post("/api/v1/inbound/nobody/none/webhook", json={"email": "a@b.example"}))
    assert [answer.status_code for answer in answers] == [401, 401, 429, 401]
    assert answers[2].headers["Retry-After"] == "1"


async def test_without_a_limit_nothing_is_counted(services: Services, actor_token: Callable[..., str]) -> None:
    app = limited(services, rate_per_minute=0, agency_rate_per_minute=0)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        answers = await asyncio.gather(*(client.get(LEADS, headers=bearer(actor_token())) for _ in range(5)))
    assert {(answer.status_code, "RateLimit-Limit" in answer.headers) for answer in answers} == {(200, False)}


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.5", ["198.51.100.9"], "203.0.113.5"), ("10.0.0.2", [], "10.0.0.2"),
        ("10.0.0.2", ["198.51.100.9"], "198.51.100.9"), ("10.0.0.2", ["1.2.3.4, 198.51.100.9, 10.0.0.7"], "198.51.100.9"),
        ("10.0.0.2", ["1.2.3.4", "198.51.100.9"], "198.51.100.9"), ("10.0.0.2", ["nonsense"], "10.0.0.2"),
        ("10.0.0.2", ["1.2.3.4, unknown"], "10.0.0.2"), ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2:3:4:5:6"),
        ("::ffff:203.0.113.5", [], "203.0.113.5"), ("testclient", [], None),
    ],
)  # fmt: skip
def test_the_callers_address_is_what_our_own_proxies_saw(peer: str, forwarded: list[str], found: str | None) -> None:
    trusted = Settings(_env_file=None, api={"trusted_proxies": ["10.0.0.0/8"]}).api.trusted_proxies  # type: ignore[call-arg, arg-type]
    scope = {"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", one.encode()) for one in forwarded]}
    assert client_address(scope, trusted) == found


def test_an_ipv6_caller_is_counted_by_network() -> None:
    assert Origin("2001:db8:1:2:3:4:5:6").site == Origin("2001:db8:1:2::9").site == "2001:db8:1:2::/64"
    assert (Origin("203.0.113.5").site, Origin().site) == ("203.0.113.5", None)


# Signing keys


def test_a_new_secret_signs_and_the_old_one_verifies_until_it_is_taken_away(services: Services) -> None:
    old, new = "o" * 32, "n" * 32
    person = Actor(new_id(), ActorKind.PERSON, "p", SCOPES[Role.MANAGER])
    token = issue_token(services.settings, old, person)
    assert jwt.get_unverified_header(token)["kid"] == key_id(old)
    api = services.settings.api
    rotated = services.settings.model_copy(
        update={"api": api.model_copy(update={"jwt_previous_secrets": [SecretStr(old)]})}
    )
    assert verify_token(token, rotated, new).actor == person
    assert verify_token(issue_token(rotated, new, person), rotated, new).actor == person
    with pytest.raises(Unauthenticated):
        verify_token(token, services.settings, new)
    forged = jwt.encode(
        jwt.decode(token, old, algorithms=["HS256"]), "f" * 32, algorithm="HS256", headers={"kid": key_id(new)}
    )
    with pytest.raises(Unauthenticated):
        verify_token(forged, rotated, new)
