"""Files of leads over HTTP: sent, taken in by the worker, followed, reported."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text

from domain.actor import Actor, Scope
from kernel.ids import new_id
from services.container import Services
from tests.api.conftest import TokenMaker

Headers = dict[str, str]
URL = "/api/v1/imports"


def leads(count: int = 2) -> bytes:
    """A file that nobody has sent before; its last row reaches nobody."""
    word = new_id().hex[-12:]
    rows = "".join(f"Ana {place},ana{place}.{word}@x.example,02138\n" for place in range(count))
    return f"Name,Email,Zip\n{rows}=cmd(),,\n".encode()


def named(name: str) -> Headers:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "text/csv"}


async def worked(services: Services) -> None:
    while await services.imports.work():
        pass


async def test_a_file_is_kept_then_taken_in_and_every_row_reported(
    services: Services, client: httpx.AsyncClient, signed: Headers
) -> None:
    answer = await client.post(
        URL, params={"source": "fair"}, content=leads(), headers=signed | named("a/../my leads.csv")
    )
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["state"], body["filename"], body["format"], body["rows"]) == ("waiting", "my leads.csv", "csv", 0)
    where = answer.headers["Location"]
    await worked(services)
    after = (await client.get(where, headers=signed)).json()
    assert (after["state"], after["rows"], after["taken"], after["refused"]) == ("taken", 3, 2, 1)
    assert [column["field"] for column in after["mapping"]] == ["full_name", "email", "zip"]
    first = (await client.get(f"{where}/rows", params={"limit": 2}, headers=signed)).json()
    assert ([item["row"] for item in first["items"]], first["next_after"]) == ([1, 2], 2)
    rest = (await client.get(f"{where}/rows", params={"after": 2}, headers=signed)).json()
    assert (rest["items"][0]["status"], rest["items"][0]["errors"][0]["code"]) == ("rejected", "no_contact")
    lead = (await client.get(f"/api/v1/leads/{first['items'][0]['lead_id']}", headers=signed)).json()
    assert lead["source"] == "fair"
    report = await client.get(f"{where}/report", headers=signed)
    assert report.headers["content-type"].startswith("text/csv")
    records = list(csv.DictReader(io.StringIO(report.text)))
    assert [record["row"] for record in records] == ["1", "2", "3"]
    assert "add an e-mail address" in records[2]["errors"]
    lines = (await client.get(f"{where}/report", params={"form": "jsonl"}, headers=signed)).text.splitlines()
    assert [json.loads(line)["row"] for line in lines] == [1, 2, 3]
    listed = (await client.get(URL, headers=signed)).json()["items"]
    assert [item["id"] for item in listed] == [body["id"]]


async def test_a_form_says_how_its_file_is_read(services: Services, client: httpx.AsyncClient, signed: Headers) -> None:
    content = f'{{"who":"Ana Ruiz","reach":"ana.{new_id().hex[-9:]}@x.example"}}\n'.encode()
    form = {"map": json.dumps({"reach": "email", "who": "full_name"}), "source": "form", "again": "1"}
    answer = await client.post(URL, files={"file": ("l.jsonl", content)}, data=form, headers=signed)
    assert answer.status_code == 202, answer.text
    assert (answer.json()["filename"], answer.json()["format"]) == ("l.jsonl", "jsonl")
    await worked(services)
    after = (await client.get(answer.headers["Location"], headers=signed)).json()
    assert [(column["field"], column["how"]) for column in after["mapping"]] == [
        ("full_name", "given"),
        ("email", "given"),
    ]


async def test_the_same_file_is_the_same_import_and_again_is_another(
    client: httpx.AsyncClient, signed: Headers
) -> None:
    content = leads()
    first = await client.post(URL, content=content, headers=signed | named("a.csv"))
    second = await client.post(URL, content=content, headers=signed | named("b.csv"))
    again = await client.post(URL, params={"again": 1}, content=content, headers=signed | named("a.csv"))
    assert first.json()["id"] == second.json()["id"] != again.json()["id"]


async def test_an_idempotency_key_is_honoured(client: httpx.AsyncClient, signed: Headers) -> None:
    content, key = leads(), {"Idempotency-Key": f"file-{new_id()}"}
    first = await client.post(URL, content=content, headers=signed | key)
    second = await client.post(URL, content=content, headers=signed | key)
    other = await client.post(URL, content=leads(), headers=signed | key)
    assert (first.json(), second.headers["Idempotent-Replayed"]) == (second.json(), "true")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_file_that_cannot_be_read_fails_with_its_reason(
    services: Services, client: httpx.AsyncClient, signed: Headers
) -> None:
    answer = await client.post(URL, content=b"name,email\n", headers=signed)
    await worked(services)
    after = (await client.get(answer.headers["Location"], headers=signed)).json()
    assert (after["state"], after["failure"]["errors"][0]["code"]) == ("failed", "no_rows")
    wrong = await client.post(URL, params={"map": '{"Nope": "email"}'}, content=leads(), headers=signed)
    await worked(services)
    after = (await client.get(wrong.headers["Location"], headers=signed)).json()
    assert after["failure"]["errors"][0]["code"] == "header_unknown"


@pytest.mark.parametrize(
    ("content", "params", "status", "code"),
    [
        (b"", {}, 422, "empty_file"), (b"%PDF-1.7", {}, 422, "not_csv"), (b"<html></html>", {}, 422, "not_a_lead_file"),
        (b"a,b\n1,2\n", {"map": "["}, 400, None), (b"a,b\n1,2\n", {"map": "[]"}, 422, "not_an_object"),
        (b"a,b\n1,2\n", {"map": '{"a": "nope"}'}, 422, "field_unknown"), (b"a,b\n1,2\n", {"wrong": "1"}, 422, "unknown"),
        (b"a,b\n1,2\n", {"sheet": "x"}, 422, "sheet_unknown"), (b"a,b\n1,2\n", {"again": "-1"}, 422, "out_of_range"),
    ],
)  # fmt: skip
async def test_what_cannot_be_taken_is_refused_at_the_door(
    client: httpx.AsyncClient, signed: Headers, content: bytes, params: dict[str, str], status: int, code: str | None
) -> None:
    answer = await client.post(URL, params=params, content=content, headers=signed)
    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["errors"][0]["code"] == code


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\n", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n']
)
async def test_a_form_without_a_file_is_malformed(client: httpx.AsyncClient, signed: Headers, body: bytes) -> None:
    sent = signed | {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await client.post(URL, content=body, headers=sent)).status_code == 400


async def test_a_file_over_the_limit_is_not_kept(
    services: Services, client: httpx.AsyncClient, signed: Headers
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(services.settings.intake.max_file_bytes // 1_000_000 + 2):
            yield b"x" * 1_000_000

    answer = await client.post(URL, content=endless(), headers=signed)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert list((services.settings.home_path / "uploads").iterdir()) == []


async def test_scopes_and_agencies_hold(
    client: httpx.AsyncClient, signed: Headers, foreign: Headers, actor_token: TokenMaker
) -> None:
    sent = await client.post(URL, content=leads(), headers=signed)
    where = sent.headers["Location"]
    reader = {"Authorization": f"Bearer {actor_token([Scope.LEADS_READ])}"}
    assert (await client.post(URL, content=leads(), headers=reader)).status_code == 403
    assert (await client.post(URL, content=leads())).status_code == 401
    for path in (where, f"{where}/rows", f"{where}/report"):
        assert (await client.get(path, headers=foreign)).status_code == 404
        assert (await client.get(path)).status_code == 401
        assert (await client.get(path, headers=reader)).status_code == 200


async def test_a_worker_that_dies_loses_nothing_and_repeats_nothing(
    services: Services, actor: Actor, client: httpx.AsyncClient, signed: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await worked(services)
    answer = await client.post(URL, content=leads(450), headers=signed)
    import_id = answer.json()["id"]
    write, calls = services.intake.write, 0

    async def dies(*given: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise asyncio.CancelledError
        await write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(services.intake, "write", dies)
    with pytest.raises(asyncio.CancelledError):
        await worked(services)
    half = (await client.get(answer.headers["Location"], headers=signed)).json()
    assert (half["state"], half["taken"]) == ("reading", 200)
    assert not await services.imports.work(), "its lease has not run out"
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("UPDATE lead_import SET lease_until = now() - interval '1 second'"))
    await worked(services)
    after = (await client.get(answer.headers["Location"], headers=signed)).json()
    assert (after["state"], after["taken"], after["refused"]) == ("taken", 450, 1)
    async with services.database.begin(actor) as uow:
        count = await uow.session.scalar(
            text("SELECT count(*) FROM lead_import_row WHERE import_id = :id"), {"id": import_id}
        )
        held = await uow.session.scalar(text("SELECT count(*) FROM lead"))
    assert (count, held) == (451, 450)


async def test_lookalikes_are_shown_and_nothing_is_closed(client: httpx.AsyncClient, signed: Headers) -> None:
    base = {"street": "181 Chewings St", "zip": "60601", "date_of_birth": "1980-05-17", "line": "auto"}
    ids = []
    for name in ("Isabella Tinsley", "Isabeola Tinsley", "Robert Cole"):
        body = base | {"full_name": name, "email": f"p.{new_id().hex[-9:]}@x.example"}
        ids.append((await client.post("/api/v1/leads", json=body, headers=signed)).json()["lead_id"])
    found = (await client.get(f"/api/v1/leads/{ids[0]}/lookalikes", headers=signed)).json()["items"]
    assert [(item["lead"]["id"], item["same"]) for item in found] == [(ids[1], False)]
    assert "date of birth" in found[0]["why"]
