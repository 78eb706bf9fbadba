"""The list of policies as a file: CSV of any length, written while it is read, or a PDF of what people print."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.actor import Actor, Scope
from domain.csv_cells import csv_line, number_cell, text_cell
from integrations.pdf import Block, Column, Heading, Paper, Paragraph, Table, pdf
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.money import Money
from services.policies.in_force import gaps_apart
from store.sql.models import InsurancePolicyRow
from store.sql.repositories.policy_search import PolicyFilter
from store.uow import Database

_COLUMNS = (
    "id", "number", "status", "carrier", "line", "type", "state", "term_number", "insured", "starts_on", "ends_on", "ended_on",
    "ended_reason", "currency", "price", "written", "taxes", "fees", "paid", "producer_id", "lead_id",
)  # fmt: skip
_MONEY = frozenset({"price", "written", "taxes", "fees", "paid"})
_PRINTED = (
    Column("number", 90), Column("status", 62), Column("carrier", 100), Column("type", 86), Column("state", 28),
    Column("insured", 110), Column("begins", 50), Column("ends", 50), Column("written", 70, numbers=True),
    Column("paid", 70, numbers=True),
)  # fmt: skip
_SLICE = 500
MOST_PRINTED = 5_000
"""So many terms fit a PDF; it is made whole, in some seconds. CSV has no such bound."""


class ExportFormat(StrEnum):
    """As what a list is written."""

    CSV = "csv"
    PDF = "pdf"


class Exporting:
    """Read-only use cases; each needs ``policies:read``. Filters are those of the list."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def csv(self, actor: Actor, wanted: PolicyFilter) -> AsyncIterator[str]:
        """The list as CSV, a record at a time; text that a spreadsheet would run is made text again (T69)."""
        actor.require(Scope.POLICIES_READ)
        yield csv_line(_COLUMNS)
        async for row in self._rows(actor, wanted):
            yield csv_line(_cell(row, name) for name in _COLUMNS)

    async def pdf(self, actor: Actor, wanted: PolicyFilter) -> bytes:
        """The list as pages to print. Raises Invalid where more than :data:`MOST_PRINTED` terms match."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            count = await uow.policies.count(await gaps_apart(uow, wanted))
        if count > MOST_PRINTED:
            remedy = f"narrow the filters to {MOST_PRINTED} terms, or take csv"
            fault = FieldError("format", "too_long", f"{count} terms match, too many to print", remedy, "pdf")
            raise Invalid("the list is too long for a PDF", fields=(fault,))
        rows = [_printed(row) async for row in self._rows(actor, wanted)]
        said = f"{len(rows)} terms, newest first, at {now():%Y-%m-%d %H:%M} UTC. Premium written is without taxes and fees."
        blocks: list[Block] = [Heading("Policies"), Paragraph(said), Table(_PRINTED, rows)]
        return await asyncio.to_thread(pdf, blocks, paper=Paper.LETTER_WIDE)

    async def _rows(self, actor: Actor, wanted: PolicyFilter) -> AsyncIterator[InsurancePolicyRow]:
        after: tuple[datetime, UUID] | None = None
        while True:
            async with self._database.begin(actor) as uow:
                rows = await uow.policies.page(await gaps_apart(uow, wanted), after, _SLICE)
            for row in rows:
                yield row
            if len(rows) < _SLICE:
                return
            after = (rows[-1].created_at, rows[-1].id)


def _cell(row: InsurancePolicyRow, name: str) -> str:
    if name in _MONEY:
        return number_cell(Money(getattr(row, f"{name}_minor"), row.currency).amount)
    value = getattr(row, name)
    return number_cell(value) if isinstance(value, int) else text_cell(None if value is None else str(value))


def _printed(row: InsurancePolicyRow) -> tuple[str, ...]:
    return (
        row.number or "", row.status, row.carrier, row.type, row.state, row.insured or "", str(row.starts_on), str(row.ends_on),
        f"{Money(row.written_minor, row.currency).amount:,} {row.currency}",
        f"{Money(row.paid_minor, row.currency).amount:,} {row.currency}",
    )  # fmt: skip
