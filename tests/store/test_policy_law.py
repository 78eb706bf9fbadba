"""What the law asks of notices and ends is asked by the database too, of the application's own role writing its own SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from domain.actor import Actor
from domain.policies.notices import NoticeRow, Sent, legal_tables, window_id
from kernel.errors import Conflict
from kernel.ids import new_id
from services.container import Services
from store.legal import publish
from store.migrate import require_schema
from store.uow import UnitOfWork
from tests.services.policies.book import Book, noon
from tests.services.policies.test_policies_ending import a_life

pytestmark = pytest.mark.both_sides


@pytest.fixture
def book(services: Services, actor: Actor) -> Book:
    return Book(services, actor)


def rule(key: str) -> NoticeRow:
    """The row that ships under a key."""
    return next(one for one in legal_tables().notices if one.key == key)


UNPAID, FRAUD, YOUNG = (
    rule(f"cancellation/{key}") for key in ("IL/auto/nonpayment/0-", "TX/auto/fraud/0-", "IL/auto/any/0-59")
)
LAPSE = rule("lapse/CA/life/nonpayment/0-")
PUT = (
    "INSERT INTO policy_notice (id, agency_id, policy_id, key, action, reason, sent, mailed_on, effective_on, days_required, "
    "rule, rule_id, citation, tables_version, proof, recipients, due_on, recorded_at, recorded_by) "
    "VALUES (:id, :agency, :policy, :key, "
    ":action, :reason, :sent, :mailed, :effective, :days, :rule, :rule_id, :citation, 'v', :proof, :recipients, :due, :at, 'x')"
)


def a_notice(book: Book, policy_id: UUID, row: NoticeRow = UNPAID, **changes: Any) -> dict[str, Any]:
    """A good notice of 2 February for the instalment of the first, as a row of the table; ``changes`` spoil it."""
    sent = changes.get("sent", Sent.MAIL_WITH_PROOF if Sent.MAIL_WITH_PROOF in row.methods else Sent.MAIL)
    unpaid = row.reason == "nonpayment"
    return {
        "id": new_id(), "agency": book.actor.agency_id, "policy": policy_id, "key": "k", "action": row.action.value,
        "reason": "nonpayment" if unpaid else "underwriting", "sent": sent, "mailed": date(2026, 2, 2),
        "effective": date(2026, 4, 3), "days": row.needed(Sent(sent)), "rule": row.key, "rule_id": row.id,
        "citation": row.cited.said, "proof": "drawer 4", "recipients": sorted(row.recipients),
        "due": date(2026, 2, 1) if unpaid else None,
        "at": noon("2026-02-02"), **changes,
    }  # fmt: skip


async def put(book: Book, statement: str, **values: Any) -> None:
    async with book.services.database.begin(book.actor) as uow:
        await uow.session.execute(text(statement), values)


async def refused(book: Book, statement: str, **values: Any) -> str:
    """The words with which the database refuses a statement."""
    with pytest.raises(DBAPIError) as problem:
        await put(book, statement, **values)
    return str(problem.value.orig)


@asynccontextmanager
async def undone(book: Book) -> AsyncIterator[UnitOfWork]:
    """A transaction of the application's role that leaves nothing behind."""
    async with book.services.database.begin(book.actor) as uow:
        yield uow
        await uow.session.rollback()


