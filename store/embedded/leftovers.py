"""Servers of an owner that was killed: they end by themselves, and a new owner waits until they have.

Every child inherits the descriptor of one lock file and so holds its lock. Who can take that lock knows that no child,
and no process of a child, still writes to the data; pid files cannot tell that.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from pathlib import Path

from kernel.errors import Unavailable
from store.embedded.home import FileLock, Home, write_private

_PATIENCE = 15.0  # seconds before those that remain are killed
_LAST_PATIENCE = 10.0
_POLL = 0.05


class Children:
    """The lock that the children hold, and the list of them for the case that one does not end."""

    def __init__(self, home: Home) -> None:
        self._lock = FileLock(home.run / "children.lock")
        self._record = home.run / "children.json"
        self._noting = threading.Lock()
        self._known: dict[str, tuple[int, str]] = {}

    async def outlive(self) -> int:
        """Wait for the children of an earlier owner, kill them when they do not end; the descriptor to hand down.

        Raises Unavailable when even that does not free the data.
        """
        if not await self._take(_PATIENCE):
            await asyncio.to_thread(self._kill_recorded)
            if not await self._take(_LAST_PATIENCE):
                raise Unavailable(
                    f"processes of an earlier run still use this home and do not end; find them with "
                    f"fuser {self._lock.path} and stop them"
                )
        assert self._lock.descriptor is not None
        return self._lock.descriptor

    def note(self, name: str, pid: int) -> None:
        """Remember a child that has just been started; any thread may call this."""
        with self._noting:
            self._known[name] = (pid, _started(pid))
            write_private(self._record, json.dumps(self._known))

    def release(self) -> None:
        """All have been stopped. Does nothing when ``outlive`` did not succeed: the list is still needed then."""
        if self._lock.descriptor is None:
            return
        self._record.unlink(missing_ok=True)
        self._lock.release()

    async def _take(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while not self._lock.take():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL)
        return True

    def _kill_recorded(self) -> None:
        try:
            recorded = json.loads(self._record.read_text())
        except (FileNotFoundError, ValueError):
            return
        for pid, started in recorded.values():
            if started and _started(pid) == started:  # else the number belongs to somebody else by now
                os.kill(pid, signal.SIGKILL)


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks since boot; empty when that is not known."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
