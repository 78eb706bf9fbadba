"""Sources as an administrator keeps them; leads given back, and the statement."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.actor import Actor, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from kernel.clock import frozen, now
from services.container import Services
from tests.api.conftest import TokenMaker
from tests.api.sources import SourceAt, SourceMaker, statement_of

RETURNS = {"days": 7, "reasons": ["wrong_number", "out_of_area"]}


async def taken(source: SourceAt) -> str:
    answer = await source.send(source.lead())
    assert answer.status_code == 202, answer.text
    return str(answer.json()["lead_id"])


async def give_back(client: httpx.AsyncClient, headers: dict[str, str], lead_id: str, reason: str) -> httpx.Response:
    path = f"/api/v1/leads/{lead_id}/return"
    return await client.post(path, json={"reason": reason}, headers=headers | {"If-Match": "*"})


async def test_a_lead_given_back_is_credited_once(make_source: SourceMaker, client: Any, signed: Any) -> None:
    source = await make_source("webhook", price={"minor": 1999}, returns=RETURNS, caps={"day": 3})
    first, _ = await taken(source), await taken(source)
    answer = await give_back(client, signed, first, "wrong_number")
    assert (answer.status_code, answer.json()["status"]) == (200, "returned")
    assert answer.json()["allowed_actions"] == []
    again = await give_back(client, signed, first, "wrong_number")
    assert again.status_code == 409
    account = await statement_of(client, signed, source)
    assert (account["accepted"], account["returned"]) == (2, 1)
    assert account["amounts"] == [
        {"currency": "USD", "charged_minor": 3998, "credited_minor": 1999, "spend_minor": 1999}
    ]
    assert (await source.get()).json()["caps"][0]["used"] == 2, "places stay used"


async def test_returns_outside_the_policy_are_refused(
    make_source: SourceMaker, client: Any, signed: Any, actor_token: TokenMaker
) -> None:
    source = await make_source("webhook", returns=RETURNS)
    strict = await make_source("webhook")
    lead_id = await taken(source)
    wrong = await give_back(client, signed, lead_id, "did_not_like")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "not_agreed")
    with frozen(now() + timedelta(days=7)):
        later = {"Authorization": f"Bearer {actor_token()}"}
        late = await give_back(client, later, lead_id, "wrong_number")
    assert (late.status_code, late.json()["code"]) == (409, "return_too_late")
    none = await give_back(client, signed, await taken(strict), "wrong_number")
    assert none.json()["code"] == "returns_not_agreed"


async def test_a_lead_that_came_from_no_source_has_nowhere_to_go(client: Any, signed: Any, send_lead: Any) -> None:
    answer = await give_back(client, signed, await send_lead(), "wrong_number")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_source")


async def test_a_returned_lead_leaves_its_producer_and_is_nobodys_duplicate(
    make_source: SourceMaker, client: Any, signed: Any, services: Services, actor: Actor
) -> None:
    source = await make_source("webhook", returns=RETURNS)
    lead = source.lead()
    lead_id = str((await source.send(lead)).json()["lead_id"])
    async with services.database.begin(actor) as uow:
        await uow.history.append(UUID(lead_id), "q", LeadEvent(Happening.QUALIFIED, now(), {"line": "auto"}))
        await uow.history.append(UUID(lead_id), "u", LeadEvent(Happening.QUEUED, now(), {"reason": "a person decides"}))
        producer = (await uow.agencies.producers())[0]
    given = await client.post(
        f"/api/v1/leads/{lead_id}/assign", json={"producer_id": str(producer.id)}, headers=signed | {"If-Match": "*"}
    )
    assert given.json()["status"] == "assigned", given.text
    assert (await give_back(client, signed, lead_id, "out_of_area")).json()["producer_id"] is None
    async with services.database.begin(actor) as uow:
        loads = await uow.routing.loads(now(), [producer.id])
    assert loads[producer.id].open_leads == 0
    second = await client.post("/api/v1/leads", json=lead, headers=signed)
    assert (await services.duplicates.find(actor, UUID(second.json()["lead_id"]), ("auto",))).suspects == 0
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0


async def test_the_statement_counts_days_of_the_sources_zone(
    make_source: SourceMaker, client: Any, signed: Any
) -> None:
    source = await make_source("webhook", price={"minor": 10}, states=["TX"], zone="America/Los_Angeles")
    for moment in ("2026-03-08T07:59:59+00:00", "2026-03-08T08:00:00+00:00", "2026-03-09T06:59:59+00:00",
                   "2026-03-09T07:00:00+00:00"):  # fmt: skip
        with frozen(datetime.fromisoformat(moment)):
            await taken(source)
            await source.send(source.lead(state="CA", zip=None))
    params = {"since": "2026-03-07", "until": "2026-03-09"}
    answer = await client.get(f"/api/v1/sources/{source.id}/statement", params=params, headers=signed)
    days = {day["day"]: (day["accepted"], day["rejected"][0]["count"]) for day in answer.json()["days"]}
    assert days == {"2026-03-07": (1, 1), "2026-03-08": (2, 2), "2026-03-09": (1, 1)}
    assert answer.json()["amounts"][0]["spend_minor"] == 40


@pytest.mark.parametrize("params", [{"since": "2026-02-30"}, {"since": "2026-03-02", "until": "2026-03-01"},
                                    {"since": "2020-01-01"}, {"until": "0001-01-01"}, {"until": "9999-12-31"}])  # fmt: skip
async def test_days_that_cannot_be_used(make_source: SourceMaker, client: Any, signed: Any, params: Any) -> None:
    source = await make_source("webhook")
    answer = await client.get(f"/api/v1/sources/{source.id}/statement", params=params, headers=signed)
    assert answer.status_code == 422, answer.text


async def test_settings_change_under_their_version(make_source: SourceMaker, client: Any, signed: Any) -> None:
    source = await make_source("webhook")
    path, body = f"/api/v1/sources/{source.id}", source.made["settings"]
    assert (await client.put(path, json=body, headers=signed)).status_code == 428
    changed = await client.put(path, json=body | {"name": "Other"}, headers=signed | {"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    stale = await client.put(path, json=body, headers=signed | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["settings"]["name"]) == (412, "Other")
    fixed = await client.put(path, json=body | {"slug": "another"}, headers=signed | {"If-Match": "*"})
    assert fixed.json()["errors"][0]["field"] == "slug"
    wrong = await client.put(path, json=body | {"zone": "Mars", "states": ["ZZ"]}, headers=signed | {"If-Match": "*"})
    assert {one["field"] for one in wrong.json()["errors"]} == {"zone", "states"}


async def test_a_source_with_leads_is_switched_off_and_not_deleted(
    make_source: SourceMaker, client: Any, signed: Any
) -> None:
    source, unused = await make_source("webhook"), await make_source("webhook")
    await taken(source)
    tag = signed | {"If-Match": "*"}
    kept = await client.delete(f"/api/v1/sources/{source.id}", headers=tag)
    assert (kept.status_code, kept.json()["code"]) == (409, "source_has_leads")
    assert (await client.delete(f"/api/v1/sources/{unused.id}", headers=tag)).status_code == 204
    assert (await unused.get()).status_code == 404


async def test_slugs_are_taken_once_and_secrets_are_few(make_source: SourceMaker, client: Any, signed: Any) -> None:
    source = await make_source("webhook")
    body = {"slug": source.slug, "name": "Again", "kind": "api"}
    twice = await client.post("/api/v1/sources", json=body, headers=signed)
    assert (twice.status_code, twice.json()["code"]) == (409, "slug_taken")
    for _ in range(4):
        await source.add_secret()
    full = await client.post(f"/api/v1/sources/{source.id}/secrets", headers=signed)
    assert (full.status_code, full.json()["code"]) == (409, "too_many_secrets")
    slugs = [one["settings"]["slug"] for one in (await client.get("/api/v1/sources", headers=signed)).json()["items"]]
    assert source.slug in slugs


async def test_sources_are_an_administrators(client: Any, actor_token: TokenMaker) -> None:
    headers = {"Authorization": f"Bearer {actor_token([Scope.LEADS_READ, Scope.LEADS_WRITE])}"}
    assert (await client.get("/api/v1/sources", headers=headers)).status_code == 403
