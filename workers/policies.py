"""The policy clock: policies that come to a day, in groups, a few groups at once; several processes share the work."""

from __future__ import annotations

import asyncio

from services.container import Services
from workers.loop import again_and_again

AT_ONCE = 4
"""Groups of timers worked at once by one process: while one waits for the database, rules of another are looked at."""


async def time_policies(services: Services) -> None:
    """Work due timers of policies until cancelled."""
    await asyncio.gather(
        *(again_and_again("policies", services.policies.timing.work, idle_seconds=1.0) for _ in range(AT_ONCE))
    )
