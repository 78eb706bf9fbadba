"""Which tokens hold."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest

from api.auth import issue_token, verify_token
from domain.actor import Actor, ActorKind, Scope
from kernel.clock import frozen, now
from kernel.errors import Invalid, Unauthenticated
from services.container import Services


async def test_a_read_scope_does_not_write(
    client: httpx.AsyncClient, actor_token: Callable[..., str], lead: Callable[..., dict[str, Any]]
) -> None:
    headers = {"Authorization": f"Bearer {actor_token(scopes=[Scope.LEADS_READ])}"}
    assert (await client.get("/api/v1/leads", headers=headers)).status_code == 200
    assert (await client.post("/api/v1/leads", json=lead(), headers=headers)).status_code == 403


async def test_a_signed_token_gives_back_its_actor(services: Services) -> None:
    person = Actor(uuid4(), ActorKind.PRODUCER, "p-17", frozenset({Scope.LEADS_READ, Scope.ROUTING_READ}))
    token = issue_token(services.settings, services.jwt_secret, person)
    assert verify_token(token, services.settings, services.jwt_secret).actor == person


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
