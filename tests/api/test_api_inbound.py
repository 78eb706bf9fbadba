"""Signed deliveries: who may send, what is read, and what a second one gets."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.actor import Actor
from kernel.clock import frozen, now
from kernel.ids import new_id
from services.container import Services
from tests.api.sources import SourceAt, SourceMaker, statement_of


async def test_a_signed_delivery_becomes_a_lead(
    make_source: SourceMaker, client: httpx.AsyncClient, signed: Any
) -> None:
    source = await make_source("webhook", mapping={"who": "full_name", "contact.mail": "email"}, price={"minor": 1250})
    body = {"who": "Ana Ruiz", "contact": {"mail": "Ana+x@Example.com"}, "state": "TX", "line": "auto", "n": 1.0}
    answer = await source.send(body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["price"] == {"minor": 1250, "currency": "USD"}
    lead = (await client.get(f"/api/v1/leads/{answer.json()['lead_id']}", headers=signed)).json()
    assert (lead["name"], lead["email"], lead["source"]) == ("Ana Ruiz", "Ana+x@example.com", source.slug)
    assert (lead["source_id"], lead["test"], lead["extras"]["n"]) == (source.id, False, "1.0")


async def test_t71_the_raw_bytes_are_what_is_signed_and_are_looked_at_before_they_are_read(
    make_source: SourceMaker, client: httpx.AsyncClient, signed: Any
) -> None:
    source = await make_source("webhook")
    text = json.dumps(source.lead(num=1.0))
    body = text.encode()
    assert b'"num": 1.0' in body
    signature = source.signature(body)
    for other in (text.replace("1.0", "1"), text.replace(": ", ":"), "{"):
        assert (await source.send(other.encode(), header=signature)).status_code == 401
    answer = await source.send(body, header=signature)
    assert answer.status_code == 202, answer.text
    lead = (await client.get(f"/api/v1/leads/{answer.json()['lead_id']}", headers=signed)).json()
    assert lead["extras"]["num"] == "1.0"


async def test_strangers_and_bad_signatures_look_the_same(make_source: SourceMaker) -> None:
    source = await make_source("webhook")
    off = await make_source("webhook", active=False)
    form = await make_source("form")
    body = b'{"email": "a@x.example"}'
    late = str(int(now().timestamp()) - 301)
    answers = [
        await source.send(body, secret="wrong"),
        await source.send(body, header=""),
        await source.send(body, header="t=1"),
        await source.send(body, at=late),
        await source.send(b"{}", header=source.signature(body)),
        await off.send(body),
        await form.send(body),
        await source.send(body, slug="no-such-source"),
        await source.send(body, agency="no-such-agency"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    shown = {json.dumps({k: v for k, v in answer.json().items() if k != "instance"}) for answer in answers}
    assert len(shown) == 1
    assert (await source.refusals())["bad_signature"] == 5


async def test_two_secrets_hold_while_one_is_exchanged(make_source: SourceMaker) -> None:
    source = await make_source("webhook")
    old = source.secret
    made = await source.add_secret()
    assert (await source.send(source.lead(), secret=old)).status_code == 202
    assert (await source.send(source.lead(), secret=made["secret"])).status_code == 202
    await source.revoke_secret(source.secret_id)
    assert (await source.send(source.lead(), secret=old)).status_code == 401
    assert (await source.send(source.lead(), secret=made["secret"])).status_code == 202


async def test_a_secret_is_shown_once_and_sealed(make_source: SourceMaker, services: Services, actor: Actor) -> None:
    source = await make_source("webhook")
    assert source.secret not in (await source.get()).text
    async with services.database.begin(actor) as uow:
        (row,) = await uow.sources.secrets(source.uuid)
    assert source.secret.encode() not in row.sealed


async def test_the_same_delivery_gets_the_first_answer(make_source: SourceMaker) -> None:
    source = await make_source("webhook", caps={"day": 1})
    body, at = json.dumps(source.lead()).encode(), str(int(now().timestamp()))
    first, again = await source.send(body, at=at), await source.send(body, at=at)
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = json.dumps(source.lead()).encode()
    refused, refused_again = await source.send(other, at=at), await source.send(other, at=at)
    assert refused.json()["code"] == refused_again.json()["code"] == "cap_reached"
    assert await source.refusals() == {"cap_reached": 1}


async def test_a_captured_delivery_under_another_id_is_still_the_same_one(make_source: SourceMaker) -> None:
    source = await make_source("webhook")
    body, at = json.dumps(source.lead()).encode(), str(int(now().timestamp()))
    first = await source.send(body, at=at, delivery="one")
    again = await source.send(body, at=at, delivery="two")
    assert first.json()["lead_id"] == again.json()["lead_id"]
    resigned = await source.send(body, at=str(int(at) - 1), delivery="one")
    assert resigned.json()["lead_id"] == first.json()["lead_id"]
    other = await source.send(source.lead(), delivery="one")
    assert (other.status_code, other.json()["code"]) == (409, "delivery_id_reused")


async def test_twenty_at_once_with_one_signature_make_one_lead(make_source: SourceMaker) -> None:
    source = await make_source("webhook")
    body, at = json.dumps(source.lead()).encode(), str(int(now().timestamp()))
    answers = await asyncio.gather(*(source.send(body, at=at) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["lead_id"] for answer in answers}) == 1


async def test_twenty_at_once_against_one_place_take_one(make_source: SourceMaker) -> None:
    source = await make_source("webhook", caps={"hour": 5, "day": 3})
    for _ in range(2):
        assert (await source.send(source.lead())).status_code == 202
    answers = await asyncio.gather(*(source.send(source.lead()) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [202] + [422] * 19
    assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"cap_reached"}
    shown = (await source.get()).json()["caps"]
    # A lead that the full day refused gave its hour's place back.
    assert [(cap["window"], cap["used"], cap["left"]) for cap in shown] == [("hour", 3, 2), ("day", 3, 0)]
    assert await source.refusals() == {"cap_reached": 19}


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b'{"n": NaN}', 422),
        ("application/json", b'{"email": "a\\u0000@x.example"}', 422),
        ("application/json", b"{}", 422),
        ("application/json", b'{"full_name": "Ann"}', 422),
        ("text/plain", b"hello", 415),
        ("application/x-www-form-urlencoded", b"email=%FF", 422),
        ("application/json", b'{"m": "' + b"a" * 300_000 + b'"}', 413),
    ],
)
async def test_what_cannot_be_read_is_refused_and_counted(
    make_source: SourceMaker, content_type: str, body: bytes, status: int
) -> None:
    source = await make_source("webhook")
    answer = await source.send(body, content_type=content_type)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert sum((await source.refusals()).values()) == (0 if status == 413 else 1)


async def test_a_form_encoded_delivery_keeps_the_plus(make_source: SourceMaker, client: Any, signed: Any) -> None:
    source = await make_source("webhook", mapping={"mail": "email"})
    answer = await source.send(b"mail=a+b@x.example&state=TX", content_type="application/x-www-form-urlencoded")
    lead = (await client.get(f"/api/v1/leads/{answer.json()['lead_id']}", headers=signed)).json()
    assert lead["email"] == "a+b@x.example"


@pytest.mark.parametrize(
    ("agreed", "lead", "code"),
    [
        ({"states": ["TX"]}, {"state": None, "zip": None}, "state_unknown"),
        ({"states": ["TX"]}, {"state": "CA", "zip": None}, "state_not_wanted"),
        ({"states": ["TX"]}, {"state": "TX", "zip": "90210"}, "state_unclear"),
        ({"lines": ["home"]}, {}, "line_not_wanted"),
        ({"wants_certificate": True}, {}, "certificate_missing"),
        ({"wants_certificate": True}, {"xxTrustedFormCertUrl": "https://cert.trustedform.com.evil.io/abc"},
         "certificate_not_usable"),
        ({"sellers": ["Acme"]}, {}, "consent_missing"),
        ({"sellers": ["Acme"]}, {"consent": "yes", "consent_sellers": ["Other"]}, "seller_not_named"),
    ],
)  # fmt: skip
async def test_refusals_have_codes_and_words(
    make_source: SourceMaker, agreed: dict[str, Any], lead: dict[str, Any], code: str
) -> None:
    source = await make_source("webhook", **agreed)
    answer = await source.send(source.lead(**lead))
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert answer.json()["detail"]
    assert await source.refusals() == {code: 1}


async def test_a_person_known_for_the_same_line_is_refused(make_source: SourceMaker, client: Any, signed: Any) -> None:
    source = await make_source("webhook", duplicate_days_by_line={"auto": 30})
    lead = source.lead()
    assert (await client.post("/api/v1/leads", json=lead, headers=signed)).status_code == 202
    assert (await source.send(lead)).json()["code"] == "duplicate"
    assert (await source.send(lead | {"line": "life"})).status_code == 202


async def test_two_at_once_of_one_person_make_one_lead(make_source: SourceMaker) -> None:
    source = await make_source("webhook", duplicate_days=30)
    lead = source.lead()
    answers = await asyncio.gather(*(source.send(lead | {"n": n}) for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [202] + [422] * 7


async def test_one_person_twice_in_a_batch_is_taken_once(make_source: SourceMaker, client: Any, signed: Any) -> None:
    source = await make_source("api", duplicate_days=1)
    lead = source.lead(source=source.slug)
    batch = await client.post("/api/v1/leads/batch", json={"leads": [lead, lead]}, headers=signed)
    assert [item["errors"] and item["errors"][0]["code"] for item in batch.json()["items"]] == [[], "duplicate"]


async def test_leads_by_the_api_and_in_batches_follow_the_source_they_name(
    make_source: SourceMaker, client: httpx.AsyncClient, signed: Any
) -> None:
    source = await make_source("api", states=["TX"], price={"minor": 300}, caps={"day": 2})
    headers = signed | {"Idempotency-Key": str(new_id())}
    body = source.lead(source=source.slug, state="CA", zip=None)
    for _ in range(2):
        refused = await client.post("/api/v1/leads", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, "state_not_wanted")
    leads = [source.lead(source=source.slug) for _ in range(3)] + [source.lead(source="somewhere else")]
    batch = (await client.post("/api/v1/leads/batch", json={"leads": leads}, headers=signed)).json()["items"]
    assert [item["status"] for item in batch] == ["received", "received", "rejected", "received"]
    assert batch[2]["errors"][0]["code"] == "cap_reached"
    assert await source.refusals() == {"state_not_wanted": 1, "cap_reached": 1}
    account = await statement_of(client, signed, source)
    assert (account["accepted"], account["amounts"]) == (
        2, [{"currency": "USD", "charged_minor": 600, "credited_minor": 0, "spend_minor": 600}],
    )  # fmt: skip


async def test_rows_of_a_file_follow_the_source_they_name(
    make_source: SourceMaker, services: Services, actor: Actor, tmp_path: Path
) -> None:
    source = await make_source("file", lines=["auto"])
    rows = (
        f"email,line,source\na{source.slug}@x.example,auto,{source.slug}\nb{source.slug}@x.example,pet,{source.slug}\n"
    )
    file = tmp_path / "leads.csv"
    file.write_text(rows, encoding="utf-8")
    taken = await services.imports.take(actor, "leads.csv", file)
    results = await services.import_results.results(actor, taken.id)
    assert [(row.lead_id is None, row.reason) for row in results] == [(False, None), (True, "line_not_wanted")]


async def test_a_cap_begins_anew_on_the_sources_own_clock(make_source: SourceMaker) -> None:
    source = await make_source("webhook", caps={"day": 1}, zone="America/Chicago")
    with frozen(now().replace(year=2026, month=3, day=9, hour=4, minute=59, second=59)):
        assert (await source.send(source.lead())).status_code == 202
        refused = await source.send(source.lead())
        assert "2026-03-09T00:00:00-05:00" in refused.json()["detail"]
    with frozen(now().replace(year=2026, month=3, day=9, hour=5, minute=0, second=0)):
        assert (await source.send(source.lead())).status_code == 202


async def test_another_agencys_source_is_not_there(make_source: SourceMaker, client: Any, foreign: Any) -> None:
    source: SourceAt = await make_source("webhook")
    for path in ("", "/statement"):
        assert (await client.get(f"/api/v1/sources/{source.id}{path}", headers=foreign)).status_code == 404
    tag = {"If-Match": "*"}
    assert (await client.delete(f"/api/v1/sources/{source.id}", headers=foreign | tag)).status_code == 404
    assert (await client.post(f"/api/v1/sources/{source.id}/secrets", headers=foreign)).status_code == 404
