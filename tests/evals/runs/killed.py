"""Runs of the made suite in processes of their own, to be killed: ``python -m tests.evals.runs.killed FOLDER`` begins or resumes
the run of a folder for each line that it reads. Each process is a fork of one that has everything imported.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from evals.records import FailureKind
from evals.runs.running import Wishes, run_suite
from store.evals.runs import open_runs
from tests.evals.runs.made import MadeTarget, a_suite, settings

TARGET = MadeTarget(seconds=0.01, fails=(("b", 0.2, FailureKind.MODEL),))
CASES, TRIALS = 60, 2
_ROOT = Path(__file__).resolve().parents[3]


class Begun:
    """Says when the run is under way."""

    def begin(self, places: int, done: int) -> None:
        sys.stdout.write(f"{os.getpid()}\n")
        sys.stdout.flush()

    def advance(self, answers: int, failures: int, spent: Decimal) -> None:
        pass


async def work(folder: Path) -> None:
    async with open_runs(folder / "evals") as store:
        rows = await store.runs()
        resume = rows[0].id if rows else None
        wishes = Wishes(trials=TRIALS, concurrency=4)
        await run_suite(a_suite(TARGET, cases=CASES), wishes, settings(folder), store, Begun(), resume=resume)


@dataclass
class Runs:
    """The other side of the pipe."""

    process: subprocess.Popen[str]

    def begin(self) -> int:
        """The process of a run that has just begun or been resumed."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self._line())

    def ended(self) -> None:
        """Wait until it is gone."""
        assert self._line() == "ended"

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def begun(folder: Path) -> Iterator[Runs]:
    """Whoever forks the runs of a folder."""
    command = [sys.executable, "-m", "tests.evals.runs.killed", str(folder)]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Runs(process)
        assert process.stdin is not None
        process.stdin.close()


if __name__ == "__main__":
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(work(Path(sys.argv[1])))
            os._exit(0)
        os.waitpid(child, 0)
        sys.stdout.write("ended\n")
        sys.stdout.flush()
