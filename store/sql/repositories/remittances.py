"""Money in and out: carriers' statements with their lines, payouts, and where payees are paid."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.actor import ActorKind
from kernel.errors import NotFound
from store.sql.models import (
    CarrierLineRow,
    CarrierStatementRow,
    CommissionPayeeRow,
    LedgerBatchRow,
    LedgerPostingRow,
    PayoutFileRow,
    PayoutRow,
)
from store.sql.repositories.base import Repository

_CHANGE_LINES = text(
    "UPDATE carrier_statement_line l SET outcome = n.outcome, reason = n.reason, pays = n.pays, variance = n.variance, "
    "matched_at = n.matched_at FROM jsonb_populate_recordset(NULL::carrier_statement_line, CAST(:rows AS jsonb)) n "
    "WHERE l.id = n.id AND l.agency_id = :agency"
)


class Remittances(Repository):
    """Rows of ``carrier_statement``, its lines, ``commission_payout``, their files, and ``commission_payee``."""

    async def add_statement(self, values: Mapping[str, Any]) -> bool:
        """Keep a carrier's statement; False where one of this number is kept already."""
        added = await self.session.scalar(
            insert(CarrierStatementRow)
            .values(agency_id=self.actor.agency_id, by=self.actor.subject, **values)
            .on_conflict_do_nothing(index_elements=["agency_id", "carrier_key", "number"])
            .returning(CarrierStatementRow.id)
        )
        return added is not None

    async def statement_of(self, carrier_key: str, number: str) -> CarrierStatementRow | None:
        """The carrier's statement of this number."""
        return await self.session.scalar(
            select(CarrierStatementRow).where(
                CarrierStatementRow.agency_id == self.actor.agency_id, CarrierStatementRow.carrier_key == carrier_key,
                CarrierStatementRow.number == number,
            )
        )  # fmt: skip

    async def statement(self, statement_id: UUID) -> CarrierStatementRow:
        """A carrier's statement; NotFound where there is none."""
        row = await self.session.scalar(
            select(CarrierStatementRow).where(
                CarrierStatementRow.agency_id == self.actor.agency_id, CarrierStatementRow.id == statement_id
            )
        )
        if row is None:
            raise NotFound(f"no carrier's statement {statement_id} in this agency")
        return row

    async def statements(
        self, *, carrier_key: str | None, before: UUID | None, at_most: int
    ) -> list[CarrierStatementRow]:
        """Carriers' statements, newest first; from behind ``before`` where given."""
        query = select(CarrierStatementRow).where(CarrierStatementRow.agency_id == self.actor.agency_id)
        if carrier_key is not None:
            query = query.where(CarrierStatementRow.carrier_key == carrier_key)
        if before is not None:
            query = query.where(CarrierStatementRow.id < before)
        return list(await self.session.scalars(query.order_by(CarrierStatementRow.id.desc()).limit(at_most)))

    async def counts(self, statement_ids: Iterable[UUID]) -> dict[UUID, dict[str, tuple[int, int]]]:
        """Of these statements how many lines came to what, and the sum of those, by outcome."""
        found = await self.session.execute(
            select(
                CarrierLineRow.statement_id, CarrierLineRow.outcome, func.count(),
                func.coalesce(func.sum(CarrierLineRow.minor), 0),
            )
            .where(
                CarrierLineRow.agency_id == self.actor.agency_id,
                CarrierLineRow.statement_id.in_(list(statement_ids)),
            )
            .group_by(CarrierLineRow.statement_id, CarrierLineRow.outcome)
            .order_by(CarrierLineRow.statement_id, CarrierLineRow.outcome)
        )  # fmt: skip
        counts: dict[UUID, dict[str, tuple[int, int]]] = {}
        for statement_id, outcome, n, minor in found:
            counts.setdefault(statement_id, {})[outcome] = (n, int(minor or 0))
        return counts

    async def lines_page(
        self, *, outcomes: Iterable[str], carrier_key: str | None, policy_key: str | None, after: UUID | None,
        at_most: int,
    ) -> list[tuple[CarrierLineRow, CarrierStatementRow]]:  # fmt: skip
        """Lines with these outcomes, oldest first, each with its statement; from behind ``after`` where given."""
        query = (
            select(CarrierLineRow, CarrierStatementRow)
            .join(CarrierStatementRow, CarrierStatementRow.id == CarrierLineRow.statement_id)
            .where(CarrierLineRow.agency_id == self.actor.agency_id, CarrierLineRow.outcome.in_(list(outcomes)))
        )
        if carrier_key is not None:
            query = query.where(CarrierStatementRow.carrier_key == carrier_key)
        if policy_key is not None:
            query = query.where(CarrierLineRow.policy_key == policy_key)
        if after is not None:
            query = query.where(CarrierLineRow.id > after)
        found = await self.session.execute(query.order_by(CarrierLineRow.id).limit(at_most))
        return [(line, statement) for line, statement in found]

    async def add_lines(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep lines of a statement, in one statement."""
        if rows:
            values = [{"agency_id": self.actor.agency_id, **row} for row in rows]
            await self.session.execute(insert(CarrierLineRow).values(values))

    async def lines(self, statement_id: UUID) -> list[CarrierLineRow]:
        """Every line of a statement, in its order."""
        found = await self.session.scalars(
            select(CarrierLineRow)
            .where(CarrierLineRow.agency_id == self.actor.agency_id, CarrierLineRow.statement_id == statement_id)
            .order_by(CarrierLineRow.number)
        )
        return list(found)

    async def open_lines(
        self, outcomes: Iterable[str], at_most: int
    ) -> list[tuple[CarrierLineRow, CarrierStatementRow]]:
        """Lines that wait for their commission, held, oldest first, each with its statement."""
        found = await self.session.execute(
            select(CarrierLineRow, CarrierStatementRow)
            .join(CarrierStatementRow, CarrierStatementRow.id == CarrierLineRow.statement_id)
            .where(CarrierLineRow.agency_id == self.actor.agency_id, CarrierLineRow.outcome.in_(list(outcomes)))
            .order_by(CarrierLineRow.id)
            .limit(at_most)
            .with_for_update(of=CarrierLineRow)
        )
        return [(line, statement) for line, statement in found]

    async def line(self, line_id: UUID) -> tuple[CarrierLineRow, CarrierStatementRow]:
        """A line, held, with its statement; NotFound where there is none."""
        found = await self.session.execute(
            select(CarrierLineRow, CarrierStatementRow)
            .join(CarrierStatementRow, CarrierStatementRow.id == CarrierLineRow.statement_id)
            .where(CarrierLineRow.agency_id == self.actor.agency_id, CarrierLineRow.id == line_id)
            .with_for_update(of=CarrierLineRow)
        )
        row = found.one_or_none()
        if row is None:
            raise NotFound(f"no line {line_id} of a carrier's statement in this agency")
        return row[0], row[1]

    async def change_lines(self, changes: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
        """Say what became of lines that are held, in one statement."""
        if changes:
            rows = json.dumps([{"id": line_id, **values} for line_id, values in changes], default=str)
            await self.session.execute(_CHANGE_LINES, {"rows": rows, "agency": self.actor.agency_id})

    async def outcomes(self) -> list[tuple[str, str, str, int, int]]:
        """Carrier, currency, outcome, number of lines and their sum, over all statements."""
        found = await self.session.execute(
            select(
                CarrierStatementRow.carrier_key, CarrierStatementRow.currency, CarrierLineRow.outcome, func.count(),
                func.coalesce(func.sum(CarrierLineRow.minor), 0),
            )
            .join(CarrierStatementRow, CarrierStatementRow.id == CarrierLineRow.statement_id)
            .where(CarrierLineRow.agency_id == self.actor.agency_id)
            .group_by(CarrierStatementRow.carrier_key, CarrierStatementRow.currency, CarrierLineRow.outcome)
            .order_by(CarrierStatementRow.carrier_key, CarrierStatementRow.currency, CarrierLineRow.outcome)
        )  # fmt: skip
        return [(carrier, currency, outcome, n, int(minor or 0)) for carrier, currency, outcome, n, minor in found]

    async def add_payouts(self, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
        """Add payouts of a run; the ids of those that its run had not made yet."""
        if not rows:
            return set()
        base = {"agency_id": self.actor.agency_id, "created_by": self.actor.subject, "version": 1}
        added = await self.session.scalars(
            insert(PayoutRow)
            .values(
                [
                    {**base, "processed_at": None, "ended_at": None, "reference": None, "file_number": None, **row}
                    for row in rows
                ]
            )
            .on_conflict_do_nothing(index_elements=["agency_id", "run", "payee_id", "currency"])
            .returning(PayoutRow.id)
        )
        return set(added)

    async def payout(self, payout_id: UUID, *, held: bool = False) -> PayoutRow:
        """A payout that the actor may see; NotFound for any other."""
        query = select(PayoutRow).where(PayoutRow.id == payout_id, self._seen())
        if held:
            query = query.with_for_update().execution_options(populate_existing=True)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound(f"no payout {payout_id} in this agency")
        return row

    async def payouts(
        self, *, run: str | None = None, states: Iterable[str] = (), before: int | None = None, at_most: int = 200
    ) -> list[PayoutRow]:
        """Payouts that the actor may see, newest first."""
        query = select(PayoutRow).where(self._seen())
        if run is not None:
            query = query.where(PayoutRow.run == run)
        wanted = list(states)
        if wanted:
            query = query.where(PayoutRow.state.in_(wanted))
        if before is not None:
            query = query.where(PayoutRow.seq < before)
        return list(await self.session.scalars(query.order_by(PayoutRow.seq.desc()).limit(at_most)))

    async def payouts_by_id(self, payout_ids: Iterable[UUID]) -> list[PayoutRow]:
        """Payouts by id, in the order in which they were made."""
        found = await self.session.scalars(
            select(PayoutRow).where(self._seen(), PayoutRow.id.in_(list(payout_ids))).order_by(PayoutRow.seq)
        )
        return list(found)

    async def payout_with(self, accrual_id: UUID, state: str) -> PayoutRow | None:
        """A payout in this state that pays something of a commission, if there is one."""
        return await self.session.scalar(
            select(PayoutRow)
            .join(LedgerBatchRow, LedgerBatchRow.payout_id == PayoutRow.id)
            .join(LedgerPostingRow, LedgerPostingRow.batch_id == LedgerBatchRow.id)
            .where(
                PayoutRow.agency_id == self.actor.agency_id, PayoutRow.state == state,
                LedgerPostingRow.accrual_id == accrual_id,
            )
            .limit(1)
        )  # fmt: skip

    async def hold_run(self, run: str, states: Iterable[str], at_most: int) -> list[PayoutRow]:
        """A run's payouts in these states, held, in the order in which they were made."""
        found = await self.session.scalars(
            select(PayoutRow)
            .where(PayoutRow.agency_id == self.actor.agency_id, PayoutRow.run == run, PayoutRow.state.in_(list(states)))
            .order_by(PayoutRow.seq)
            .limit(at_most)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return list(found)

    async def process(self, payout_ids: Sequence[UUID], file_number: int, at: datetime) -> None:
        """Say that these held payouts went to the bank with a file, in one statement."""
        await self.session.execute(
            update(PayoutRow)
            .where(PayoutRow.agency_id == self.actor.agency_id, PayoutRow.id.in_(payout_ids))
            .values(state="processed", processed_at=at, file_number=file_number, version=PayoutRow.version + 1)
        )

    async def next_file_number(self) -> int:
        """The number that the agency's next file has; two that ask at once must hold the agency."""
        last = select(func.coalesce(func.max(PayoutFileRow.number), 0))
        return int(await self.session.scalar(last.where(PayoutFileRow.agency_id == self.actor.agency_id)) or 0) + 1

    async def add_file(self, values: Mapping[str, Any]) -> PayoutFileRow:
        """Keep a file for the bank."""
        row = PayoutFileRow(agency_id=self.actor.agency_id, by=self.actor.subject, **values)
        self.session.add(row)
        await self.session.flush()
        return row

    async def file(self, number: int) -> PayoutFileRow:
        """A file for the bank by its number; NotFound where there is none."""
        row = await self.session.get(PayoutFileRow, (self.actor.agency_id, number))
        if row is None:
            raise NotFound(f"no payout file {number} in this agency")
        return row

    async def file_numbers(self, run: str) -> list[int]:
        """Numbers of the files that were written for a run, in their order."""
        found = await self.session.scalars(
            select(PayoutFileRow.number)
            .where(PayoutFileRow.agency_id == self.actor.agency_id, PayoutFileRow.run == run)
            .order_by(PayoutFileRow.number)
        )
        return list(found)

    async def change_payout(self, row: PayoutRow, **values: Any) -> None:
        """Change a payout that is held; its version grows."""
        await self.session.execute(
            update(PayoutRow)
            .where(PayoutRow.id == row.id, PayoutRow.agency_id == self.actor.agency_id)
            .values(version=row.version + 1, **values)
        )
        await self.session.refresh(row)

    async def save_payee(self, producer_id: UUID, sealed: bytes, ends_with: str, at: datetime) -> None:
        """Keep where a payee is paid."""
        values = {"sealed": sealed, "ends_with": ends_with, "updated_at": at, "updated_by": self.actor.subject}
        query = insert(CommissionPayeeRow).values(agency_id=self.actor.agency_id, producer_id=producer_id, **values)
        await self.session.execute(query.on_conflict_do_update(index_elements=["producer_id"], set_=values))

    async def payees(self, producer_ids: Iterable[UUID]) -> dict[UUID, CommissionPayeeRow]:
        """Where these payees are paid, sealed."""
        found = await self.session.scalars(
            select(CommissionPayeeRow).where(
                CommissionPayeeRow.agency_id == self.actor.agency_id,
                CommissionPayeeRow.producer_id.in_(set(producer_ids)),
            )
        )
        return {row.producer_id: row for row in found}

    def _seen(self) -> ColumnElement[bool]:
        mine = PayoutRow.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        if self.actor.kind is ActorKind.PRODUCER and self.actor.producer_id is not None:
            return and_(mine, PayoutRow.payee_id == self.actor.producer_id)
        return false()
