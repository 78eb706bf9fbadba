"""Money in and out on the wire: balances, payouts, statements, carriers' statements, reconciliation, totals of years."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.commissions.payouts import PayoutVerb
from services.commissions.plan_schemas import MOST, Day

_STRICT = ConfigDict(extra="forbid")
_CURRENCY = Field("USD", pattern=r"^(USD|CAD|EUR|GBP|MXN|INR|JPY)$")
_RUN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$"


class BalanceView(BaseModel):
    """What a payee has coming in one currency, in minor units; ``payable_minor`` below 0 is owed back and carried.

    ``held_minor`` is what of it no run pays, for a hold stands on the payee or on commissions.
    """

    payee_id: UUID
    currency: str
    pending_minor: int
    payable_minor: int
    held_minor: int
    in_payment_minor: int
    withheld_minor: int


class BalanceList(BaseModel):
    """Balances of payees, by their ids."""

    items: list[BalanceView]


class RunIn(BaseModel):
    """A payout run; the same ``run`` pays each payee once."""

    model_config = _STRICT

    run: str = Field(pattern=_RUN, description="Its name, as in `2026-03`.")
    currency: str = _CURRENCY


class PayoutView(BaseModel):
    """A payment to a payee."""

    id: UUID
    run: str
    payee_id: UUID
    currency: str
    amount_minor: int
    state: str
    version: int
    created_at: datetime
    processed_at: datetime | None
    ended_at: datetime | None
    reference: str | None
    file_number: int | None = Field(description="The file that took it to the bank; a payout is in one at most.")
    allowed_actions: list[str]


class LeftOut(BaseModel):
    """What a run or a file leaves out: ``owed_back``, ``held``, ``below_least``, ``in_this_run``, ``no_bank_details``,
    ``other_currency``.
    """

    payee_id: UUID
    amount_minor: int
    currency: str
    reason: str


class RunView(BaseModel):
    """What a run set aside now, and whom it left out."""

    run: str
    made: list[PayoutView]
    left_out: list[LeftOut]


class PayoutPage(BaseModel):
    """Payouts, newest first."""

    items: list[PayoutView]
    next_cursor: int | None


class PayoutChange(BaseModel):
    """What is done with a payout: ``process`` hands it to the bank, ``confirm`` says it arrived, ``return`` that it did not,
    or came back after all.
    """

    model_config = _STRICT

    action: PayoutVerb
    reference: str | None = Field(None, min_length=1, max_length=120, description="The bank's reference or reason.")


class FileIn(BaseModel):
    """Which run, and the day on which the bank shall pay. A file pays one currency, and ACH pays USD only."""

    model_config = _STRICT

    run: str = Field(pattern=_RUN)
    currency: str = _CURRENCY
    pay_on: Day
    description: str = Field("COMMISSION", min_length=1, max_length=10)


class PayoutFile(BaseModel):
    """CSV for the bank. What is in it counts as processed, and no other file holds it.

    ``number`` is null where nothing was left to be paid. ``copy_of_earlier`` says that these payments were sent to the bank
    before, with the file of this number: uploading it again pays twice. ``earlier`` are the files of the run before it.
    """

    number: int | None
    run: str
    currency: str
    copy_of_earlier: bool
    written_at: datetime | None
    csv: str
    payments: int
    total_minor: int
    left_out: list[LeftOut]
    earlier: list[int]


class BankIn(BaseModel):
    """Where a producer is paid; kept sealed."""

    model_config = _STRICT

    routing: str = Field(pattern=r"^[0-9]{9}$")
    account: str = Field(pattern=r"^[A-Za-z0-9-]{4,17}$")
    savings: bool = False


class BankView(BaseModel):
    """The last digits of the account; nobody reads the others."""

    producer_id: UUID
    ends_with: str
    updated_at: datetime


class DebtKind(StrEnum):
    """``REPAID``: the producer paid it back; ``WRITTEN_OFF``: the agency does not ask for it any more, and bears it."""

    REPAID = "repaid"
    WRITTEN_OFF = "written_off"


class DebtIn(BaseModel):
    """What a producer owes back is settled, or some of it; the same ``source`` and ``number`` settle once."""

    model_config = _STRICT

    source: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    number: int = Field(1, ge=1, le=2**31 - 1)
    payee_id: UUID
    kind: DebtKind
    amount_minor: int = Field(ge=1, le=MOST)
    currency: str = _CURRENCY
    why: str = Field(min_length=1, max_length=500, pattern=r"^[^\x00]*\S[^\x00]*$")


class DebtView(BaseModel):
    """What was settled, and what the producer has coming now: below 0 is still owed."""

    payee_id: UUID
    kind: DebtKind
    amount_minor: int
    currency: str
    payable_minor: int
    replayed: bool


class FiguresView(BaseModel):
    """What stands in a payee's accounts, in minor units."""

    pending_minor: int
    payable_minor: int
    in_payment_minor: int
    withheld_minor: int


