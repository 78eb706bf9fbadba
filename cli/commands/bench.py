"""``leadwright bench NAME``: measurements with their goals; exits 1 where one falls short."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
import typer
import uvloop

from bench.copilot import P95_MS as COPILOT_P95_MS
from bench.copilot import CopilotFound
from bench.copilot import copilot as run_copilot
from bench.crash import Counts
from bench.crash import crash as run_crash
from bench.crash_servers import crash_on_servers
from bench.evals import ANSWER_SECONDS, MEGABYTES, OVER_BARE, Evals
from bench.evals import evals as run_evals
from bench.intake import P95_MS, RATE, SHARE, Intake
from bench.intake import intake as run_intake
from bench.latency import ONE_LEAD_MS, Timings
from bench.latency import latency as run_latency
from bench.live import P95_MS as LIVE_P95_MS
from bench.live import LiveFound
from bench.live import live as run_live
from bench.pipeline import FLAT, TIMES, Pipeline, Sizes
from bench.pipeline import pipeline as run_pipeline
from bench.routing import GOALS_MS, Among, middle
from bench.routing import routing as run_routing
from bench.year import Year
from bench.year import year as run_year
from cli.commands.bench_books import ledger, network, policies
from cli.session import out
from kernel.settings import Settings

bench = typer.Typer(no_args_is_help=True, help="Measure the running system beside its goals.")
for _each in (network, policies, ledger):
    bench.command()(_each)


@bench.command("crash")
def crash(
    leads: Annotated[int, typer.Option(min=20, help="Leads to process.")] = 500,
    kills: Annotated[int, typer.Option(min=1, help="How often everything is killed.")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the invented leads and of the moments.")] = 7,
    *,
    servers: Annotated[
        bool,
        typer.Option("--servers", help="An API and two workers of the server profile; stores are stopped as well."),
    ] = False,
    stop_seconds: Annotated[
        float, typer.Option(min=0.5, max=60, help="How long a store is stopped, with --servers.")
    ] = 4,
) -> None:
    """SIGKILL everything at random moments while leads are processed; then count losses, repeats and overruns."""
    if servers:
        found = asyncio.run(crash_on_servers(leads, kills, seed, stop_seconds))
        out.print(f"frozen for {stop_seconds:g} s or killed: {', '.join(found.stops)}")
        out.print(f"{found.answered} leads answered, {found.repeated_requests} requests repeated")
        counts: Counts = found
    else:
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


@bench.command("latency")
def latency(
    singles: Annotated[int, typer.Option(min=20, help="Leads one by one.")] = 200,
    size: Annotated[int, typer.Option(min=20, help="Leads in the batch; the goal grows with it.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the invented leads.")] = 7,
) -> None:
    """Local classification and score: one lead at a time and a batch, on one thread after load; exits 1 when too slow."""
    timings = asyncio.run(run_latency(singles, size, seed))
    out.print(latency_report(timings))
    if not timings.held:
        raise typer.Exit(1)


def latency_report(timings: Timings) -> str:
    """The timings for reading, each beside its goal."""
    lines = [
        f"{timings.singles} leads one by one: p50 {timings.p50_ms:.1f} ms, p95 {timings.p95_ms:.1f} ms"
        f" (goal under {ONE_LEAD_MS:.0f}), p99 {timings.p99_ms:.1f} ms;"
        f" processor time p95 {timings.cpu_p95_ms:.1f} ms",
        f"{timings.batch} leads in one batch: {timings.batch_seconds:.1f} s (goal under {timings.batch_goal:.1f}),"
        f" {1000 * timings.batch_seconds / timings.batch:.1f} ms each; processor time {timings.batch_cpu_seconds:.1f} s",
        "held" if timings.held else "NOT held",
    ]
    return "\n".join(lines)


@bench.command("intake")
def intake(
    requests: Annotated[int, typer.Option(min=50, help="Requests of each side in one turn.")] = 1000,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each side.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.5, help="Seconds of the steady rate.")] = 10.0,
) -> None:
    """POST of a lead against a bare endpoint writing the same two rows, in turns; exits 1 where it falls short."""
    found = asyncio.run(run_intake(requests, rounds, seconds))
    out.print(intake_report(found))
    if not found.held:
        raise typer.Exit(1)


def intake_report(found: Intake) -> str:
    """The rates of both sides, each figure beside its goal."""
    rates = {name: ", ".join(f"{rate:.0f}" for rate in each) for name, each in found.rates.items()}
    lines = [
        f"requests a second: ours {rates['ours']}; bare {rates['bare']}",
        f"ours over bare, median of the turns: {found.share:.2f} (goal {SHARE} or more)",
        f"at {RATE:.0f} a second: p50 {np.percentile(found.steady_ms, 50):.1f} ms, p95 {found.p95_ms:.1f} ms"
        f" (goal under {P95_MS:.0f})",
        f"{found.refused} requests not taken (goal 0)",
        "held" if found.held else "NOT held",
    ]
    return "\n".join(lines)


@bench.command("pipeline")
def pipeline(
    leads: Annotated[int, typer.Option(min=20, help="Leads of one measurement.")] = 1000,
    many_leads: Annotated[int, typer.Option(help="Leads in all when the last measurement ends.")] = 10_000,
    producers: Annotated[int, typer.Option(min=2, help="Producers of the small agency.")] = 200,
    many_producers: Annotated[int, typer.Option(min=2, help="Producers of the large one.")] = 10_000,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of leads at a steady rate.")] = 20.0,
    seed: Annotated[int, typer.Option(help="Seed of the invented leads.")] = 7,
) -> None:
    """Leads a second through the pipeline beside an empty graph, and whether a lead costs the same among many."""
    sizes = Sizes(leads, many_leads, producers, many_producers, seconds)
    found = asyncio.run(run_pipeline(sizes, seed))
    out.print(pipeline_report(found, sizes))
    if not found.held:
        raise typer.Exit(1)


def pipeline_report(found: Pipeline, sizes: Sizes) -> str:
    """The rates for reading, each beside its goal."""
    lines = [
        f"{found.few.rate:.1f} leads a second; an empty graph of the same shape: {found.floor.rate:.1f} a second,"
        f" {found.times:.1f} times as fast (goal at most {TIMES})",
        f"a lead is {found.few.cpu_ms:.0f} ms of work, a run of the empty graph {found.floor.cpu_ms:.0f} ms",
        f"from arrival to end at half that rate: p50 {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms",
        f"after {sizes.many_leads} leads {found.many_leads.rate:.1f} a second: {found.many_leads.cpu_ms:.0f} ms of work a lead,"
        f" {found.cost_many_leads:.2f} times as much (goal at most {FLAT})",
        f"among {sizes.many_producers} producers {found.many_producers.rate:.1f} a second: {found.many_producers.cpu_ms:.0f} ms,"
        f" {found.cost_many_producers:.2f} times as much as among {sizes.producers} (goal at most {FLAT})",
        f"{found.unfinished} leads not ended (goal 0)",
        "held" if found.held else "NOT held",
    ]
    return "\n".join(lines)


@bench.command("routing")
def routing(
    producers: Annotated[list[int] | None, typer.Option(min=2, help="Producers; give it again for more sizes.")] = None,
    leads: Annotated[int, typer.Option(min=20, help="Leads at each size.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the invented world.")] = 7,
) -> None:
    """Ranking one lead with gates, reasons and receipt, beside numpy and SQL on ready figures; exits 1 when too slow."""
    found = asyncio.run(run_routing(producers or [200, 10_000, 100_000], leads, seed))
    out.print(routing_report(found))
    if not all(among.held for among in found):
        raise typer.Exit(1)


def routing_report(found: Sequence[Among]) -> str:
    """Each size for reading, beside its goal."""
    lines = []
    for among in found:
        goal = GOALS_MS.get(among.producers)
        lines.append(
            f"{among.producers:,} producers: p50 {middle(among.ours_ms):.2f} ms, p95 {among.p95_ms:.2f} ms"
            + (f" (goal under {goal:.0f})" if goal else "")
            + f"; ready arrays in numpy {middle(among.numpy_ms):.2f} ms, ready rows in SQL {middle(among.sql_ms):.2f} ms;"
            f" slowest first question {among.first_ms:.0f} ms, roster built in {among.build_seconds:.2f} s"
        )
    return "\n".join([*lines, "held" if all(among.held for among in found) else "NOT held"])


@bench.command("evals")
def evals(
    cases: Annotated[int, typer.Option(min=10, help="Cases; each is answered for two prompts.")] = 1000,
    in_flight: Annotated[int, typer.Option(min=1, max=512, help="Calls under way at once.")] = 50,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of ours and of the bare loops.")] = 5,
    *,
    peers: Annotated[
        bool, typer.Option(help="Also pydantic-evals, Inspect AI and promptfoo, installed beside.")
    ] = True,
) -> None:
    """The eval harness against a bare loop and its peers on one endpoint; exits 1 where it falls short."""
    folder = Settings().home_path / "bench" / "evals"
    found = asyncio.run(run_evals(cases, in_flight, rounds, folder, peers=peers))
    out.print(evals_report(found), markup=False, soft_wrap=True)
    if not found.held:
        raise typer.Exit(1)


def evals_report(found: Evals) -> str:
    """Seconds of every side, each figure beside its goal."""
    turns = {name: ", ".join(f"{one.seconds:.2f}" for one in each) for name, each in found.turns.items()}
    peers = sorted(found.peers.items(), key=lambda one: one[1].seconds)
    lines = [
        f"{found.calls} calls of {ANSWER_SECONDS * 1000:.0f} ms; seconds: ours {turns['ours']}; bare loop of the same client"
        f" {turns['bare']}; bare aiohttp {turns['aiohttp']}",
        f"ours over the bare loop, median of the turns: {found.over_bare:.3f} (goal at most {OVER_BARE})",
        f"memory of ours: {found.megabytes:.0f} MB (goal under {MEGABYTES:.0f})",
        *(f"{name}: {took.seconds:.2f} s (goal: more than ours, {found.seconds:.2f})" for name, took in peers),
        *(f"{name}: left out, {why}" for name, why in found.left_out.items()),
        *([] if found.whole else ["not every side got every answer"]),
        "held" if found.held else "NOT held",
    ]
    return "\n".join(lines)


@bench.command("live")
def live(
    clients: Annotated[int, typer.Option(min=1, help="Sockets, on two API processes.")] = 1000,
    events: Annotated[int, typer.Option(min=2, help="Events that each of them must hear.")] = 40,
    *,
    kill: Annotated[bool, typer.Option("--kill", help="Kill one process half way; nobody may miss an event.")] = False,
) -> None:
    """From a commit to every listener's socket; exits 1 when too slow, or when somebody misses an event or hears one twice."""
    found = asyncio.run(run_live(clients, events, kill=kill))
    out.print(live_report(found))
    if not found.held:
        raise typer.Exit(1)


