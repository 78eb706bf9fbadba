"""How far a run is: a live line on a terminal, plain lines elsewhere, both on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

_EVERY_SECONDS = 5.0


class Progress(Protocol):
    """Told what is on disk."""

    def begin(self, places: int, done: int) -> None:
        """So many answers in all, so many there already."""
        ...

    def advance(self, answers: int, failures: int, spent: Decimal) -> None:
        """So many more answers, so many of them failed; what the run has spent in all."""
        ...


class Silent:
    """Says nothing."""

    def begin(self, places: int, done: int) -> None:
        """Nothing."""

    def advance(self, answers: int, failures: int, spent: Decimal) -> None:
        """Nothing."""


class Lines:
    """A line every few seconds, and one at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._places = self._done = self._failures = 0
        self._said = time.monotonic()

    def begin(self, places: int, done: int) -> None:
        """The first line."""
        self._places, self._done = places, done
        if done:
            self._console.print(f"{done} of {places} answers are there already")

    def advance(self, answers: int, failures: int, spent: Decimal) -> None:
        """A line where it is time for one."""
        self._done += answers
        self._failures += failures
        if time.monotonic() - self._said >= _EVERY_SECONDS or self._done == self._places:
            self._said = time.monotonic()
            self._console.print(f"{self._done} of {self._places} answers, {self._failures} failed, ${spent:.4f}")


class Live:
    """A bar with failures, dollars and the time left."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("answers", total=None, failures=0, spent="0.0000")
        self._failures = 0

    def begin(self, places: int, done: int) -> None:
        """Draw it."""
        self._bar.update(self._task, total=places, completed=done)

    def advance(self, answers: int, failures: int, spent: Decimal) -> None:
        """Move it."""
        self._failures += failures
        self._bar.update(self._task, advance=answers, failures=self._failures, spent=f"{spent:.4f}")


@contextmanager
def shown(console: Console) -> Iterator[Progress]:
    """The progress that suits where ``console`` writes to."""
    if not (console.is_terminal and sys.stderr.isatty()):
        yield Lines(console)
        return
    columns = (
        BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[failures]} failed, ${task.fields[spent]}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=console) as bar:
        yield Live(bar)
