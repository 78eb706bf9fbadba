"""The pipeline bench works real leads; its goals are judged by the command, not here."""

from __future__ import annotations

import pytest

from bench.pipeline import Pace, Pipeline, Sizes, pipeline
from cli.commands.bench import pipeline_report


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_short_run_works_every_lead() -> None:
    sizes = Sizes(leads=20, many_leads=90, producers=3, many_producers=20, steady_seconds=2.0)
    found = await pipeline(sizes, 5)
    assert found.unfinished == 0
    assert min(one.rate for one in (found.floor, found.few, found.many_leads, found.many_producers)) > 0
    assert 0 < found.floor.cpu_ms < found.few.cpu_ms
    assert 0 < found.p50_ms <= found.p95_ms
    assert "0 leads not ended" in pipeline_report(found, sizes)


@pytest.mark.parametrize(
    ("floor", "many_leads", "many_producers", "unfinished", "held"),
    [
        (90, 120, 120, 0, True),
        (110, 100, 100, 0, False),
        (90, 130, 100, 0, False),
        (90, 100, 130, 0, False),
        (90, 100, 100, 1, False),
    ],
)
def test_each_goal_counts(floor: float, many_leads: float, many_producers: float, unfinished: int, held: bool) -> None:
    few = Pace(50, 100)
    found = Pipeline(Pace(floor, 10), few, Pace(9, many_leads), Pace(9, many_producers), 1, 2, unfinished)
    assert found.held is held
