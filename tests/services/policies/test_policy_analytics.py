"""Analytics of policies: what moved makes the end, and every figure is that of a second count written another way."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from domain.actor import Actor, ActorKind, Scope
from domain.policies.analytics import LEAST, By, Closed, Opened
from kernel.errors import AppError, Forbidden, Invalid
from services.policies.figures import ReportRow
from services.policies.schemas import RenewalIn, RescindIn
from store.sql.repositories.policy_search import PolicyFilter
from tests.services.policies.book import START, Book, contents, glass, noon
from tests.services.policies.second_count import count, left_of, read
from tests.services.policies.test_policies_ending import a_life
from tests.services.policies.test_policies_sequences import anything

ALL = PolicyFilter()
TALLIES = ("begin", *(one.value for one in Opened), *(one.value for one in Closed), "end", "due", "kept")


def reconciles(row: ReportRow) -> None:
    for what in ("count", "premium_minor"):
        opened = sum(getattr(getattr(row, one.value), what) for one in Opened)
        closed = sum(getattr(getattr(row, one.value), what) for one in Closed)
        changed = row.changed_minor if what == "premium_minor" else 0
        assert getattr(row.begin, what) + opened + changed - closed == getattr(row.end, what)


def figures(row: ReportRow) -> Counter[str]:
    found: Counter[str] = Counter()
    for name in TALLIES:
        tally = getattr(row, name)
        found[name], found[f"{name}:"] = tally.count, tally.premium_minor
    found["fell_due"], found["collected"] = row.due_minor, row.collected_minor
    return some(found)


def some(found: Counter[str]) -> Counter[str]:
    return Counter({name: figure for name, figure in found.items() if figure})


async def grown(book: Book, luck: random.Random, policies: int) -> date:
    """A random book: terms of two states that are paid, changed, ended, taken up again, renewed; and the day it is then."""
    held: list[Any] = []
    for _ in range(policies):
        start = START + timedelta(days=luck.randrange(60))
        state = luck.choice(["IL", "FL"])
        held.append(
            await book.active(
                starts_on=start, state=state, frequency=luck.choice(["full", "monthly"]), months=luck.choice([6, 12])
            )
        )
    today = START + timedelta(days=70)
    for _ in range(40):
        today += timedelta(days=luck.choice([1, 5, 14, 20]))
        with book.on(today):
            for _ in range(policies // 2):
                with contextlib.suppress(AppError):
                    await anything(book, luck, luck.choice(held), today)
            with contextlib.suppress(AppError):
                held.append(
                    await book.policies.renewing.offer(
                        book.actor, luck.choice(held), RenewalIn(), expected=None, key=None
                    )
                )
                await book.pay(held[-1], 120_000)
        if luck.random() < 0.4:
            await book.tick(today)
    return today


@pytest.mark.parametrize("seed", range(2))
async def test_figures_of_a_random_book_reconcile_and_are_those_of_a_second_count(book: Book, seed: int) -> None:
    luck = random.Random(seed)
    today = await grown(book, luck, 8)
    analytics = book.policies.analytics
    moved: Counter[str] = Counter()
    for _ in range(18):
        first = START - timedelta(days=10) + luck.randrange(500) * timedelta(days=1)
        behind = first + luck.choice([1, 20, 120, 400]) * timedelta(days=1)
        known = noon(START + luck.randrange((today - START).days + 30) * timedelta(days=1))
        policies = await read(book, known)
        for by in (By.STATE, By.LINE):
            with book.on(today):
                found = await analytics.report(book.actor, ALL, first, behind, by, known)
            second = {group: some(one) for group, one in count(policies, first, behind, by.value).items() if some(one)}
            mine = {str(row.group): figures(row) for row in found.items if figures(row)}
            assert {group: dict(sorted(one.items())) for group, one in mine.items()} == {
                group: dict(sorted(one.items())) for group, one in second.items()
            }
            for row in [*found.items, *found.total]:
                reconciles(row)
            moved.update(name for one in second.values() for name in one)
    assert {"begin", "end", "new", "renewed", "continued", "expired", "due", "kept", "collected"} <= set(moved)


async def test_what_is_in_force_at_an_instant_is_listed_and_counted_as_in_a_second_count(book: Book) -> None:
    luck = random.Random(5)
    today = await grown(book, luck, 8)
    reading, listed = book.policies.reading, 0
    policies = {one.row.id: one for one in await read(book, noon(today))}
    for at in (noon(START + luck.randrange(-10, 500) * timedelta(days=1)) for _ in range(25)):
        wanted = PolicyFilter(in_force_at=at)
        found = {one.id for one in (await reading.page(book.actor, wanted, None, 200)).items}
        covered = {policy_id for policy_id, one in policies.items() if one.term.covers(at)}
        assert found == covered, "what is in a gap is not in force"
        assert await reading.count(book.actor, wanted) == len(found)
        assert (await reading.in_force(book.actor, at, noon("2031-01-01"))).count == len(found)
        listed += len(found)
    assert listed > 25


async def a_year(book: Book) -> None:
    """One policy of each fate, all from 1 January on."""
    policies = book.policies
    taken_back, gap = await book.active(), await book.active(frequency="monthly", contents=contents(36_500))
    flat, void, life = await book.active(), await book.active(), await book.active(**a_life())
    not_renewed = await book.active(state="NY", zone="America/New_York")
    renewed = await book.active(number="PM-RENEWED")
    await book.active()
    with book.on("2026-01-05"):
        await book.cancel(flat, day="2026-01-01")
        never = await book.draft()
        await policies.drafts.not_taken(book.actor, never, expected=None)
        await book.endorse(renewed, "2026-01-11", glass(36_500))
    with book.on("2026-02-02"):
        await book.notice(gap, "2026-02-02", "2026-02-12")
    with book.on("2026-02-10"):
        await book.notice(life, "2026-02-10", "2026-04-03", action="lapse", sent="mail")
    await book.tick("2026-02-12")
    with book.on("2026-02-20"):
        await book.pay(gap, 5_100)
        await book.reinstate(gap, lapse=True)
    with book.on("2026-03-01"):
        body = RescindIn(reason="fraud", basis="the car never existed; clause 7")  # type: ignore[arg-type]
        await policies.ending.rescind(book.actor, void, body, expected=None)
        await book.cancel(taken_back, day="2026-03-01")
    with book.on("2026-03-10"):
        await book.reinstate(taken_back, lapse=False, no_loss_stated_on="2026-03-10")
    with book.on("2026-02-21"):
        await book.pay(gap, 40_000)
    await book.tick("2026-04-03")
    with book.on("2026-11-10"):
        await book.notice(not_renewed, "2026-11-10", "2027-01-01", action="non_renewal", reason="other")
    with book.on("2026-11-20"):
        renewal = await policies.renewing.offer(book.actor, renewed, RenewalIn(), expected=None, key=None)
        await book.pay(renewal, (await book.see(renewal)).price_minor)


async def test_every_fate_is_counted_once_and_what_moved_nothing_stands_aside(book: Book) -> None:
    await a_year(book)
    first, behind, known = START, date(2027, 1, 2), noon("2027-01-03")
    with book.on("2027-01-03"):
        found = await book.policies.analytics.report(book.actor, ALL, first, behind, None, known)
        months = await book.policies.analytics.report(book.actor, ALL, first, behind, By.MONTH, known)
    (row,) = found.total
    counts = {name: getattr(row, name).count for name in (*TALLIES, "rescinded", "flat", "not_taken", "reinstated")}
    assert counts == {
        "begin": 0, "new": 6, "renewed": 1, "resumed": 1, "cancelled": 1, "lapsed": 1, "non_renewed": 1, "continued": 1,
        "expired": 3, "end": 1, "due": 0, "kept": 0, "rescinded": 1, "flat": 1, "not_taken": 1, "reinstated": 1,
    }  # fmt: skip
    assert row.changed_minor == 35_500  # 355 of 365 days of 36,500
    assert (row.rescinded.premium_minor, row.flat.premium_minor, row.not_taken.premium_minor) == (120_000,) * 3
    assert row.reinstated.premium_minor == cents_back(59)
    assert (row.cancelled.premium_minor, row.resumed.premium_minor) == (36_500, 36_500 - 800)
    assert {(one.closed, one.reason): one.count for one in row.lost} == {
        ("cancelled", "nonpayment"): 1, ("lapsed", "nonpayment"): 1, ("non_renewed", "other"): 1, ("expired", None): 3,
    }  # fmt: skip
    second = count(await read(book, known), first, behind, "currency")
    assert figures(row) == some(second["USD"])
    assert (row.retention, row.premium_retention) == (None, None)
    assert row.average_premium_minor == row.end.premium_minor
    reconciles(row)
    assert [one.group for one in months.items][:4] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    for before, after in pairwise(months.items):
        assert before.end == after.begin
    for one in months.items:
        reconciles(one)
    assert months.total == found.total


def cents_back(gone: int) -> int:
    return 120_000 - round(120_000 * gone / 365)


async def test_the_same_period_as_it_was_known_then(book: Book) -> None:
    await a_year(book)
    with book.on("2027-01-03"):
        then = await book.policies.analytics.report(book.actor, ALL, START, date(2026, 3, 5), None, noon("2026-03-05"))
    (row,) = then.total
    assert (row.cancelled.count, row.reinstated.count, row.end.count) == (2, 0, 5)
    assert sum(one.count for one in row.lost if one.reason == "request") == 1


async def test_retention_is_of_what_came_due_and_of_few_none_is_told(book: Book) -> None:
    held = [await book.active(months=6) for _ in range(LEAST)]
    with book.on("2026-06-20"):
        renewals = [
            await book.policies.renewing.offer(book.actor, one, RenewalIn(), expected=None, key=None)
            for one in held[:7]
        ]
        for one in renewals:
            await book.pay(one, 120_000)
    with book.on("2026-08-01"):
        await book.cancel(renewals[0], day="2026-08-01")

    async def asked(begins: date, ends: date, **wanted: Any) -> ReportRow | None:
        with book.on("2026-12-01"):
            found = await book.policies.analytics.report(book.actor, PolicyFilter(**wanted), begins, ends, None)
        return found.total[0] if found.total else None

    july = await asked(date(2026, 7, 1), date(2026, 8, 1))
    assert july is not None
    assert (july.due.count, july.kept.count, july.retention, july.premium_retention) == (10, 7, 0.7, 0.7)
    later = await asked(date(2026, 7, 1), date(2026, 9, 1))
    assert later is not None
    assert later.retention == 0.6
    early = await asked(date(2026, 2, 1), date(2026, 3, 1))
    assert early is not None
    assert (early.due.count, early.retention, early.collection) == (0, None, None)
    assert await asked(START, date(2026, 12, 1), state="NV") is None
    with book.on("2026-12-01"):
        months = await book.policies.analytics.report(book.actor, ALL, date(2026, 2, 1), date(2026, 9, 1), By.MONTH)
    assert [(one.group, one.due.count, one.kept.count) for one in months.items if one.due.count] == [("2026-07", 10, 7)]
    assert [(one.due.count, one.kept.count) for one in months.total] == [(10, 6)]


async def test_cohorts_are_those_of_a_second_count_and_end_where_not_all_have_come(book: Book) -> None:
    await a_year(book)
    for day in range(3, 3 + LEAST):
        await book.active(starts_on=date(2026, 2, day), months=6)
    known = noon("2027-02-10")
    with book.on("2027-02-10"):
        found = await book.policies.analytics.cohorts(book.actor, ALL, START, date(2027, 1, 1))
    policies = await read(book, known)
    assert [one.month for one in found.items] == [date(2026, 1, 1), date(2026, 2, 1)]
    for one in found.items:
        assert (one.policies, one.in_force) == left_of(policies, one.month, date(2027, 2, 10))
    january, february = found.items
    assert january.shares == [None] * 13
    assert (february.shares[5], february.shares[6], len(february.shares)) == (1.0, 0.0, 12)


async def test_a_producer_sees_figures_of_the_own_policies_and_others_none(book: Book) -> None:
    async with book.services.database.begin(book.actor) as uow:
        mine, theirs = sorted((await uow.agencies.ids_by_external()).values())[:2]
    for owner in (mine, theirs, theirs):
        await book.active(producers=[{"producer_id": owner}])
    scopes = frozenset({Scope.POLICIES_READ})
    producer = Actor(book.actor.agency_id, ActorKind.PRODUCER, f"producer:{mine}", scopes, mine)
    partner = Actor(book.actor.agency_id, ActorKind.PARTNER, "partner:x", scopes, source="web")
    analytics, days = book.policies.analytics, (START, date(2026, 2, 1))
    with book.on("2026-03-01"):
        everybody = await analytics.report(book.actor, ALL, *days, By.PRODUCER)
        own = await analytics.report(producer, ALL, *days, By.PRODUCER)
        assert {one.group: one.end.count for one in everybody.items} == {str(mine): 1, str(theirs): 2}
        assert all(one.name and one.name != one.group for one in everybody.items)
        assert {one.group: one.end.count for one in own.items} == {str(mine): 1}
        assert [one.policies for one in (await analytics.cohorts(producer, ALL, *days)).items] == [1]
        assert (await analytics.report(partner, ALL, *days, None)).total == []
        with pytest.raises(Forbidden):
            await analytics.report(replace(producer, scopes=frozenset()), ALL, *days, None)


async def test_currencies_are_never_added_and_sources_are_of_the_lead(book: Book) -> None:
    await book.active(currency="CAD", contents=contents(50_000))
    await book.active()
    with book.on("2026-02-01"):
        found = await book.policies.analytics.report(book.actor, ALL, START, date(2026, 2, 1), By.SOURCE)
    assert {(one.name, one.currency, one.end.premium_minor) for one in found.items} == {
        ("none", "CAD", 50_000), ("none", "USD", 120_000),
    }  # fmt: skip
    assert [one.currency for one in found.total] == ["CAD", "USD"]


async def test_a_period_without_days_or_with_too_many_months_is_refused(book: Book) -> None:
    analytics = book.policies.analytics
    with pytest.raises(Invalid, match="no day"):
        await analytics.report(book.actor, ALL, START, START, None)
    with pytest.raises(Invalid, match="too many months"):
        await analytics.report(book.actor, ALL, date(2000, 1, 1), START, By.MONTH)
