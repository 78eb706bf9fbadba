"""The comparing worker: from time to time it holds the projections beside Postgres. Of several processes one does it."""

from __future__ import annotations

from datetime import timedelta

from kernel.clock import now
from services.container import Services
from workers.loop import again_and_again

_LOOK_SECONDS = 5.0


async def compare_projections(services: Services) -> None:
    """Compare at the interval that is set, the first time after one; until cancelled. An interval of 0 compares never."""
    minutes = services.settings.processes.compare_minutes
    if not minutes:
        return
    due = now() + timedelta(minutes=minutes)

    async def when_due() -> bool:
        nonlocal due
        if now() < due:
            return False
        due = now() + timedelta(minutes=minutes)
        await services.comparison.compare()
        return True

    await again_and_again("projections", when_due, idle_seconds=min(_LOOK_SECONDS, minutes * 60))
