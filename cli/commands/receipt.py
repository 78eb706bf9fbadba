"""``leadwright receipt ID``: a routing decision, explained and computed again."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from cli.session import agency_actor, execute, out, session
from kernel.settings import Settings
from services.routing.schemas import ReceiptView, ReplayView


def receipt(
    receipt_id: Annotated[UUID, typer.Argument(help="The receipt's id, as process and the API give it.")],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="The whole record and its replay as one JSON object.")
    ] = False,
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")] = None,
) -> None:
    """Print a receipt and replay it; exits 1 when the replay gives another answer."""
    same = execute(lambda settings: _receipt(settings, receipt_id, agency, as_json=as_json))
    if not same:
        raise typer.Exit(1)


async def _receipt(settings: Settings, receipt_id: UUID, agency: str | None, *, as_json: bool) -> bool:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        view = await services.receipts.get(actor, receipt_id)
        replayed = await services.receipts.replay(actor, receipt_id)
    if as_json:
        record = {"receipt": view.model_dump(mode="json"), "replay": replayed.model_dump(mode="json")}
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    else:
        out.print(explained(view, replayed))
    return replayed.same


def explained(view: ReceiptView, replayed: ReplayView) -> RenderableType:
    """A receipt as a person reads it."""
    body: dict[str, Any] = view.body
    lead, ranking, outcome = body["lead"], body["ranking"], body["outcome"]
    parts: list[RenderableType] = [
        f"[bold]Receipt[/] {view.id}  ({body['rules']}, facts as of {body['as_of']})",
        f"Lead {view.lead_id}: {lead['line']} in {' or '.join(lead['risk_states']) or 'an unknown state'}"
        f" (from {lead['states_from']}), score {lead['score']}, {lead['tier'] or 'no'} tier",
        f"Outcome: [bold]{escape(view.producer_name or 'a person decides')}[/] ({outcome['code']})",
        f"{ranking['considered']} producers considered, {ranking['eligible']} eligible",
    ]
    if ranking["refused"]:
        counts = ", ".join(
            f"{count} {code}" for code, count in sorted(ranking["refused"].items(), key=lambda one: -one[1])
        )
        parts.append(f"Stopped at a gate: {counts}")
    if outcome.get("beside"):
        parts.append(f"Asked at the same time: {', '.join(one[-6:] for one in outcome['beside'])}")
    parts += [f"Passed over for a carrier of theirs: {one[-6:]}" for one in outcome.get("passed_over", ())]
    parts += [
        f"Rule {escape(one['rule'])} ({one['do']}): {one['note']}, took out {one['removed']}, preferred {one['preferred']}"
        for one in ranking.get("rules", ())
    ]
    parts += [f"Claim refused for {one['producer_id'][-6:]}: {one['code']}" for one in body["refused"]]
    if not ranking["best"]:
        parts.append(f"Reason: {ranking['reason']}")
    winner = next((one for one in ranking["best"] if one["producer_id"] == outcome["producer_id"]), None)
    if winner is not None:
        parts.append(_factors(winner))
    verdict = (
        "[green]the same answer[/]"
        if replayed.same
        else "[red]another answer[/]: " + escape("; ".join(replayed.differences[:5]))
    )
    parts.append(f"Replay from the stored facts: {verdict}")
    return Group(*parts)


def _factors(winner: dict[str, Any]) -> Table:
    table = Table(
        header_style="bold",
        title=f"why this producer: {float(winner['total']):.2f} of 100 points",
        title_justify="left",
    )
    for name in ("factor", "points", "of", "because"):
        table.add_column(name, justify="right" if name in {"points", "of"} else "left", overflow="fold")
    for part in winner["factors"]:
        table.add_row(
            part["factor"], f"{float(part['given']):.2f}", f"{float(part['points']):.1f}", escape(part["reason"])
        )
    return table
