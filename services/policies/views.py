"""Policies as doors show them. Money is minor units; the currency stands on the policy."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from domain.policies.term import Money
from services.policies.renewal_views import OfferView, RenewalDates, RenewalQuoteView


class PolicyItem(BaseModel):
    """A policy in a list: one term. ``price_minor`` is a full term's premium as it is, ``written_minor`` what was written."""

    id: UUID
    version: int
    status: str
    number: str | None
    carrier: str
    line: str
    type: str
    state: str
    currency: str
    term_number: int
    renews_id: UUID | None
    lead_id: UUID | None
    producer_id: UUID | None
    insured: str | None
    starts_on: date
    ends_on: date
    starts_at: datetime
    ends_at: datetime
    ended_on: date | None
    ended_by: str | None
    ended_reason: str | None
    price_minor: int
    written_minor: int
    taxes_minor: int
    fees_minor: int
    paid_minor: int
    created_at: datetime
    updated_at: datetime


class PolicyPage(BaseModel):
    """Newest first."""

    items: list[PolicyItem]
    next_cursor: str | None


class InstalmentView(BaseModel):
    """Due by the end of the day."""

    number: int
    due_on: date
    amount_minor: int


class AccountView(BaseModel):
    """Where payment stands. ``grace_until`` is None where nothing is overdue or no rule gives grace."""

    billed_minor: int
    due_minor: int
    paid_minor: int
    credit_minor: int
    overdue: bool
    unpaid: InstalmentView | None
    grace_until: datetime | None


class Stretch(BaseModel):
    """Losses from ``opens_at`` on and before ``closes_at`` are covered."""

    opens_at: datetime
    closes_at: datetime


class MoneyView(BaseModel):
    """At one instant: ``earned_minor`` and ``unearned_minor`` make ``written_minor``."""

    written_minor: int
    earned_minor: int
    unearned_minor: int
    taxes_minor: int
    fees_minor: int


def money_view(money: Money) -> MoneyView:
    """The domain's figures, as doors show them."""
    return MoneyView(
        written_minor=money.written, earned_minor=money.earned, unearned_minor=money.unearned, taxes_minor=money.taxes,
        fees_minor=money.fees,
    )  # fmt: skip


class NoticeView(BaseModel):
    """A notice with the rule it is valid by. ``due_on`` and the amounts are of one for non-payment: the due date that it is
    about, what was past due when it was recorded, and what must be paid before it takes effect so that nothing is overdue then.
    """

    id: UUID
    action: str
    reason: str
    sent: str
    mailed_on: date
    effective_on: date
    days_required: int
    rule: str
    citation: str
    tables_version: str
    proof: str | None = Field(description="Where the proof of its mailing is kept.")
    recipients: list[str] | None = Field(description="Whom its rule names beside the insured.")
    due_on: date | None
    past_due_minor: int | None
    to_pay_minor: int | None
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_why: str | None


class PriceView(BaseModel):
    """The carrier's price as a person entered it: ``kind`` is ``premiums``, ``change`` or ``no_charge``."""

    kind: str
    reference: str
    premiums: dict[str, int] | None
    change_minor: int | None
    per: str | None
    by: str
    at: datetime


class EndorsementView(BaseModel):
    """A change, quoted or further. ``premium_change_minor`` is what it writes until the end of the term. While it is ``unrated``
    the carrier's price is awaited: it is not in the amounts, and it can be neither approved nor applied.
    """

    id: UUID
    version: int
    state: str
    effective_on: date
    operations: list[dict[str, Any]]
    premium_change_minor: int
    tax_change_minor: int
    repriced: list[int] = Field(description="Numbers of later changes that it puts anew on top of itself.")
    unrated: bool
    price: PriceView | None = Field(description="What the carrier asks, where a person entered it after the change.")
    why: str | None
    created_at: datetime
    decided_by: str | None


class PaymentView(BaseModel):
    """Money; negative where it was given back."""

    id: UUID
    amount_minor: int
    method: str
    reference: str | None
    state: str
    received_at: datetime
    reversed_at: datetime | None
    why: str | None


