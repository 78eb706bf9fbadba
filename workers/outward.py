"""Workers that speak to the outside one piece at a time: messages to people, claims of consent certificates."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from kernel.errors import AppError
from services.container import Services

_IDLE_SECONDS = 1.0
_AWAY_SECONDS = 5.0
_log = structlog.get_logger("leadwright.workers.outward")


async def send_messages(services: Services) -> None:
    """Send until cancelled."""
    await _work_through("messages", services.messages.work)


async def claim_certificates(services: Services) -> None:
    """Claim until cancelled."""
    await _work_through("certificates", services.certificates.work)


async def _work_through(what: str, work: Callable[[], Awaitable[bool]]) -> None:
    """A piece that cannot be worked now stays leased for a while, so that the next one has its turn."""
    while True:
        try:
            found = await work()
        except AppError as problem:
            _log.warning("waiting", what=what, code=problem.code)
            await asyncio.sleep(_AWAY_SECONDS)
            continue
        except Exception as problem:  # noqa: BLE001 - a worker that gives up would keep every later piece waiting
            # The type alone: a message may quote an address.
            _log.error("cannot be worked, trying another", what=what, problem=type(problem).__name__)
            await asyncio.sleep(_AWAY_SECONDS)
            continue
        if not found:
            await asyncio.sleep(_IDLE_SECONDS)
