"""The application: routes, errors and middleware around services that somebody else opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from agents import registry
from api import errors
from api.limits import RateLimits
from api.middleware import CHAT_FILES, DOCUMENTS, IMPORTS, BodyLimit, Observed
from api.problems import problem_schemas
from api.routes import (
    audit,
    auth,
    chat,
    chat_page,
    commissions,
    consents,
    contact,
    copilot,
    distribution,
    documents,
    earnings,
    experiments,
    explanations,
    follow_ups,
    forms,
    health,
    imports,
    inbound,
    keys,
    knowledge,
    leads,
    live,
    messages,
    network,
    network_referrals,
    network_teams,
    offers,
    people,
    policies,
    policy_analytics,
    policy_letters,
    policy_papers,
    policy_requests,
    policy_steps,
    producers,
    promotions,
    remittances,
    routing,
    sharing,
    sources,
    subscriptions,
    support_requests,
    usage,
    weighing,
)
from graphs.chat import ChatTurns
from graphs.copilot import Conversations
from graphs.policy import PolicyRequests
from services.container import Services

VERSION = "1.0.0"
_FORM_BYTES = 4_096  # what a form puts around its file
_FIELDS_BYTES = 131_072  # and what it may say of it: the mapping of many columns
_DESCRIPTION = """\
Send insurance leads, follow them, and see why each went to whom.

Sign every call with `Authorization: Bearer <token>`: a token of `/api/v1/auth/token`, or an API key. Send `Idempotency-Key`
with a POST to repeat it safely. Writes to a record take `If-Match` with the `ETag` you have seen. Errors are
`application/problem+json` (RFC 9457) with a stable `code`.
"""


class Door(FastAPI):
    """Every route with its errors, without services: enough to describe the API, and what :func:`create_app` completes."""

    def __init__(self, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None) -> None:
        super().__init__(
            lifespan=lifespan,
            title="Leadwright",
            version=VERSION,
            description=_DESCRIPTION,
            servers=[{"url": "/"}],
            redoc_url=None,
            redirect_slashes=False,  # the redirect would send a body to whatever the Host header says
            generate_unique_id_function=_operation_id,
            # FastAPI's own telemetry writes paths, messages and stack traces; Observed writes neither.
            telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
        )
        errors.install(self)
        self.add_api_route("/", _to_docs, include_in_schema=False)
        self.include_router(health.router)
        versioned = APIRouter(prefix="/api/v1")
        versioned.include_router(leads.router)
        versioned.include_router(explanations.router)
        versioned.include_router(documents.router)
        versioned.include_router(imports.router)
        versioned.include_router(routing.router)
        versioned.include_router(offers.router)
        versioned.include_router(distribution.router)
        versioned.include_router(weighing.router)
        versioned.include_router(usage.router)
        versioned.include_router(sources.router)
        versioned.include_router(inbound.router)
        versioned.include_router(forms.router)
        versioned.include_router(consents.router)
        versioned.include_router(contact.router)
        versioned.include_router(knowledge.router)
        versioned.include_router(auth.router)
        versioned.include_router(people.router)
        versioned.include_router(policy_analytics.router)
        for about in (policies, policy_papers, policy_letters, policy_steps, policy_requests):
            versioned.include_router(about.router)
        versioned.include_router(producers.router)
        versioned.include_router(producers.marks)
        for money in (commissions, earnings, sharing, promotions, remittances):
            versioned.include_router(money.router)
        versioned.include_router(keys.router)
        versioned.include_router(audit.router)
        versioned.include_router(subscriptions.router)
        versioned.include_router(experiments.router)
        versioned.include_router(live.router)
        versioned.include_router(live.sockets)
        versioned.include_router(messages.router)
        versioned.include_router(messages.doors)
        for part in (network, network_referrals, network_teams):
            versioned.include_router(part.router)
        versioned.include_router(support_requests.router)
        versioned.include_router(copilot.router)
        versioned.include_router(follow_ups.router)
        versioned.include_router(chat.router)
        versioned.include_router(chat.transcripts)
        self.include_router(versioned)
        self.include_router(chat_page.router)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI description, with the schema of problems."""
        described = super().openapi()
        described["components"]["schemas"].update(problem_schemas())
        return described


def create_app(services: Services) -> FastAPI:
    """The API over ``services``. The caller opens and closes them; the app's own lifespan ends only what it began itself."""
    app = Door(_until_turns_end)
    app.state.services = services
    app.state.limits = RateLimits(services.cache, services.settings.api)
    app.state.copilot = Conversations(services, registry.copilot(services))
    app.state.policy_requests = PolicyRequests(services, registry.policy_clerk(services))
    app.state.chat = ChatTurns(services, registry.chat_reader(services))
    app.add_middleware(
        BodyLimit,
        max_bytes=services.settings.api.max_body_bytes,
        uploads={
            CHAT_FILES: services.settings.documents.max_bytes + _FORM_BYTES,
            DOCUMENTS: services.settings.documents.max_bytes + _FORM_BYTES,
            IMPORTS: services.settings.intake.max_file_bytes + _FIELDS_BYTES,
        },
    )
    # Added last, so it stands outside and measures refusals as well.
    app.add_middleware(Observed, trusted_proxies=services.settings.api.trusted_proxies)
    return app


@asynccontextmanager
async def _until_turns_end(app: FastAPI) -> AsyncIterator[None]:
    """Behind the last request no turn of the copilot goes on: its person is told to ask again, not left to wait."""
    preparing = asyncio.create_task(app.state.chat.prepare())
    yield
    preparing.cancel()
    await app.state.copilot.drain()


def create_watch(services: Services) -> FastAPI:
    """Health and metrics alone, for a process without an API."""
    app = FastAPI(title="Leadwright worker", openapi_url=None, redirect_slashes=False)
    errors.install(app)
    app.include_router(health.router)
    app.state.services = services
    app.add_middleware(Observed)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


async def _to_docs() -> RedirectResponse:
    return RedirectResponse("docs")