class PolicyDetail(PolicyItem):
    """Everything about a term, as it is now."""

    producers: list[dict[str, Any]]
    contract: dict[str, Any]
    returns: dict[str, Any]
    plan: dict[str, Any]
    contents: dict[str, Any] = Field(description="Licence numbers by their last signs.")
    prefill: PrefillView | None = Field(description="Where a draft of a lead has its values from.")
    schedule: list[InstalmentView]
    account: AccountView
    cover: list[Stretch]
    covered_now: bool
    money: MoneyView
    notices: list[NoticeView]
    endorsements: list[EndorsementView]
    payments: list[PaymentView]
    renewal: RenewalDates
    renewal_quote: RenewalQuoteView | None = Field(description="The carrier's, for the term after this one.")
    offer: OfferView | None = Field(description="Of a renewal.")
    possible: list[str] = Field(description="What the life cycle lets happen; guards have their own say.")


class PrefilledField(BaseModel):
    """A value of a draft's contents that was filled in, by its place (``object.vehicle-1.vin``), and where it is from."""

    field: str
    source: str = Field(description="lead, document, enrichment, or win for the record that the lead was won.")
    document_id: UUID | None


class DifferingField(BaseModel):
    """A value that was left empty because sources say different things; one source alone may contradict itself."""

    field: str
    sources: list[PrefilledField]


class PrefillView(BaseModel):
    """What a draft of a lead was made of. ``expected_premium_minor`` is what the lead was won with, for this term; the difference
    is that of the contents' price to it, None where they are in other currencies or it was not said.
    """

    filled: list[PrefilledField]
    differing: list[DifferingField]
    expected_premium_minor: int | None
    expected_currency: str | None
    difference_minor: int | None


class LicenceView(BaseModel):
    """A driver's licence in full."""

    party: str
    name: str
    licence_number: str
    licence_state: str | None


class LicenceList(BaseModel):
    """Of the drivers as they are now."""

    items: list[LicenceView]


class AsOfView(BaseModel):
    """The term at ``at`` as it was known at ``known_at``."""

    id: UUID
    at: datetime
    known_at: datetime
    status: str | None = Field(description="None before it was known at all.")
    covered: bool
    price_minor: int
    money: MoneyView
    contents: dict[str, Any]
    changes: int
    account: AccountView = Field(description="At `at`, by the payments and the schedule that were known at `known_at`.")
    schedule: list[InstalmentView] = Field(description="As it stood at `known_at`.")


class CancelQuote(BaseModel):
    """What a cancellation would return. ``words`` name the method, for the letter; ``why_method`` says why that one."""

    effective_on: date
    method: str
    basis: str
    unearned_minor: int
    penalty_minor: int
    minimum_kept_minor: int
    premium_return_minor: int
    tax_return_minor: int
    fee_return_minor: int
    refund_minor: int = Field(description="What the insured gets back, by what is paid; negative is owed.")
    words: str
    why_method: str


class ReinstateQuote(BaseModel):
    """What it takes to take cover up again today: ``to_pay_minor`` is what is due by the schedule that would stand, less what is
    paid. With a lapse cover begins with a payment made since the end, even where nothing is owed.
    """

    lapse: bool
    to_pay_minor: int
    due_minor: int
    paid_minor: int
    billed_minor: int = Field(description="Of the whole term, the gap left out.")
    until: date = Field(description="The last day on which it can be.")
    needs_statement: bool = Field(description="Whether a statement of no loss is needed.")
    needs_evidence: bool
    basis: str = Field(
        description="`statute`, or `custom` of carriers: then the contract decides, and a person asks the carrier."
    )
    citation: str
    schedule: list[InstalmentView]


class PolicyActivity(BaseModel):
    """One event of a policy."""

    id: UUID
    version: int
    kind: str
    recorded_at: datetime
    effective_at: datetime
    actor: str
    data: dict[str, Any]
    words: str | None = Field(description="What a person noted; None once it is forgotten.")


class PolicyTimeline(BaseModel):
    """Oldest first."""

    items: list[PolicyActivity]


class InForce(BaseModel):
    """Policies in force at an instant, as known at another (DOMAIN T57); each counted once."""

    at: datetime
    known_at: datetime
    count: int
    by_line: dict[str, int]
