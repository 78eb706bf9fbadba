"""The tables. A file of an older form is brought forward when it is opened; one of a newer form is refused."""

from __future__ import annotations

import sqlite3

from kernel.errors import Conflict

_FORMS = (
    """
    CREATE TABLE run (
        id TEXT PRIMARY KEY, suite TEXT NOT NULL, suite_hash TEXT NOT NULL, dataset TEXT NOT NULL, split TEXT,
        started_at TEXT NOT NULL, plan TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE answer (
        run TEXT NOT NULL REFERENCES run(id), "case" TEXT NOT NULL, variant TEXT NOT NULL, trial INTEGER NOT NULL,
        cache_key TEXT, output TEXT NOT NULL, failure TEXT, seconds REAL NOT NULL, cost TEXT NOT NULL,
        tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, cached INTEGER NOT NULL, source TEXT NOT NULL,
        confidence REAL, calls TEXT NOT NULL, state TEXT NOT NULL,
        PRIMARY KEY (run, "case", variant, trial)
    ) WITHOUT ROWID;
    CREATE INDEX answer_by_key ON answer (cache_key) WHERE cache_key IS NOT NULL;
    CREATE TABLE graded (
        run TEXT NOT NULL REFERENCES run(id), "case" TEXT NOT NULL, variant TEXT NOT NULL, trial INTEGER NOT NULL,
        grader TEXT NOT NULL, scores TEXT NOT NULL, failed INTEGER NOT NULL, cost TEXT NOT NULL,
        PRIMARY KEY (run, "case", variant, trial, grader)
    ) WITHOUT ROWID;
    CREATE TABLE used (
        dataset TEXT NOT NULL, split TEXT NOT NULL, run TEXT NOT NULL, suite TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (dataset, split, run)
    ) WITHOUT ROWID;
    """,
)


def bring_forward(connection: sqlite3.Connection) -> None:
    """Make the tables, or bring them to the present form. Raises Conflict for a file that a later version wrote."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        (form,) = connection.execute("PRAGMA user_version").fetchone()
        if form > len(_FORMS):
            raise Conflict(
                f"the runs were written by a later version (form {form}); update this installation to read them"
            )
        for statements in _FORMS[form:]:
            for statement in statements.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_FORMS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
