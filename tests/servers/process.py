"""A server as a child of the tests: started, waited for, killed and started again on the same port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from store.embedded.account import Account

CACHE = Path(__file__).resolve().parents[2] / ".leadwright" / "servers"
"""Where downloaded programs stay between runs."""


@dataclass
class Running:
    """One server. ``ready`` asks it something and raises, or is false, while it does not answer."""

    command: Sequence[str]
    folder: Path
    ready: Callable[[], object]
    account: Account | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 90.0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers; fails with its log where it does not."""
        who = {} if self.account is None else {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(  # type: ignore[call-overload]
                self.command, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", **self.environment}, **who,
            )  # fmt: skip
        deadline = time.monotonic() + self.patience
        while True:
            with suppress(Exception):
                if self.ready():
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = (self.folder / "server.log").read_text(errors="replace")[-2000:]
                msg = f"{self.command[0]} does not start: {said}"
                raise RuntimeError(msg)
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL; whoever wants it back calls :meth:`start`."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it, softly first."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT if self.account else signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def a_folder(name: str) -> Iterator[Path]:
    """A folder that another account may enter."""
    made = Path(tempfile.mkdtemp(prefix=f"lw-{name}-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def listens(port: int) -> bool:
    """Whether something accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
