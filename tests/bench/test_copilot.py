"""The copilot's bench measures what it says: answered turns only, above the bare client's time."""

from __future__ import annotations

import pytest

from bench.copilot import CopilotFound, copilot
from cli.commands.bench import copilot_report


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_chat_is_answered_by_the_endpoint_and_first_words_come_behind_its_own() -> None:
    found = await copilot(3, 2, 1)
    assert (len(found.ours_ms), len(found.bare_ms), found.failed) == (6, 6, 0), copilot_report(found)
    assert found.floor_ms >= 400
    assert 0 < found.added_ms(50) < found.added_ms(100)
    assert 1 < found.cpu_ms < 5000


@pytest.mark.parametrize(
    ("ours", "failed", "held"),
    [([430.0] * 20, 0, True), ([430.0] * 18 + [470.0] * 2, 0, False), ([430.0] * 20, 1, False)],
)
def test_each_goal_counts(ours: list[float], failed: int, *, held: bool) -> None:
    found = CopilotFound(20, ours, [410.0] * 20, failed)
    assert found.held is held
    assert f"{failed} turns not answered" in copilot_report(found)
