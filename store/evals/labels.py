"""Human labels of answers: a table of its own, in a SQLite file that others may share."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

_TABLE = """
CREATE TABLE IF NOT EXISTS human_label (
  run_id TEXT NOT NULL, case_id TEXT NOT NULL, variant TEXT NOT NULL, trial INTEGER NOT NULL, metric TEXT NOT NULL,
  value REAL NOT NULL, note TEXT NOT NULL, reviewer TEXT NOT NULL, drawn TEXT NOT NULL, labelled_at TEXT NOT NULL,
  PRIMARY KEY (run_id, case_id, variant, trial, metric, reviewer)
) STRICT
"""
_COLUMNS = "run_id, case_id, variant, trial, metric, value, note, reviewer, drawn, labelled_at"


@dataclass(frozen=True, slots=True)
class HumanLabel:
    """What a person says of one answer under one metric, 1 for pass and 0 for fail.

    ``drawn`` says why the answer was shown (``random``, ``disagreement``, ``unsure``): only a random sample stands for all.
    """

    run_id: str
    case: str
    variant: str
    trial: int
    metric: str
    value: float
    note: str
    reviewer: str
    drawn: str
    labelled_at: datetime


class LabelStore:
    """Labels in the SQLite file at ``path``, which is made when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def labels(self, run_id: str) -> tuple[HumanLabel, ...]:
        """All labels of a run, in the order in which they were given."""
        return await asyncio.to_thread(self._labels, run_id)

    async def label(self, label: HumanLabel) -> None:
        """Keep a label; a second one of the same reviewer for the same answer and metric takes the first one's place."""
        await asyncio.to_thread(self._label, label)

    async def unlabel(self, label: HumanLabel) -> None:
        """Take a label back."""
        await asyncio.to_thread(self._unlabel, label)

    def _labels(self, run_id: str) -> tuple[HumanLabel, ...]:
        if not self._path.exists():
            return ()
        with self._open() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM human_label WHERE run_id = ? ORDER BY labelled_at, rowid",  # noqa: S608 - own columns
                (run_id,),
            ).fetchall()
        return tuple(_read(row) for row in rows)

    def _label(self, label: HumanLabel) -> None:
        values = (*astuple(label)[:-1], label.labelled_at.isoformat())
        with self._open() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO human_label ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608
                values,
            )

    def _unlabel(self, label: HumanLabel) -> None:
        with self._open() as connection:
            connection.execute(
                "DELETE FROM human_label WHERE run_id = ? AND case_id = ? AND variant = ? AND trial = ? AND metric = ?"
                " AND reviewer = ?",
                (label.run_id, label.case, label.variant, label.trial, label.metric, label.reviewer),
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
            connection.execute(_TABLE)
            yield connection


def _read(row: tuple[str, str, str, int, str, float, str, str, str, str]) -> HumanLabel:
    run_id, case, variant, trial, metric, value, note, reviewer, drawn, at = row
    return HumanLabel(run_id, case, variant, trial, metric, value, note, reviewer, drawn, datetime.fromisoformat(at))
