"""Money of commissions in and out: payouts, statements, carriers' statements, reconciliation."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import AgencyAdmin, CommissionReader, CommissionWriter, Provided
from api.guarded import GuardedRoute
from api.preconditions import Expected, tagged
from api.problems import problem_answers
from domain.commissions.matching import Outcome
from domain.commissions.payouts import PayoutState
from services.commissions.money_schemas import (
    BalanceList,
    BankIn,
    BankView,
    CarrierStatementIn,
    CarrierStatementPage,
    CarrierStatementView,
    DebtIn,
    DebtView,
    FileIn,
    LineView,
    MatchedAgain,
    OpenLinePage,
    PayoutChange,
    PayoutFile,
    PayoutPage,
    PayoutView,
    ReconciliationView,
    RunIn,
    RunView,
    StatementView,
    YearView,
)

router = APIRouter(prefix="/commissions", tags=["commissions"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **_READ_ONE}
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}, **_READ_ONE,
}  # fmt: skip
OpenOutcome = Literal["unmatched", "differs", "ambiguous", "invalid"]
Currency = Annotated[str, Query(pattern=r"^(USD|CAD|EUR|GBP|MXN|INR|JPY)$")]


class PayoutList(BaseModel):
    """Run, states, and how far."""

    model_config = ConfigDict(extra="forbid")

    run: str | None = Field(None, min_length=1, max_length=60)
    state: list[PayoutState] = Field(default_factory=list, max_length=10, description="Alternatives; none is all.")
    cursor: int | None = Field(None, ge=1, le=2**63 - 1, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class CarrierStatementList(BaseModel):
    """Whose statements, and how far."""

    model_config = ConfigDict(extra="forbid")

    carrier: str | None = Field(None, min_length=1, max_length=200, description="Its name, written anyhow.")
    cursor: UUID | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class OpenLineList(CarrierStatementList):
    """Whose lines, with which outcomes, of which policy, and how far."""

    outcome: list[OpenOutcome] = Field(default_factory=list, max_length=10, description="Alternatives; none is all.")
    policy: str | None = Field(None, min_length=1, max_length=60, description="Its number, written anyhow.")


class Assignment(BaseModel):
    """Which commission a line pays."""

    model_config = ConfigDict(extra="forbid")

    accrual_id: UUID


@router.get("/balances", responses=_READ)
async def list_commission_balances(services: Provided, actor: CommissionReader) -> BalanceList:
    """What payees have coming; below zero is owed back. A producer sees the own."""
    return await services.commissions.reports.balances(actor)


@router.get("/statements/{producer_id}/{month}", responses=_READ_ONE)
async def get_commission_statement(
    services: Provided, actor: CommissionReader, producer_id: UUID, month: str, currency: Currency = "USD"
) -> StatementView:
    """A producer's month (YYYY-MM, in the agency's zone), from what stood before to what stands after."""
    return await services.commissions.reports.statement(actor, producer_id, month, currency)


@router.get("/statements/{producer_id}/{month}/csv", response_class=Response, responses=_CSV)
async def get_commission_statement_csv(
    services: Provided, actor: CommissionReader, producer_id: UUID, month: str, currency: Currency = "USD"
) -> Response:
    """The statement as CSV; text that a spreadsheet would take for a formula begins with an apostrophe."""
    text = await services.commissions.reports.statement_csv(actor, producer_id, month, currency)
    return Response(text, media_type="text/csv; charset=utf-8", headers=_saved(month, "csv"))


@router.get("/statements/{producer_id}/{month}/pdf", response_class=Response, responses=_PDF)
async def get_commission_statement_pdf(
    services: Provided, actor: CommissionReader, producer_id: UUID, month: str, currency: Currency = "USD"
) -> Response:
    """The statement as a PDF."""
    made = await services.commissions.reports.statement_pdf(actor, producer_id, month, currency)
    return Response(made, media_type="application/pdf", headers=_saved(month, "pdf"))


@router.get("/years", responses=_READ)
async def get_commission_year(
    services: Provided, actor: CommissionReader, year: Annotated[int, Query(ge=1900, le=2199)]
) -> YearView:
    """What was paid to whom in a calendar year, beside the threshold of the year's information return."""
    return await services.commissions.reports.year(actor, year)


@router.post("/payout-runs", responses=_SEND)
async def run_payouts(services: Provided, actor: CommissionWriter, body: RunIn) -> RunView:
    """Set aside what each payee has coming. The same run pays each once; debts are carried."""
    return await services.commissions.payouts.run(actor, body)


@router.post("/payout-files", responses=_SEND)
async def write_payout_file(services: Provided, actor: AgencyAdmin, body: FileIn) -> PayoutFile:
    """A file for the bank with those payouts of a run that no file held before; what is in it is processed."""
    return await services.commissions.payout_files.write(actor, body)


