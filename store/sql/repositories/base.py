"""What every repository holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.actor import Actor
from store.sql.models.base import Row


class Repository:
    """One transaction seen by one actor."""

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        self.session = session
        self.actor = actor

    async def insert_together(self, tables: Mapping[type[Row], Sequence[Mapping[str, Any]]], *further: str) -> None:
        """Insert rows of several tables in one statement, whatever their number: one round trip and one plan.

        The rows of a table have the same columns. References between the tables are checked when all rows are in.
        ``further`` statements are part of it too; the parameter named like a table is its rows as a JSON array.
        """
        parts, values = [], {}
        for model, rows in tables.items():
            if rows:
                name = model.__tablename__
                columns = ", ".join(f'"{column}"' for column in rows[0])
                parts.append(
                    f"INSERT INTO {name} ({columns}) SELECT {columns} "  # noqa: S608 - names of our own models
                    f"FROM jsonb_populate_recordset(NULL::{name}, CAST(:{name} AS jsonb))"
                )
                values[name] = json.dumps([dict(row) for row in rows], default=str)
        if parts:
            *before, last = [*further, *parts]
            given = ", ".join(f"part{number} AS ({part})" for number, part in enumerate(before))
            await self.session.execute(text(f"WITH {given} {last}" if given else last), values)
