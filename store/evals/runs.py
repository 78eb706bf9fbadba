"""The file of runs. Everything blocking happens in one thread; writes are gathered and committed together.

The journal is write-ahead and synced at every commit, so what was committed outlives a power cut, and other processes read and
write at the same time.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from kernel.errors import Conflict, NotFound
from store.evals.rows import AnswerRow, GradedRow, RunRow, UsedRow
from store.evals.schema import bring_forward

T = TypeVar("T")
FILE = "runs.db"
_BUSY_SECONDS = 30.0
_PAUSE_SECONDS = 0.01
_MOST_AT_ONCE = 500
_ANSWERS = f"INSERT OR IGNORE INTO answer VALUES ({', '.join('?' * len(AnswerRow._fields))})"  # noqa: S608 - marks only
_GRADED = f"INSERT OR IGNORE INTO graded VALUES ({', '.join('?' * len(GradedRow._fields))})"  # noqa: S608
_PLACE = 'run = ? AND "case" = ? AND variant = ? AND trial = ?'


class RunStore:
    """Runs in ``folder``. Open it with :func:`open_runs`."""

    def __init__(self, folder: Path, thread: ThreadPoolExecutor, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._thread = thread
        self._connection = connection

    async def begin(self, row: RunRow, used: UsedRow, most_openings: int | None) -> None:
        """Keep a new run, and that it uses its cases. ``most_openings`` limits how many runs may use this split of them.

        Raises Conflict past that limit; nothing is kept then.
        """

        def work(connection: sqlite3.Connection) -> None:
            count = _uses(connection, used.dataset, used.split)
            if most_openings is not None and count >= most_openings:
                raise Conflict(
                    f"the {used.split} cases of {used.suite} were used {count} times and may be used {most_openings} times;"
                    " write new cases to confirm with, or raise LEADWRIGHT_EVALS__HOLDOUT_OPENINGS",
                    code="holdout_spent",
                )
            connection.execute(f"INSERT INTO run VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - marks only
            connection.execute(f"INSERT INTO used VALUES ({', '.join('?' * len(used))})", used)  # noqa: S608

        await self._write(work)

    async def uses(self, dataset: str, split: str) -> int:
        """How many runs used this split of a set of cases."""
        return await self._read(lambda connection: _uses(connection, dataset, split))

    async def run(self, wanted: str) -> RunRow:
        """A run by its id or the beginning of it. Raises NotFound, and Conflict where several begin so."""
        rows = await self._read(
            lambda connection: connection.execute(
                "SELECT * FROM run WHERE substr(id, 1, ?) = ? LIMIT 2", (len(wanted), wanted)
            ).fetchall()
        )
        if not rows or not wanted:
            raise NotFound(f"there is no run {wanted!r}; `leadwright eval runs` lists them")
        if len(rows) > 1:
            raise Conflict(f"several runs begin with {wanted!r}; write more of the id")
        return RunRow(*rows[0])

    async def runs(self, suite: str | None = None) -> list[RunRow]:
        """Every run, or those of a suite; the latest first."""
        rows = await self._read(
            lambda connection: connection.execute(
                "SELECT * FROM run WHERE ? IS NULL OR suite = ? ORDER BY started_at DESC, id DESC", (suite, suite)
            ).fetchall()
        )
        return [RunRow(*row) for row in rows]

    async def answers(self, run: str) -> list[AnswerRow]:
        """The answers of a run, by case, variant and trial."""
        rows = await self._read(lambda it: it.execute("SELECT * FROM answer WHERE run = ?", (run,)).fetchall())
        return [AnswerRow(*row) for row in rows]

    async def graded(self, run: str) -> list[GradedRow]:
        """The scores of a run, by case, variant, trial and grader."""
        rows = await self._read(lambda it: it.execute("SELECT * FROM graded WHERE run = ?", (run,)).fetchall())
        return [GradedRow(*row) for row in rows]

    async def cached(self, keys: Sequence[str]) -> list[AnswerRow]:
        """Answers without failure that were asked for under any of these keys, in any run."""
        found: list[AnswerRow] = []
        for start in range(0, len(keys), _MOST_AT_ONCE):
            some = keys[start : start + _MOST_AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = f"SELECT * FROM answer WHERE cache_key IN ({marks}) AND cached = 0 AND failure IS NULL"  # noqa: S608 - marks only
            rows = await self._read(partial(_all, query, some))
            found += [AnswerRow(*row) for row in rows]
        return found

    async def write(self, answers: Sequence[AnswerRow], graded: Sequence[GradedRow]) -> None:
        """Keep answers and scores in one commit; what is there already stays as it is."""

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(_ANSWERS, answers)
            connection.executemany(_GRADED, graded)

        await self._write(work)

    async def forget_answers(self, places: Iterable[tuple[str, str, str, int]]) -> None:
        """Take away answers with their scores, so that they are asked for again."""
        kept = list(places)

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(f"DELETE FROM graded WHERE {_PLACE}", kept)  # noqa: S608 - a constant
            connection.executemany(f"DELETE FROM answer WHERE {_PLACE}", kept)  # noqa: S608

        await self._write(work)

    async def forget_failed_grades(self, run: str) -> None:
        """Take away what graders could not say, so that they are asked again."""
        await self._write(lambda it: it.execute("DELETE FROM graded WHERE run = ? AND failed = 1", (run,)))

    @asynccontextmanager
    async def alone(self, run: str) -> AsyncIterator[None]:
        """Hold a run against other processes; one that dies lets go at once. Raises Conflict where another has it.

        The file stays: to remove it would let two hold a run, one by the old file and one by a new one.
        """
        file = os.open(self.folder / f"{run}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(f"run {run} is under way in another process; wait for it, or stop it") from None
            yield
        finally:
            os.close(file)

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._connection)

    async def _write(self, work: Callable[[sqlite3.Connection], Any]) -> None:
        def transaction(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            try:
                work(connection)
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

        await self._read(transaction)


@asynccontextmanager
async def open_runs(folder: Path) -> AsyncIterator[RunStore]:
    """The runs kept in ``folder``, which is made where it is missing."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="eval-runs")
    loop = asyncio.get_running_loop()
    try:
        connection = await loop.run_in_executor(thread, _opened, folder)
        try:
            yield RunStore(folder, thread, connection)
        finally:
            await loop.run_in_executor(thread, connection.close)
    finally:
        thread.shutdown()


def _opened(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / FILE, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        bring_forward(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """SQLite refuses a second process that changes the journal of a new file, and does not wait as it does elsewhere."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _all(query: str, values: Sequence[str], connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(query, values).fetchall()


def _uses(connection: sqlite3.Connection, dataset: str, split: str) -> int:
    (count,) = connection.execute(
        "SELECT count(*) FROM used WHERE dataset = ? AND split = ?", (dataset, split)
    ).fetchone()
    return int(count)


def moment(at: datetime) -> str:
    """A moment as rows hold it: ISO 8601, which sorts by time."""
    return at.isoformat(timespec="microseconds")
