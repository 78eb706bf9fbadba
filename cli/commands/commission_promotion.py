"""``leadwright commission promotion``: bonuses of the house for new business."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from cli.session import execute, in_agency, out
from domain.lines import Line
from domain.network.tiers import Tier
from kernel.money import Money
from services.commissions.promotion_schemas import PromotionIn

promotion = typer.Typer(no_args_is_help=True, help="Bonuses of the house for new business, by network tier.")

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The period has its first day and not its last.")]
Cap = Annotated[int | None, typer.Option(min=0, help="What it may cost, in minor units; no cap where left out.")]


@promotion.command("add")
def add(
    name: Annotated[str, typer.Argument(help="As producers read it.")],
    *,
    begins: Day,
    ends: Day,
    bonus: Annotated[int, typer.Option(min=1, help="For each policy, in minor units.")],
    line: Annotated[list[Line] | None, typer.Option(help="Only of this line; several may be given.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="Only of this state; several may be given.")] = None,
    least_tier: Annotated[Tier, typer.Option(help="platinum or diamond.")] = Tier.PLATINUM,
    currency: Annotated[str, typer.Option(help="Three letters.")] = "USD",
    cap_each: Cap = None,
    cap: Cap = None,
    holding_days: Annotated[int, typer.Option(min=0, max=3660, help="A policy that ends within gives it back.")] = 0,
    agency: Agency = None,
) -> None:
    """Announce a promotion: a bonus for each policy that is activated as new business in its period."""
    given = _read({
        "name": name, "begins_on": begins.date(), "ends_on": ends.date(), "lines": line or [], "states": state or [],
        "least_tier": least_tier, "bonus_minor": bonus, "currency": currency, "cap_each_minor": cap_each,
        "cap_minor": cap, "holding_days": holding_days,
    })  # fmt: skip
    made = execute(
        in_agency("commission", agency, lambda services, actor: services.commissions.promotions.add(actor, given))
    )
    sys.stdout.write(made.model_dump_json() + "\n")


@promotion.command("list")
def list_(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False,
    agency: Agency = None,
) -> None:
    """Show promotions, the newest first, with what stands given of each."""
    found = execute(in_agency("commission", agency, lambda services, actor: services.commissions.promotions.all(actor)))
    if as_json:
        sys.stdout.writelines(one.model_dump_json() + "\n" for one in found.items)
        return
    table = Table(header_style="bold")
    for name in ("id", "name", "from", "until", "tier", "bonus", "given", "open"):
        table.add_column(name, overflow="fold")
    for one in found.items:
        bonus, given = (f"{Money(minor, one.currency).amount:,}" for minor in (one.bonus_minor, one.given_minor or 0))
        table.add_row(
            str(one.id), escape(one.name), str(one.begins_on), str(one.ends_on), one.least_tier.value, bonus, given,
            "yes" if one.open else "no",
        )  # fmt: skip
    out.print(table)


@promotion.command("end")
def end(promotion_id: UUID, *, agency: Agency = None) -> None:
    """End a promotion before its time; what was earned keeps its bonus."""
    found = execute(
        in_agency(
            "commission", agency, lambda services, actor: services.commissions.promotions.end(actor, promotion_id)
        )
    )
    sys.stdout.write(found.model_dump_json() + "\n")


def _read(values: dict[str, Any]) -> PromotionIn:
    try:
        return PromotionIn.model_validate(values)
    except ValidationError as problem:
        faults = (f"{'.'.join(map(str, one['loc']))} {one['msg']}".strip() for one in problem.errors())
        raise typer.BadParameter("; ".join(faults)) from None
