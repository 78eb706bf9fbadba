"""The intake bench measures real requests on both sides; its goals are judged by the command, not here."""

from __future__ import annotations

import pytest

from bench.intake import Intake, intake
from cli.commands.bench import intake_report


@pytest.mark.slow
async def test_a_short_run_takes_every_request_on_both_sides() -> None:
    found = await intake(50, 1, 0.5)
    assert found.refused == 0
    assert {name: len(rates) for name, rates in found.rates.items()} == {"ours": 1, "bare": 1}
    assert len(found.steady_ms) == 50
    assert "ours over bare" in intake_report(found)


@pytest.mark.parametrize(
    ("ours", "p95", "refused", "held"), [(60, 20, 0, True), (40, 20, 0, False), (60, 80, 0, False), (60, 20, 1, False)]
)
def test_each_goal_counts(ours: float, p95: float, refused: int, held: bool) -> None:
    assert Intake({"ours": [ours], "bare": [100.0]}, [p95] * 100, refused).held is held
