"""The webhook worker: sends events to subscribers, to several of them at once and to each one after another."""

from __future__ import annotations

import asyncio

from services.container import Services
from workers.loop import again_and_again

_IDLE_SECONDS = 1.0


async def send_webhooks(services: Services) -> None:
    """Send until cancelled. What was begun and not written down is sent again, under the same id, when its lease has run out."""
    work = (
        again_and_again("webhooks", services.webhooks.deliveries.work, idle_seconds=_IDLE_SECONDS)
        for _ in range(services.settings.webhooks.concurrency)
    )
    await asyncio.gather(*work)
