"""What an event of a policy says to other systems, by kind: the shapes behind ``docs/events/policies.v1.*.json``.

Nothing personal: ids, codes, dates, amounts. Consumers keep what they do not know, so fields may be added.
"""

from __future__ import annotations

from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.policies.words import Act, Happening


class PolicyData(BaseModel):
    """What every event tells of its policy. Money is minor units of ``currency``; the premium is without taxes and fees."""

    model_config = ConfigDict(extra="allow")

    number: str | None
    carrier: str
    line: str
    type: str
    state: str = Field(description="Of the risk, two letters.")
    currency: str
    term_number: int = Field(description="1 for new business; a renewal counts on.")
    new_business: bool = Field(description="Whether this is the first term; else a renewal.")
    renews_id: UUID | None
    lead_id: UUID | None
    producer_id: UUID | None = Field(description="The producer of record.")
    producers: list[dict[str, str]] = Field(description="Everybody of record: producer_id, role, share.")
    starts_on: date
    ends_on: date
    status: str
    written_premium_minor: int = Field(description="Commissionable premium written so far, returns taken off.")
    taxes_minor: int
    fees_minor: int
    effective_on: date
    reason: str | None = None


class Moved(PolicyData):
    """It went from one status to another. ``premium_change_minor`` is what that wrote or returned of the premium."""

    premium_change_minor: int = Field(description="Commissionable; negative where it is returned.")
    tax_change_minor: int
    fee_change_minor: int
    earned_premium_minor: int = Field(description="Of the premium, by that day.")
    flat: bool = Field(default=False, description="As if it had never begun: everything is returned (DOMAIN T52).")
    by: str | None = Field(None, description="insured or insurer, where it ended.")
    notice_id: UUID | None = None
    resumes_at: AwareDatetime | None = Field(None, description="When cover begins again behind a gap.")
    backdated_days: int | None = Field(
        None, description="Of a submission that somebody answers for: days since its first day."
    )
    note_id: UUID | None = Field(None, description="Why it was backdated; the words stay with the agency.")
    expected_premium_minor: int | None = Field(
        None, description="Of a submission: the premium that the lead was won with, for this term."
    )
    priced_premium_minor: int | None = Field(None, description="Of a submission: what its contents cost for the term.")
    citation: str | None = Field(None, description="Of the row by which it was made void or taken up again.")


class Endorsed(Moved):
    """Its contents changed, in force from ``effective_on``; earlier changes may be priced anew by it."""

    endorsement_id: UUID


class OfEndorsement(PolicyData):
    """An endorsement was quoted, approved, or will not be applied."""

    endorsement_id: UUID
    code: str | None = None


class OfNotice(PolicyData):
    """A statutory notice was given or withdrawn."""

    notice_id: UUID
    action: str
    citation: str | None = None


class OfPayment(PolicyData):
    """Money came, did not come, was taken back, given back, or came back to us."""

    payment_id: UUID
    amount_minor: int = Field(description="Of the payment; negative of a refund.")
    paid_minor: int = Field(description="Of the policy by now, net.")


class OfNote(PolicyData):
    """A person noted something; the words stay with the agency."""

    note_id: UUID


class OfRenewalQuote(PolicyData):
    """The carrier's price of the next term was entered."""

    price_before_minor: int = Field(description="Of a full term, as the policy is.")
    price_after_minor: int
    valid_until: date


class OfferChange(BaseModel):
    """What the next term does otherwise. Amounts and factors are told; what people and things are like is not."""

    part: str
    change: str = Field(description="added, removed or changed.")
    what: str = Field(description="Code of a coverage, kind of an object, role of a party.")
    field: str | None = None
    before: int | str | None = None
    after: int | str | None = None


class OfferReason(BaseModel):
    """Why it costs what it does: as_expiring, coverage, adjustment, endorsed, gap, months, taxes, fees."""

    code: str
    amount_minor: int | None = Field(description="By which it moves the total, where that is known.")


