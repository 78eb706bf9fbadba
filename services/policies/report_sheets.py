"""A report of policies as tables: for a terminal, as CSV, as a PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.csv_cells import csv_line, number_cell, text_cell
from domain.policies.analytics import Aside, Closed, Opened
from integrations.pdf import Block, Column, Heading, Pairs, Paper, Paragraph, Strong, Table, pdf
from kernel.money import Money
from services.policies.figures import CohortList, ReportRow, ReportView

_MOVES = ("begin", *Opened, *Closed, "end")
_WORDS = {"non_renewed": "non-renewed", "begin": "at beginning", "end": "at end"}
_TALLIES = (*_MOVES, *Aside, "due", "kept")
_SMALL = 7.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """Titles and rows; of the rows the last ``totals`` are of all groups together. All columns but the first are numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    totals: int = 0


def sheets(view: ReportView) -> list[Sheet]:
    """Policies, premium, rates and losses, each with its totals."""
    rows, first = [*view.items, *view.total], view.by or ""
    moves = [_WORDS.get(str(name), str(name)) for name in _MOVES]
    counts = [[_name(row), *(f"{getattr(row, str(name)).count:,}" for name in _MOVES)] for row in rows]
    beside = [[_name(row), *(f"{getattr(row, str(name)).count:,}" for name in Aside)] for row in rows]
    totals = len(view.total)
    return [
        Sheet("Policies", [first, *moves], counts, totals),
        Sheet("Premium", [first, *moves[:-1], "endorsed", "at end"], [_premium(row) for row in rows], totals),
        Sheet(
            "Kept and collected",
            [first, "came due", "kept", "retention", "premium retention", "fell due", "collected", "collection", "average"],
            [_rates(row) for row in rows], totals,
        ),
        Sheet("Lost", [first, "how", "why", "policies", "premium"], [each for row in view.total for each in _lost(row)]),
        Sheet("Beside, moving nothing", [first, *(name.replace("_", " ") for name in Aside)], beside, totals),
    ]  # fmt: skip


def report_csv(view: ReportView) -> Iterator[str]:
    """A record for each group, and for each currency's total. Amounts are in major units, rates from 0 to 1."""
    heads = [f"{name}_{what}" for name in map(str, _TALLIES) for what in ("policies", "premium")]
    rates = ("retention", "premium_retention", "collection")
    yield csv_line(
        ["group", "name", "total", "currency", *heads, "changed", "due_amount", "collected", "average", *rates]
    )
    for row, total in [*((one, "no") for one in view.items), *((one, "yes") for one in view.total)]:
        tallies = [getattr(row, str(name)) for name in _TALLIES]
        figures = [cell for one in tallies for cell in (str(one.count), _plain(one.premium_minor, row.currency))]
        amounts = (row.changed_minor, row.due_minor, row.collected_minor, row.average_premium_minor)
        yield csv_line([
            text_cell(row.group), text_cell(row.name), total, row.currency, *figures,
            *(_plain(minor, row.currency) for minor in amounts),
            *(number_cell(getattr(row, name)) for name in rates),
        ])  # fmt: skip


def report_pdf(view: ReportView) -> bytes:
    """The tables over pages, and what each measure means."""
    said = (
        f"{view.begins_on} to {view.ends_on}, the last day excluded, as known at {view.known_at:%Y-%m-%d %H:%M} UTC. "
        "Premium is without taxes and fees; empty rates are of too few policies, or of none."
    )
    blocks: list[Block] = [Heading("Policies over a period"), Paragraph(said)]
    for sheet in sheets(view):
        if sheet.rows:
            blocks += [Heading(sheet.title, level=2), table_of(sheet)]
    blocks += [Heading("What the figures mean", level=2), Pairs(list(view.definitions.items()))]
    return pdf(blocks, paper=Paper.LETTER_WIDE)


def cohort_sheet(found: CohortList) -> Sheet:
    """Shares in force by months since, where there are enough policies; counts stand beside."""
    months = max((len(one.in_force) for one in found.items), default=0)
    rows = [
        [
            f"{one.month:%Y-%m}",
            f"{one.policies:,}",
            *(_share(share) for share in one.shares),
            *[""] * (months - len(one.shares)),
        ]
        for one in found.items
    ]
    return Sheet("Policies by the month they began", ["month", "policies", *map(str, range(months))], rows)


def cohort_csv(found: CohortList) -> Iterator[str]:
    """A record for each month and each number of months since."""
    yield csv_line(["month", "policies", "months_since", "in_force", "share"])
    for one in found.items:
        for since, (count, share) in enumerate(zip(one.in_force, one.shares, strict=True)):
            yield csv_line([f"{one.month:%Y-%m}", str(one.policies), str(since), str(count), number_cell(share)])


def cohort_pdf(found: CohortList) -> bytes:
    """The table of cohorts over pages, at most a year of months beside each other."""
    whole = cohort_sheet(found)
    said = f"Share of each month's policies in force the same day so many months later, through {found.through}."
    blocks: list[Block] = [Heading(whole.title), Paragraph(said)]
    for start in range(2, max(len(whole.columns), 3), 12):
        part = slice(start, start + 12)
        rows = [[*row[:2], *row[part]] for row in whole.rows]
        blocks.append(table_of(Sheet("", [*whole.columns[:2], *whole.columns[part]], rows)))
    return pdf(blocks, paper=Paper.LETTER_WIDE)


def table_of(sheet: Sheet) -> Table:
    """For a PDF."""
    columns = [Column(name, 1.0 if place else 1.6, numbers=place > 0) for place, name in enumerate(sheet.columns)]
    plain = len(sheet.rows) - sheet.totals
    rows = [row if place < plain else Strong(row) for place, row in enumerate(sheet.rows)]
    return Table(columns, rows, size=_SMALL)


def _name(row: ReportRow) -> str:
    return row.name or row.group or f"all, {row.currency}"


def _premium(row: ReportRow) -> list[str]:
    moved = [_money(getattr(row, str(name)).premium_minor, row.currency) for name in _MOVES]
    return [_name(row), *moved[:-1], _money(row.changed_minor, row.currency), moved[-1]]


def _rates(row: ReportRow) -> list[str]:
    return [
        _name(row), f"{row.due.count:,}", f"{row.kept.count:,}", _share(row.retention), _share(row.premium_retention),
        _money(row.due_minor, row.currency), _money(row.collected_minor, row.currency), _share(row.collection),
        _money(row.average_premium_minor, row.currency),
    ]  # fmt: skip


def _lost(row: ReportRow) -> list[list[str]]:
    return [
        [_name(row), one.closed, one.reason or "", f"{one.count:,}", _money(one.premium_minor, row.currency)]
        for one in row.lost
    ]


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def _money(minor: int | None, currency: str) -> str:
    return "" if minor is None else f"{Money(minor, currency).amount:,}"


def _plain(minor: int | None, currency: str) -> str:
    return number_cell(None if minor is None else Money(minor, currency).amount)
