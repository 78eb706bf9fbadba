"""``leadwright route``: what other weights would do, and weights that outcomes speak for."""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from cli.commands.route_rules import read_body, rules, strategy, weights
from cli.session import agency_actor, execute, out, session
from domain.actor import Actor
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings
from services.container import Services
from services.routing.schemas import PolicyKind
from services.routing.simulations import BY_HAND, general_weights
from services.routing.trial_schemas import LearnIn, LearntView, ProposalView, SimulationIn, SimulationView

route = typer.Typer(no_args_is_help=True, help="How leads are distributed, and what another way would do.")
proposals = typer.Typer(no_args_is_help=True, help="Weights learnt from outcomes: look, apply, dismiss.")
route.add_typer(proposals, name="proposals")
route.add_typer(rules, name="rules")
route.add_typer(weights, name="weights")
route.add_typer(strategy, name="strategy")

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Since = Annotated[str, typer.Option(help="How far back (90d, 12h), or a date and time with its offset.")]
Proposal = Annotated[UUID, typer.Argument(help="The proposal's id.")]
Person = Annotated[str, typer.Option("--person", help="E-mail of the person of the agency who decides.")]
Note = Annotated[str, typer.Option(help="Why, for the record.")]
_BACK = re.compile(r"([1-9]\d{0,4})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@route.command("simulate")
def simulate(
    since: Since = "90d",
    weights: Annotated[Path | None, typer.Option(help="JSON file of factors and weights.")] = None,
    rules: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="YAML or JSON file of rules, as for `rules set`.")
    ] = None,
    *,
    seed: Annotated[int, typer.Option(min=0, help="Of the interval's resampling.")] = 1,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Play past leads again under other weights, rules or both; without either, under the weights in force. Nothing changes."""
    asked = None if rules is None else read_body(rules, PolicyKind.RULES)
    found = execute(lambda settings: _simulate(settings, since, weights, asked, seed, agency))
    _show(found, as_json=as_json, text=simulated)


@route.command("learn")
def learn(since: Since = "180d", *, as_json: AsJson = False, agency: Agency = None) -> None:
    """Learn weights from leads that were worked; proposes them where later leads bear them out."""
    found = execute(lambda settings: _learn(settings, since, agency))
    _show(found, as_json=as_json, text=learnt)


@proposals.command("list")
def list_proposals(*, as_json: AsJson = False, agency: Agency = None) -> None:
    """Show proposals, newest first; with --json one object a line."""
    found = execute(lambda settings: _page(settings, agency))
    if as_json:
        for one in found:
            sys.stdout.write(one.model_dump_json() + "\n")
    elif found:
        for one in found:
            out.print(
                f"{one.id}  {one.state}  {one.created_at:%Y-%m-%d}  from {one.worked} leads: {_points(one.weights)}"
            )
    else:
        out.print("no proposals; `leadwright route learn` looks for one")


@proposals.command("show")
def show(proposal_id: Proposal, *, as_json: AsJson = False, agency: Agency = None) -> None:
    """Show a proposal with what speaks for it."""
    found = execute(lambda settings: _one(settings, proposal_id, agency))
    _show(found, as_json=as_json, text=proposed)


@proposals.command("apply")
def apply(
    proposal_id: Proposal,
    person: Person,
    note: Note = "applied by hand",
    *,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Make the proposed weights the agency's, in the name of a person who may."""
    found = execute(lambda settings: _decide(settings, proposal_id, person, note, agency, apply=True))
    _show(found, as_json=as_json, text=proposed)


