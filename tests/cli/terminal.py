"""The command line as a person uses it: real processes, on a data folder of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from store.embedded.home import FileLock
from tests.cli.warm import warm

PATIENCE = 240.0


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """What it said on stderr, without the line breaks of a narrow terminal."""
        return " ".join(self.err.replace("│", " ").split())

    def records(self) -> list[dict[str, Any]]:
        """The JSON objects on stdout; fails on anything else there."""
        return [json.loads(line) for line in self.out.splitlines()]


class Terminal:
    """Runs ``leadwright`` in ``folder``, whose data lie in ``folder/home``."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.port = free_port()
        self._settings = {
            "HOME": str(self.home), "API__PORT": str(self.port), "TELEMETRY__LOG_LEVEL": "ERROR", **settings,
        }  # fmt: skip

    def write(self, name: str, content: str | bytes) -> str:
        """A file in the folder; its name."""
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def run(self, *arguments: str, typed: str | None = None, **settings: str) -> Done:
        """A command until its end, forked from a process that has read the code. ``typed`` is what comes on its stdin, before its
        end.
        """
        return Done(*warm().run(arguments, self.folder, self._named(settings), typed, PATIENCE))

    def _named(self, settings: dict[str, str]) -> dict[str, str]:
        return {f"LEADWRIGHT_{name}": value for name, value in (self._settings | settings).items()}

    @contextmanager
    def running(
        self, *arguments: str, program: str | None = None, typed: bool = False, **settings: str
    ) -> Iterator[subprocess.Popen[str]]:
        """A command, or a Python program, that goes on, leading a group of its own as it would in a terminal. ``settings`` are
        its own, above those of the terminal; ``typed`` gives it a stdin to write to.

        Killed where the block is left and it still runs.
        """
        named = [f"{name}={value}" for name, value in self._named(settings).items()]
        code = ["-m", "cli.main"] if program is None else ["-c", program]
        with subprocess.Popen(
            ["env", *named, sys.executable, *code, *arguments],
            cwd=self.folder, stdin=subprocess.PIPE if typed else None, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def left_running(self) -> list[str]:
        """Processes that still have to do with this folder."""
        named = []
        for process in psutil.process_iter(["cmdline", "status"]):
            line = " ".join(process.info["cmdline"] or [])
            if str(self.folder) in line and process.info["status"] != psutil.STATUS_ZOMBIE:
                named.append(f"{process.pid}: {line}")
        return named

    def is_free(self) -> bool:
        """Whether neither an owner nor one of its servers holds the data folder."""
        locks = [FileLock(self.home / "lock"), FileLock(self.home / "run" / "children.lock")]
        try:
            return all(lock.take() for lock in locks)
        finally:
            for lock in locks:
                lock.release()


def ended(process: subprocess.Popen[str], typed: str | None = None) -> Done:
    """The end of the process, which must come."""
    out, err = process.communicate(typed, timeout=PATIENCE)
    return Done(process.returncode, out, err)


def interrupted(process: subprocess.Popen[str], how: signal.Signals = signal.SIGINT) -> Done:
    """What Ctrl-C does in a terminal, the signal to the whole group; then the end."""
    os.killpg(process.pid, how)
    return ended(process)


def first_line(stream: Any, containing: str) -> str:
    """Read until a line contains the words; fails where the stream ends without one."""
    seen = []
    deadline = time.monotonic() + PATIENCE
    while line := stream.readline():
        seen.append(line)
        if containing in line:
            return str(line)
        assert time.monotonic() < deadline, seen
    raise AssertionError(f"no line with {containing!r} in {seen}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
