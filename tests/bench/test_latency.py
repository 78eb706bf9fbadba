"""The latency bench: texts that are alike and yet new, and figures that know their goals. No clock is judged here."""

from __future__ import annotations

import random

from bench.latency import Timings, latency
from bench.latency_world import messages
from cli.commands.bench import latency_report


def test_messages_are_of_all_kinds_and_hardly_one_twice() -> None:
    texts = messages(440, random.Random(1))
    assert len(texts) == 440
    assert len(set(texts)) > 400
    assert any(len(text) > 300 for text in texts)
    assert any(len(text) < 20 for text in texts)
    assert sum("{" in text for text in texts) == 0
    assert messages(440, random.Random(1)) == texts


async def test_it_measures_leads_alone_and_together() -> None:
    timings = await latency(20, 22, seed=2)
    assert (timings.singles, timings.batch) == (20, 22)
    assert 0 < timings.p50_ms <= timings.p95_ms <= timings.p99_ms
    assert timings.cpu_p95_ms > 0
    assert timings.batch_seconds > 0


def test_goals_decide() -> None:
    good = Timings(100, 20.0, 59.0, 70.0, 50.0, 500, 14.9, 14.0)
    assert good.batch_goal == 15.0
    assert good.held
    assert not Timings(100, 20.0, 60.0, 70.0, 50.0, 500, 14.9, 14.0).held
    assert not Timings(100, 20.0, 59.0, 70.0, 50.0, 500, 15.0, 14.0).held
    assert "goal under 60" in latency_report(good)
    assert "NOT held" not in latency_report(good)
