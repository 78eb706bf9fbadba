"""What the database refuses of policies and their money, whoever asks: as the application's own role, past every service."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.actor import Actor
from domain.lines import Line
from domain.policies.notices import legal_tables
from services.container import Services
from services.policies.schemas import RefundIn, RenewalIn
from tests.services.policies.book import Book, noon

EVENT = (
    "WITH e AS (INSERT INTO policy_event (id, agency_id, policy_id, version, key, kind, recorded_at, effective_at, actor, data) "
    "SELECT gen_random_uuid(), agency_id, id, version + 1, gen_random_uuid()::text, :happened, :at, :at, 'x', '{}' FROM policy "
    "WHERE id = :id) "
)
ACTIVE = EVENT + (
    "UPDATE policy SET status = 'active', happened = :happened, version = version + 1, updated_at = :at, ended_on = NULL, "
    "ended_at = NULL, ended_by = NULL, ended_reason = NULL, notice_id = NULL WHERE id = :id"
)
CHANGE = (
    "INSERT INTO policy_change (id, agency_id, policy_id, number, kind, effective_on, recorded_at, body) "
    "SELECT gen_random_uuid(), agency_id, id, 90, :kind, starts_on, :at, CAST(:body AS jsonb) FROM policy WHERE id = :id"
)


@pytest.fixture
def book(services: Services, actor: Actor) -> Book:
    return Book(services, actor)


async def refused(book: Book, *statements: str, **values: Any) -> str:
    """Why the database refuses these statements, together."""

    async def together() -> None:
        async with book.services.database.begin(book.actor) as uow:
            for one in statements:
                await uow.session.execute(text(one), values)

    with pytest.raises(DBAPIError) as problem:
        await together()
    return str(problem.value.orig)


async def cancelled(book: Book, **changes: Any) -> UUID:
    policy_id = await book.active(frequency="monthly", **changes)
    with book.on("2026-01-20"):
        await book.cancel(policy_id, day="2026-01-20")
    return policy_id


@pytest.mark.parametrize(
    "change",
    [
        "amount_minor = amount_minor + 1", "received_at = received_at - interval '30 days'", "state = 'pending'",
        "state = 'failed'",
        "policy_id = gen_random_uuid()", "recorded_by = 'x'", "reversed_at = now()",
        "state = 'reversed', reversed_at = now(), amount_minor = 1",
    ],
)  # fmt: skip
async def test_a_settled_payment_is_not_altered(book: Book, change: str) -> None:
    policy_id = await book.active()
    said = await refused(book, f"UPDATE policy_payment SET {change} WHERE policy_id = :id", id=policy_id)
    assert "does not change so" in said


async def test_a_payment_takes_the_steps_it_has_and_no_others(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-02-01"):
        came, failed = [await book.pay(policy_id, 500, settled=False) for _ in range(2)]
        more = "UPDATE policy_payment SET state = 'settled', amount_minor = 900 WHERE id = :id"
        assert "does not change so" in await refused(book, more, id=came)
        await book.policies.paying.settle(book.actor, policy_id, came)
        await book.policies.paying.fail(book.actor, policy_id, failed, "no funds")
        again = "UPDATE policy_payment SET state = 'settled', received_at = now() WHERE id = :id"
        assert "does not change so" in await refused(book, again, id=failed)
        given = RefundIn(amount_minor=500, method="check")
        back = await book.policies.paying.refund(book.actor, policy_id, given, key=None)
        less = "UPDATE policy_payment SET state = 'reversed', reversed_at = now(), amount_minor = -1 WHERE id = :id"
        assert "does not change so" in await refused(book, less, id=back)
        await book.policies.paying.returned(book.actor, policy_id, back, "not cashed")
        assert "does not change so" in await refused(book, again, id=back)
        await book.policies.paying.reverse(book.actor, policy_id, came, "returned by the bank")
        assert "does not change so" in await refused(book, again, id=came)


async def test_nothing_begins_unpaid_or_without_an_inception(book: Book) -> None:
    with book.on("2026-01-01"):
        policy_id = await book.draft()
        await book.policies.drafts.submit(book.actor, policy_id, expected=None)
    given = {"id": policy_id, "happened": "activated", "at": noon("2026-01-01")}
    assert "begins with an inception at its price" in await refused(book, ACTIVE, **given)
    free = ACTIVE.replace("SET status", "SET price_minor = 0, status")
    inception = {"kind": "inception", "body": "{}"}
    assert "begins with an inception at its price" in await refused(book, free, **given)
    assert "first instalment" in await refused(book, CHANGE, free, **given, **inception)


async def test_nothing_is_taken_up_again_without_papers_payment_or_in_time(book: Book) -> None:
    policy_id = await cancelled(book)
    ended = {"id": policy_id, "kind": "reinstatement"}
    late, soon = noon("2026-09-20"), noon("2026-02-05")
    for happened in ("reinstated", "resumed"):
        said = await refused(book, ACTIVE, id=policy_id, happened=happened, at=late)
        assert "nothing says how" in said, happened
    stated = '{"resumes_at": null, "no_loss_stated_on": "2026-02-05", "evidence": false}'
    bare = '{"resumes_at": null, "no_loss_stated_on": null, "evidence": false}'
    early = '{"resumes_at": null, "no_loss_stated_on": "2026-01-19", "evidence": false}'
    unpaid = '{"resumes_at": "2026-02-05T18:00:00+00:00", "no_loss_stated_on": null, "evidence": false}'
    for happened, at, body, why in (
        ("reinstated", late, stated, "cannot be taken up again any more"), ("reinstated", soon, bare, "papers"),
        ("reinstated", soon, early, "papers"), ("reinstated", soon, unpaid, "nothing says how"),
        ("resumed", soon, unpaid, "is not paid"),
    ):  # fmt: skip
        assert why in await refused(book, CHANGE, ACTIVE, **ended, happened=happened, at=at, body=body), (happened, why)
    due = ACTIVE.replace("SET status", "SET schedule = CAST(:due AS jsonb), status")
    owed = '[{"number": 1, "due_on": "2026-01-01", "amount_minor": 10001}]'
    said = await refused(book, CHANGE, due, **ended, happened="reinstated", at=soon, body=stated, due=owed)
    assert "is not paid" in said


@pytest.mark.parametrize(
    ("line", "state", "agreed"),
    [
        ("life", "TX", None),
        ("life", "TX", 2000),
        ("life", "WY", 400),
        ("auto", "IL", None),
        ("auto", "IL", 5),
        ("pet", "TX", None),
    ],
)
async def test_the_database_reads_windows_and_evidence_where_services_do(
    book: Book, line: str, state: str, agreed: int | None
) -> None:
    policy_id, tables = await cancelled(book), legal_tables()
    as_if = "SELECT jsonb_populate_record(p, CAST(:parts AS jsonb)) AS term FROM policy p WHERE p.id = :id"
    asked = f"SELECT policy_reinstate_until(term, l), l.evidence, l.citation FROM ({as_if}) q, policy_reinstatement_law(q.term) l"
    for ended in (date(1999, 6, 1), date(2024, 1, 31), date(2028, 2, 29)):
        parts = {"line": line, "state": state, "ended_on": ended.isoformat(), "plan": {"reinstate_days": agreed}}
        row = tables.reinstatement(state, Line(line), ended)
        async with book.services.database.begin(book.actor) as uow:
            found = (await uow.session.execute(text(asked), {"id": policy_id, "parts": json.dumps(parts)})).one()
        if row is None:
            assert tuple(found)[1:] == (None, None), ended
        else:
            assert tuple(found) == (row.until(ended, None, agreed), row.evidence, row.cited.said), ended


async def test_a_renewal_falls_only_with_the_term_before_it(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-12-01"):
        renewal_id = await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
        await book.pay(renewal_id, 120_000)
    flat = EVENT + (
        "UPDATE policy SET status = 'cancelled', happened = 'cancelled', version = version + 1, updated_at = :at, "
        "ended_on = starts_on, ended_at = starts_at, ended_by = 'insurer', ended_reason = 'fraud' WHERE id = :id"
    )  # fmt: skip
    given = {"happened": "cancelled", "at": datetime(2026, 12, 2, tzinfo=UTC)}
    assert "the term before it has not ended" in await refused(book, flat, id=renewal_id, **given)
    assert "no valid notice" in await refused(book, flat, id=policy_id, **given)