async def test_a_good_notice_is_kept_and_spoiled_ones_are_not(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    row, age = "no legal row", "the days of the notice"
    for words, spoiled in (
        (row, a_notice(book, policy_id, rule_id=None)),
        (row, a_notice(book, policy_id, rule_id="made up", citation="made up", days=1, effective=date(2026, 2, 3))),
        (row, a_notice(book, policy_id, FRAUD)),  # of another state
        (row, a_notice(book, policy_id, LAPSE)),  # of another line
        (row, a_notice(book, policy_id, reason="fraud", due=None)),  # of another reason
        (row, a_notice(book, policy_id, action="lapse")),
        (row, a_notice(book, policy_id, mailed=date(2017, 12, 31))),
        (row, a_notice(book, policy_id, YOUNG, mailed=date(2026, 3, 2), at=noon("2026-03-02"))),  # 60 days in force
        (row, a_notice(book, policy_id, YOUNG, reason="nonpayment", due=date(2026, 2, 1))),  # has a row of its own
        ("does not say", a_notice(book, policy_id, days=1, effective=date(2026, 2, 3))),
        ("does not say", a_notice(book, policy_id, citation="made up")),
        ("does not say", a_notice(book, policy_id, rule="made up")),
        ("does not say", a_notice(book, policy_id, recipients=["designee"])),
        (age, a_notice(book, policy_id, effective=date(2026, 2, 11))),
        (age, a_notice(book, policy_id, effective=date(2027, 2, 11))),
        (age, a_notice(book, policy_id, mailed=date(2026, 2, 4))),  # behind its recording
        ("does not go by mail", a_notice(book, policy_id, sent="mail")),
        ("proof", a_notice(book, policy_id, proof=None)),
        ("proof", a_notice(book, policy_id, proof="  ")),
        ("non-payment", a_notice(book, policy_id, due=None)),
        ("non-payment", a_notice(book, policy_id, mailed=date(2026, 1, 10))),
        ("non-payment", a_notice(book, policy_id, mailed=date(2026, 2, 1))),
        ("non-payment", a_notice(book, policy_id, due=date(2026, 1, 1))),  # which is paid
        ("non-payment", a_notice(book, policy_id, due=date(2026, 1, 20))),  # when nothing is due
        ("non-payment", a_notice(book, policy_id, YOUNG, due=date(2026, 2, 1))),
    ):
        assert words in await refused(book, PUT, **spoiled), spoiled
    await put(book, PUT, **a_notice(book, policy_id))
    await put(book, PUT, **a_notice(book, policy_id, YOUNG, key="other"))
    for column in ("rule_id", "due_on", "effective_on", "proof"):
        assert "permission denied" in await refused(book, f"UPDATE policy_notice SET {column} = NULL")


async def test_a_notice_of_lapse_is_mailed_within_the_days_of_its_row(book: Book) -> None:
    policy_id = await book.active(**a_life())
    late = {"mailed": date(2026, 3, 4), "at": noon("2026-03-04")}
    assert "non-payment" in await refused(book, PUT, **a_notice(book, policy_id, LAPSE, **late))
    await put(book, PUT, **a_notice(book, policy_id, LAPSE, **late, due=date(2026, 3, 1)))


SHIPPED = {
    "policy_notice_rule": {row.id for row in legal_tables().notices},
    "policy_grace_rule": {row.id for row in legal_tables().graces},
    "policy_reinstatement_rule": {window_id(row) for row in legal_tables().reinstatements},
    "policy_contest_rule": {window_id(row) for row in legal_tables().contests},
}


@pytest.mark.parametrize("table", SHIPPED)
async def test_the_application_reads_the_legal_rows_and_writes_none(book: Book, table: str) -> None:
    async with book.services.database.begin(book.actor) as uow:
        known = await uow.session.scalars(text(f"SELECT id FROM {table} WHERE shipped"))
        assert set(known) == SHIPPED[table]
    for statement in (
        f"DELETE FROM {table}",
        f"UPDATE {table} SET citation = 'mine'",
        f"INSERT INTO {table} SELECT * FROM {table}",
    ):
        assert "permission denied" in await refused(book, statement)


async def test_rows_that_ship_no_more_judge_no_new_notice_and_no_process_starts_on_them(book: Book) -> None:
    owner = book.services.settings.postgres.owner_url
    assert owner is not None
    url = make_url(owner.get_secret_value()).set(drivername="postgresql+psycopg")
    policy_id = await book.active(frequency="monthly")
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("UPDATE policy_notice_rule SET shipped = false WHERE id = :id"), {"id": UNPAID.id})
        assert "no legal row" in await refused(book, PUT, **a_notice(book, policy_id))
        asking = create_async_engine(url)
        with pytest.raises(Conflict, match="another release"):
            await require_schema(asking)
        with engine.begin() as connection:
            publish(connection)
        await require_schema(asking)
        await asking.dispose()
    finally:
        with engine.begin() as connection:
            publish(connection)
        engine.dispose()
    await put(book, PUT, **a_notice(book, policy_id))


END = (
    "UPDATE policy SET status = :to, happened = :to, ended_on = :on, ended_at = CAST(CAST(:at AS text) AS timestamptz), "
    "ended_by = :by, ended_reason = :reason, notice_id = :notice, version = version + 1, updated_at = :now WHERE id = :id"
)


def an_end(policy_id: UUID, to: str, day: date, now: str, **changes: Any) -> dict[str, Any]:
    """An end by the insurer from a day on, in Chicago or Los Angeles, written at a noon."""
    return {
        "id": policy_id, "to": to, "on": day, "at": f"{day}T06:01Z", "by": "insurer", "reason": "nonpayment",
        "notice": None, "now": noon(now), **changes,
    }  # fmt: skip


