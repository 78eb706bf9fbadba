"""Use of language models over HTTP."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from uuid import UUID

import httpx
import pytest

from domain.actor import Actor, Scope
from domain.decision import Decision, Source
from kernel.clock import now
from kernel.ids import new_id
from services.container import Services
from tests.api.conftest import TokenMaker
from tests.services.llm.test_ledger_and_budget import a_call

PATH = "/api/v1/usage"


async def test_an_administrator_sees_what_the_own_agency_used(
    client: httpx.AsyncClient, signed: dict[str, str], foreign: dict[str, str], services: Services, actor: Actor
) -> None:
    services.llm_ledger.record(a_call(actor.agency_id, at=now(), cost_usd=Decimal("0.0125")))
    await services.llm_ledger.flush()
    shown = await client.get(PATH, headers=signed)
    assert shown.status_code == 200, shown.text
    (line,) = shown.json()["items"]
    assert (line["agent"], line["calls"], line["cached_tokens"]) == ("classifier", 1, 5)
    assert Decimal(line["cost_usd"]) == Decimal(shown.json()["cost_usd"]) == Decimal("0.0125")
    assert (await client.get(PATH, headers=foreign)).json()["items"] == []


async def test_strangers_and_others_see_nothing(client: httpx.AsyncClient, actor_token: TokenMaker) -> None:
    assert (await client.get(PATH)).status_code == 401
    headers = {"Authorization": f"Bearer {actor_token([Scope.LEADS_READ])}"}
    assert (await client.get(PATH, headers=headers)).status_code == 403


@pytest.mark.parametrize("query", ["since=tomorrow", "since=2026-02-02&until=2026-01-01", "days=3", "since=0001-01-01"])
async def test_days_that_cannot_be_are_named(client: httpx.AsyncClient, signed: dict[str, str], query: str) -> None:
    answer = await client.get(f"{PATH}?{query}", headers=signed)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in {"since", "days"}


async def test_who_answered_is_counted_and_what_that_saved(
    client: httpx.AsyncClient,
    signed: dict[str, str],
    foreign: dict[str, str],
    services: Services,
    actor: Actor,
    send_lead: Callable[..., Awaitable[str]],
) -> None:
    lead_id = UUID(await send_lead())
    before = {one["specialist"]: one for one in (await client.get(PATH, headers=signed)).json()["answered"]}
    given = [(Source.LOCAL, {}, 0), (Source.RULES, {}, 250), (Source.LLM, {"agreed": True}, 1000),
             (Source.LLM, {"agreed": False}, 3000)]  # fmt: skip
    for source, value, cost in given:
        decision = Decision("reader", value, 0.9, source, "test", cost=cost)
        await services.qualification.record(actor, new_id(), lead_id, decision)
    answered = {one["specialist"]: one for one in (await client.get(PATH, headers=signed)).json()["answered"]}
    assert "reader" not in before
    one = answered["reader"]
    assert (one["local"], one["model"], one["agreed"]) == (2, 2, 1)
    assert Decimal(one["cost_usd"]) == Decimal("0.00425")
    assert Decimal(one["saved_usd"]) == Decimal("0.004")
    others = (await client.get(PATH, headers=foreign)).json()["answered"]
    assert "reader" not in {one["specialist"] for one in others}