@proposals.command("dismiss")
def dismiss(
    proposal_id: Proposal,
    person: Person,
    note: Note = "dismissed by hand",
    *,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Leave the weights as they are, in the name of a person who may."""
    found = execute(lambda settings: _decide(settings, proposal_id, person, note, agency, apply=False))
    _show(found, as_json=as_json, text=proposed)


def simulated(found: SimulationView) -> RenderableType:
    """A simulation for reading."""
    lines = [
        f"{found.leads} leads, {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M};"
        f" the baseline gives {found.as_recorded} as they were given",
        f"{found.changed} would go to somebody else; capacity breaches {found.before.breaches} and {found.after.breaches}",
    ]
    if found.expected is None:
        lines.append(f"conversions cannot be foretold: {found.expected_missing}")
    else:
        told = found.expected
        lines.append(
            f"expected conversions {told.before.value:.1f} before, {told.after.value:.1f} after;"
            f" difference {told.difference.value:+.1f} ({told.difference.low:+.1f} to {told.difference.high:+.1f})"
        )
    for name, side in (("before", found.before), ("after", found.after)):
        even = side.fairness
        gini = "unknown" if even.leads is None else f"{even.leads:.3f}"
        by_room = "unknown" if even.per_capacity is None else f"{even.per_capacity:.3f}"
        nobody = ", ".join(f"{count} {code}" for code, count in side.unassigned.items()) or "none"
        lines.append(f"{name}: Gini {gini}, per unit of capacity {by_room}; without a producer {nobody}")
        lines.append(f"  stopped at a gate: {', '.join(f'{n} {code}' for code, n in side.gates.items()) or 'nobody'}")
        if side.rules:
            lines.append(f"  rules that matched: {', '.join(f'{rule} {n}' for rule, n in side.rules.items())}")
    lines += [f"note: {note}" for note in found.notes]
    table = Table("producer", "before", "after")
    for who in sorted(
        {**found.before.producers, **found.after.producers}, key=lambda one: found.names.get(one, str(one))
    ):
        before, after = found.before.producers.get(who, 0), found.after.producers.get(who, 0)
        table.add_row(escape(found.names.get(who, str(who))), str(before), str(after))
    examples = [f"{one.lead_id}: {one.before or 'nobody'} -> {one.after or 'nobody'}" for one in found.examples[:5]]
    return Group(escape("\n".join(lines)), table, *examples)


def learnt(found: LearntView) -> RenderableType:
    """What came of learning, for reading."""
    said = f"{found.code}: {found.reason} ({found.worked} worked leads)"
    return escape(said) if found.proposal is None else Group(escape(said), proposed(found.proposal))


def proposed(found: ProposalView) -> RenderableType:
    """A proposal for reading."""
    gain, other = found.estimate["gain_per_100"], found.estimate["off_policy"]
    return escape(
        f"{found.id} {found.state} (version {found.version}), from {found.worked} leads"
        f" {found.data_since:%Y-%m-%d} to {found.data_until:%Y-%m-%d}\n"
        f"now:      {_points(found.present)}\nproposed: {_points(found.weights)}\n"
        f"by a model {gain['value']:+.1f} of 100 leads won besides ({gain['low']:+.1f} to {gain['high']:+.1f});"
        f" from outcomes alone: {other['text']}"
    )


def _show(found: Any, *, as_json: bool, text: Any) -> None:
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    else:
        out.print(text(found))


async def _simulate(
    settings: Settings, since: str, file: Path | None, rules: Any, seed: int, agency: str | None
) -> SimulationView:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        weights = _weights_of(file) if file else None
        if weights is None and rules is None:
            weights = await _in_force(services, actor)
        try:
            given = {"since": _since(since), "weights": weights, "rules": rules, "seed": seed}
            body = SimulationIn.model_validate(given)
        except ValidationError as problem:
            faults = tuple(
                FieldError(".".join(map(str, one["loc"])), one["type"], one["msg"]) for one in problem.errors()
            )
            raise Invalid("the weights are not usable", fields=faults) from problem
        return await services.weighing.simulations.run(actor, body, BY_HAND)


async def _in_force(services: Services, actor: Actor) -> dict[str, str]:
    async with services.database.begin(actor) as uow:
        return (await general_weights(uow)).as_dict()


async def _learn(settings: Settings, since: str, agency: str | None) -> LearntView:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        return await services.weighing.proposals.learn(actor, LearnIn(since=_since(since)))


async def _page(settings: Settings, agency: str | None) -> list[ProposalView]:
    async with session(settings) as services:
        return (await services.weighing.proposals.page(await agency_actor(services, "cli", agency), at_most=200)).items


async def _one(settings: Settings, proposal_id: UUID, agency: str | None) -> ProposalView:
    async with session(settings) as services:
        return await services.weighing.proposals.one(await agency_actor(services, "cli", agency), proposal_id)


async def _decide(
    settings: Settings, proposal_id: UUID, person: str, note: str, agency: str | None, *, apply: bool
) -> ProposalView:
    async with session(settings) as services:
        who = await services.access.people.acting(await agency_actor(services, "cli", agency), person)
        weighing = services.weighing.proposals
        seen = await weighing.one(who, proposal_id)
        decide = weighing.apply if apply else weighing.dismiss
        return await decide(who, proposal_id, note, expected=seen.version)


def _since(text: str) -> datetime:
    back = _BACK.fullmatch(text.strip())
    if back is not None:
        return now() - timedelta(**{_UNITS[back[2]]: int(back[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        fault = FieldError("--since", "malformed", "is no time", "write 90d, 12h, or 2026-01-31T00:00:00Z", text[:80])
        raise Invalid("the time cannot be read", fields=(fault,))
    return at


def _weights_of(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"), parse_float=str)
    except (OSError, ValueError) as problem:
        fault = FieldError(
            "--weights", "unreadable", str(problem), 'give a JSON file such as {"distance": 20}', str(file)[:80]
        )
        raise Invalid("the weights cannot be read", fields=(fault,)) from problem
    if not isinstance(found, dict):
        fault = FieldError(
            "--weights", "malformed", "is no object", 'write {"distance": 20, "language": "7.5"}', str(file)[:80]
        )
        raise Invalid("the weights cannot be read", fields=(fault,))
    return found


def _points(weights: dict[str, str]) -> str:
    heavy = sorted(weights.items(), key=lambda one: -float(one[1]))
    return ", ".join(f"{name} {points}" for name, points in heavy if float(points))
