"""The outbox worker: hands events to the bus as they come."""

from __future__ import annotations

import asyncio

import structlog

from kernel.errors import Unavailable
from services.container import Services

_IDLE_SECONDS = 0.5
_AWAY_SECONDS = 2.0
_log = structlog.get_logger("leadwright.workers.outbox")


async def relay_outbox(services: Services) -> None:
    """Relay until cancelled; a bus that is away only delays the messages."""
    while True:
        try:
            sent = await services.outbox.relay()
        except Unavailable:
            _log.warning("bus or database away, events wait")
            await asyncio.sleep(_AWAY_SECONDS)
            continue
        except Exception as problem:  # noqa: BLE001 - a relay that gives up would keep every later event from the bus
            _log.error("events cannot be relayed, trying again", exc_info=problem)
            await asyncio.sleep(_AWAY_SECONDS)
            continue
        if not sent:
            await asyncio.sleep(_IDLE_SECONDS)
