"""Workers of the broker network: referrals expire and are settled, standing follows what was exchanged."""

from __future__ import annotations

import asyncio

import structlog

from domain.actor import system_actor
from kernel.errors import Unavailable
from services.container import Services
from workers.loop import again_and_again

_LOOK_SECONDS = 2.0
_WATCH_SECONDS = 300.0
_COUNT_SECONDS = 10.0
_log = structlog.get_logger("leadwright.workers")


async def time_referrals(services: Services) -> None:
    """Let referrals expire until cancelled."""
    await again_and_again("referrals", services.brokers.settling.expire_one, idle_seconds=_LOOK_SECONDS)


async def settle_referrals(services: Services) -> None:
    """Follow what becomes of referred leads until cancelled."""
    await again_and_again("referred leads", services.brokers.settling.settle_open, idle_seconds=_LOOK_SECONDS)


async def watch_conversions(services: Services) -> None:
    """Take conversions back whose lead was no sale after all, until cancelled."""

    async def look() -> bool:
        await asyncio.sleep(_WATCH_SECONDS)
        return await services.brokers.settling.settle_watched()

    await again_and_again("conversions", look, idle_seconds=0)


async def count_networks(services: Services) -> None:
    """Count standing that is old, and bring the graph up to date with it, until cancelled."""

    async def count() -> bool:
        await asyncio.sleep(_COUNT_SECONDS)
        counted = await services.brokers.counting.count_stale()
        for agency_id in counted:
            try:
                await services.projection.refresh(system_actor(agency_id, "network"))
            except Unavailable as problem:  # it follows with the next question or comparison
                _log.warning("graph behind", agency=str(agency_id), problem=problem.code)
        return bool(counted)

    await again_and_again("networks", count, idle_seconds=0)
