"""The workers' loop: nothing but a cancellation ends it, and only idleness or trouble make it wait."""

from __future__ import annotations

import asyncio

import pytest

from kernel.errors import Invalid, Unavailable
from workers.loop import again_and_again


@pytest.mark.parametrize("fault", [Unavailable("away"), Invalid("no"), RuntimeError("bug"), OSError("disk")])
async def test_a_fault_of_any_kind_only_delays(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    monkeypatch.setattr("workers.loop._AWAY_SECONDS", 0.0)
    steps: list[int] = []
    enough = asyncio.Event()

    async def step() -> bool:
        steps.append(1)
        if len(steps) < 3:
            raise fault
        enough.set()
        return False

    task = asyncio.create_task(again_and_again("test", step, idle_seconds=60))
    await asyncio.wait_for(enough.wait(), 5)
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(steps) == 3


async def test_work_that_found_something_is_followed_by_more_at_once() -> None:
    left = [True, True, False]
    idle = asyncio.Event()

    async def step() -> bool:
        found = left.pop(0)
        if not found:
            idle.set()
        return found

    task = asyncio.create_task(again_and_again("test", step, idle_seconds=60))
    await asyncio.wait_for(idle.wait(), 5)
    task.cancel()
    assert left == []
