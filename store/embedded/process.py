"""One child process: forked, waited for and signalled without blocking the event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kernel.errors import Unavailable
from store.embedded.account import Account

_SESSION_POLLS = 200
_SESSION_POLL_SECONDS = 0.01
_LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Command:
    """What to run: an absolute path with arguments, its folder, its log, and the signal it gets if we die.

    ``keep`` is a descriptor that the child inherits.
    """

    argv: tuple[str, ...]
    cwd: Path
    log: Path
    death_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    keep: int | None = None


class ChildProcess:
    """A running child. A thread of its own forks it and stays until it ends.

    The kernel sends the death signal when the *thread* that forked ends, so that thread has to live as long as the
    child does, whichever thread runs the event loop. The child leads a session of its own: a terminal's Ctrl-C reaches
    us and not the servers, which are stopped in order.
    """

    def __init__(self, command: Command) -> None:
        self._command = command
        self._loop = asyncio.get_running_loop()
        self._started, self._ended = asyncio.Event(), asyncio.Event()
        self._popen: subprocess.Popen[bytes] | None = None
        self._problem: OSError | None = None
        self._abandoned = False

    @classmethod
    async def spawn(cls, command: Command) -> ChildProcess:
        """Start the command. Raises Unavailable when it cannot be executed."""
        child = cls(command)
        threading.Thread(target=child._live, name=f"child-{Path(command.argv[0]).name}", daemon=True).start()
        try:
            await child._started.wait()
        except asyncio.CancelledError:
            child._abandon()
            await asyncio.shield(child._ended.wait())
            raise
        if child._problem is not None:
            raise Unavailable(f"{command.argv[0]} cannot be started: {child._problem.strerror}") from child._problem
        return child

    @property
    def pid(self) -> int:
        assert self._popen is not None
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """As subprocess has it: negative for a signal, None while it runs."""
        return self._popen.returncode if self._popen is not None and self._ended.is_set() else None

    async def ended(self, within: float | None = None) -> int | None:
        """Wait for the end, at most ``within`` seconds; the exit code, or None when the time is up."""
        try:
            async with asyncio.timeout(within):
                await self._ended.wait()
        except TimeoutError:
            return None
        return self.exit_code

    async def stop(self, how: signal.Signals, grace: float) -> None:
        """Ask it to end with signal ``how``; kill it after ``grace`` seconds. Returns when it and its own children are gone."""
        assert self._popen is not None
        self._popen.send_signal(how)
        if await self.ended(grace) is None:
            self._popen.kill()
            await self._ended.wait()
        await self._end_session(self._popen.pid)

    async def _end_session(self, leader: int) -> None:
        # A child that ends early leaves its own children writing, as initdb does. Nobody may have reaped them: then they
        # are there for good, and do nothing.
        for _ in range(_SESSION_POLLS):
            try:
                os.killpg(leader, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                return
            await asyncio.sleep(_SESSION_POLL_SECONDS)

    def _abandon(self) -> None:
        # The thread may still be forking: it looks at the flag after it has stored the child, we after we set it.
        self._abandoned = True
        if self._popen is not None:
            self._popen.kill()

    def _live(self) -> None:
        command, account = self._command, self._command.account
        user = (-1, -1) if account is None else (account.uid, account.gid)
        prefix = [sys.executable, "-I", "-S", str(_LAUNCH), *map(str, (os.getpid(), int(command.death_signal), *user))]
        try:
            with command.log.open("ab") as log:
                self._popen = subprocess.Popen(  # noqa: S603 - binaries from locked wheels, no shell
                    [*prefix, *command.argv], cwd=command.cwd, stdin=subprocess.DEVNULL, stdout=log,
                    stderr=subprocess.STDOUT, start_new_session=True, pass_fds=() if command.keep is None else (command.keep,),
                )  # fmt: skip
        except OSError as problem:
            self._problem = problem
            self._tell(self._ended.set)
            self._tell(self._started.set)
            return
        if self._abandoned:
            self._popen.kill()
        self._tell(self._started.set)
        self._popen.wait()
        self._tell(self._ended.set)

    def _tell(self, what: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return