async def test_nothing_lapses_that_is_paid_or_has_no_grace_or_is_in_it(book: Book) -> None:
    at = "2026-04-03T07:01Z"
    life = await book.active(**a_life())
    with book.on("2026-02-10"):
        notice = await book.notice(life, "2026-02-10", "2026-04-03", action="lapse", sent="mail")
    good = an_end(life, "lapsed", date(2026, 4, 3), "2026-04-03", notice=notice, at=at)
    early = an_end(life, "lapsed", date(2026, 4, 3), "2026-04-02", notice=notice, at=at)
    assert "grace" in await refused(book, END, **early)
    async with undone(book) as uow:
        await uow.session.execute(text(END), good)
    car = await book.active(frequency="monthly")
    with book.on("2026-02-02"):
        given = await book.notice(car, "2026-02-02", "2026-02-12")
    said = await refused(book, END, **an_end(car, "lapsed", date(2026, 2, 12), "2026-02-12", notice=given))
    assert "no valid notice of lapse" in said
    cancelled = an_end(car, "cancelled", date(2026, 2, 12), "2026-02-12", notice=given)
    async with undone(book) as uow:
        await uow.session.execute(text(END), cancelled)
    paid = (
        "INSERT INTO policy_payment (id, agency_id, policy_id, key, amount_minor, method, state, received_at, recorded_at, "
        "recorded_by) SELECT gen_random_uuid(), agency_id, id, 'x', 120000, 'ach', 'settled', :at, :at, 'x' FROM policy "
        "WHERE id = :id"
    )
    for policy_id, end in ((car, cancelled), (life, good)):
        await put(book, paid, id=policy_id, at=noon("2026-02-11"))
        assert "is overdue" in await refused(book, END, **end)


async def test_where_grace_has_no_row_nothing_lapses_even_with_a_notice_of_it(book: Book) -> None:
    """A life policy of a state that nobody has read, whose notice was forged by the owner of the tables."""
    policy_id = await book.active(**a_life(state="GA", zone="America/New_York"))
    forged = a_notice(book, policy_id, LAPSE)
    owner = book.services.settings.postgres.owner_url
    assert owner is not None
    engine = create_engine(make_url(owner.get_secret_value()).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE policy_notice DISABLE TRIGGER policy_notice_guard"))
        connection.execute(text(PUT), forged)
        connection.execute(text("ALTER TABLE policy_notice ENABLE TRIGGER policy_notice_guard"))
    engine.dispose()
    end = an_end(policy_id, "lapsed", date(2026, 4, 3), "2026-06-01", notice=forged["id"], at="2026-04-03T04:01Z")
    assert "grace" in await refused(book, END, **end)


async def test_the_day_of_an_end_stays_where_its_notice_put_it(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-02-12")
    hour = an_end(policy_id, "cancelled", date(2026, 2, 12), "2026-02-12", at="2026-02-10T06:01Z")
    with book.on("2026-02-02"):
        hour["notice"] = (await book.see(policy_id)).notices[0].id
    assert "does not fit" in await refused(book, END, **hour)
    await book.tick("2026-02-12")
    moved = "UPDATE policy SET ended_on = '2026-02-05', ended_at = '2026-02-05T06:01Z', version = version + 1 WHERE id = :id"
    assert "only with its status" in await refused(book, moved, id=policy_id)
    for column in ("ended_by", "ended_reason", "notice_id"):
        gone = f"UPDATE policy SET {column} = NULL, version = version + 1 WHERE id = :id"
        assert "only with its status" in await refused(book, gone, id=policy_id)
    active = await book.active()
    ended = "UPDATE policy SET ended_on = starts_on, ended_at = starts_at, version = version + 1 WHERE id = :id"
    assert "only with its status" in await refused(book, ended, id=active)


async def test_only_misrepresentation_or_fraud_makes_void_and_from_the_first_day(book: Book) -> None:
    policy_id = await book.active()
    first, later = date(2026, 1, 1), date(2026, 6, 1)
    for end in (
        an_end(policy_id, "rescinded", first, "2026-07-01", reason="other"),
        an_end(policy_id, "rescinded", later, "2026-07-01", reason="fraud", at="2026-06-01T05:01Z"),
        an_end(policy_id, "rescinded", first, "2026-07-01", reason="fraud", by="insured"),
        an_end(policy_id, "rescinded", first, "2026-07-01", reason=None),
    ):
        assert "void" in await refused(book, END, **end), end
    async with undone(book) as uow:
        good = an_end(policy_id, "rescinded", first, "2026-07-01", reason="fraud")
        await uow.session.execute(text(END), good)


async def test_what_no_row_lets_be_contested_or_not_any_more_stays(book: Book) -> None:
    for state, zone, day, words in (
        ("NY", "America/New_York", "2026-07-01", "no legal row says until when"),
        ("IL", "America/Chicago", "2027-02-01", "cannot any more"),
    ):
        policy_id = await book.active(state=state, zone=zone)
        first = {"at": "2026-01-01T05:01Z"} if state == "NY" else {}
        assert words in await refused(
            book, END, **an_end(policy_id, "rescinded", date(2026, 1, 1), day, reason="fraud", **first)
        )
