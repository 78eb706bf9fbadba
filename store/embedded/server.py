"""What the supervisor needs to know of a server, and how it keeps one alive."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from kernel.errors import Unavailable
from store.embedded.process import ChildProcess, Command

logger = logging.getLogger("leadwright.store.embedded")

_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)  # between tries of a first start
_LONGEST_PAUSE = 10.0  # between restarts after crashes
_SETTLED = 30.0  # a server that ran this long starts again at once
_POLL = 0.02


class Server(Protocol):
    """One kind of server. A class a file: postgres, graph, cache, bus."""

    name: str
    stop_signal: signal.Signals
    stop_seconds: float
    start_seconds: float

    async def command(self) -> Command:
        """Prepare folders and files and say what to run; called ahead of every start, on the same ports."""

    async def answers(self) -> bool:
        """Whether it has answered a real question just now, with its password, within a second or two."""

    def move(self) -> None:
        """Choose other ports: the last start failed before anybody knew the old ones."""

    async def close(self) -> None:
        """Drop what ``answers`` keeps open."""


class PortTaken(Unavailable):
    """Another process listens on the port that this server was to have."""


class Supervised:
    """A server that is started, watched, started again after a crash, and stopped.

    ``spawned`` is called in a thread with the name and pid of every new child, before it is ready.
    """

    def __init__(self, server: Server, spawned: Callable[[str, int], None]) -> None:
        self.server = server
        self._spawned = spawned
        self._child: ChildProcess | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Of the running child, None between a crash and the next start."""
        child = self._child
        return child.pid if child is not None and child.exit_code is None else None

    async def start(self) -> None:
        """Start it and wait until it answers. Raises Unavailable when it does not."""
        for pause in (*_PAUSES, None):
            try:
                if await self._launch():
                    self._watch = asyncio.create_task(self._keep_alive(), name=f"keep {self.server.name} alive")
                    return
            except PortTaken:
                await self._end_child()
            if pause is None:
                break
            await asyncio.sleep(pause)
            self.server.move()
        raise Unavailable(f"{self.server.name} does not start: it ended at once; logs/{self.server.name}.log says why")

    async def stop(self) -> None:
        """Stop watching, then stop the server; harmless when it never started."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        await self._end_child()
        await self.server.close()

    async def _end_child(self) -> None:
        if self._child is not None and self._child.exit_code is None:
            await self._child.stop(self.server.stop_signal, self.server.stop_seconds)

    async def _launch(self) -> bool:
        """One try: True when it answers, False when it ended early. Raises Unavailable when it stays silent."""
        command = await self.server.command()
        child = self._child = await ChildProcess.spawn(command)
        await asyncio.to_thread(self._spawned, self.server.name, child.pid)
        deadline = time.monotonic() + self.server.start_seconds
        while await child.ended(within=_POLL) is None:
            if await self.server.answers():
                return True
            if time.monotonic() > deadline:
                await self._end_child()
                raise Unavailable(
                    f"{self.server.name} has not answered in {self.server.start_seconds:.0f} seconds; "
                    f"logs/{self.server.name}.log says why"
                )
        return False

    async def _keep_alive(self) -> None:
        """Start the server again whenever it ends. ``stop`` cancels this first, so an end seen here is a crash."""
        pause = 0.0
        while True:
            assert self._child is not None
            since = time.monotonic()
            code = await self._child.ended()
            pause = 0.0 if time.monotonic() - since > _SETTLED else pause
            logger.error("%s ended unasked, exit code %s; starting it again", self.server.name, code)
            while not await self._revived(pause):
                pause = min(max(2 * pause, 0.2), _LONGEST_PAUSE)
            logger.warning("%s answers again", self.server.name)
            pause = min(max(2 * pause, 0.2), _LONGEST_PAUSE)

    async def _revived(self, pause: float) -> bool:
        await asyncio.sleep(pause)
        try:
            alive = await self._launch()
        except Exception:  # whatever it was: a watcher that gives up leaves the server down
            logger.exception("%s cannot be started again yet", self.server.name)
            await self._end_child()
            return False
        if not alive:
            logger.error("%s ended again before it answered", self.server.name)
        return alive