def live_report(found: LiveFound) -> str:
    """The way to listeners for reading, each figure beside its goal."""
    memory = ", ".join(f"{one:.0f}" for one in found.megabytes)
    lines = [
        f"{found.clients} sockets connected in {found.connect_seconds:.1f} s; API processes with them: {memory} MB",
        f"{found.events} events to each in {found.seconds:.1f} s: p50 {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms"
        f" (goal under {LIVE_P95_MS:.0f})",
        f"{found.missed} missed, {found.doubled} heard twice (goal 0)",
        "held" if found.held else "NOT held",
    ]
    return "\n".join(lines)


@bench.command("copilot")
def copilot(
    chats: Annotated[int, typer.Option(min=1, help="Conversations at once.")] = 20,
    turns: Annotated[int, typer.Option(min=1, help="Questions of each in one turn of its side.")] = 5,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each side.")] = 3,
) -> None:
    """Time to the copilot's first words above a bare client's of the same endpoint; exits 1 when too slow."""
    found = asyncio.run(run_copilot(chats, turns, rounds))
    out.print(copilot_report(found))
    if not found.held:
        raise typer.Exit(1)


def copilot_report(found: CopilotFound) -> str:
    """First words of both sides, and what is ours of them beside its goal."""
    lines = [
        f"{found.chats} chats at once, {len(found.ours_ms)} turns: first words after p50"
        f" {np.percentile(found.ours_ms, 50):.0f} ms, p95 {np.percentile(found.ours_ms, 95):.0f} ms;"
        f" bare client of the same endpoint p50 {found.floor_ms:.0f} ms, p95 {np.percentile(found.bare_ms, 95):.0f} ms",
        f"added by us: p50 {found.added_ms(50):.0f} ms, p95 {found.added_ms(95):.0f} ms (goal under {COPILOT_P95_MS:.0f});"
        f" our process worked {found.cpu_ms:.0f} ms for each turn",
        f"{found.failed} turns not answered (goal 0)",
        "held" if found.held else "NOT held",
    ]
    return "\n".join(lines)


