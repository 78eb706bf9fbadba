"""Commands without the seconds that reading the code takes: each is forked from a process that has read it already.

A forked command has the folder, environment, files and session of one that a shell starts, and runs ``cli.main`` as ``__main__``.
What differs is that modules were read before its settings were: commands whose start is what a test is about are started anew
(:meth:`tests.cli.terminal.Terminal.running`).
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_COLD = {"cli.commands.eval", "cli.commands.knowledge", "cli.commands.bench"}
"""What these import starts threads, which a fork would lose."""
_HEADER = 8


@dataclass(frozen=True)
class Warm:
    """The client's side: the socket of the process that forks."""

    address: str

    def run(
        self, arguments: Sequence[str], folder: Path, settings: Mapping[str, str], typed: str | None, patience: float
    ) -> tuple[int, str, str]:
        """A command until its end, with ``settings`` above the environment of the tests: its code as :mod:`subprocess` gives it,
        and what it said on stdout and stderr. Raises TimeoutError, and kills it with
        all of its group, after ``patience`` seconds.
        """
        environment = os.environ | settings  # noqa: TID251 - as a process that the tests start would have it
        asked = json.dumps({"arguments": list(arguments), "folder": str(folder), "environment": environment})
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given, written = os.pipe() if typed is not None else (os.open(os.devnull, os.O_RDONLY), -1)
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(patience)
                connection.connect(self.address)
                body = asked.encode()
                socket.send_fds(connection, [len(body).to_bytes(_HEADER)], [given, out.fileno(), err.fileno()])
                connection.sendall(body)
                os.close(given)
                if typed is not None:
                    with suppress(BrokenPipeError), os.fdopen(written, "wb") as stdin:
                        stdin.write(typed.encode())
                code = int(connection.recv(_HEADER) or b"-9")
            out.seek(0)
            err.seek(0)
            return code, out.read().decode(), err.read().decode()


@cache
def warm() -> Warm:
    """The process that forks, one for each process of tests; started where the first command needs it."""
    folder = Path(tempfile.mkdtemp(prefix="lw-warm-"))
    address = str(folder / "socket")
    alone = ["OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1"]  # a pool of threads would not come along
    held = subprocess.Popen(
        ["env", *alone, sys.executable, "-m", "tests.cli.warm", address],
        cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip

    def end() -> None:
        held.communicate()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    assert held.stdout is not None
    assert held.stdout.readline() == b"ready\n", "the process that forks commands did not start"
    return Warm(address)


def _asked(listening: socket.socket) -> socket.socket | None:
    """The connection of the next command; none once whoever started this process has ended."""
    while True:
        ready, _, _ = select.select([listening, sys.stdin], [], [])
        if sys.stdin in ready:
            return None
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            return connection
        connection.close()


def _begun(connection: socket.socket) -> bool:
    """True in the command's process, which is made; False in its parent, when that has told how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    header, files, _, _ = socket.recv_fds(connection, _HEADER, 3)
    asked = json.loads(_exactly(connection, int.from_bytes(header)))
    child = os.fork()
    if child == 0:
        connection.close()
        os.setsid()
        for target, file in enumerate(files):
            os.dup2(file, target)
            os.close(file)
        os.chdir(asked["folder"])
        inherited = os.environ  # noqa: TID251 - the command reads its settings there
        inherited.clear()
        inherited.update(asked["environment"])
        sys.argv[1:] = asked["arguments"]
        sys.path[0] = asked["folder"]
        return True
    ended = os.pidfd_open(child)
    ready, _, _ = select.select([ended, connection], [], [])
    if ended not in ready:
        os.killpg(child, signal.SIGKILL)  # nobody waits for it any more
    _, status = os.waitpid(child, 0)
    if ended in ready:
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    return False


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = connection.recv(size - len(found))
        if not part:
            raise ConnectionError("the command was not asked to its end")
        found += part
    return found


def serve(address: str) -> bool:
    """Fork commands until stdin ends. True in each process that is to be a command."""
    names = (f"cli.commands.{file.stem}" for file in sorted((_ROOT / "cli" / "commands").glob("*.py")))
    for name in ("cli.session", *(name for name in names if not name.startswith(tuple(_COLD)))):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # else each command's end goes through all that was read: two seconds, and as much memory again
    threads = len(list(Path("/proc/self/task").iterdir()))
    assert threads == 1, f"{threads} threads: a fork would have but one of them"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who tells of a command's end is waited for by nobody
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        os.write(sys.stdout.fileno(), b"ready\n")
        connection = _asked(listening)
    return connection is not None and _begun(connection)


if __name__ == "__main__" and serve(sys.argv[1]):
    runpy.run_module("cli.main", run_name="__main__", alter_sys=True)
