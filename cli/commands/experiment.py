"""``leadwright experiment``: prompts against each other on live leads."""

from __future__ import annotations

import sys
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from api.routes.experiments import Standing, standing
from cli.session import agency_actor, execute, out, session
from domain.experiments import Success
from evals.online.watch import reading_of
from kernel.errors import FieldError, Invalid, NotFound
from kernel.settings import Settings
from services.container import Services
from services.experiments.schemas import ArmIn, ExperimentIn, ExperimentList, ExperimentView

experiment = typer.Typer(no_args_is_help=True, help="Prompts against each other on live leads.")

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
Name = Annotated[str, typer.Argument(help="The experiment's name.")]


@experiment.command("start")
def start(
    name: Name,
    agent: Annotated[str, typer.Argument(metavar="ID", help="The prompt's id: classifier, extractor, ...")],
    arm: Annotated[list[str], typer.Option(help="Version and share, as in v1=0.9; twice, the present one first.")],
    *,
    success: Annotated[Success, typer.Option(help="What a lead must come to.")] = Success.CONVERTED,
    matters: Annotated[float, typer.Option(help="Smallest difference of success that matters.")] = 0.02,
    days: Annotated[float, typer.Option(help="A lead that has not succeeded after so many days has failed.")] = 30.0,
    agency: Agency = None,
) -> None:
    """Begin an experiment: from now on each lead has its version."""
    arms = [_arm(one) for one in arm]
    try:
        body = ExperimentIn(name=name, agent=agent, arms=arms, success=success, matters=matters, days=days)
    except ValidationError as problem:
        fields = tuple(FieldError(".".join(map(str, one["loc"])), one["type"], one["msg"]) for one in problem.errors())
        raise Invalid("the experiment cannot begin", fields=fields) from problem
    begun = execute(lambda settings: _start(settings, body, agency))
    out.print(f"{escape(begun.name)} runs: {_arms(begun)} of {escape(begun.agent)}; success is {begun.success.value}")


@experiment.command("list")
def list_experiments(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False, agency: Agency = None
) -> None:
    """Show every experiment, newest first."""
    found = execute(lambda settings: _list(settings, agency))
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    elif found.items:
        out.print(_table(found))
    else:
        out.print("no experiments; `leadwright experiment start` begins one")


@experiment.command("verdict")
def verdict(
    name: Name,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    agency: Agency = None,
) -> None:
    """How it stands; look as often as you like. Exits 0 to ship the new version, 1 to keep the present one, 2 if undecided."""
    found, code = execute(lambda settings: _verdict(settings, name, agency))
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    else:
        out.print(escape(verdict_text(found)))
    raise typer.Exit(code)


@experiment.command("stop")
def stop(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "stopped by hand",
    agency: Agency = None,
) -> None:
    """End an experiment: every lead gets the active version again."""
    ended = execute(lambda settings: _stop(settings, name, reason, agency))
    out.print(f"{escape(ended.name)} is over: {escape(ended.reason or '')}")


def verdict_text(found: Standing) -> str:
    """The standing for reading."""
    rates = ", ".join("unknown" if rate is None else f"{rate:.1%}" for rate in found.success)
    between = "nothing yet" if found.low is None else f"{found.low:+.1%} to {found.high:+.1%} at all times"
    more = f"; about {found.more_leads} more leads would tell" if found.more_leads else ""
    lines = [
        f"{found.decision.value}{more}",
        *(f"  {reason}" for reason in found.reasons),
        f"{found.experiment.success.value}: {rates} ({_arms(found.experiment)}); difference {between}",
        f"evidence {found.odds:.2g} to 1 (20 decides), p {found.p:.2g}",
        f"leads {' and '.join(map(str, found.exposed))}, of which {found.waiting} are still open;"
        f" the experiment is {found.experiment.state.value}",
    ]
    return "\n".join(lines)


async def _start(settings: Settings, body: ExperimentIn, agency: str | None) -> ExperimentView:
    async with session(settings) as services:
        return await services.experiments.start(await agency_actor(services, "cli", agency), body)


async def _list(settings: Settings, agency: str | None) -> ExperimentList:
    async with session(settings) as services:
        return await services.experiments.all(await agency_actor(services, "cli", agency))


async def _verdict(settings: Settings, name: str, agency: str | None) -> tuple[Standing, int]:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        found, reading = await reading_of(services, actor, (await _named(services, name, agency)).id)
        return standing(found, reading), reading.verdict.exit_code


async def _stop(settings: Settings, name: str, reason: str, agency: str | None) -> ExperimentView:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        return await services.experiments.stop(actor, (await _named(services, name, agency)).id, reason)


async def _named(services: Services, name: str, agency: str | None) -> ExperimentView:
    found = await services.experiments.all(await agency_actor(services, "cli", agency))
    for one in found.items:
        if one.name == name:
            return one
    there = ", ".join(one.name for one in found.items) or "none"
    raise NotFound(f"there is no experiment {name!r}; there are {there}")


def _arm(text: str) -> ArmIn:
    version, _, share = text.partition("=")
    try:
        return ArmIn(version=int(version.removeprefix("v")), share=Decimal(share))
    except (ValueError, InvalidOperation, ValidationError) as problem:
        fault = FieldError("--arm", "malformed", "is no arm", "write version and share, as in v2=0.5", text[:80])
        raise Invalid("an arm cannot be read", fields=(fault,)) from problem


def _arms(one: ExperimentView) -> str:
    return " against ".join(f"v{arm.version} ({arm.share:.0%})" for arm in one.arms)


def _table(found: ExperimentList) -> Table:
    table = Table("name", "agent", "arms", "success", "state", "since")
    for one in found.items:
        state = one.state.value if one.reason is None else f"{one.state.value}: {one.reason}"
        table.add_row(
            escape(one.name),
            escape(one.agent),
            _arms(one),
            one.success.value,
            escape(state),
            f"{one.started_at:%Y-%m-%d %H:%M}",
        )
    return table
