"""``leadwright commission``: every cent explained, statements, carriers' statements, reconciliation, plan and payouts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
from pydantic import BaseModel, ValidationError
from rich.markup import escape
from rich.table import Table

from cli.commands.commission_promotion import promotion
from cli.commands.commission_sharing import share_revenue, show_shared, terms
from cli.session import execute, in_agency, out
from domain.actor import Actor
from kernel.clock import now
from kernel.errors import FieldError, Invalid, NotFound
from kernel.money import Money
from kernel.settings import Settings
from services.commissions.carriers import rows_of
from services.commissions.money_schemas import (
    CarrierStatementIn,
    CarrierStatementView,
    OpenLinePage,
    ReconciliationView,
    RunIn,
    StatementView,
)
from services.commissions.plan_schemas import PlanIn
from services.commissions.schemas import AccrualIn, AccrualMade, AccrualPage, ExplanationView, ReversalIn, ReversalView
from services.commissions.sharing_schemas import SharedMonthView
from services.container import Services
from services.earning import EarningPage

commission = typer.Typer(
    no_args_is_help=True, help="Commissions: every cent explained, statements in and out, reconciliation."
)
commission.add_typer(promotion, name="promotion")
commission.command("share-revenue")(share_revenue)
commission.command("revenue-terms")(terms)
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


@commission.command("list")
def list_(
    *,
    policy: Annotated[str | None, typer.Option(help="Only of this policy; its number, written anyhow.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, the newest.")] = 50,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Show the newest commissions with their ids."""

    async def look(services: Services, actor: Actor) -> AccrualPage:
        return await services.commissions.accruals.page(actor, policy_number=policy, limit=limit)

    found = execute(in_agency("commission", agency, look))
    if as_json:
        sys.stdout.writelines(one.model_dump_json() + "\n" for one in found.items)
        return
    table = _table("id", "policy", "line", "effective", "commission", "retained", "status")
    for one in found.items:
        table.add_row(
            str(one.id), escape(one.policy_number), one.line, str(one.effective_on),
            _amount(one.gross_minor, one.currency), one.retained, one.status,
        )  # fmt: skip
    out.print(table)


