"""The policy clock, in groups, and requests about policies that lie; several processes share the work."""

from __future__ import annotations

import asyncio

from agents.registry import policy_clerk
from graphs.policy import PolicyRequests
from services.container import Services
from workers.loop import again_and_again

AT_ONCE = 4
"""Groups of timers worked at once by one process: while one waits for the database, rules of another are looked at."""


async def time_policies(services: Services) -> None:
    """Work due timers of policies until cancelled."""
    await asyncio.gather(
        *(again_and_again("policies", services.policies.timing.work, idle_seconds=1.0) for _ in range(AT_ONCE))
    )


async def follow_policy_requests(services: Services) -> None:
    """Take up requests whose worker died, and end those that nobody approved in time, until cancelled."""
    requests = PolicyRequests(services, policy_clerk(services))
    await again_and_again("requests about policies", requests.work, idle_seconds=2.0)
