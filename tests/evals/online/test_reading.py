"""Live arms are judged as suites are: at any time, under rates that drift, with alarms for harm and for broken shares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest

from domain.experiments import State, Success
from domain.leads.lifecycle import Status
from evals.online.reading import read
from evals.verdict import Decision
from services.experiments.schemas import ArmIn, ExperimentView
from store.sql.repositories.experiments import Exposed

START = datetime(2026, 11, 1, tzinfo=UTC)


def experiment(share: str = "0.5") -> ExperimentView:
    return ExperimentView(
        id=UUID(int=1), name="n", agent="qualification",
        arms=[ArmIn(version=1, share=1 - Decimal(share)), ArmIn(version=2, share=Decimal(share))],
        success=Success.CONVERTED, matters=0.02, days=30, tolerated=0.02, state=State.RUNNING, reason=None,
        started_at=START, ended_at=None,
    )  # fmt: skip


def leads(
    rates: tuple[float, float] | None,
    count: int,
    *,
    share: float = 0.5,
    seed: int = 0,
    harm: float = 0.0,
    cost: int = 10,
) -> list[Exposed]:
    """Leads that end a day later; None for one rate of both arms that rises from 5 to 95 % over time."""
    chance, found = np.random.default_rng(seed), []
    for number in range(count):
        new = bool(chance.random() < share)
        rate = 0.05 + 0.9 * number / count if rates is None else rates[new]
        at = START + timedelta(minutes=number)
        status = Status.WON if chance.random() < rate else Status.LOST
        found.append(
            Exposed(UUID(int=number), 1 + new, at, status.value, at + timedelta(days=1), new and bool(chance.random() < harm),
                    False, cost if new else 10)
        )  # fmt: skip
    return found


LATER = START + timedelta(days=60)


def test_a_gain_ships_and_a_loss_is_kept_out() -> None:
    ship, keep = (read(experiment(), leads(rates, 1500), LATER).verdict for rates in ((0.2, 0.35), (0.35, 0.2)))
    assert (ship.decision, keep.decision) == (Decision.SHIP, Decision.KEEP)
    (compared,) = ship.comparisons
    assert compared.difference.low <= 0.15 <= compared.difference.high


@pytest.mark.parametrize("share", ["0.3", "0.1", "0.5"])
def test_rates_that_drift_make_no_winner(share: str) -> None:
    found = [
        read(experiment(share), leads(None, 800, share=float(share), seed=seed), LATER).evidence.decided
        for seed in range(40)
    ]
    assert sum(found) <= 4


def test_nothing_is_known_of_no_leads() -> None:
    found = read(experiment(), [], LATER)
    assert (found.verdict.decision, found.evidence.p, found.alarm) == (Decision.INCONCLUSIVE, 1.0, None)


def test_harm_and_broken_shares_stop_it() -> None:
    assert "no answer of use" in (read(experiment(), leads((0.3, 0.3), 600, harm=0.15), LATER).alarm or "")
    assert read(experiment(), leads((0.3, 0.3), 600, harm=0.01), LATER).alarm is None
    assert "broken" in (read(experiment(), leads((0.3, 0.3), 600, share=0.3), LATER).alarm or "")


def test_a_dear_version_does_not_ship() -> None:
    found = read(experiment(), leads((0.2, 0.4), 1000, cost=30), LATER).verdict
    assert (found.decision, found.reasons) == (
        Decision.KEEP,
        ("an answer costs 3.00 times as much (95 % from 3.00 to 3.00, limit 1.5)",),
    )
