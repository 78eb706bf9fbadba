"""A policy over HTTP, from draft to its end."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pypdfium2

from domain.policies.calendar import day_at
from kernel.clock import now
from tests.services.policies.book import a_policy, glass

WHY = {"why": "The carrier bound it by telephone on the first day."}


async def test_a_policy_is_issued_changed_cancelled_and_found(
    client: httpx.AsyncClient, signed: dict[str, str]
) -> None:
    start = now().date() - timedelta(days=100)
    body = a_policy(starts_on=start, number="HTTP-1", tax_rate="0.04").model_dump(mode="json")

    async def post(path: str, sent: dict[str, Any] | None = None, tag: str = "*", **more: str) -> httpx.Response:
        return await client.post(f"/api/v1{path}", json=sent, headers={**signed, "If-Match": tag, **more})

    made = await post("/policies", body, **{"Idempotency-Key": "one"})
    assert made.status_code == 201, made.text
    at = f"/policies/{made.json()['id']}"
    assert made.headers["Location"].endswith(at)
    again = await post("/policies", body, **{"Idempotency-Key": "one"})
    assert again.json()["id"] == made.json()["id"]
    other = await post("/policies", {**body, "carrier": "Other"}, **{"Idempotency-Key": "one"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    early = await post(f"{at}/submit", tag=made.headers["ETag"])
    assert (early.status_code, early.json()["code"]) == (409, "backdated")
    assert early.json()["errors"][0]["field"] == "starts_on"
    stale = await post(f"{at}/submit", tag='"9"')
    assert stale.status_code == 412
    assert (await client.post(f"/api/v1{at}/submit", headers=signed)).status_code == 428
    waiting = await post(f"{at}/submit-backdated", WHY, tag=made.headers["ETag"])
    assert waiting.json()["status"] == "pending_payment"
    active = await post(f"{at}/payments", {"amount_minor": 124_800, "method": "ach"})
    assert active.json()["status"] == "active"
    change = {"effective_on": str(start + timedelta(days=50)), "operations": [glass(36_500)]}
    quoted = (await post(f"{at}/endorsements", change)).json()["endorsements"][0]
    for step, version in (("approve", 1), ("apply", 2)):
        done = await post(f"{at}/endorsements/{quoted['id']}/{step}", tag=f'"{version}"')
        assert done.status_code == 200, done.text
    no = await post(f"{at}/cancel", {"reason": "fraud"})
    assert (no.status_code, no.json()["code"]) == (409, "no_notice")
    today = day_at(now(), ZoneInfo("America/Chicago"))  # a day ahead of it waits
    quote = await post(f"{at}/cancel-quote", {"effective_on": str(today)})
    assert quote.json()["words"].startswith("Pro rata")
    ended = await post(f"{at}/cancel", {"reason": "request", "effective_on": str(today)})
    assert ended.json()["status"] == "cancelled"
    assert ended.json()["account"]["credit_minor"] == quote.json()["refund_minor"]
    timeline = await client.get(f"/api/v1{at}/timeline", headers=signed)
    kinds = [one["kind"] for one in timeline.json()["items"]]
    assert kinds[:4] == ["drafted", "submitted", "paid", "activated"]
    assert kinds[-1] == "cancelled"
    then = await client.get(f"/api/v1{at}/as-of", params={"at": f"{today}T23:00:00Z"}, headers=signed)
    assert then.json()["covered"] is False
    listed = await client.get("/api/v1/policies", params={"number": "http 1", "count": "true"}, headers=signed)
    assert ([one["id"] for one in listed.json()["items"]], listed.headers["X-Total-Count"]) == (
        [made.json()["id"]],
        "1",
    )
    export = await client.get("/api/v1/policies/export", params={"number": "HTTP-1"}, headers=signed)
    assert export.headers["Content-Type"].startswith("text/csv")
    assert len(export.text.splitlines()) == 2
    rules = await client.get("/api/v1/policies/rules", headers=signed)
    assert all(row["citation"] for row in rules.json()["items"])


async def test_what_is_wrong_in_an_operation_is_named(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    for value in ({"premium_minor": "much"}, {"premium_minor": -1}, {"colour": "red"}, {"limits": {"per_person": 1.5}}):
        change = {
            "effective_on": "2026-05-01",
            "operations": [{"verb": "change", "part": "coverage", "key": "bi", "value": value}],
        }
        path = "/api/v1/policies/0192f7c0-0000-7000-8000-000000000000/endorsements"
        answer = await client.post(path, json=change, headers={**signed, "If-Match": "*"})
        assert answer.status_code == 422, answer.text


async def test_figures_of_a_book_and_its_list_as_files(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    start = now().date() - timedelta(days=100)
    body = a_policy(starts_on=start, number="FIGURES-1", carrier="=Mutual").model_dump(mode="json")
    made = await client.post("/api/v1/policies", json=body, headers=signed)
    at, change = f"/api/v1/policies/{made.json()['id']}", {**signed, "If-Match": "*"}
    await client.post(f"{at}/submit-backdated", json=WHY, headers=change)
    await client.post(f"{at}/payments", json={"amount_minor": 120_000, "method": "ach"}, headers=change)
    period = {"from": str(start), "to": str(now().date()), "carrier": "=Mutual"}
    told = await client.get("/api/v1/policies/analytics", params={**period, "by": "line"}, headers=signed)
    assert told.status_code == 200, told.text
    (row,) = told.json()["items"]
    assert (row["group"], row["begin"]["count"], row["new"]) == ("auto", 0, {"count": 1, "premium_minor": 120_000})
    assert (row["end"]["premium_minor"], row["retention"], row["collection"]) == (120_000, None, 1.0)
    assert told.json()["total"][0]["end"] == row["end"]
    assert "retention" in told.json()["definitions"]
    cohorts = await client.get("/api/v1/policies/analytics/cohorts", params=period, headers=signed)
    assert [(one["policies"], one["in_force"][0]) for one in cohorts.json()["items"]] == [(1, 1)]
    await _exported(client, signed, period)
    for wrong in ({**period, "to": str(start)}, {**period, "by": "colour"}, {**period, "more": "1"}, {"from": "x"}):
        answer = await client.get("/api/v1/policies/analytics", params=wrong, headers=signed)
        assert answer.status_code == 422, answer.text
    wanted = {"carrier": "=Mutual"}
    table = await client.get("/api/v1/policies/export", params=wanted, headers=signed)
    assert ",'=Mutual," in table.text
    paper = await client.get("/api/v1/policies/export", params={**wanted, "format": "pdf"}, headers=signed)
    assert paper.headers["Content-Type"] == "application/pdf"
    assert paper.headers["Content-Disposition"] == 'attachment; filename="policies.pdf"'
    document = pypdfium2.PdfDocument(paper.content)
    said = document[0].get_textpage().get_text_bounded()
    document.close()
    assert "FIGURES-1" in said
    assert "1 terms, newest first" in said


async def test_a_document_of_a_policy_over_http(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    made = await client.post("/api/v1/policies", json=a_policy().model_dump(mode="json"), headers=signed)
    at = f"/api/v1/policies/{made.json()['id']}/documents"
    named = signed | {"Content-Disposition": 'attachment; filename="a\'b.txt"'}

    async def send(**query: str) -> httpx.Response:
        return await client.post(at, params=query, content=b"Policy Number: PM-1", headers=named)

    assert (await send(type="poem")).status_code == 422
    sent = await send(type="id_card")
    assert sent.status_code == 201, sent.text
    assert sent.headers["Location"] == f"{at}/{sent.json()['id']}"
    assert (await send(type="id_card")).status_code == 200
    here = sent.headers["Location"]
    file = await client.get(f"{here}/content", headers=signed)
    assert file.content == b"Policy Number: PM-1"
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    verified = await client.post(f"{here}/verify", headers=signed)
    assert verified.json()["verdict"] == "verified"
    refused = await client.post(f"{here}/reject", json={"why": "cut off"}, headers=signed)
    assert (refused.status_code, refused.json()["code"]) == (409, "document_decided")
    listed = await client.get(at, headers=signed)
    assert [one["id"] for one in listed.json()["items"]] == [sent.json()["id"]]


async def test_a_letter_is_written_once_and_fetched(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    body = a_policy(starts_on=now().date() - timedelta(days=3)).model_dump(mode="json")
    made = await client.post("/api/v1/policies", json=body, headers=signed)
    at = f"/api/v1/policies/{made.json()['id']}"
    early = await client.post(f"{at}/letters", json={"kind": "declarations"}, headers=signed)
    assert early.status_code == 404
    await client.post(f"{at}/submit", headers=signed | {"If-Match": "*"})
    await client.post(f"{at}/payments", json={"amount_minor": 120_000, "method": "ach"}, headers=signed)
    sent = await client.post(f"{at}/letters", json={"kind": "declarations"}, headers=signed)
    assert (sent.status_code, sent.json()["verdict"]) == (201, "made"), sent.text
    again = await client.post(f"{at}/letters", json={"kind": "declarations"}, headers=signed)
    assert again.json()["id"] == sent.json()["id"]
    file = await client.get(sent.headers["Location"], headers=signed)
    assert file.content.startswith(b"%PDF")
    assert file.headers["Content-Type"] == "application/pdf"
    verified = await client.post(f"{at}/documents/{sent.json()['id']}/verify", headers=signed)
    assert (verified.status_code, verified.json()["code"]) == (409, "document_made")


async def test_a_note_a_licence_and_a_refund_that_came_back(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    body = a_policy(starts_on=now().date() - timedelta(days=3)).model_dump(mode="json")
    body["contents"]["party"]["driver"] |= {"licence_number": "L123-4567", "licence_state": "IL"}
    made = await client.post("/api/v1/policies", json=body, headers=signed)
    at = f"/api/v1/policies/{made.json()['id']}"
    assert "L123" not in made.text
    licences = await client.get(f"{at}/licences", headers=signed)
    assert [one["licence_number"] for one in licences.json()["items"]] == ["L123-4567"]
    for text, status in (("She wants letters by mail.", 201), ("She wants letters by mail.", 201), ("Other.", 409)):
        noted = await client.post(f"{at}/notes", json={"text": text}, headers=signed | {"Idempotency-Key": "note"})
        assert noted.status_code == status, noted.text
    timeline = await client.get(f"{at}/timeline", headers=signed)
    assert [one["words"] for one in timeline.json()["items"]] == [None, "She wants letters by mail."]
    assert (await client.post(f"{at}/notes", json={"text": " "}, headers=signed)).status_code == 422
    await client.post(f"{at}/submit", headers=signed | {"If-Match": "*"})
    await client.post(f"{at}/payments", json={"amount_minor": 125_000, "method": "ach"}, headers=signed)
    refunded = await client.post(f"{at}/refunds", json={"amount_minor": 5_000, "method": "check"}, headers=signed)
    assert refunded.json()["account"]["credit_minor"] == 0
    refund = next(one for one in refunded.json()["payments"] if one["amount_minor"] < 0)
    back = await client.post(f"{at}/refunds/{refund['id']}/returned", json={"why": "not cashed"}, headers=signed)
    assert (back.status_code, back.json()["account"]["credit_minor"]) == (200, 5_000), back.text


async def _exported(client: Any, signed: dict[str, str], period: dict[str, str]) -> None:
    """Every report is a file as well, and none of its cells is a formula."""
    on = {"on": period["to"], "carrier": "=Mutual"}
    premium = await client.get("/api/v1/policies/analytics/premium", params={**on, "by": "carrier"}, headers=signed)
    (row,) = premium.json()["items"]
    assert (row["group"], row["in_force"], row["written_minor"]) == ("=Mutual", 1, 120_000)
    assert row["earned_minor"] + row["unearned_minor"] == row["written_minor"]
    months = await client.get("/api/v1/policies/analytics/premium", params={**on, "by": "month"}, headers=signed)
    assert (months.status_code, months.json()["errors"][0]["field"]) == (422, "by")
    files: dict[str, dict[str, str]] = {
        "analytics": {**period, "by": "carrier"}, "cohorts": period, "premium": {**on, "by": "carrier"},
    }  # fmt: skip
    for name, asked in files.items():
        path = f"/api/v1/policies/analytics{'' if name == 'analytics' else f'/{name}'}/export"
        table = await client.get(path, params=asked, headers=signed)
        assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert table.headers["Content-Disposition"] == f'attachment; filename="policy-{name}.csv"'
        assert name == "cohorts" or "\n'=Mutual,'=Mutual,no,USD," in table.text.replace("\r", "")
        assert not any(cell.startswith("=") for line in table.text.splitlines() for cell in line.split(","))
        paper = await client.get(path, params={**asked, "format": "pdf"}, headers=signed)
        assert (paper.headers["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
        refused = await client.get(path, params={**asked, "format": "xls"}, headers=signed)
        assert refused.status_code == 422


async def test_the_list_is_narrowed_by_name_and_by_what_is_overdue(client: Any, signed: dict[str, str]) -> None:
    nobody = {"insured": "nobody-of-that-name", "overdue": "true", "source": "no such", "auto_renew": "true"}
    more = {
        "starts_from": "2026-01-01",
        "starts_before": "2026-02-01",
        "ended_reason": "nonpayment",
        "shared_with": str(UUID(int=7)),
    }
    for path in ("/api/v1/policies", "/api/v1/policies/export"):
        for asked in ({name: value} for name, value in (nobody | more).items()):
            answer = await client.get(path, params=asked, headers=signed)
            assert answer.status_code == 200, answer.text
    answer = await client.get("/api/v1/policies", params=nobody | {"count": "true"}, headers=signed)
    assert (answer.json()["items"], answer.headers["X-Total-Count"]) == ([], "0")
    empty = await client.get("/api/v1/policies", params={"insured": "--"}, headers=signed)
    assert empty.status_code == 422
    assert "no letter or digit" in empty.text
