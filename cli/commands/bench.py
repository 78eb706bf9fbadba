"""``leadwright bench NAME``: measurements with their goals; exits 1 where one falls short."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bench.crash import Counts
from bench.crash import crash as run_crash
from cli.session import out

bench = typer.Typer(no_args_is_help=True, help="Measure the running system beside its goals.")


@bench.command("crash")
def crash(
    leads: Annotated[int, typer.Option(min=20, help="Leads to process.")] = 500,
    kills: Annotated[int, typer.Option(min=1, help="How often everything is killed.")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the invented leads and of the moments.")] = 7,
) -> None:
    """SIGKILL everything at random moments while leads are processed; then count losses, repeats and overruns."""
    counts = asyncio.run(run_crash(leads, kills, seed))
    out.print(report(counts))
    if not counts.held:
        raise typer.Exit(1)


def report(counts: Counts) -> str:
    """The counts for reading."""
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(counts.statuses.items()))
    lines = [
        f"{counts.leads} leads, {counts.kills} kills ({counts.during_start} of them during a start), {counts.seconds:.0f} s",
        f"ended as: {statuses}",
        *(f"  {count:>5}  {name} (goal 0)" for name, count in counts.faults.items()),
        "held" if counts.held else "NOT held",
    ]
    return "\n".join(lines)


@bench.callback()
def named() -> None:
    """Each measurement is a command of its own."""
