"""One task that writes what others hand it, together; what is not committed yet does not count as done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from store.evals.rows import AnswerRow, GradedRow
from store.evals.runs import RunStore

_MOST_WAITING = 2_000
_GATHER_SECONDS = 0.1


class Writer:
    """Takes rows at once and commits them in groups: while one group is written, the next one gathers."""

    def __init__(self, store: RunStore, committed: Callable[[Sequence[AnswerRow], Sequence[GradedRow]], None]) -> None:
        self._store = store
        self._committed = committed
        self._answers: list[AnswerRow] = []
        self._graded: list[GradedRow] = []
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ending = False
        self._end = asyncio.Event()
        self._broken: Exception | None = None

    async def room(self) -> None:
        """Wait while too much is waiting to be written. Raises what keeps the writer from writing."""
        await self._room.wait()
        if self._broken is not None:
            raise self._broken

    def answer(self, row: AnswerRow) -> None:
        """Take an answer; it is written before or with any scores handed over after it."""
        self._answers.append(row)
        self._waiting()

    def grade(self, row: GradedRow) -> None:
        """Take scores."""
        self._graded.append(row)
        self._waiting()

    async def run(self) -> None:
        """Write until :meth:`end` was called and nothing is left."""
        while not (self._ending and not self._answers and not self._graded):
            await self._work.wait()
            self._work.clear()
            answers, self._answers = self._answers, []
            graded, self._graded = self._graded, []
            self._room.set()
            if not answers and not graded:
                continue
            try:
                await self._store.write(answers, graded)
            except Exception as problem:
                self._broken = problem
                raise
            self._committed(answers, graded)
            if not self._ending:
                # A sync of the disk and a switch of threads for every few rows would cost more than the rows.
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._end.wait(), _GATHER_SECONDS)

    def end(self) -> None:
        """Nothing more comes."""
        self._ending = True
        self._end.set()
        self._work.set()

    def _waiting(self) -> None:
        self._work.set()
        if len(self._answers) + len(self._graded) > _MOST_WAITING:
            self._room.clear()


@asynccontextmanager
async def writing(
    store: RunStore, committed: Callable[[Sequence[AnswerRow], Sequence[GradedRow]], None]
) -> AsyncIterator[Writer]:
    """A writer at work. At the end everything handed to it is on disk, or the error that prevented it is raised."""
    writer = Writer(store, committed)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        writer.end()
        await task
