"""A season of commissions beside a second count, and that the second count can tell a difference."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest

from bench.ledger import lived
from bench.ledger_clerk import Clerk, cents, handed_out
from bench.ledger_story import FIRST, Party, Sale, story
from cli.commands.bench_books import ledger_report
from services.container import Services

EVERYTHING = {"sale", "end", "record", "rescind", "upline", "pool", "hold", "lift", "fee"}


@pytest.mark.timeout(240)
async def test_a_season_of_commissions_is_the_same_counted_twice(services: Services) -> None:
    """Forty brokers over eight months: every account on every evening, everybody's total at the end."""
    found = await lived(services, story(seed=12, brokers=40, days=240, sales_a_day=1.0))
    assert found.held, ledger_report(found)
    assert set(found.facts) == EVERYTHING
    assert found.paid_minor > 0
    assert found.repeated > 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("seed", "what"), [(3, "domain.commissions.splitting.rounded"), (4, "domain.commissions.rates.rounded")]
)
async def test_a_ledger_that_loses_halves_of_cents_is_found_out(
    services: Services, monkeypatch: pytest.MonkeyPatch, seed: int, what: str
) -> None:
    monkeypatch.setattr(what, lambda amount: int(Fraction(amount)))
    found = await lived(services, story(seed, brokers=10, days=40, sales_a_day=1.0))
    assert not found.held
    assert found.odd
    assert found.off
    assert "NOT held" in ledger_report(found)


def test_a_story_is_the_same_for_the_same_seed() -> None:
    first, again, other = (story(seed, 20, 60, 2.0).facts for seed in (5, 5, 6))
    assert first == again != other


def test_the_second_count_by_hand() -> None:
    """The vectors of T33 and T36 on the clerk's own cards."""
    assert handed_out(10_000, [Fraction(1)] * 3) == [3_334, 3_333, 3_333]
    assert handed_out(61_235, [Fraction(5), Fraction(3), Fraction(2)]) == [30_618, 18_370, 12_247]
    assert handed_out(5, [Fraction(1), Fraction(1)]) == [3, 2]
    assert [cents(Fraction(one, 2)) for one in (1, -1, 3)] == [1, -1, 2]
    clerk = Clerk(story(1, 10, 30, 0), {})
    parties = (Party("1", "b1"),)
    card = clerk.sale(Sale(1, "LI-1", "Acme", "life", "FL", FIRST, FIRST, 6_800, parties), FIRST)
    assert card.gross == 9 * 5_440
    assert card.held_until == FIRST + timedelta(days=5) == date(2025, 1, 6)
