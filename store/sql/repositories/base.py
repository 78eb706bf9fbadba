"""What every repository holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, TextClause, and_, bindparam, false, func, not_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.actor import Actor, ActorKind
from store.sql.models import InsurancePolicyRow, LeadRow, Row


def _holding(query: Select[LeadRow]) -> Select[LeadRow]:
    return query.with_for_update(key_share=True).execution_options(populate_existing=True)


def stands(term: Any = InsurancePolicyRow) -> ColumnElement[bool]:
    """Of a renewal: whether it renews anything, which one that was not taken or was cancelled from its first day does not."""
    flat = and_(term.status == "cancelled", term.ended_on == term.starts_on)
    return and_(term.status != "not_taken", not_(flat))


# Said once: composing them costs more than Postgres needs for them.
_LEAD = select(LeadRow).where(LeadRow.id == bindparam("lead"), LeadRow.agency_id == bindparam("agency"))
_HELD = _holding(_LEAD)


class Repository:
    """One transaction seen by one actor."""

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        self.session = session
        self.actor = actor

    def sees_lead(self) -> ColumnElement[bool]:
        """The leads that the actor may see, as a condition on ``lead``: a producer's own, a partner's source, else all of the
        agency. Every query that reaches a lead or what belongs to one goes through here.
        """
        mine = LeadRow.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        if self.actor.kind is ActorKind.PRODUCER and self.actor.producer_id is not None:
            return and_(mine, LeadRow.producer_id == self.actor.producer_id)
        if self.actor.kind is ActorKind.PARTNER and self.actor.source is not None:
            return and_(mine, LeadRow.source == self.actor.source)
        return false()

    def sees_policy(self) -> ColumnElement[bool]:
        """The policies that the actor may see: those of which a producer is of record, a partner's none, else all of the
        agency. Every query of them and of what belongs to one goes through here.
        """
        mine = InsurancePolicyRow.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        if self.actor.kind is ActorKind.PRODUCER and self.actor.producer_id is not None:
            own = InsurancePolicyRow.producer_id == self.actor.producer_id
            shared = InsurancePolicyRow.producers.contains([{"producer_id": str(self.actor.producer_id)}])
            return and_(mine, or_(own, and_(func.jsonb_array_length(InsurancePolicyRow.producers) > 1, shared)))
        return false()

    async def lead(self, lead_id: UUID, *, held: bool = False) -> LeadRow | None:
        """The lead, if the actor may see it; ``held`` until the transaction ends, and as it is by then."""
        if self.actor.sees_all_leads:
            query, values = _LEAD, {"lead": lead_id, "agency": self.actor.agency_id}
        else:
            query, values = select(LeadRow).where(LeadRow.id == lead_id, self.sees_lead()), {}
        row: LeadRow | None
        if held:
            row = await self.session.scalar(_HELD if query is _LEAD else _holding(query), values)
        else:
            row = await self.session.scalar(query, values)
        return row

    def of_seen_lead(self, agency_id: Any, lead_id: Any) -> ColumnElement[bool]:
        """The same for the columns of a row that belongs to a lead; without a lead it is the whole agency's to see only."""
        mine: ColumnElement[bool] = agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        return and_(mine, lead_id.in_(select(LeadRow.id).where(self.sees_lead())))

    async def insert_together(
        self,
        tables: Mapping[type[Row], Sequence[Mapping[str, Any]]],
        *further: str,
        changed: tuple[type[Row], Mapping[str, Any]] | None = None,
    ) -> None:
        """Insert rows of several tables in one statement, whatever their number: one round trip and one plan.

        The rows of a table have the same columns. References between the tables are checked when all rows are in.
        ``further`` statements are part of it too; the parameter named like a table is its rows as a JSON array. So is the
        change of a row that is there: ``changed`` names its table, its ``id`` and the columns to set.
        """
        parts: list[str] = []
        values: dict[str, Any] = {}
        if changed is not None:
            model, row = changed
            name = model.__tablename__
            columns = ", ".join(f'"{column}" = n."{column}"' for column in row if column != "id")
            further = (
                *further,
                f"UPDATE {name} o SET {columns} FROM jsonb_populate_record(NULL::{name}, CAST(:changed AS jsonb)) n "  # noqa: S608 - names of our own models
                "WHERE o.id = n.id AND o.agency_id = :agency",
            )
            values |= {"changed": json.dumps(dict(row), default=str), "agency": self.actor.agency_id}
        for model, rows in tables.items():
            if rows:
                name = model.__tablename__
                columns = ", ".join(f'"{column}"' for column in rows[0])
                parts.append(
                    f"INSERT INTO {name} ({columns}) SELECT {columns} "  # noqa: S608 - names of our own models
                    f"FROM jsonb_populate_recordset(NULL::{name}, CAST(:{name} AS jsonb))"
                )
                values[name] = as_json(rows)
        if parts:
            *before, last = [*further, *parts]
            given = ", ".join(f"part{number} AS ({part})" for number, part in enumerate(before))
            await self.session.execute(written_as(f"WITH {given} {last}" if given else last), values)


@lru_cache(maxsize=256)
def written_as(sql: str) -> TextClause:
    """The statement, analysed once: there are as many as there are sets of columns."""
    return text(sql)


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as ``jsonb_populate_recordset`` reads them."""
    return json.dumps([dict(row) for row in rows], default=str)
