"""The API over the real services of the session: a client, tokens, and a lead to work with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text

from api.app import create_app
from api.auth import issue_token
from domain.actor import Actor, ActorKind, Scope
from kernel.ids import new_id
from services.container import Services
from tests.api.records import Records
from tests.api.sources import SourceAt, SourceMaker

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
def tester(actor: Actor) -> Actor:
    """Whose token ``signed`` holds: what only its own person sees must be made by them."""
    return Actor(actor.agency_id, ActorKind.PERSON, "tester", frozenset(Scope))


@pytest.fixture
def actor_token(services: Services, tester: Actor) -> TokenMaker:
    def make(scopes: Iterable[Scope] = tuple(Scope), agency: UUID | None = None) -> str:
        person = replace(tester, agency_id=agency or tester.agency_id, scopes=frozenset(scopes))
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


@pytest_asyncio.fixture
async def make_source(
    client: httpx.AsyncClient, signed: Headers, services: Services, actor: Actor
) -> AsyncIterator[SourceMaker]:
    """Makes a source of the agency with a secret; settings that are not given have their defaults. Runs that are left at
    the end are ended: whoever works a pipeline next must not have to work through them.
    """

    async def make(kind: str, **settings: Any) -> SourceAt:
        async with services.database.begin(actor) as uow:
            agency = (await uow.agencies.mine()).slug
        body = {"slug": f"src-{new_id().hex[-10:]}", "name": "A source", "kind": kind} | settings
        made = await client.post("/api/v1/sources", json=body, headers=signed)
        assert made.status_code == 201, made.text
        secret = await client.post(f"/api/v1/sources/{made.json()['id']}/secrets", headers=signed)
        assert secret.status_code == 201, secret.text
        return SourceAt(client, signed, agency, made.json(), secret.json())

    yield make
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("UPDATE graph_run SET status = 'done' WHERE status = 'queued'"))


@pytest.fixture
def record(
    services: Services,
    tester: Actor,
    client: httpx.AsyncClient,
    signed: Headers,
    send_lead: Callable[..., Awaitable[str]],
    make_source: SourceMaker,
) -> Records:
    """Makes what a path names, by the very actor whose token asks for it."""
    return Records(services, tester, client, signed, send_lead, make_source)
