"""From the outbox to the bus: at least once, recognised by the event's id."""

from __future__ import annotations

from integrations.bus import Bus
from kernel.telemetry.metrics import OUTBOX_PUBLISHED
from store.uow import Database

_BATCH = 100


class OutboxRelay:
    """Publishes what waits, oldest first; several relays share the work without sending twice on purpose."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def relay(self) -> int:
        """Publish one batch and mark it; returns how many. Raises Unavailable when the bus does not take them."""
        async with self._database.platform() as platform:
            messages = await platform.take_outbox(_BATCH)
            for message in messages:
                await self._bus.publish(message.subject, message.payload, str(message.id))
                OUTBOX_PUBLISHED.labels(message.subject).inc()
            if messages:
                await platform.mark_published([message.id for message in messages])
        return len(messages)
