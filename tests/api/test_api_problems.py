"""Every refusal has one shape, names the field, and gives nothing away."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI

from services.container import Services
from services.leads.schemas import LeadIn

LEADS = "/api/v1/leads"
JSON = {"Content-Type": "application/json"}


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"].endswith(code)
    assert body["title"]
    assert body["detail"]
    assert body["instance"].startswith("/")
    return body


async def test_each_wrong_field_is_named_once_with_a_remedy(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    sent = {"emial": "a@b.example", "zip": 75201, "consent": {"at": "yesterday"}, "city": "x" * 200, "extras": ["a"]}
    body = problem_of(await client.post(LEADS, json=sent, headers=signed), 422, "invalid")
    errors = {error["field"]: error for error in body["errors"]}
    assert len(errors) == len(body["errors"])
    assert {field: error["code"] for field, error in errors.items()} == {
        "emial": "unknown", "zip": "not_text", "consent.at": "not_a_moment", "consent.text": "missing",
        "city": "too_long", "extras": "not_an_object",
    }  # fmt: skip
    assert all(error["message"] and error["remedy"] for error in body["errors"])
    assert errors["zip"]["value"] == "75201"
    assert len(errors["city"]["value"]) == 80
    assert "value" not in errors["emial"]


async def test_a_rule_of_the_services_has_the_same_shape(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    body = problem_of(await client.post(LEADS, json={"full_name": "Ana Ruiz"}, headers=signed), 422, "invalid")
    assert all({"field", "code", "message"} <= set(error) for error in body["errors"])


async def test_the_place_in_a_batch_is_part_of_the_path(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    sent = {"leads": [{"email": "a@example.com"}, {"email": 5}]}
    body = problem_of(await client.post(f"{LEADS}/batch", json=sent, headers=signed), 422, "invalid")
    assert [error["field"] for error in body["errors"]] == ["leads.1.email"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"), ("limit=201", "limit"), ("limit=ten", "limit"), ("status=open", "status.0"),
        ("tier=lukewarm", "tier.0"), ("line=boat&line=auto", "line.0"), ("state=Texas", "state"),
        ("min_score=101", "min_score"), ("min_score=99999999999999999999", "min_score"), ("needs_review=maybe", "needs_review"),
        ("producer_id=7", "producer_id"), ("received_from=2026-01-01", "received_from"),
        ("received_from=2026-01-01T00:00:00", "received_from"),
        ("received_before=0001-01-01T00:00:00%2B14:00", "received_before"),
        ("cursor=!!", "cursor"), ("cursor=MjAyNg", "cursor"), ("source=a%00b", "source"), ("statuss=queued", "statuss"),
    ],
)  # fmt: skip
async def test_a_wrong_query_value_is_named(
    client: httpx.AsyncClient, signed: dict[str, str], query: str, field: str
) -> None:
    body = problem_of(await client.get(f"{LEADS}?{query}", headers=signed), 422, "invalid")
    assert [error["field"] for error in body["errors"]] == [field]


async def test_a_far_date_in_a_cursor_is_a_wrong_cursor(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    # base64 of 0001-01-01T00:00:00+14:00|00000000-0000-0000-0000-000000000000
    far = "MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMHwwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA"
    problem_of(await client.get(f"{LEADS}?cursor={far}", headers=signed), 422, "invalid")


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"7", b'"text"'],
)
async def test_a_body_that_is_no_object_is_invalid(
    client: httpx.AsyncClient, signed: dict[str, str], content: bytes
) -> None:
    body = problem_of(await client.post(LEADS, content=content, headers=signed | JSON), 422, "invalid")
    assert [error["field"] for error in body["errors"]] == ["body"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"email": }',
        b"\xff\xfe{",
        b'{"city": "\xe9"}',
        b"[" * 100_000,
        b'{"zip": ' + b"7" * 5_000 + b"}",
        b"a=b",
    ],
)
async def test_what_is_no_json_is_malformed(client: httpx.AsyncClient, signed: dict[str, str], content: bytes) -> None:
    problem_of(await client.post(LEADS, content=content, headers=signed | JSON), 400, "malformed")


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b'{"email": "a@example.com", "message": "one\\u0000two"}', "message"),
        (b'{"email": "a@example.com", "extras": {"note": "\\ud800"}}', "extras.note"),
        (b'{"email": "a@example.com", "extras": {"no\\u0000te": "x"}}', "extras.no\\u0000te"),
        (b'{"email": "a@example.com", "consent": {"text": "\\udc00 yes", "at": "2026-01-01T00:00:00Z"}}', "consent.text"),
        (b'{"email": "a@example.com", "zip": NaN}', "body"),
        (b'{"email": "a@example.com", "zip": -Infinity}', "body"),
        (b'{"email": "a@example.com", "zip": 1e999}', "body"),
    ],
)  # fmt: skip
async def test_what_no_store_can_keep_is_invalid_and_named(
    client: httpx.AsyncClient, signed: dict[str, str], content: bytes, field: str
) -> None:
    body = problem_of(await client.post(LEADS, content=content, headers=signed | JSON), 422, "invalid")
    assert [error["field"] for error in body["errors"]] == [field]


async def test_letters_of_every_script_arrive_as_sent(
    client: httpx.AsyncClient, signed: dict[str, str], lead: Callable[..., dict[str, Any]]
) -> None:
    sent = lead(message="seguro de coche \U0001f697, tôt, 保险")
    for content in (json.dumps(sent), json.dumps(sent, ensure_ascii=False).encode()):
        answer = await client.post(LEADS, content=content, headers=signed | JSON)
        found = await client.get(answer.headers["Location"], headers=signed)
        assert found.json()["text"] == sent["message"]


ODD_TEXTS = [
    "", " ", "\u200b", "\ufeff", "\x01\x7f", "\u202e", "e\u0301" * 40, "'; DROP TABLE lead; --", "${7*7}", "%s", "=1+1", "-0",
    "9" * 40, "1e400", "NaN", "٣٤٥", "0000-00-00", "9999-12-31", "+1" + "0" * 30, "a@", "@" * 20, "x@" + "y" * 200 + ".com",
    "\U0010ffff", "\r\n\t", "null",
]  # fmt: skip


@pytest.mark.parametrize("field", [name for name in LeadIn.model_fields if name not in {"consent", "extras"}])
async def test_no_text_in_any_field_is_a_fault_of_ours(
    client: httpx.AsyncClient, signed: dict[str, str], lead: Callable[..., dict[str, Any]], field: str
) -> None:
    for text in ODD_TEXTS:
        sent = lead(**{field: text, "extras": {text[:40]: text}})
        answer = await client.post(LEADS, json=sent, headers=signed)
        assert answer.status_code in {202, 422}, f"{field}={text!r}: {answer.text}"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01", 0, 1e300, -1])
async def test_no_moment_of_consent_is_a_fault_of_ours(
    client: httpx.AsyncClient, signed: dict[str, str], lead: Callable[..., dict[str, Any]], at: object
) -> None:
    sent = lead(consent={"text": "Yes, call me", "at": at})
    answer = await client.post(LEADS, json=sent, headers=signed)
    assert answer.status_code in {202, 422}, answer.text
    if answer.status_code == 202:
        assert (await client.get(answer.headers["Location"], headers=signed)).status_code == 200


async def test_a_form_is_not_json(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    answer = await client.post(LEADS, data={"email": "a@example.com"}, headers=signed)
    problem_of(answer, 415, "unsupported_media_type")


async def test_a_large_body_is_refused_by_its_announced_length(
    client: httpx.AsyncClient, signed: dict[str, str], services: Services
) -> None:
    content = b" " * (services.settings.api.max_body_bytes + 1)
    problem_of(await client.post(LEADS, content=content, headers=signed | JSON), 413, "body_too_large")


async def test_a_large_body_in_chunks_is_refused_by_counting(
    client: httpx.AsyncClient, signed: dict[str, str], services: Services
) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < services.settings.api.max_body_bytes * 3:
            sent += 65_536
            yield b" " * 65_536

    answer = await client.post(LEADS, content=chunks(), headers=signed | JSON)
    problem_of(answer, 413, "body_too_large")


async def test_the_router_answers_in_the_same_shape(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    problem_of(await client.get("/api/v1/nothing", headers=signed), 404, "not_found")
    problem_of(await client.get(f"{LEADS}/", headers=signed), 404, "not_found")
    refused = await client.delete(LEADS, headers=signed)
    problem_of(refused, 405, "method_not_allowed")
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "POST"}


async def test_an_id_that_is_none_is_invalid(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    body = problem_of(await client.get(f"{LEADS}/seven", headers=signed), 422, "invalid")
    assert [error["field"] for error in body["errors"]] == ["lead_id"]


async def test_a_fault_of_ours_tells_nobody_anything(app: FastAPI, client: httpx.AsyncClient) -> None:
    async def breaks() -> None:
        raise RuntimeError("INSERT failed for ana@example.com, 617-555-0123")

    app.add_api_route("/breaks", breaks)
    with structlog.testing.capture_logs() as lines:
        answer = await client.get("/breaks")
    body = problem_of(answer, 500, "internal")
    assert "ana" not in answer.text
    assert "errors" not in body
    assert [line["error"] for line in lines] == ["RuntimeError"]
    assert "test_api_problems.py" in lines[0]["at"]
    assert "ana" not in json.dumps(lines)


async def test_a_request_keeps_its_id_and_a_bad_one_is_replaced(client: httpx.AsyncClient) -> None:
    given = await client.get("/health/live", headers={"X-Request-Id": "proxy-12345678"})
    assert given.headers["X-Request-Id"] == "proxy-12345678"
    for bad in ("short", "x" * 65, "with space here", "a\tb<script>c"):
        answer = await client.get("/health/live", headers={"X-Request-Id": bad})
        assert answer.headers["X-Request-Id"] not in {"", bad}


async def test_answers_about_people_are_not_cached(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    assert (await client.get(LEADS, headers=signed)).headers["Cache-Control"] == "no-store"
