"""Ping and post: a price without a name, then the lead for that price."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.actor import Scope
from kernel.clock import frozen, now
from tests.api.conftest import TokenMaker
from tests.api.sources import SourceAt, SourceMaker, statement_of

PING = {"state": "TX", "zip": "75201", "line": "auto", "age": 44}


async def token_of(source: SourceAt, **ping: Any) -> str:
    answer = await source.send(PING | ping, door="ping")
    assert answer.status_code == 200, answer.text
    assert answer.json()["accept"], answer.text
    return str(answer.json()["token"])


async def test_a_ping_is_answered_and_its_post_is_taken(make_source: SourceMaker, client: Any, signed: Any) -> None:
    source = await make_source("ping_post", price={"minor": 900}, states=["TX"], lines=["auto"])
    answer = (await source.send(PING, door="ping")).json()
    assert (answer["accept"], answer["price"]) == (True, {"minor": 900, "currency": "USD"})
    posted = await source.send(source.lead() | {"token": answer["token"]}, door="post")
    assert posted.status_code == 202, posted.text
    lead = (await client.get(f"/api/v1/leads/{posted.json()['lead_id']}", headers=signed)).json()
    assert (lead["source"], lead["status"]) == (source.slug, "received")
    assert "token" not in lead["extras"]


@pytest.mark.parametrize(
    ("agreed", "ping", "reason"),
    [
        ({"states": ["CA"]}, {}, "state_not_wanted"),
        ({"states": ["TX"]}, {"state": "", "zip": ""}, "state_unknown"),
        ({"lines": ["home"]}, {}, "line_not_wanted"),
        ({"caps": {"week": 0}}, {}, "cap_reached"),
    ],
)
async def test_a_ping_that_is_not_wanted_has_a_reason_and_no_token(
    make_source: SourceMaker, agreed: dict[str, Any], ping: dict[str, Any], reason: str
) -> None:
    source = await make_source("ping_post", **agreed)
    answer = (await source.send(PING | ping, door="ping")).json()
    assert (answer["accept"], answer["reason"], answer["token"], answer["price"]) == (False, reason, None, None)
    assert await source.refusals() == {reason: 1}


async def test_a_ping_with_a_person_in_it_is_refused_and_kept_nowhere(make_source: SourceMaker) -> None:
    source = await make_source("ping_post", mapping={"mail": "email"})
    answer = await source.send(PING | {"mail": "a@x.example", "ssn": "1"}, door="ping")
    assert answer.status_code == 422
    assert {one["field"]: one["code"] for one in answer.json()["errors"]} == {
        "email": "identity_in_ping", "ssn": "unknown",
    }  # fmt: skip
    assert "a@x.example" not in answer.text
    assert await source.refusals() == {"ping_refused": 1}


async def test_a_token_works_once_even_at_the_same_time(make_source: SourceMaker) -> None:
    source = await make_source("ping_post")
    token = await token_of(source)
    answers = await asyncio.gather(*(source.send(source.lead() | {"token": token}, door="post") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [202] + [422] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"ping_used"}


async def test_a_token_is_bound_to_its_source(make_source: SourceMaker) -> None:
    source, other = await make_source("ping_post"), await make_source("ping_post")
    token = await token_of(source)
    refused = await other.send(other.lead() | {"token": token}, door="post")
    assert refused.json()["code"] == "ping_unknown"
    missing = await source.send(source.lead(), door="post")
    assert (missing.json()["code"], missing.json()["errors"][0]["field"]) == ("token_missing", "token")


@pytest.mark.parametrize(
    ("changed", "fields"),
    [({"state": "OK", "zip": "73301"}, {"state", "zip"}), ({"line": "home"}, {"line"}), ({"line": None}, {"line"})],
)
async def test_what_the_post_changes_is_named(
    make_source: SourceMaker, changed: dict[str, Any], fields: set[str]
) -> None:
    source = await make_source("ping_post")
    token = await token_of(source)
    refused = await source.send(source.lead(**changed) | {"token": token}, door="post")
    assert (refused.status_code, refused.json()["code"]) == (422, "ping_differs")
    assert {one["field"] for one in refused.json()["errors"]} == fields
    corrected = await source.send(source.lead() | {"token": token}, door="post")
    assert corrected.status_code == 202


async def test_a_token_runs_out(make_source: SourceMaker) -> None:
    source = await make_source("ping_post")
    begun = now()
    with frozen(begun):
        token = await token_of(source)
    with frozen(begun + timedelta(seconds=300)):
        refused = await source.send(source.lead() | {"token": token}, door="post")
    assert refused.json()["code"] == "ping_expired"


async def test_the_pings_price_is_paid_though_the_settings_have_another(
    make_source: SourceMaker, client: httpx.AsyncClient, signed: Any
) -> None:
    source = await make_source("ping_post", price={"minor": 900})
    token = await token_of(source)
    assert (await source.change(price={"minor": 100})).status_code == 200
    posted = await source.send(source.lead() | {"token": token}, door="post")
    assert posted.json()["price"] == {"minor": 900, "currency": "USD"}
    account = await statement_of(client, signed, source)
    assert account["amounts"][0]["spend_minor"] == 900


async def test_a_place_is_taken_by_the_post_and_not_by_the_ping(make_source: SourceMaker) -> None:
    source = await make_source("ping_post", caps={"day": 1})
    first, second = await token_of(source), await token_of(source)
    assert (await source.send(source.lead() | {"token": first}, door="post")).status_code == 202
    late = await source.send(source.lead() | {"token": second}, door="post")
    assert late.json()["code"] == "cap_reached"


async def test_a_callers_token_does_instead_of_a_signature(
    make_source: SourceMaker, client: httpx.AsyncClient, actor_token: TokenMaker, foreign: dict[str, str]
) -> None:
    source = await make_source("ping_post")
    path = f"{source.path}/ping"
    writer = {"Authorization": f"Bearer {actor_token([Scope.LEADS_WRITE])}"}
    reader = {"Authorization": f"Bearer {actor_token([Scope.LEADS_READ])}"}
    assert (await client.post(path, json=PING, headers=writer)).json()["accept"]
    assert (await client.post(path, json=PING, headers=reader)).status_code == 403
    assert (await client.post(path, json=PING, headers=foreign)).status_code == 401
    assert (await client.post(path, json=PING)).status_code == 401
