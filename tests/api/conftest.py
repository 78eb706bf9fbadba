"""The API over the real services of the session: a client, tokens, and a lead to work with."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from api.app import create_app
from api.auth import issue_token
from domain.access.roles import Role
from domain.actor import Actor, ActorKind, Scope
from kernel.ids import digest, new_id
from services.access.schemas import KeyIn, PersonIn
from services.container import Services
from store.sql.repositories.runs import run_of
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


@pytest.fixture
def make_source(client: httpx.AsyncClient, signed: Headers, services: Services, actor: Actor) -> SourceMaker:
    """Makes a source of the agency with a secret; settings that are not given have their defaults."""

    async def make(kind: str, **settings: Any) -> SourceAt:
        async with services.database.begin(actor) as uow:
            agency = (await uow.agencies.mine()).slug
        body = {"slug": f"src-{new_id().hex[-10:]}", "name": "A source", "kind": kind} | settings
        made = await client.post("/api/v1/sources", json=body, headers=signed)
        assert made.status_code == 201, made.text
        secret = await client.post(f"/api/v1/sources/{made.json()['id']}/secrets", headers=signed)
        assert secret.status_code == 201, secret.text
        return SourceAt(client, signed, agency, made.json(), secret.json())

    return make


@pytest.fixture
def record(
    services: Services, actor: Actor, send_lead: Callable[..., Awaitable[str]], make_source: SourceMaker
) -> Callable[[str], Awaitable[dict[str, str]]]:
    """Makes what a path names, in the agency of ``actor``; a path parameter nobody knows how to make fails the test."""

    async def make(path: str) -> dict[str, str]:
        wanted, ids = set(re.findall(r"\{(\w+)\}", path)), {}
        if wanted & {"lead_id", "document_id", "receipt_id"}:
            ids["lead_id"] = await send_lead()
        if "document_id" in wanted:
            document, _ = await services.documents.add(actor, UUID(ids["lead_id"]), "note.txt", b"Name: Ana Ruiz")
            ids["document_id"] = str(document.id)
        if "receipt_id" in wanted:
            run_id, _ = run_of(UUID(ids["lead_id"]), "lead", 0)
            claimed = await services.assignments.claim(actor, run_id, UUID(ids["lead_id"]), "a person must look")
            ids["receipt_id"] = str(claimed.receipt_id)
        if "person_id" in wanted:
            person = PersonIn(email=f"ana.{new_id().hex[-12:]}@agency.example", name="Ana", role=Role.ADMIN)
            ids["person_id"] = str((await services.access.people.add(actor, person)).id)
        if "key_id" in wanted:
            ids["key_id"] = str((await services.access.keys.make(actor, KeyIn(name="site", source="site"))).id)
        if wanted & {"source_id", "secret_id"}:
            source = await make_source("webhook")
            ids |= {"source_id": source.id, "secret_id": source.secret_id}
        if "source" in wanted:
            door = path.rsplit("/", 1)[1]
            source = await make_source("ping_post" if door in {"ping", "post"} else door)
            ids |= {"agency": source.agency, "source": source.slug}
        if "import_id" in wanted:
            with tempfile.NamedTemporaryFile(suffix=".csv") as file:
                await asyncio.to_thread(Path(file.name).write_text, f"Name,Email\nAna,ana.{new_id().hex}@example.com\n")
                ids["import_id"] = str((await services.imports.take(actor, "leads.csv", Path(file.name))).id)
        if "digest" in wanted:
            words = f"You may call me. {new_id()}"
            await send_lead(consent={"text": words, "at": "2026-01-01T00:00:00Z"})
            ids["digest"] = digest(words)
        assert wanted <= set(ids), f"say here how to make {wanted - set(ids)}"
        return ids

    return make
