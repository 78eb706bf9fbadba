"""Workers that look after the house from time to time. Of several processes one does it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import import_module

from kernel.clock import now
from services.container import Services
from workers.loop import again_and_again

_LOOK_SECONDS = 5.0
_WATCH_MINUTES = 1.0


async def compare_projections(services: Services) -> None:
    """Hold the projections beside Postgres at the interval that is set, until cancelled."""
    await _at_intervals("projections", services.comparison.compare, services.settings.processes.compare_minutes)


async def sweep(services: Services) -> None:
    """Remove what is kept no longer at the interval that is set, until cancelled."""
    await _at_intervals("sweep", services.sweeping.sweep, services.settings.keeping.sweep_minutes)


async def learn_of_producers(services: Services) -> None:
    """Add what was measured to producers' records at the interval that is set, until cancelled."""
    await _at_intervals("producers", services.producers.learning.fold_all, services.settings.producers.learn_minutes)


async def watch_experiments(services: Services) -> None:
    """Stop experiments that do harm, looking once a minute, until cancelled."""

    async def look() -> None:
        # Statistics that a process which ends within its first minute needs not wait for; nor does the loop.
        watching = await asyncio.to_thread(import_module, "evals.online.watch")
        await watching.watch(services)

    await _at_intervals("experiments", look, _WATCH_MINUTES)


async def _at_intervals(what: str, work: Callable[[], Awaitable[object]], minutes: float) -> None:
    """Work at an interval, the first time after one; one of 0 never comes."""
    if not minutes:
        return
    due = now() + timedelta(minutes=minutes)

    async def when_due() -> bool:
        nonlocal due
        if now() < due:
            return False
        due = now() + timedelta(minutes=minutes)
        await work()
        return True

    await again_and_again(what, when_due, idle_seconds=min(_LOOK_SECONDS, minutes * 60))
