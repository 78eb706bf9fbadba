"""The API over the real services of the session: a client, tokens, and a lead to work with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from api.app import create_app
from api.auth import issue_token
from domain.actor import Actor, ActorKind, Scope
from kernel.ids import new_id
from services.container import Services

Headers = dict[str, str]
TokenMaker = Callable[..., str]


@pytest.fixture
def app(services: Services) -> FastAPI:
    return create_app(services)


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as opened:
        yield opened


@pytest.fixture
def actor_token(services: Services, actor: Actor) -> TokenMaker:
    def make(scopes: Iterable[Scope] = tuple(Scope), agency: UUID | None = None) -> str:
        person = Actor(agency or actor.agency_id, ActorKind.PERSON, "tester", frozenset(scopes))
        return issue_token(services.settings, services.jwt_secret, person)

    return make


@pytest.fixture
def another_agency_token(actor_token: TokenMaker, other_actor: Actor) -> str:
    return actor_token(agency=other_actor.agency_id)


@pytest.fixture
def signed(actor_token: TokenMaker) -> Headers:
    return {"Authorization": f"Bearer {actor_token()}"}


@pytest.fixture
def foreign(another_agency_token: str) -> Headers:
    return {"Authorization": f"Bearer {another_agency_token}"}


@pytest.fixture
def lead() -> Callable[..., dict[str, Any]]:
    """The body of a lead that nobody has sent before."""

    def make(**fields: Any) -> dict[str, Any]:
        word = new_id().hex[-12:]
        return {"full_name": "Ana Ruiz", "email": f"ana.{word}@example.com", "zip": "75201", "line": "auto"} | fields

    return make


@pytest.fixture
def send_lead(
    client: httpx.AsyncClient, signed: Headers, lead: Callable[..., dict[str, Any]]
) -> Callable[..., Awaitable[str]]:
    """Sends a lead and returns its id."""

    async def send(**fields: Any) -> str:
        answer = await client.post("/api/v1/leads", json=lead(**fields), headers=signed)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["lead_id"])

    return send


@pytest.fixture
def queued_lead(
    services: Services, actor: Actor, send_lead: Callable[..., Awaitable[str]]
) -> Callable[..., Awaitable[str]]:
    """A lead that waits for a person, so that a person may act on it."""

    async def make(**fields: Any) -> str:
        lead_id = await send_lead(**fields)
        await services.lead_status.queue(actor, UUID(lead_id), f"test:{new_id()}", "a test needs a person")
        return lead_id

    return make