@bench.command("year")
def year(
    leads: Annotated[int, typer.Option(min=20, help="Leads of the year.")] = 20_000,
    producers: Annotated[int, typer.Option(min=10, help="Producers of the agency.")] = 300,
    days: Annotated[int, typer.Option(min=7, max=365, help="Days in which the leads come.")] = 365,
    seed: Annotated[int, typer.Option(help="Seed of the invented world.")] = 7,
) -> None:
    """A year of offers, shifts, absences, declines and outages under a clock that jumps; exits 1 when anything is amiss."""
    found = uvloop.run(run_year(leads, producers, days, seed))
    out.print(year_report(found), markup=False, soft_wrap=True)
    if not found.held:
        raise typer.Exit(1)


def year_report(found: Year) -> str:
    """What became of the leads, and each number that must be zero."""

    def counted(many: Mapping[str, int]) -> str:
        return ", ".join(f"{name} {number:,}" for name, number in sorted(many.items(), key=lambda one: -one[1]))

    checks, fair = found.checks, found.fairness
    lines = [
        f"{found.leads:,} leads and {found.producers} producers in {found.seconds:.0f} s",
        f"leads: {counted(found.statuses)}",
        f"waiting for a person: {counted(found.reasons) or 'none'}",
        f"offers: {counted(found.offers)}; answers that came too late and were refused: {found.late:,}",
        f"handed to a person: {counted(found.escalations) or 'none'}",
        f"leads without an owner or a reason: {checks.unowned} (goal 0)",
        f"offers to producers without authority: {checks.without_authority}, off shift: {checks.off_shift} (goal 0)",
        f"days and months beyond a capacity: {checks.over_capacity} (goal 0)",
        f"timers reckoned again minute by minute: {checks.timers}, of which wrong {len(checks.timers_wrong)} (goal 0)",
        *checks.timers_wrong[:5],
        "fairness index (Gini, 0 is even): "
        + ", ".join(
            f"{what} {'-' if index is None else f'{index:.3f}'}"
            for what, index in (("leads per producer", fair.leads), ("leads per unit of capacity", fair.per_capacity))
        ),
        "held" if found.held else "NOT held",
    ]
    return "\n".join(lines)


@bench.callback()
def named() -> None:
    """Each measurement is a command of its own."""
