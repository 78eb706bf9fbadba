"""From the outbox to the bus: at least once, recognised by the event's id."""

from __future__ import annotations

import structlog

from integrations.bus import Bus
from kernel.errors import Invalid, Unavailable
from kernel.telemetry.metrics import OUTBOX_PUBLISHED
from store.uow import Database

_BATCH = 100
_log = structlog.get_logger("leadwright.services.outbox")


class OutboxRelay:
    """Publishes what waits, oldest first; several relays share the work without sending twice on purpose."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def relay(self) -> int:
        """Publish one batch and mark it; returns how many. Raises Unavailable when the bus does not take them all.

        What the bus can never carry is reported and set aside, since it would hold up every event behind it.
        """
        settled, away = [], None
        async with self._database.platform() as platform:
            for message in await platform.take_outbox(_BATCH):
                try:
                    await self._bus.publish(message.subject, message.payload, str(message.id))
                except Unavailable as problem:
                    away = problem
                    break
                except Invalid as problem:
                    _log.error(
                        "event set aside", event_id=str(message.id), subject=message.subject, problem=problem.detail
                    )
                else:
                    OUTBOX_PUBLISHED.labels(message.subject).inc()
                settled.append(message.id)
            if settled:
                await platform.mark_published(settled)
        if away is not None:
            raise away
        return len(settled)
