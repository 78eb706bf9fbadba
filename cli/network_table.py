"""What ``leadwright bench network`` prints: a table a size, and which store answers what."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table

from bench.network import (
    CARD,
    CARD_MS,
    COUNT,
    MATCH,
    MATCH_MS,
    PAGE_MS,
    PAGES,
    REACH,
    REACH_MS,
    RUSTWORKX,
    SIDES,
    NetworkFound,
)

_GOALS = {REACH: REACH_MS, MATCH: MATCH_MS, CARD: CARD_MS, **dict.fromkeys(PAGES, PAGE_MS)}
_SERVED = {
    REACH: "arrays in memory, read from Postgres when a connection changed: frontiers of thousands are one step of numpy",
    MATCH: "the same arrays, and sums of referrals kept by version; Postgres for gates and consent of the likeliest",
    CARD: "one row of Postgres, counted before",
    COUNT: "Postgres adds up, the domain scores in exact decimals, with rings and households; the workers do it",
}


def network_report(found: NetworkFound) -> Group:
    """One size for reading."""
    table = Table(
        header_style="bold", title=f"{found.brokers:,} brokers, {found.relations:,} relations", title_justify="left"
    )
    table.add_column("ms, p50 / p95", no_wrap=True)
    for side in SIDES:
        table.add_column(side, justify="right", no_wrap=True)
    table.add_column("goal", justify="right", no_wrap=True)
    for question in (REACH, MATCH, CARD, *PAGES, COUNT):
        goal = f"p95 < {_GOALS[question]:.0f}" if question in _GOALS else ""
        table.add_row(question, *(_cell(found, question, side) for side in SIDES), goal)
    once = ", ".join(f"{name} in {seconds:.1f} s" for name, seconds in found.seconds.items())
    first = ", ".join(f"{name} {took:.0f} ms" for name, took in found.first.items())
    lines = [
        f"graph: {found.graph}; goals are those of ours",
        f"within three steps: {found.people:,} people (median); {found.differing} answers differ between stores (goal 0)",
        f"{once}; first questions after a change: {first}",
        *(f"{question}: {why}" for question, why in _SERVED.items()),
        "matching is asked of ours with gates and consent; of the others only for ties, and in SQL and rustworkx for a record",
    ]
    if (REACH, RUSTWORKX) not in found.took:
        lines.append("rustworkx is not installed, and was not measured: uv sync --group dev brings it")
    return Group(table, *lines, "held" if found.held else "NOT held")


def _cell(found: NetworkFound, question: str, side: str) -> str:
    half, most = found.at(question, side, 50), found.at(question, side, 95)
    return "-" if half is None or most is None else f"{half:,.1f} / {most:,.1f}"