class EntryView(BaseModel):
    """A posting as its payee sees it: positive is theirs."""

    at: datetime
    happening: str
    account: str
    amount_minor: int
    accrual_id: UUID | None
    policy_number: str | None
    line: str | None
    why: str


class StatementView(BaseModel):
    """A payee's month, in the agency's zone."""

    payee_id: UUID
    payee: str
    month: str
    currency: str
    opening: FiguresView
    entries: list[EntryView]
    closing: FiguresView
    paid_minor: int


class CarrierStatementIn(BaseModel):
    """A carrier's commission statement. Rows are by the usual column names (docs/howto/commissions.md)."""

    model_config = _STRICT

    carrier: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")
    number: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00]*\S[^\x00]*$")
    received_on: Day
    currency: str = _CURRENCY
    stated_total_minor: int | None = Field(None, ge=-MOST, le=MOST)
    rows: list[dict[str, Any]] = Field(min_length=1, max_length=20_000)


class LineView(BaseModel):
    """A line and what became of it: ``matched``, ``differs``, ``unmatched``, ``ambiguous``, or ``invalid`` (not readable)."""

    id: UUID
    number: int
    policy_number: str
    effective_on: date | None
    amount_minor: int | None
    outcome: str
    reason: str
    pays: list[dict[str, Any]]
    variance_minor: int


class CarrierStatementView(BaseModel):
    """A statement with its lines; whatever is not matched is kept, its money in suspense."""

    id: UUID
    carrier: str
    number: str
    currency: str
    received_on: date
    stated_total_minor: int | None
    total_minor: int
    counts: dict[str, int]
    replayed: bool
    lines: list[LineView]


class CarrierStatementLine(BaseModel):
    """A statement in a list: how many lines came to what, and what is in suspense of it."""

    id: UUID
    carrier: str
    number: str
    currency: str
    received_on: date
    stated_total_minor: int | None
    total_minor: int
    suspense_minor: int
    counts: dict[str, int]


class CarrierStatementPage(BaseModel):
    """Carriers' statements, those that were taken last first."""

    items: list[CarrierStatementLine]
    next_cursor: UUID | None


class OpenLineView(LineView):
    """A line that is not matched, and the statement that it is of."""

    statement_id: UUID
    statement_number: str
    carrier: str
    currency: str
    received_on: date


class OpenLinePage(BaseModel):
    """Lines that are not matched, the oldest first."""

    items: list[OpenLineView]
    next_cursor: UUID | None


class MatchedAgain(BaseModel):
    """How many lines that waited found their commission now, and how many still wait."""

    matched: int
    waiting: int


class CarrierAccount(BaseModel):
    """One carrier in one currency: what we expect of it, what it paid for we know not what, and its lines by outcome."""

    carrier: str
    currency: str
    outstanding_minor: int
    suspense_minor: int
    lines: dict[str, int]
    sums_minor: dict[str, int]


class ReconciliationView(BaseModel):
    """Whether the books agree: all accounts sum to zero, and lines that wait are exactly what is in suspense."""

    sums_to_zero: bool
    suspense_agrees: bool
    agrees: bool
    carriers: list[CarrierAccount]
    accounts: dict[str, dict[str, int]]


class YearLine(BaseModel):
    """What a payee was paid in the year. ``reportable`` is null where no threshold is known for it."""

    payee_id: UUID
    payee: str
    currency: str
    paid_minor: int
    reportable: bool | None


class YearView(BaseModel):
    """Totals of a calendar year beside the threshold of its information return, with its citation."""

    year: int
    threshold_minor: int | None
    citation: str | None
    items: list[YearLine]
