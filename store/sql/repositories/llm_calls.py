"""Rows of the LLM ledger, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Date, cast, func, select
from sqlalchemy.dialects import postgresql

from store.sql.models import LlmCallRow
from store.sql.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class UsageSum:
    """One UTC day, agent and model added up. ``calls`` were sent, ``refused`` were not; ``estimated`` and ``unpriced`` count
    the calls whose tokens or price are not the vendor's word.
    """

    day: date
    agent: str
    model: str
    calls: int
    failed: int
    refused: int
    estimated: int
    unpriced: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: Decimal


class LlmCalls(Repository):
    """Rows of ``llm_call`` of the actor's agency."""

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows (columns by name, without the agency); a row that is there already stays as it is."""
        if rows:
            values = [{**row, "agency_id": self.actor.agency_id} for row in rows]
            await self.session.execute(
                postgresql.insert(LlmCallRow).values(values).on_conflict_do_nothing(index_elements=["id"])
            )

    async def spent(self, since: datetime, until: datetime, *, but_by: UUID) -> Decimal:
        """US dollars spent from ``since`` to before ``until`` by every process but ``but_by``."""
        total: Decimal = await self.session.scalar(
            select(func.coalesce(func.sum(LlmCallRow.cost_usd), Decimal(0))).where(
                LlmCallRow.agency_id == self.actor.agency_id,
                LlmCallRow.at >= since,
                LlmCallRow.at < until,
                LlmCallRow.writer != but_by,
            )
        )  # type: ignore[assignment]
        return total

    async def sums(self, since: datetime, until: datetime) -> list[UsageSum]:
        """What was used from ``since`` to before ``until``, by UTC day, agent and model; newest day first."""
        day = cast(func.timezone("UTC", LlmCallRow.at), Date)
        rows = await self.session.execute(
            select(
                day,
                LlmCallRow.agent,
                LlmCallRow.model,
                func.count().filter(LlmCallRow.sent),
                func.count().filter(LlmCallRow.sent & (LlmCallRow.outcome != "ok")),
                func.count().filter(~LlmCallRow.sent),
                func.count().filter(LlmCallRow.estimated),
                func.count().filter(~LlmCallRow.priced),
                func.sum(LlmCallRow.input_tokens),
                func.sum(LlmCallRow.cached_tokens),
                func.sum(LlmCallRow.output_tokens),
                func.sum(LlmCallRow.cost_usd),
            )
            .where(LlmCallRow.agency_id == self.actor.agency_id, LlmCallRow.at >= since, LlmCallRow.at < until)
            .group_by(day, LlmCallRow.agent, LlmCallRow.model)
            .order_by(day.desc(), LlmCallRow.agent, LlmCallRow.model)
        )
        return [UsageSum(*row[:8], int(row[8]), int(row[9]), int(row[10]), row[11]) for row in rows]
