"""Workers that speak to the outside one piece at a time: messages to people, claims of consent certificates.

A piece that cannot be worked now stays leased for a while, so that the next one has its turn.
"""

from __future__ import annotations

import asyncio

from services.container import Services
from workers.loop import again_and_again


async def send_messages(services: Services) -> None:
    """Send until cancelled, to several people at once and to each one after another."""
    work = (
        again_and_again("messages", services.messages.work, idle_seconds=1.0)
        for _ in range(services.settings.messages.concurrency)
    )
    await asyncio.gather(*work)


async def tell_producers(services: Services) -> None:
    """Turn events into messages until cancelled."""
    await again_and_again("notices", services.messages.notices.work, idle_seconds=1.0)


async def claim_certificates(services: Services) -> None:
    """Claim until cancelled."""
    await again_and_again("certificates", services.certificates.work, idle_seconds=1.0)


async def tell_follow_ups(services: Services) -> None:
    """Tell people of follow-ups that are due, until cancelled."""
    await again_and_again("follow_ups", services.assistance.follow_ups.work, idle_seconds=1.0)
