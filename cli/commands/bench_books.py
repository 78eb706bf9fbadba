"""Measurements of the books: the broker network, policies, and the commission ledger."""

from __future__ import annotations

import asyncio
from typing import Annotated

import numpy as np
import typer
import uvloop

from bench.ledger import LedgerYear
from bench.ledger import ledger as run_ledger
from bench.network import SIZES, NetworkFound
from bench.network import network as run_network
from bench.policies import (
    EXPORT_SECONDS,
    IN_FORCE_SECONDS,
    LIST_P95_MS,
    NIGHT_SECONDS,
    REPORT_SECONDS,
    PoliciesFound,
)
from bench.policies import policies as run_policies
from cli.network_table import network_report
from cli.session import out


def network(
    brokers: Annotated[list[int] | None, typer.Option(min=50, help="Brokers; give it again for more sizes.")] = None,
    relations: Annotated[list[int] | None, typer.Option(min=50, help="Relations, one number for each size.")] = None,
    asked: Annotated[int, typer.Option(min=20, help="Questions of each kind.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the invented network.")] = 7,
) -> None:
    """Reach, matching, tier card and a full count of a broker network, beside SQL, graph and rustworkx; exits 1 when too slow."""
    if len(brokers or ()) != len(relations or ()):
        raise typer.BadParameter("give --relations as often as --brokers")
    sizes = list(zip(brokers, relations, strict=True)) if brokers and relations else list(SIZES)
    found: list[NetworkFound] = asyncio.run(run_network(sizes, asked, seed))
    for one in found:
        out.print(network_report(one))
    if not all(one.held for one in found):
        raise typer.Exit(1)


def policies(
    size: Annotated[int, typer.Option("--policies", min=100, help="Terms in the book.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=5, help="Pages of each question.")] = 40,
    seed: Annotated[int, typer.Option(help="Seed of the invented book.")] = 7,
) -> None:
    """The list with filters, the report of what is in force, and one night's timers over a large book; exits 1 when too slow."""
    found = asyncio.run(run_policies(size, rounds, seed))
    out.print(policies_report(found), markup=False, soft_wrap=True)
    if not found.held:
        raise typer.Exit(1)


def policies_report(found: PoliciesFound) -> str:
    """Each question and the night, beside their goals."""
    reports = ", ".join(f"{seconds:.2f}" for seconds in found.in_force_seconds)
    done = ", ".join(f"{count:,} {outcome}" for outcome, count in found.outcomes.most_common())
    lines = [
        f"{found.policies:,} policies, written in {found.load_seconds:.0f} s",
        f"a page of the list (goal: p95 under {LIST_P95_MS:.0f} ms)",
        *(
            f"  {np.percentile(took, 50):>7.1f} ms p50 {np.percentile(took, 95):>7.1f} ms p95  {name}"
            for name, took in found.pages_ms.items()
        ),
        f"in force a month ago, as known now and as known then: {reports} s (goal under {IN_FORCE_SECONDS:.0f});"
        f" {found.in_force:,}",
        f"a year's analytics (goal under {REPORT_SECONDS:.0f} s); {found.unreconciled} rows do not reconcile (goal 0)",
        *(f"  {seconds:>7.2f} s  {name}" for name, seconds in found.report_seconds.items()),
        f"the list as CSV: {found.exported:,} terms in {found.export_seconds:.1f} s (goal under {EXPORT_SECONDS:.0f})",
        f"a night: {found.due:,} of {found.waiting:,} waiting timers due, worked in {found.night_seconds:.1f} s"
        f" (goal under {NIGHT_SECONDS:.0f}), {found.events:,} events written",
        f"  {done or 'nothing was due'}",
        f"{found.left} due and not worked (goal 0)",
        "held" if found.held else "NOT held",
    ]
    return "\n".join(lines)


def ledger(
    brokers: Annotated[int, typer.Option(min=10, help="Brokers who sell.")] = 200,
    days: Annotated[int, typer.Option(min=7, max=730, help="Days of the story.")] = 365,
    sales: Annotated[float, typer.Option(min=0.1, max=500, help="New policies a day.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Seed of the invented story.")] = 7,
) -> None:
    """A year of commissions held each day against a second count, to the cent for everybody; exits 1 when anything differs."""
    found = uvloop.run(run_ledger(brokers, days, sales, seed))
    out.print(ledger_report(found), markup=False, soft_wrap=True)
    if not found.held:
        raise typer.Exit(1)


def ledger_report(found: LedgerYear) -> str:
    """What happened, and each number that must be zero."""
    facts = ", ".join(f"{name} {many:,}" for name, many in found.facts.most_common())
    lines = [
        f"{found.brokers} brokers and {found.days} days in {found.seconds:.0f} s",
        f"batches {found.batches:,}, postings {found.postings:,}",
        f"what happened: {facts}; sent twice: {found.repeated:,}, of which posted twice: {found.posted_again} (goal 0)",
        f"paid to brokers: {found.paid_minor / 100:,.2f}",
        f"days on which the ledger did not sum to zero: {found.unbalanced_days} (goal 0)",
        f"accounts that differed from the second count on a day: {len(found.odd)} (goal 0)",
        *found.odd[:5],
        f"brokers whose total or payments differ at the end: {len(found.off)} (goal 0)",
        *found.off[:5],
        f"commissions that their frozen terms do not explain: {found.unexplained} (goal 0)",
        "held" if found.held else "NOT held",
    ]
    return "\n".join(lines)
