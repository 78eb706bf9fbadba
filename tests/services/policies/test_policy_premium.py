"""Premium of a book at a day is the sum of every term's own money, to the cent."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

import pytest

from domain.policies.analytics import By
from kernel.errors import Invalid
from services.policies.premium import PremiumRow
from store.sql.repositories.policy_search import PolicyFilter
from tests.services.policies.book import START, Book, contents, glass, noon
from tests.services.policies.second_count import read
from tests.services.policies.test_policy_analytics import grown

ALL = PolicyFilter()


def figures(row: PremiumRow) -> tuple[int, ...]:
    assert row.earned_minor + row.unearned_minor == row.written_minor
    return row.in_force, row.in_force_minor, row.written_minor, row.earned_minor


@pytest.mark.parametrize("seed", range(3))
async def test_a_random_book_is_the_sum_of_its_terms_as_the_domain_prices_them(book: Book, seed: int) -> None:
    luck = random.Random(seed)
    today = await grown(book, luck, 8)
    partly = 0
    for _ in range(25):
        on = START + timedelta(days=luck.randrange(-5, 500))
        known = noon(START + luck.randrange((today - START).days + 30) * timedelta(days=1))
        found = await book.policies.premiums.report(book.actor, ALL, on, By.STATE, known)
        second: dict[str, Counter[str]] = {}
        for one in await read(book, known):
            money = one.term.money_on(on)
            covers = any(opens <= on < closes for opens, closes in one.spans)
            partly += 0 < money.earned < money.written
            into = second.setdefault(one.row.state, Counter())
            into.update(
                count=covers, premium=money.written if covers else 0, written=money.written, earned=money.earned
            )
        mine = {str(row.group): figures(row) for row in found.items if any(figures(row))}
        theirs = {
            state: (one["count"], one["premium"], one["written"], one["earned"])
            for state, one in second.items()
            if any(one.values())
        }
        assert mine == theirs, (on, known)
        sums = tuple(map(sum, zip(*theirs.values(), strict=True))) or (0, 0, 0, 0)
        assert [figures(row) for row in found.total] in ([sums], [])
    assert partly > 50


@pytest.mark.parametrize("count", ["actual", "30e/360"])
async def test_half_cents_and_counted_days_are_rounded_as_each_term_is(book: Book, count: str) -> None:
    luck = random.Random(count)
    for _ in range(12):
        await book.active(
            count=count, months=luck.choice([6, 12]), contents=contents(luck.randrange(1, 300_000)),
            starts_on=START + timedelta(days=luck.randrange(31)),
        )  # fmt: skip
    policies = await read(book, noon("2026-02-01"))
    for day in range(0, 400, 7):
        on = START + timedelta(days=day)
        found = await book.policies.premiums.report(book.actor, ALL, on, None, noon("2026-02-01"))
        earned = sum(one.term.money_on(on).earned for one in policies)
        assert [row.earned_minor for row in found.total] == ([earned] if found.total else [])


async def test_an_endorsed_cancelled_and_resumed_term_is_earned_as_known_then(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-03-01"):
        await book.endorse(policy_id, "2026-03-01", glass(10_000))
    with book.on("2026-05-01"):
        await book.cancel(policy_id, day="2026-05-01")
    on = date(2026, 7, 1)
    before, after = noon("2026-04-01"), noon("2026-06-01")
    then = (await book.policies.premiums.report(book.actor, ALL, on, By.CARRIER, before)).items[0]
    now = (await book.policies.premiums.report(book.actor, ALL, on, By.CARRIER, after)).items[0]
    assert (then.in_force, now.in_force) == (1, 0)
    assert then.unearned_minor > 0
    assert now.unearned_minor == 0
    assert now.earned_minor < then.earned_minor


async def test_months_are_refused_and_currencies_stay_apart(book: Book) -> None:
    await book.active(currency="CAD", contents=contents(50_000))
    await book.active()
    found = await book.policies.premiums.report(book.actor, ALL, START, By.SOURCE, noon("2026-02-01"))
    assert [(row.name, row.currency, figures(row)) for row in found.items] == [
        ("none", "CAD", (1, 50_000, 50_000, 0)), ("none", "USD", (1, 120_000, 120_000, 0)),
    ]  # fmt: skip
    assert [row.currency for row in found.total] == ["CAD", "USD"]
    with pytest.raises(Invalid, match="month"):
        await book.policies.premiums.report(book.actor, ALL, START, By.MONTH)
