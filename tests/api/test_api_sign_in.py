"""Who gets in: on every route there is, taken from the application itself."""

import base64
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from fastapi.routing import iter_route_contexts

from api.app import Door
from api.auth import issue_token, verify_token
from domain.actor import Actor, ActorKind, Scope
from kernel.clock import frozen, now
from kernel.errors import Invalid, Unauthenticated
from services.container import Services

# Open on purpose: what watches the process, and the description of the API, which is public.
OPEN = {"/", "/docs", "/docs/oauth2-redirect", "/openapi.json", "/health/live", "/health/ready", "/metrics"}
ROUTES = [
    (method, context.path)
    for context in iter_route_contexts(Door().routes)
    for method in sorted((context.methods or set()) - {"HEAD"})
]
# Sources sign, forms hold a public token, a person's link is signed itself; each has tests of its own.
DOORS = {
    f"/api/v1/inbound/{rest}"
    for rest in ("{agency}/{source}/webhook", "{agency}/{source}/form", "confirm/{token}")
}  # fmt: skip
GUARDED = [(method, path) for method, path in ROUTES if path not in OPEN | DOORS]
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/leads/{lead_id}/status": {"action": "reopen"},
    "/api/v1/leads/{lead_id}/assign": {"producer_id": str(uuid4())},
    "/api/v1/leads/{lead_id}/merge": {"into": str(uuid4())},
    "/api/v1/leads/{lead_id}/return": {"reason": "wrong_number"},
}


def at(path: str, value: object) -> str:
    return re.sub(r"\{\w+_id\}", str(value), path)


