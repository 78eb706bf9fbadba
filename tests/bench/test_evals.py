"""The bench of evals in small: every side gets every answer right, ours with everything on disk."""

from __future__ import annotations

from pathlib import Path

from bench.evals import SIDES, evals


async def test_every_side_gets_every_answer(tmp_path: Path) -> None:
    found = await evals(20, 10, 1, tmp_path, peers=False)
    assert found.whole
    assert {name: len(turns) for name, turns in found.turns.items()} == dict.fromkeys(SIDES, 1)
    assert all(took.seconds > 0 and took.megabytes > 0 for turns in found.turns.values() for took in turns)
