"""The outbox worker: hands events to the bus as they come."""

from __future__ import annotations

from services.container import Services
from workers.loop import again_and_again


async def relay_outbox(services: Services) -> None:
    """Relay until cancelled; a bus that is away only delays the messages."""
    await again_and_again("outbox", services.outbox.relay, idle_seconds=0.5)