def test_every_open_path_exists_and_all_others_are_versioned() -> None:
    assert {path for _, path in ROUTES} >= OPEN | DOORS
    assert len(GUARDED) >= 10
    assert all(str(path).startswith("/api/v1/") for _, path in GUARDED)


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_nobody_gets_in_without_a_token(client: httpx.AsyncClient, method: str, path: str) -> None:
    # The body is not even JSON: a stranger must not learn that.
    answer = await client.request(method, at(path, uuid4()), content=b"{")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_a_token_without_scopes_opens_nothing(
    client: httpx.AsyncClient, actor_token: Callable[..., str], method: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {actor_token(scopes=())}", "If-Match": "*"}
    answer = await client.request(method, at(path, uuid4()), json={}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


async def test_a_read_scope_does_not_write(
    client: httpx.AsyncClient, actor_token: Callable[..., str], lead: Callable[..., dict[str, Any]]
) -> None:
    headers = {"Authorization": f"Bearer {actor_token(scopes=[Scope.LEADS_READ])}"}
    assert (await client.get("/api/v1/leads", headers=headers)).status_code == 200
    assert (await client.post("/api/v1/leads", json=lead(), headers=headers)).status_code == 403


@pytest.mark.parametrize(("method", "path"), [route for route in GUARDED if "{lead_id}" in str(route[1])])
async def test_another_agencys_lead_looks_like_no_lead(
    client: httpx.AsyncClient, foreign: dict[str, str], send_lead: Callable[..., Awaitable[str]], method: str, path: str
) -> None:
    lead_id = await send_lead()
    headers, body = foreign | {"If-Match": "*"}, BODIES.get(path)
    answer = await client.request(method, at(path, lead_id), json=body, headers=headers)
    missing = await client.request(method, at(path, uuid4()), json=body, headers=headers)
    assert answer.status_code == missing.status_code == 404
    assert answer.json()["title"] == missing.json()["title"]


async def test_a_signed_token_gives_back_its_actor(services: Services) -> None:
    person = Actor(uuid4(), ActorKind.PRODUCER, "p-17", frozenset({Scope.LEADS_READ, Scope.ROUTING_READ}))
    token = issue_token(services.settings, services.jwt_secret, person)
    assert verify_token(token, services.settings, services.jwt_secret) == person


def claims(services: Services) -> dict[str, Any]:
    moment = int(now().timestamp())
    return {
        "iss": services.settings.api.jwt_issuer, "sub": "tester", "agency": str(uuid4()), "kind": "person",
        "scope": "leads:read", "iat": moment, "exp": moment + 600, "jti": str(uuid4()),
    }  # fmt: skip


REFUSED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "expired": lambda c: c | {"exp": c["iat"] - 60, "iat": c["iat"] - 600},
    "from the future": lambda c: c | {"iat": c["iat"] + 600, "exp": c["exp"] + 600},
    "not yet good": lambda c: c | {"nbf": c["iat"] + 600},
    "of another issuer": lambda c: c | {"iss": "somebody-else"},
    "for another audience": lambda c: c | {"aud": "elsewhere"},
    "of an unknown kind": lambda c: c | {"kind": "superuser"},
    "with scopes as a list": lambda c: c | {"scope": ["leads:read"]},
    "with a subject that is a sentence": lambda c: c | {"sub": "Ana Ruiz\x00"},
    "with an agency that is no id": lambda c: c | {"agency": "all"},
    "with a moment in words": lambda c: c | {"exp": "tomorrow"},
    "that expires at true": lambda c: c | {"exp": True},
}


@pytest.mark.parametrize("how", REFUSED)
async def test_a_token_is_refused_when_it_is(client: httpx.AsyncClient, services: Services, how: str) -> None:
    token = jwt.encode(REFUSED[how](claims(services)), services.jwt_secret, algorithm="HS256")
    answer = await client.get("/api/v1/leads", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("claim", ["iss", "sub", "agency", "kind", "scope", "iat", "exp", "jti"])
async def test_a_token_is_refused_when_a_claim_is_missing(services: Services, claim: str) -> None:
    held = {name: value for name, value in claims(services).items() if name != claim}
    token = jwt.encode(held, services.jwt_secret, algorithm="HS256")
    with pytest.raises(Unauthenticated):
        verify_token(token, services.settings, services.jwt_secret)


async def test_the_tokens_own_word_for_its_algorithm_counts_for_nothing(services: Services) -> None:
    unsigned = jwt.encode(claims(services), None, algorithm="none")
    other = jwt.encode(claims(services), services.jwt_secret * 2, algorithm="HS512")
    head, body, signature = jwt.encode(claims(services), services.jwt_secret, algorithm="HS256").split(".")
    lying = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    for token in (unsigned, other, f"{lying}.{body}.{signature}", f"{lying}.{body}.", f"{head}.{body}.AAAA"):
        with pytest.raises(Unauthenticated):
            verify_token(token, services.settings, services.jwt_secret)


async def test_a_token_of_another_secret_is_refused(services: Services) -> None:
    token = jwt.encode(claims(services), "x" * 32, algorithm="HS256")
    with pytest.raises(Unauthenticated):
        verify_token(token, services.settings, services.jwt_secret)


async def test_a_token_ends_on_time(services: Services) -> None:
    person = Actor(uuid4(), ActorKind.PERSON, "tester", frozenset())
    token = issue_token(services.settings, services.jwt_secret, person, minutes=5)
    with frozen(now() + timedelta(minutes=4, seconds=55)):
        verify_token(token, services.settings, services.jwt_secret)
    with frozen(now() + timedelta(minutes=5, seconds=15)), pytest.raises(Unauthenticated, match="expired"):
        verify_token(token, services.settings, services.jwt_secret)


async def test_a_name_is_no_subject(services: Services) -> None:
    with pytest.raises(Invalid) as refusal:
        issue_token(services.settings, services.jwt_secret, Actor(UUID(int=1), ActorKind.PERSON, "Ana Ruiz"))
    assert refusal.value.fields[0].field == "subject"


@pytest.mark.parametrize("sent", ["Basic YTpi", "Bearer", "Bearer  ", "Bearer a b", "token"])
async def test_a_header_that_is_no_bearer_token_is_refused(client: httpx.AsyncClient, sent: str) -> None:
    assert (await client.get("/api/v1/leads", headers={"Authorization": sent})).status_code == 401


async def test_two_tokens_are_one_too_many(client: httpx.AsyncClient, actor_token: Callable[..., str]) -> None:
    twice = [("Authorization", f"Bearer {actor_token()}")] * 2
    assert (await client.get("/api/v1/leads", headers=twice)).status_code == 401
