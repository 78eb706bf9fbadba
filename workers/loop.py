"""The loop of a worker that has one thing to do again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from kernel.errors import Unavailable

_log = structlog.get_logger("leadwright.workers")
_AWAY_SECONDS = 2.0


async def again_and_again(what: str, step: Callable[[], Awaitable[object]], *, idle_seconds: float) -> None:
    """Take ``step`` until cancelled; one that says it did nothing (a false answer) is followed by a pause.

    A store or vendor that is away only delays. So does any other fault: a worker that gives up would leave everything lying.
    """
    while True:
        try:
            done = await step()
        except Unavailable as problem:
            _log.warning("waits for a store or vendor", work=what, code=problem.code)
        except Exception as problem:  # noqa: BLE001 - see above
            _log.error("failed, trying again", work=what, exc_info=problem)
        else:
            if not done:
                await asyncio.sleep(idle_seconds)
            continue
        await asyncio.sleep(_AWAY_SECONDS)
