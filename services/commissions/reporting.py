"""What payees are shown: balances, a month's statement as JSON, CSV or PDF, totals of a year."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID

from domain.actor import Actor
from domain.commissions.ledger import Account, Happening
from domain.commissions.payouts import kept_back
from domain.commissions.statement import Entry, Figures, MonthStatement, month_statement, statement_csv
from domain.commissions.tax import thresholds, year_totals
from integrations.pdf import Block, Column, Heading, Paragraph, Strong, Table, pdf
from kernel.money import Money
from services.commissions.moments import month_bounds, own_of, require_seen, year_bounds, zone_of
from services.commissions.money_schemas import (
    BalanceList,
    BalanceView,
    EntryView,
    FiguresView,
    StatementView,
    YearLine,
    YearView,
)
from store.sql.models import AccrualRow
from store.sql.repositories.ledger import PayeeEntry, Stood
from store.uow import Database, UnitOfWork

_COLUMNS = (
    Column("when", 78), Column("what", 70), Column("account", 60), Column("policy", 97), Column("why", 147),
    Column("amount", 80, numbers=True),
)  # fmt: skip
_ACCOUNTS = tuple(Figures.__dataclass_fields__)


class Reports:
    """A producer sees the own, a manager everybody's. Amounts are the payee's: what they are owed is positive."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def balances(self, actor: Actor) -> BalanceList:
        """What every payee has coming now."""
        own_of(actor)
        async with self._database.begin(actor) as uow:
            stood = await uow.ledger.standing(payees=True)
            holds = await uow.commissions.holds()
            lots = await uow.ledger.lots(Account.PAYABLE) if holds else {}
        people = {one.payee_id for one in holds}
        commissions = {one.accrual_id for one in holds if one.accrual_id is not None}
        items = []
        for owner, currency in sorted({(one.owner, one.currency) for one in stood}):
            payee, figures = UUID(owner), _figures(stood, owner, currency)
            back = sum(kept_back(lots.get((payee, currency), []), commissions).values())
            held = figures.payable if payee in people else min(back, figures.payable)
            items.append(BalanceView(payee_id=payee, currency=currency, held_minor=max(held, 0), **_minor(figures)))
        return BalanceList(items=items)

    async def statement(self, actor: Actor, payee_id: UUID, month: str, currency: str) -> StatementView:
        """A payee's month: it begins where the one before ended, and a debt is carried (T38)."""
        made, rows, name = await self._month(actor, payee_id, month, currency)
        return StatementView(
            payee_id=payee_id, payee=name, month=month, currency=currency,
            opening=FiguresView(**_minor(made.opening)), closing=FiguresView(**_minor(made.closing)),
            paid_minor=made.paid,
            entries=[
                EntryView(
                    at=entry.at, happening=entry.happening.value, account=entry.account.value, amount_minor=entry.minor,
                    accrual_id=row.accrual_id, policy_number=entry.policy or None, line=row.line or None, why=entry.why,
                )
                for entry, row in zip(made.entries, rows, strict=True)
            ],
        )  # fmt: skip

    async def statement_csv(self, actor: Actor, payee_id: UUID, month: str, currency: str) -> str:
        """The same as CSV that no spreadsheet takes for formulas."""
        made, _, _ = await self._month(actor, payee_id, month, currency)
        return statement_csv(made)

    async def statement_pdf(self, actor: Actor, payee_id: UUID, month: str, currency: str) -> bytes:
        """The same as a PDF."""
        made, _, name = await self._month(actor, payee_id, month, currency)
        return await asyncio.to_thread(pdf, _paper(made, name))

    async def year(self, actor: Actor, year: int) -> YearView:
        """What was paid in a calendar year, beside the threshold of the year's information return."""
        own_of(actor)
        async with self._database.begin(actor) as uow:
            paid = await uow.ledger.paid(*year_bounds(year, await zone_of(uow)))
            names = await uow.commissions.producers(payee for payee, _ in paid)
        threshold = thresholds().get(year)
        totals = year_totals(year, {(str(payee), currency): minor for (payee, currency), minor in paid.items()})
        items = [
            YearLine(
                payee_id=UUID(one.payee), payee=names[UUID(one.payee)].name, currency=one.currency, paid_minor=one.minor,
                reportable=one.reportable,
            )
            for one in totals
        ]  # fmt: skip
        return YearView(
            year=year, threshold_minor=threshold.minor if threshold else None,
            citation=threshold.citation if threshold else None, items=items,
        )  # fmt: skip

    async def _month(
        self, actor: Actor, payee_id: UUID, month: str, currency: str
    ) -> tuple[MonthStatement, list[PayeeEntry], str]:
        require_seen(actor, payee_id)
        async with self._database.begin(actor) as uow:
            payee = await uow.agencies.producer(payee_id)
            begins, ends = month_bounds(month, await zone_of(uow))
            stood = await uow.ledger.standing(payee_id=payee_id, before=begins)
            rows = await uow.ledger.entries(payee_id, currency, begins, ends)
            accruals = await _accruals(uow, rows)
        opening = _figures(stood, str(payee_id), currency)
        made = month_statement(month, currency, opening, [_entry(row, accruals) for row in rows])
        return made, rows, payee.name


async def _accruals(uow: UnitOfWork, rows: Iterable[PayeeEntry]) -> dict[UUID, AccrualRow]:
    wanted = {row.accrual_id for row in rows if row.accrual_id is not None}
    return await uow.commissions.accruals(wanted) if wanted else {}


def _entry(row: PayeeEntry, accruals: dict[UUID, AccrualRow]) -> Entry:
    accrual = accruals.get(row.accrual_id) if row.accrual_id is not None else None
    return Entry(
        row.at, Happening(row.happening), Account(row.kind), -row.minor, accrual.policy_number if accrual else "", row.line,
        row.why,
    )  # fmt: skip


def _figures(stood: Iterable[Stood], owner: str, currency: str) -> Figures:
    mine = {one.kind: -one.minor for one in stood if one.owner == owner and one.currency == currency}
    return Figures(**{name: mine.get(name, 0) for name in _ACCOUNTS})


def _minor(figures: Figures) -> dict[str, int]:
    return {f"{name}_minor": minor for name, minor in asdict(figures).items()}


def _paper(made: MonthStatement, name: str) -> list[Block]:
    def amount(minor: int) -> str:
        return f"{Money(minor, made.currency).amount:,}"

    def block(word: str, figures: Figures) -> list[Strong]:
        return [Strong((word, account, "", "", "", amount(getattr(figures, account)))) for account in _ACCOUNTS]

    rows = [
        (
            f"{one.at:%Y-%m-%d %H:%M}", one.happening.value, one.account.value, one.policy, one.why, amount(one.minor),
        )
        for one in made.entries
    ]  # fmt: skip
    paid = Strong(("paid", "in the month", "", "", "", amount(made.paid)))
    return [
        Heading("Commission statement"),
        Paragraph(
            f"{name}, {made.month}, amounts in {made.currency}\nTimes are UTC. What is below zero is owed back and carried."
        ),
        Table(_COLUMNS, [*block("opening", made.opening), *rows, *block("closing", made.closing), paid]),
    ]
