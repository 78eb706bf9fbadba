"""Premium at a day as tables: for a terminal, as CSV, as a PDF."""

from __future__ import annotations

from collections.abc import Iterator

from domain.csv_cells import csv_line, number_cell, text_cell
from integrations.pdf import Block, Heading, Pairs, Paper, Paragraph, pdf
from kernel.money import Money
from services.policies.premium import PremiumView
from services.policies.report_sheets import Sheet, table_of

_FIGURES = ("in_force", "written", "earned", "unearned")


def premium_sheet(view: PremiumView) -> Sheet:
    """A row a group, then one for each currency."""
    rows = [
        [
            row.name or row.group or f"all, {row.currency}", f"{row.in_force:,}",
            *(f"{Money(getattr(row, f'{name}_minor'), row.currency).amount:,}" for name in _FIGURES),
        ]
        for row in [*view.items, *view.total]
    ]  # fmt: skip
    columns = [view.by or "", "in force", "premium in force", "written", "earned", "unearned"]
    return Sheet(f"Premium on {view.on}", columns, rows, len(view.total))


def premium_csv(view: PremiumView) -> Iterator[str]:
    """A record for each group, and for each currency's total. Amounts are in major units."""
    yield csv_line(
        ["group", "name", "total", "currency", "in_force_policies", *(f"{name}_premium" for name in _FIGURES)]
    )
    for row, total in [*((one, "no") for one in view.items), *((one, "yes") for one in view.total)]:
        amounts = [number_cell(Money(getattr(row, f"{name}_minor"), row.currency).amount) for name in _FIGURES]
        yield csv_line([text_cell(row.group), text_cell(row.name), total, row.currency, str(row.in_force), *amounts])


def premium_pdf(view: PremiumView) -> bytes:
    """The table over pages, and what each measure means."""
    said = (
        f"At 12:01 a.m. of {view.on} at each insured's address, as known at {view.known_at:%Y-%m-%d %H:%M} UTC. "
        "Premium is without taxes and fees."
    )
    sheet = premium_sheet(view)
    blocks: list[Block] = [Heading("Premium of the book"), Paragraph(said), table_of(sheet)]
    blocks += [Heading("What the figures mean", level=2), Pairs(list(view.definitions.items()))]
    return pdf(blocks, paper=Paper.LETTER_WIDE)
