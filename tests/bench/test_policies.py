"""The policies bench fills the tables as services would and works a night; its goals are judged by the command, not here."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from bench.policies import NIGHT, PoliciesFound, book
from cli.commands.bench_books import policies_report
from kernel.clock import frozen
from services.policies.views import PolicyDetail
from store.sql.repositories.policy_search import PolicyFilter


async def test_the_book_is_one_that_the_services_could_have_written() -> None:
    async with book(600, seed=11) as (services, actor, loaded):
        assert loaded >= 600
        reading = services.policies.reading
        statuses: Counter[str] = Counter()
        with frozen(NIGHT):
            covered = 0
            cursor = None
            while True:
                page = await reading.page(actor, PolicyFilter(), cursor, 200)
                details: list[PolicyDetail] = [await reading.one(actor, one.id) for one in page.items[::20]]
                for detail in details:
                    timeline = (await reading.timeline(actor, detail.id)).items
                    assert [event.version for event in timeline] == list(range(1, detail.version + 1))
                    assert detail.paid_minor == detail.account.paid_minor
                statuses.update(one.status for one in page.items)
                for one in page.items:
                    covered += (await reading.as_of(actor, one.id, NIGHT, None)).covered
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert (await reading.in_force(actor, NIGHT, None)).count == covered > 0
            assert {"active", "expired"} <= statuses.keys()
        with frozen(NIGHT + timedelta(days=30)):
            assert await asyncio.gather(*(services.policies.timing.work() for _ in range(2)))


def test_the_report_says_where_a_goal_was_missed() -> None:
    slow = PoliciesFound(
        100_000, 1.0, pages_ms={"by number": [101.0] * 20}, in_force_seconds=[0.5], due=5, night_seconds=3.0
    )
    assert "101.0 ms p95  by number" in policies_report(slow)
    late = PoliciesFound(
        1,
        1.0,
        pages_ms={"x": [1.0]},
        in_force_seconds=[0.5],
        report_seconds={"by line": 2.5},
        exported=7,
        export_seconds=1.0,
    )
    assert "2.50 s  by line" in policies_report(late)
    assert "7 terms in 1.0 s" in policies_report(late)
    assert not late.held
    assert policies_report(slow).endswith("NOT held")
    assert not PoliciesFound(1, 1.0, pages_ms={"x": [1.0]}, in_force_seconds=[0.5], left=1).held
