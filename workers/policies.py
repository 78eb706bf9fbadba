"""The policy clock: policies that come to a day, one after another; several processes share the work."""

from __future__ import annotations

from services.container import Services
from workers.loop import again_and_again


async def time_policies(services: Services) -> None:
    """Work due timers of policies until cancelled."""
    await again_and_again("policies", services.policies.timing.work, idle_seconds=1.0)
