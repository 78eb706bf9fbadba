"""The routing bench measures real rankings beside both floors; its goals are judged by the command, not here."""

from __future__ import annotations

from bench.routing import Among, routing
from cli.commands.bench import routing_report


async def test_a_short_run_measures_all_three() -> None:
    (found,) = await routing([30], 20, seed=3)
    assert [len(took) for took in (found.ours_ms, found.numpy_ms, found.sql_ms)] == [20, 20, 20]
    assert min(found.ours_ms) > 0
    assert found.held


def test_the_report_says_where_a_goal_was_missed() -> None:
    slow = Among(10_000, ours_ms=[7.0] * 20, numpy_ms=[1.0], sql_ms=[2.0])
    report = routing_report([slow])
    assert "p95 7.00 ms (goal under 6)" in report
    assert report.endswith("NOT held")