@commission.command("explain")
def explain(
    entry_id: Annotated[UUID, typer.Argument(help="Of a commission, or of a month whose income was shared.")],
    *,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Work a commission out again from its frozen rule, beside what the ledger holds; exits 1 where they differ."""

    async def look(services: Services, actor: Actor) -> ExplanationView | SharedMonthView:
        try:
            return await services.commissions.explanations.of(actor, entry_id)
        except NotFound:
            return await services.commissions.sharing.explain(actor, entry_id)

    found = execute(in_agency("commission", agency, look))
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    elif isinstance(found, SharedMonthView):
        show_shared(found)
    else:
        _show_explanation(found)
    if not found.agrees:
        raise typer.Exit(1)


@commission.command("events")
def events(
    *,
    state: Annotated[
        list[str] | None, typer.Option(help="waiting, posted, nothing, held or dismissed; held where left out.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, the oldest.")] = 50,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Show events of policies on their way into the ledger, and why they are held."""

    async def look(services: Services, actor: Actor) -> EarningPage:
        return await services.earning.page(actor, state or ["held"], limit=limit)

    found = execute(in_agency("commission", agency, look))
    if as_json:
        sys.stdout.writelines(one.model_dump_json() + "\n" for one in found.items)
        return
    table = _table("event", "policy", "kind", "state", "why")
    for one in found.items:
        why = one.words or ""
        table.add_row(str(one.event_id), escape(one.policy_number or ""), one.kind, one.state, escape(why))
    out.print(table)


@commission.command("retry")
def retry(*, agency: Agency = None) -> None:
    """Try every event of a policy that is held again."""
    found = execute(in_agency("commission", agency, lambda services, actor: services.earning.retry(actor)))
    out.print(f"{found.woken} held events are tried again")


@commission.command("dismiss")
def dismiss(
    event_id: UUID, *, why: Annotated[str, typer.Option(help="Why it is laid aside.")], agency: Agency = None
) -> None:
    """Lay a held event aside: its commission is recorded by hand, or there is none."""
    found = execute(
        in_agency("commission", agency, lambda services, actor: services.earning.dismiss(actor, event_id, why))
    )
    out.print(f"{found.kind} of {escape(found.policy_number or '')} is laid aside")


@commission.command("statement")
def statement(
    who: Annotated[str, typer.Argument(help="The agency's own id of the producer.")],
    month: Annotated[str, typer.Argument(help="As in 2026-03, in the agency's zone.")],
    *,
    currency: Annotated[str, typer.Option(help="Three letters.")] = "USD",
    csv: Annotated[Path | None, typer.Option(help="Write it as CSV to this file.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write it as a PDF to this file.")] = None,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Show a producer's month: what stood, what happened, what stands. A debt is carried."""

    async def make(services: Services, actor: Actor) -> tuple[StatementView, str | None, bytes | None]:
        payee = (await services.producers.records.named(actor, who)).id
        reports = services.commissions.reports
        told = await reports.statement(actor, payee, month, currency)
        text = None if csv is None else await reports.statement_csv(actor, payee, month, currency)
        paper = None if pdf is None else await reports.statement_pdf(actor, payee, month, currency)
        return told, text, paper

    told, text, paper = execute(in_agency("commission", agency, make))
    if csv is not None and text is not None:
        csv.write_bytes(text.encode())
    if pdf is not None and paper is not None:
        pdf.write_bytes(paper)
    if as_json:
        sys.stdout.write(told.model_dump_json() + "\n")
    elif csv is None and pdf is None:
        _show_statement(told)


@commission.command("import")
def import_(
    file: File,
    *,
    carrier: Annotated[str, typer.Option(help="Whose statement it is.")],
    number: Annotated[str | None, typer.Option(help="The statement's number; the file's name where left out.")] = None,
    received: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day; today where left out.")] = None,
    currency: Annotated[str, typer.Option(help="Three letters.")] = "USD",
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Take a carrier's statement (CSV or JSON). The same one again changes nothing; what is not matched is kept."""
    rows = _told(lambda: rows_of(file.name, file.read_bytes()))
    given = _read(
        CarrierStatementIn,
        {
            "carrier": carrier, "number": number or file.stem, "rows": rows, "currency": currency,
            "received_on": (received or now()).date(),
        },
    )  # fmt: skip
    found = execute(
        in_agency("commission", agency, lambda services, actor: services.commissions.carriers.take(actor, given))
    )
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    else:
        _show_carrier_statement(found)


@commission.command("reconcile")
def reconcile(*, as_json: AsJson = False, agency: Agency = None) -> None:
    """Match lines that wait, then show whether the books agree; exits 1 where they do not."""

    async def look(services: Services, actor: Actor) -> ReconciliationView:
        await services.commissions.carriers.match_again(actor)
        await services.commissions.accruals.release_due(actor)
        return await services.commissions.reconciliation.report(actor)

    found = execute(in_agency("commission", agency, look))
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    else:
        table = _table("carrier", "currency", "outstanding", "suspense", "lines")
        for one in found.carriers:
            lines = ", ".join(f"{outcome} {n}" for outcome, n in one.lines.items())
            owed, kept = (_amount(minor, one.currency) for minor in (one.outstanding_minor, one.suspense_minor))
            table.add_row(escape(one.carrier), one.currency, owed, kept, lines)
        out.print(table)
        out.print("the books agree" if found.agrees else "[red]the books do not agree[/]")
    if not found.agrees:
        raise typer.Exit(1)


@commission.command("lines")
def lines(
    *,
    carrier: Annotated[str | None, typer.Option(help="Only of this carrier.")] = None,
    policy: Annotated[str | None, typer.Option(help="Only of this policy; its number, written anyhow.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, the oldest.")] = 50,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Show lines of carriers' statements that are not matched: what they pay for is not known."""

    async def look(services: Services, actor: Actor) -> OpenLinePage:
        carriers = services.commissions.carriers
        return await carriers.open_lines(actor, carrier=carrier, policy_number=policy, limit=limit)

    found = execute(in_agency("commission", agency, look))
    if as_json:
        sys.stdout.writelines(one.model_dump_json() + "\n" for one in found.items)
        return
    table = _table("id", "statement", "policy", "amount", "outcome", "reason")
    for one in found.items:
        amount = "" if one.amount_minor is None else _amount(one.amount_minor, one.currency)
        statement_of = escape(f"{one.carrier} {one.statement_number}")
        table.add_row(str(one.id), statement_of, escape(one.policy_number), amount, one.outcome, escape(one.reason))
    out.print(table)


@commission.command("plan")
def plan(file: File, *, agency: Agency = None) -> None:
    """Put a plan in force (docs/howto/commissions.md); the same again adds no version."""
    given = _read_json(PlanIn, file)
    found = execute(
        in_agency("commission", agency, lambda services, actor: services.commissions.plans.put(actor, given))
    )
    sys.stdout.write(found.model_dump_json() + "\n")


@commission.command("accrue")
def accrue(file: File, *, agency: Agency = None) -> None:
    """Earn the commission of a sale in a JSON file; the same source and number again earns nothing more."""
    given = _read_json(AccrualIn, file)

    async def earn(services: Services, actor: Actor) -> AccrualMade:
        return await services.commissions.accruals.accrue(actor, given)

    sys.stdout.write(execute(in_agency("commission", agency, earn)).model_dump_json() + "\n")


@commission.command("reverse")
def reverse(file: File, *, agency: Agency = None) -> None:
    """Reverse the commissions of a policy's term by their contracts; the command is a JSON file."""
    given = _read_json(ReversalIn, file)

    async def back(services: Services, actor: Actor) -> ReversalView:
        return await services.commissions.reversals.reverse(actor, given)

    sys.stdout.write(execute(in_agency("commission", agency, back)).model_dump_json() + "\n")


@commission.command("run")
def run(
    name: Annotated[str, typer.Argument(help="The run's name, as in 2026-03.")],
    *,
    currency: Annotated[str, typer.Option(help="Three letters.")] = "USD",
    agency: Agency = None,
) -> None:
    """Set aside what each producer has coming; the same run pays each once."""
    given = _read(RunIn, {"run": name, "currency": currency})
    found = execute(
        in_agency("commission", agency, lambda services, actor: services.commissions.payouts.run(actor, given))
    )
    sys.stdout.write(found.model_dump_json() + "\n")


def _read_json(kind: type[M], file: Path) -> M:
    return _told(lambda: kind.model_validate_json(file.read_bytes()))


def _read(kind: type[M], values: dict[str, Any]) -> M:
    return _told(lambda: kind.model_validate(values))


def _told(read: Callable[[], T]) -> T:
    """What was read; where it cannot be, every field that is wrong, as ``execute`` tells it."""

    async def attempt(_: Settings) -> T:
        try:
            return read()
        except ValidationError as problem:
            faults = tuple(
                FieldError(".".join(map(str, error["loc"])) or "file", error["type"], error["msg"])
                for error in problem.errors()[:100]
            )
            raise Invalid("the command cannot be read", fields=faults) from None

    return execute(attempt)


def _show_explanation(found: ExplanationView) -> None:
    for sentence in found.sentences:
        out.print(escape(sentence))
    currency = found.accrual.currency
    table = _table("line", "payee", "in full", "kept", "posted", "why")
    for one in found.lines:
        amounts = (_amount(minor, currency) for minor in (one.full_minor, one.kept_minor, one.posted_minor))
        table.add_row(one.line, str(one.payee_id or "house"), *amounts, escape(one.basis))
    out.print(table)
    for step in found.history:
        out.print(f"{step.at:%Y-%m-%d %H:%M} {step.happening}: {escape(step.why)}")
    out.print("the ledger agrees" if found.agrees else "[red]the ledger holds something else[/]")


def _show_statement(told: StatementView) -> None:
    out.print(f"{escape(told.payee)}, {told.month}, {told.currency}")
    table = _table("when", "what", "account", "policy", "amount", "why")
    for one in told.entries:
        table.add_row(
            f"{one.at:%Y-%m-%d %H:%M}", one.happening, one.account, escape(one.policy_number or ""),
            _amount(one.amount_minor, told.currency), escape(one.why),
        )  # fmt: skip
    out.print(table)
    for word, figures in (("opening", told.opening), ("closing", told.closing)):
        payable, pending = (_amount(minor, told.currency) for minor in (figures.payable_minor, figures.pending_minor))
        out.print(f"{word}: payable {payable}, pending {pending}")
    out.print(f"paid in the month: {_amount(told.paid_minor, told.currency)}")


def _show_carrier_statement(found: CarrierStatementView) -> None:
    table = _table("line", "policy", "effective", "amount", "outcome", "reason")
    for one in found.lines:
        day: date | None = one.effective_on
        amount = "" if one.amount_minor is None else _amount(one.amount_minor, found.currency)
        table.add_row(
            str(one.number), escape(one.policy_number), str(day or ""), amount, one.outcome, escape(one.reason)
        )
    out.print(table)
    counts = ", ".join(f"{n} {outcome}" for outcome, n in sorted(found.counts.items()))
    out.print(f"{counts}" + (" (taken before; nothing was posted)" if found.replayed else ""))


def _amount(minor: int, currency: str) -> str:
    return f"{Money(minor, currency).amount:,}"


def _table(*names: str) -> Table:
    table = Table(header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold")
    return table
