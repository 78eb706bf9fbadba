"""Workers of offers: one works the timers that are due, one tries what waits for a producer."""

from __future__ import annotations

import asyncio

from services.container import Services
from workers.loop import again_and_again

_LOOK_SECONDS = 1.0
_DRAIN_SECONDS = 15.0


async def time_offers(services: Services) -> None:
    """Let offers expire and accepted leads go stale until cancelled."""
    await again_and_again("offers", services.offers.work, idle_seconds=_LOOK_SECONDS)


async def drain_queues(services: Services) -> None:
    """Give leads that wait to producers who are free, until cancelled: a shift has begun, a lead was closed, a month turned.

    Room comes by the clock as well as by what people do, so it is looked for at an interval.
    """

    async def look() -> bool:
        await asyncio.sleep(_DRAIN_SECONDS)
        return bool(await services.offers.queue.drain_everywhere())

    await again_and_again("queues", look, idle_seconds=0)
