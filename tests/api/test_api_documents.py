"""Documents of a lead over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from domain.actor import Scope
from kernel.ids import new_id
from services.container import Services
from tests import declarations
from tests.paper import mail, photographed, scanned

SendLead = Callable[..., Awaitable[str]]
Headers = dict[str, str]


def at(lead_id: str) -> str:
    return f"/api/v1/leads/{lead_id}/documents"


def named(name: str) -> Headers:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Content-Type": "application/pdf"}


async def test_a_document_is_read_and_found_where_its_location_says(
    client: httpx.AsyncClient, signed: Headers, send_lead: SendLead
) -> None:
    lead_id = await send_lead()
    answer = await client.post(at(lead_id), content=declarations.auto(), headers=signed | named("my%20policy.pdf"))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["name"], body["kind"], body["status"], body["scan"]) == (
        "my policy.pdf",
        "declarations",
        "read",
        "not_scanned",
    )
    assert body["media_type"] == "application/pdf"
    assert len(body["sha256"]) == 64
    policy = next(field for field in body["fields"] if field["name"] == "policy_number")
    assert (policy["value"], policy["page"]) == ("PA 4471 0093 22", 1)
    assert policy["quote"] == "Policy Number: PA 4471 0093 22"
    again = await client.get(answer.headers["Location"], headers=signed)
    assert again.json() == body
    listed = (await client.get(at(lead_id), headers=signed)).json()["items"]
    assert [item["id"] for item in listed] == [body["id"]]
    assert "fields" not in listed[0]


async def test_the_same_bytes_are_the_same_document(
    client: httpx.AsyncClient, signed: Headers, send_lead: SendLead
) -> None:
    lead_id, other = await send_lead(), await send_lead()
    first = await client.post(at(lead_id), content=declarations.quote(), headers=signed | named("a.pdf"))
    second = await client.post(at(lead_id), content=declarations.quote(), headers=signed | named("b.pdf"))
    elsewhere = await client.post(at(other), content=declarations.quote(), headers=signed | named("a.pdf"))
    assert (first.status_code, second.status_code, elsewhere.status_code) == (201, 200, 201)
    assert second.json() == first.json()
    assert elsewhere.json()["id"] != first.json()["id"]


async def test_a_form_with_a_file(client: httpx.AsyncClient, signed: Headers, send_lead: SendLead) -> None:
    answer = await client.post(
        at(await send_lead()),
        headers=signed,
        data={"note": "x"},
        files={"file": ("../../etc/loss\u202erun.pdf", declarations.loss_run(), "text/plain")},
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == "lossrun.pdf"
    assert answer.json()["kind"] == "loss_run"
    without = await client.post(at(await send_lead()), headers=signed, files={"file": (None, b"x")})
    assert (without.status_code, without.json()["code"]) == (400, "malformed")


async def test_an_email_brings_its_files(client: httpx.AsyncClient, signed: Headers, send_lead: SendLead) -> None:
    lead_id = await send_lead()
    message = mail(
        "Renewal", "Please quote.\n", attachments=[("dec.pdf", declarations.homeowners()), ("x.exe", b"MZ\x90\0")]
    )
    answer = await client.post(at(lead_id), content=message, headers=signed | named("m.eml"))
    assert answer.json()["kind"] == "email"
    assert [note["code"] for note in answer.json()["notes"]] == ["attachment_refused"]
    parent, child = (await client.get(at(lead_id), headers=signed)).json()["items"]
    assert (child["parent_id"], child["name"], child["kind"]) == (parent["id"], "dec.pdf", "declarations")


async def test_a_scan_waits_for_recognition_or_says_what_it_needs(
    client: httpx.AsyncClient, signed: Headers, send_lead: SendLead, services: Services
) -> None:
    data = scanned(photographed(declarations.auto(), dpi=50))
    answer = await client.post(at(await send_lead()), content=data, headers=signed | named("scan.pdf"))
    installed = services.documents._reader.recognises
    assert answer.json()["status"] == ("waiting" if installed else "needs_ocr")
    assert answer.json()["fields"] == []


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [(b"", 422, "empty_file"), (b"GIF89a...", 422, "unsupported_type"), (b"PK\x03\x04...", 422, "broken_file")],
)
async def test_refusals_name_the_file_and_the_remedy(
    client: httpx.AsyncClient, signed: Headers, send_lead: SendLead, data: bytes, status: int, code: str
) -> None:
    answer = await client.post(at(await send_lead()), content=data, headers=signed | named("a.pdf"))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("file", code)
    assert error["remedy"]


async def test_a_file_that_cannot_be_read_is_kept_and_says_why(
    client: httpx.AsyncClient, signed: Headers, send_lead: SendLead
) -> None:
    answer = await client.post(at(await send_lead()), content=b"%PDF-1.4 broken", headers=signed | named("a.pdf"))
    assert answer.status_code == 201
    assert answer.json()["status"] == "failed"
    assert "damaged" in answer.json()["notes"][0]["message"]


async def test_larger_than_leads_but_not_without_end(
    client: httpx.AsyncClient, signed: Headers, send_lead: SendLead, services: Services
) -> None:
    lead_id, most = await send_lead(), services.settings.documents.max_bytes
    large = b"Named Insured: Ada Fontaine\n" + b" \n" * (services.settings.api.max_body_bytes // 2)
    assert (await client.post(at(lead_id), content=large, headers=signed | named("a.txt"))).status_code == 201
    refused = await client.post(at(lead_id), content=b" " * (most + 5_000), headers=signed | named("a.txt"))
    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")


async def test_strangers_and_other_agencies(
    client: httpx.AsyncClient, signed: Headers, foreign: Headers, send_lead: SendLead, actor_token: Callable[..., str]
) -> None:
    lead_id = await send_lead()
    sent = await client.post(at(lead_id), content=declarations.quote(), headers=signed | named("a.pdf"))
    where = sent.headers["Location"]
    assert (await client.get(where)).status_code == 401
    assert (await client.get(where, headers=foreign)).status_code == 404
    assert (await client.get(at(lead_id), headers=foreign)).status_code == 404
    assert (await client.post(at(lead_id), content=b"x", headers=foreign | named("a"))).status_code == 404
    reader = {"Authorization": f"Bearer {actor_token([Scope.LEADS_READ])}"}
    assert (await client.post(at(lead_id), content=b"x", headers=reader)).status_code == 403
    assert (await client.get(where, headers=reader)).status_code == 200
    other = at(await send_lead())
    assert (await client.get(f"{other}/{sent.json()['id']}", headers=signed)).status_code == 404
    assert (await client.get(f"{other}/{new_id()}", headers=signed)).status_code == 404
