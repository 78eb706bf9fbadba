"""``leadwright network``: edge files in, reach, scores and value of producers, referrals and rings."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel
from rich.markup import escape
from rich.table import Table

from cli.network_picture import svg
from cli.session import err, execute, in_agency, out
from domain.actor import Actor
from domain.network.connections import Kind
from domain.network.reach import DEGREES
from kernel.errors import Unavailable
from services.container import Services
from services.network.importing import read_edges
from services.network.schemas import GraphView, Imported, NetworkValue, ReachView, ScoreView

network = typer.Typer(no_args_is_help=True, help="The broker network: edge files in, reach, scores, value.")
T = TypeVar("T")

Nodes = Annotated[list[str] | None, typer.Argument(help="The agency's own ids of producers.")]
NodeFile = Annotated[
    Path | None, typer.Option("--nodes", help="CSV with a column node: more of them.", exists=True, dir_okay=False)
]
Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]


@network.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with the columns source and target; .gz too.", exists=True)],
    *,
    kind: Annotated[Kind, typer.Option(help="What the edges are: partnership or cross_referral.")] = Kind.PARTNERSHIP,
    add: Annotated[bool, typer.Option("--add", help="Keep what an earlier import brought.")] = False,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Take connections in from a file; who is named and not there is added as an inactive producer. The same file again
    changes nothing; another one takes the place of the last, unless --add.
    """
    edges = read_edges(file.name, file.read_bytes())

    async def take(services: Services, actor: Actor) -> Imported:
        done = await services.brokers.importing.take(actor, edges, kind, add=add)
        try:
            await services.projection.refresh(actor)
        except Unavailable as problem:  # what was taken in stays, and the graph follows with the next question
            err.print(f"the graph is behind: {problem.detail}", markup=False)
        return done

    done = execute(in_agency("network", agency, take))
    if as_json:
        _print([done])
        return
    out.print(
        f"{done.edges} pairs of {done.producers} producers ({done.made} new): {done.connected} connected, "
        f"{done.ended} of an earlier import ended; {done.loops} loops and {done.repeats} repeats left out"
    )


@network.command("reach")
def reach(
    nodes: Nodes = None,
    *,
    file: NodeFile = None,
    degrees: Annotated[int, typer.Option(min=1, max=6, help="How many steps.")] = DEGREES,
    graph: Annotated[bool, typer.Option("--graph", help="Ask the graph, as a comparison.")] = False,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Count the distinct people within some steps of producers, each at the least distance."""

    async def ask(services: Services, actor: Actor) -> list[ReachView]:
        ids = [(await services.producers.records.named(actor, one)).id for one in _named(nodes, file)]
        reaching = services.brokers.reaching
        asked = reaching.reach_in_graph if graph else reaching.reach
        return [await asked(actor, one, degrees) for one in ids]

    found = execute(in_agency("network", agency, ask))
    if as_json:
        _print(found)
        return
    table = _table("node", "reach", *(f"at {step}" for step in range(1, degrees + 1)))
    for one in found:
        table.add_row(escape(one.external_id), str(one.reach), *(str(count) for count in one.by_degree.values()))
    out.print(table)


@network.command("picture")
def picture(
    node: Annotated[str, typer.Argument(help="The agency's own id of a producer.")],
    *,
    degrees: Annotated[int, typer.Option(min=1, max=DEGREES, help="How many steps.")] = 2,
    file: Annotated[Path | None, typer.Option("--svg", help="Write a drawing to this file.", dir_okay=False)] = None,
    agency: Agency = None,
) -> None:
    """The network around a producer: people, ties and where to draw them, as JSON on stdout or as a drawing."""

    async def ask(services: Services, actor: Actor) -> GraphView:
        who = (await services.producers.records.named(actor, node)).id
        return await services.brokers.reaching.picture(actor, who, degrees)

    found = execute(in_agency("network", agency, ask))
    if file is None:
        _print([found])
        return
    file.write_text(svg(found), encoding="utf-8")
    out.print(f"{len(found.nodes)} people and {len(found.edges)} ties in {file}; {found.left_out} left out")


@network.command("score")
def score(nodes: Nodes = None, *, file: NodeFile = None, as_json: AsJson = False, agency: Agency = None) -> None:
    """Show network scores and what they consist of."""

    async def ask(services: Services, actor: Actor) -> list[ScoreView]:
        ids = [(await services.producers.records.named(actor, one)).id for one in _named(nodes, file)]
        return [await services.brokers.standing.score(actor, one) for one in ids]

    found = execute(in_agency("network", agency, ask))
    if as_json:
        _print(found)
        return
    table = _table("node", "score", "tier", "connected", "for connections", "counterparts", "left out")
    for one in found:
        table.add_row(
            escape(one.external_id), one.shown, one.tier.value, str(one.connected), str(one.for_connections),
            str(len(one.counterparts)), str(len(one.left_out)),
        )  # fmt: skip
    out.print(table)


@network.command("value")
def value(nodes: Nodes = None, *, file: NodeFile = None, as_json: AsJson = False, agency: Agency = None) -> None:
    """Show what producers' networks brought in the last year, and could bring."""

    async def ask(services: Services, actor: Actor) -> list[NetworkValue]:
        ids = [(await services.producers.records.named(actor, one)).id for one in _named(nodes, file)]
        return [await services.brokers.standing.value(actor, one) for one in ids]

    found = execute(in_agency("network", agency, ask))
    if as_json:
        _print(found)
        return
    table = _table("producer", "currency", "direct (minor units)", "indirect")
    for one in found:
        for part in one.items:
            table.add_row(str(one.producer_id), part.currency, str(part.direct), str(part.indirect))
    out.print(table)


def _named(nodes: list[str] | None, file: Path | None) -> list[str]:
    found = list(nodes or ())
    if file is not None:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened)
            if "node" not in (rows.fieldnames or ()):
                raise typer.BadParameter(f"{file} has no column node")
            found += [row["node"].strip() for row in rows if row["node"]]
    if not found:
        raise typer.BadParameter("name a node, or give --nodes FILE")
    return found


def _print(found: list[Any]) -> None:
    for one in found:
        assert isinstance(one, BaseModel)
        sys.stdout.write(one.model_dump_json() + "\n")


def _table(*names: str) -> Table:
    table = Table(header_style="bold")
    for name in names:
        table.add_column(name)
    return table
