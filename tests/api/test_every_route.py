"""Every route there is, taken from the application itself: anonymous, with the wrong scope, and for another agency's record."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.app import Door, create_app
from domain.actor import Scope
from kernel.clock import now
from services.container import Services
from tests.api.records import a_device
from tests.services.policies.book import a_policy, glass

# Open on purpose: what watches the process, and the description of the API, which is public.
OPEN = {"/", "/docs", "/docs/oauth2-redirect", "/openapi.json", "/health/live", "/health/ready", "/metrics"}
# Who signs in has no token yet; what they send is the proof.
SIGNING_IN = {
    "/api/v1/auth/token", "/api/v1/auth/refresh", "/api/v1/auth/logout", "/api/v1/auth/password/reset",
}  # fmt: skip
NEEDS_NO_SCOPE = {"/api/v1/auth/password"}
# Sources sign, forms hold a public token, a person's link is signed itself; each has tests of its own.
DOORS = {
    f"/api/v1/inbound/{rest}" for rest in ("{agency}/{source}/webhook", "{agency}/{source}/form", "confirm/{token}")
}
DOORS |= {
    f"/api/v1/messages/in/{rest}" for rest in ("{agency}/twilio/status", "{agency}/twilio/text", "sendgrid/events")
}
# A visitor of a chat holds its token; the page's own is a cookie.
DOORS |= {f"/api/v1/chat{rest}" for rest in ("", "/{rest:path}", "/{chat_id}")}
DOORS |= {f"/api/v1/chat/{{chat_id}}/{rest}" for rest in ("messages", "events", "stop", "resume", "files")}
DOORS |= {f"/chat/{rest}" for rest in ("assets/{name}", "{agency}/{source}", "{agency}/{source}/files")}
# Every agency has words of each kind, if only those shipped.
OF_EVERYBODY = {f"/api/v1/message-templates/{{template}}{rest}" for rest in ("", "/preview")}
# These take a signature or a token, and answer 401 for whatever is not the caller's own.
EITHER = {f"/api/v1/inbound/{{agency}}/{{source}}/{door}": {Scope.LEADS_SEND} for door in ("ping", "post")}
ROUTES = [
    (method, str(context.path))
    for context in iter_route_contexts(Door().routes)
    for method in sorted((context.methods or set()) - {"HEAD"})
]
GUARDED = [(method, path) for method, path in ROUTES if path not in OPEN | SIGNING_IN | DOORS]
SCOPED = [(method, path) for method, path in GUARDED if path not in NEEDS_NO_SCOPE]
OF_RECORDS = [
    (method, path) for method, path in GUARDED if "{" in path and path not in EITHER and path not in OF_EVERYBODY
]
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/producers/{producer_id}/message-preferences": {"channels": ["email"]},
    "/api/v1/producers/{producer_id}/push-subscriptions": a_device(),
    "/api/v1/leads/{lead_id}/status": {"action": "reopen"},
    "/api/v1/leads/{lead_id}/assign": {"producer_id": str(uuid4())},
    "/api/v1/leads/{lead_id}/merge": {"into": str(uuid4())},
    "/api/v1/leads/{lead_id}/return": {"reason": "wrong_number"},
    "/api/v1/leads/{lead_id}/contact-check": {"channel": "call"},
    "/api/v1/sources/{source_id}": {"slug": "a-source", "name": "A source", "kind": "webhook"},
    "/api/v1/subscriptions/{subscription_id}": {"url": "https://hooks.example.com/leads"},
    "/api/v1/subscriptions/{subscription_id}/replay": {"since": "2026-01-01T00:00:00Z"},
    "/api/v1/people/{person_id}": {"name": "New Name"},
    "/api/v1/keys/{key_id}/rotate": {},
    "/api/v1/offers/{offer_id}/decline": {"reason": "too_busy"},
    "/api/v1/offers/{offer_id}/withdraw": {"reason": "wrong office"},
    "/api/v1/producers/{producer_id}": {"profile": {"languages": ["en", "es"]}},
    "/api/v1/leads/{lead_id}/mark": {"mark": 4},
    "/api/v1/commissions/uplines/{producer_id}": {"upline_id": None, "since": "2026-01-01"},
    "/api/v1/commissions/payouts/{payout_id}/change": {"action": "process"},
    "/api/v1/commissions/payees/{producer_id}/bank": {"routing": "021000021", "account": "12345678"},
    "/api/v1/commissions/policy-events/{event_id}/dismiss": {"why": "recorded by hand"},
    "/api/v1/commissions/carrier-lines/{line_id}/assign": {"accrual_id": str(uuid4())},
    "/api/v1/copilot/threads/{thread_id}/turns": {"question": "how many leads?"},
    "/api/v1/copilot/actions/{action_id}/decide": {"approve": True, "digest": "0" * 64},
    "/api/v1/leads/{lead_id}/follow-ups": {"at": (now() + timedelta(days=30)).isoformat()},
    "/api/v1/support-requests/{support_id}/answer": {"answer": "In the portal."},
    "/api/v1/experiments/{experiment_id}/stop": {"reason": "enough"},
    **{
        f"/api/v1/routing/{kind}/versions/{{version}}/restore": {"why": "it was better"}
        for kind in ("weights", "rules", "strategy")
    },
    "/api/v1/routing/proposals/{proposal_id}/apply": {"note": "looks right"},
    "/api/v1/routing/proposals/{proposal_id}/dismiss": {"note": "not now"},
    "/api/v1/leads/{lead_id}/policy": {"carrier": "Prairie Mutual", "starts_on": "2026-01-01", "type": "auto.standard"},
    **{
        f"/api/v1/broker-network/{rest}": body
        for rest, body in {
            "connections/{connection_id}/accept": {},
            "connections/{connection_id}/end": {},
            "referrals/{referral_id}/accept": {},
            "referrals/{referral_id}/decline": {},
            "referrals/{referral_id}/withdraw": {"reason": "a mistake"},
            "referrals/{referral_id}/reverse": {"reason": "cancelled flat"},
            "teams/{team_id}/invitations": {"producer_id": str(uuid4())},
            "teams/{team_id}/members/{producer_id}": {"role": "leader"},
            "teams/{team_id}/pooling": {"pools": True, "since": "2099-01-01"},
        }.items()
    },
    **{
        f"/api/v1/policies/{{policy_id}}{rest}": body
        for rest, body in {
            "": a_policy().model_dump(mode="json"),
            "/number": {"number": "PM-1"},
            "/cancel": {"reason": "request"},
            "/cancel-quote": {"effective_on": "2026-06-01"},
            "/reinstate-quote": {"lapse": False},
            "/rescind": {"reason": "fraud", "basis": "clause 7 of the form"},
            "/reinstate": {"lapse": True},
            "/renewals": {},
            "/renewal-quote": {"premiums": {"bi": 1}, "reference": "quote 8", "valid_until": "2150-01-01"},
            "/notices/{notice_id}/withdraw": {"why": "paid"},
            "/notices": {
                "action": "lapse",
                "reason": "nonpayment",
                "sent": "mail",
                "mailed_on": "2026-01-01",
                "effective_on": "2026-02-01",
            },
            "/endorsements": {"effective_on": "2026-06-01", "operations": [glass(1)]},
            "/endorsements/{endorsement_id}/withdraw": {"why": "too dear"},
            "/endorsements/{endorsement_id}/price": {"change_minor": 1, "reference": "quote 7"},
            "/payments": {"amount_minor": 1, "method": "ach"},
            "/payments/{payment_id}/fail": {"why": "no funds"},
            "/payments/{payment_id}/reverse": {"why": "returned"},
            "/submit-backdated": {"why": "bound by telephone"},
            "/notes": {"text": "she called"},
            "/refunds/{payment_id}/returned": {"why": "not cashed"},
            "/letters": {"kind": "notice"},
            "/documents/{document_id}/reject": {"why": "the name is cut off"},
            "/refunds": {"amount_minor": 1, "method": "check"},
            "/requests": {"words": "when is the next payment due"},
            **{f"/requests/{{request_id}}/{word}": {"digest": "0" * 64} for word in ("approve", "refuse")},
        }.items()
    },
}
DESCRIBED = Door().openapi()["paths"]
Record = Callable[[], Awaitable[dict[str, str]]]


@pytest.fixture(scope="module")
def app(services: Services) -> FastAPI:
    """One for all, since nothing here changes it."""
    return create_app(services)


def scopes_of(method: str, path: str) -> set[Scope]:
    if path in EITHER:
        return EITHER[path]
    operation = DESCRIBED[path][method.lower()]
    return {Scope(word) for way in operation["security"] for word in way.get("token", ())}


def at(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], path)


def anywhere(path: str) -> str:
    some = {"{digest}": "0" * 64, "{version}": "999", "{file_number}": "999"}
    return re.sub(r"\{\w+\}", lambda found: some.get(found[0], str(uuid4())), path)


def test_every_open_path_exists_and_all_others_are_versioned() -> None:
    assert {path for _, path in ROUTES} >= OPEN | SIGNING_IN | NEEDS_NO_SCOPE | DOORS | set(EITHER)
    assert len(GUARDED) >= 25
    assert all(path.startswith("/api/v1/") for _, path in GUARDED)


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize(
    "sent", [{}, {"Authorization": "Bearer x.y.z"}, {"X-Api-Key": "lw_0000000000000000_" + "a" * 43}]
)
async def test_nobody_gets_in_without_a_token(
    client: httpx.AsyncClient, method: str, path: str, sent: dict[str, str]
) -> None:
    # The body is not even JSON: a stranger must not learn that.
    answer = await client.request(method, anywhere(path), content=b"{", headers=sent)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(("method", "path"), SCOPED)
async def test_every_scope_but_the_right_one_opens_nothing(
    client: httpx.AsyncClient, actor_token: Callable[..., str], method: str, path: str
) -> None:
    needed = scopes_of(method, path)
    assert needed
    wider = {Scope.LEADS_WRITE} if Scope.LEADS_SEND in needed else set()  # writing is more than sending
    for scopes in (set(Scope) - needed - wider, set()):
        headers = {"Authorization": f"Bearer {actor_token(scopes=scopes)}", "If-Match": "*"}
        answer = await client.request(method, anywhere(path), json={}, headers=headers)
        assert answer.status_code == 403, answer.text
        assert answer.json()["code"] == "forbidden"
    headers = {"Authorization": f"Bearer {actor_token(scopes=needed)}", "If-Match": "*"}
    assert (await client.request(method, anywhere(path), json={}, headers=headers)).status_code != 403


@pytest.mark.parametrize(("method", "path"), OF_RECORDS)
async def test_another_agencys_record_looks_like_none(
    client: httpx.AsyncClient,
    signed: dict[str, str],
    foreign: dict[str, str],
    record: Callable[[str], Awaitable[dict[str, str]]],
    method: str,
    path: str,
) -> None:
    there = at(path, await record(path))
    body = BODIES.get(path)

    async def ask(url: str, who: dict[str, str]) -> httpx.Response:
        return await client.request(method, url, json=body, headers=who | {"If-Match": "*"})

    answer, missing = await ask(there, foreign), await ask(anywhere(path), foreign)
    assert answer.status_code == missing.status_code == 404, answer.text
    assert answer.json()["title"] == missing.json()["title"]
    assert (await ask(there, signed)).status_code != 404 or path.endswith(
        ("/assign", "/merge", "/invitations")
    )  # those name a second one


async def test_a_password_is_changed_by_its_person_only(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    body = {"current_password": "x", "new_password": "y"}
    answer = await client.post("/api/v1/auth/password", json=body, headers=signed)
    assert answer.status_code == 403
