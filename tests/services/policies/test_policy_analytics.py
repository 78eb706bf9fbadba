"""Analytics of policies: what moved makes the end, and every figure is that of a second count written another way."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.actor import Actor, ActorKind, Scope
from domain.policies.analytics import LEAST, By, Closed, Opened
from kernel.errors import AppError, Forbidden, Invalid
from services.policies.figures import ReportRow
from services.policies.schemas import RenewalIn, RescindIn
from store.sql.repositories.policies import PolicyFilter
from tests.services.policies.book import START, Book, contents, glass, noon
from tests.services.policies.second_count import count, read
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


@pytest.mark.parametrize("seed", range(3))
async def test_figures_of_a_random_book_reconcile_and_are_those_of_a_second_count(book: Book, seed: int) -> None:
    luck = random.Random(seed)
    today = await grown(book, luck, 8)
    analytics = book.policies.analytics
    moved: Counter[str] = Counter()
    for _ in range(12):
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
    assert {"begin", "end", "new", "renewed", "cancelled", "continued", "expired", "due", "collected"} <= set(moved)
