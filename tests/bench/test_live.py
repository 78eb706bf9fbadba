"""Two API processes over the same stores, one of them killed: nobody misses an event or hears one twice."""

from __future__ import annotations

import os

import pytest

from bench.live import LiveFound, live
from cli.commands.bench import live_report


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_clients_of_a_killed_process_go_on_at_the_other() -> None:
    """DOMAIN T73: monotonic ids, and a replay from the last seen one."""
    clients = int(os.environ.get("LEADWRIGHT_TEST_CLIENTS", "200"))  # noqa: TID251 - of the test, not of the product
    found = await live(clients, 12, kill=True)
    assert (found.missed, found.doubled) == (0, 0), live_report(found)
    assert len(found.latencies_ms) == clients * 12


@pytest.mark.parametrize(
    ("missed", "doubled", "slow", "held"), [(0, 0, 20, True), (1, 0, 20, False), (0, 1, 20, False), (0, 0, 300, False)]
)
def test_each_goal_counts(missed: int, doubled: int, slow: float, *, held: bool) -> None:
    found = LiveFound(1, 20, [slow] * 20, missed, doubled)
    assert found.held is held
    assert f"{missed} missed" in live_report(found)