class OfRenewal(PolicyData):
    """A renewal was prepared, or an unpaid one made anew. Events before 2026-12 say only which."""

    renewal_id: UUID
    basis: str | None = Field(None, description="carrier_quote, as_expiring or entered.")
    price_before_minor: int | None = Field(None, description="Premium of a full term.")
    price_after_minor: int | None = None
    total_before_minor: int | None = Field(None, description="Written for the term, with taxes and fees.")
    total_after_minor: int | None = None
    changes: list[OfferChange] | None = None
    reasons: list[OfferReason] | None = None


class OfDocument(PolicyData):
    """A document came, or a person said what it is worth."""

    document_id: UUID
    document_type: str
    replaces_id: UUID | None = Field(None, description="The version before it.")


class OfLetter(OfDocument):
    """A letter to the insured was written, about another event of the policy."""

    letter: str
    of_event_id: UUID


class OfInstalment(PolicyData):
    """An instalment was not paid by the end of its due day."""

    instalment: int = Field(description="Its number in the schedule.")
    due_on: date
    amount_minor: int = Field(description="Of the instalment; what is paid of it is in the account.")


class WayOfSending(BaseModel):
    """A method that the rule names, and when a notice that is mailed so today takes effect at the earliest."""

    sent: str
    effective_on: date


class NoticeProposal(BaseModel):
    """A statutory notice that is due: what it would say if it were mailed today, by the quickest way."""

    action: str
    reason: str
    due_on: date = Field(description="The due date that it is about.")
    mail_from: date
    mail_by: date = Field(description="The last day for mailing it.")
    ways: list[WayOfSending]
    effective_on: date
    past_due_minor: int
    to_pay_minor: int = Field(description="So that nothing is overdue when it takes effect.")
    recipients: list[str] = Field(description="Who is sent it beside the insured.")
    citation: str


class Asked(PolicyData):
    """A person must decide: no rule could, or one refused."""

    code: str
    words: str
    proposal: NoticeProposal | None = Field(None, description="Where a notice is due.")


_OWN: dict[Act, type[PolicyData]] = {
    Act.ENDORSED: Endorsed,
    Act.ENDORSEMENT_QUOTED: OfEndorsement,
    Act.ENDORSEMENT_APPROVED: OfEndorsement,
    Act.ENDORSEMENT_ENDED: OfEndorsement,
    Act.NOTICE_GIVEN: OfNotice,
    Act.NOTICE_WITHDRAWN: OfNotice,
    Act.PAID: OfPayment,
    Act.PAYMENT_PENDING: OfPayment,
    Act.PAYMENT_FAILED: OfPayment,
    Act.PAYMENT_REVERSED: OfPayment,
    Act.REFUNDED: OfPayment,
    Act.REFUND_RETURNED: OfPayment,
    Act.NOTED: OfNote,
    Act.RENEWAL_QUOTED: OfRenewalQuote,
    Act.RENEWAL_OFFERED: OfRenewal,
    Act.BECAME_OVERDUE: OfInstalment,
    Act.NEEDS_A_PERSON: Asked,
    Act.DOCUMENT_ADDED: OfDocument,
    Act.DOCUMENT_VERIFIED: OfDocument,
    Act.DOCUMENT_REJECTED: OfDocument,
    Act.LETTER_WRITTEN: OfLetter,
}
KINDS: tuple[str, ...] = tuple(one.value for one in (*Happening, *Act))

D = TypeVar("D", bound=PolicyData)


class PolicyEvent(BaseModel, Generic[D]):
    """The envelope on the bus."""

    model_config = ConfigDict(extra="allow")

    id: UUID = Field(description="Of the event; the same at every repetition. Whoever has seen it ignores it.")
    agency_id: UUID
    policy_id: UUID
    version: int = Field(ge=1, description="Of the policy after the event; a policy's events count 1, 2, 3 and so on.")
    kind: str
    recorded_at: AwareDatetime = Field(description="When it was written down.")
    effective_at: AwareDatetime = Field(description="From when it counts.")
    data: D


def data_of(kind: str) -> type[PolicyData]:
    """What events of a kind carry."""
    if kind in {one.value for one in Happening}:
        return Moved
    return _OWN.get(Act(kind), PolicyData)


def policy_event_model(kind: str) -> type[PolicyEvent[PolicyData]]:
    """The whole message of a kind."""
    return PolicyEvent[data_of(kind)]  # type: ignore[misc, return-value]