@router.get("/payout-files/{file_number}", responses=_READ_ONE)
async def copy_payout_file(
    services: Provided, actor: AgencyAdmin, file_number: Annotated[int, Path(ge=1, le=2**63 - 1)]
) -> PayoutFile:
    """A copy of an earlier file, as it was written. Its payments were sent before: uploading it again pays twice."""
    return await services.commissions.payout_files.copy(actor, file_number)


@router.get("/payouts", responses=_READ)
async def list_payouts(
    services: Provided, actor: CommissionReader, query: Annotated[PayoutList, Query()]
) -> PayoutPage:
    """Payouts, newest first. A producer sees the own."""
    return await services.commissions.payouts.page(
        actor, run=query.run, states=query.state, cursor=query.cursor, limit=query.limit
    )


@router.get("/payouts/{payout_id}", responses=_READ_ONE)
async def get_payout(services: Provided, actor: CommissionReader, payout_id: UUID, response: Response) -> PayoutView:
    """One payout."""
    return tagged(await services.commissions.payouts.one(actor, payout_id), response)


@router.post("/payouts/{payout_id}/change", responses=_CHANGE)
async def change_payout(
    services: Provided, actor: AgencyAdmin, payout_id: UUID, body: PayoutChange, expected: Expected, response: Response
) -> PayoutView:
    """Hand a payout to the bank, confirm it, or return it. 409 for a step that does not follow."""
    return tagged(await services.commissions.payouts.change(actor, payout_id, body, expected=expected), response)


@router.put("/payees/{producer_id}/bank", responses=_SEND)
async def save_bank_details(services: Provided, actor: AgencyAdmin, producer_id: UUID, body: BankIn) -> BankView:
    """Where a producer is paid. It is kept sealed; nobody reads it back."""
    return await services.commissions.payouts.save_bank(actor, producer_id, body)


@router.post("/debts", responses=_SEND)
async def settle_commission_debt(services: Provided, actor: CommissionWriter, body: DebtIn) -> DebtView:
    """A producer paid back what they owe, or it is written off, with the reason; never more than is owed."""
    return await services.commissions.debts.settle(actor, body)


@router.post("/carrier-statements", responses=_SEND)
async def import_carrier_statement(
    services: Provided, actor: CommissionWriter, body: CarrierStatementIn
) -> CarrierStatementView:
    """A carrier's commission statement: each line pays its commission, or is kept. Sending it again changes nothing."""
    return await services.commissions.carriers.take(actor, body)


@router.get("/carrier-statements", responses=_READ)
async def list_carrier_statements(
    services: Provided, actor: CommissionWriter, query: Annotated[CarrierStatementList, Query()]
) -> CarrierStatementPage:
    """Carriers' statements, those that were taken last first, with what their lines came to."""
    return await services.commissions.carriers.page(
        actor, carrier=query.carrier, cursor=query.cursor, limit=query.limit
    )


@router.get("/carrier-lines", responses=_READ)
async def list_open_carrier_lines(
    services: Provided, actor: CommissionWriter, query: Annotated[OpenLineList, Query()]
) -> OpenLinePage:
    """Lines that are not matched, the oldest first: their money is in suspense until somebody says what they pay."""
    return await services.commissions.carriers.open_lines(
        actor, outcomes=[Outcome(one) for one in query.outcome], carrier=query.carrier, policy_number=query.policy,
        cursor=query.cursor, limit=query.limit,
    )  # fmt: skip


@router.post("/carrier-statements/match", responses=problem_answers(401, 403, 422, 503))
async def match_carrier_lines(services: Provided, actor: CommissionWriter) -> MatchedAgain:
    """Look again for the commissions of lines that wait."""
    return await services.commissions.carriers.match_again(actor)


@router.get("/carrier-statements/{statement_id}", responses=_READ_ONE)
async def get_carrier_statement(
    services: Provided, actor: CommissionWriter, statement_id: UUID
) -> CarrierStatementView:
    """A statement and what became of its lines."""
    return await services.commissions.carriers.one(actor, statement_id)


@router.post("/carrier-lines/{line_id}/assign", responses=_SEND)
async def assign_carrier_line(services: Provided, actor: CommissionWriter, line_id: UUID, body: Assignment) -> LineView:
    """A person says which commission a line pays."""
    return await services.commissions.carriers.assign(actor, line_id, body.accrual_id)


@router.get("/reconciliation", responses=_READ)
async def reconcile_commissions(services: Provided, actor: CommissionWriter) -> ReconciliationView:
    """Do the books agree: the ledger with itself, and each carrier's account with its statements?"""
    return await services.commissions.reconciliation.report(actor)


def _saved(month: str, form: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="commissions-{month}.{form}"'}
