"""What doors ask of policies. Money is minor units; the currency stands on the policy."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    field_validator,
    model_validator,
)

from domain.policies.amounts import cents
from domain.policies.billing import Frequency
from domain.policies.calendar import Clock, DayCount, months_between
from domain.policies.changes import Contract
from domain.policies.contents import Contents, Operation, Part, Verb
from domain.policies.letters.letter import LetterKind
from domain.policies.notices import Sent
from domain.policies.pricing import PriceKind
from domain.policies.returning import Basis, Method
from domain.policies.words import Action, Reason
from kernel.clock import now
from kernel.errors import FieldError, Invalid

MOST = 10**13
_FIRST = datetime(1950, 1, 1, tzinfo=UTC)
Amount = Annotated[int, Field(ge=0, le=MOST)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,60}$")]
Day = Annotated[date, Field(ge=date(1950, 1, 1), le=date(2150, 1, 1))]
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=9, decimal_places=8)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class Strict(BaseModel):
    """Input; a field that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class ObjectIn(Strict):
    """An insured thing; its fields are those of its kind (GET /policies/types)."""

    kind: Text
    data: dict[str, StrictBool | StrictInt | str | None] = Field(default_factory=dict, max_length=60)


class PartyIn(Strict):
    """A person or firm with a role."""

    role: Text
    name: Text
    email: Annotated[str, Field(max_length=320)] | None = None
    phone: Annotated[str, Field(max_length=60)] | None = None
    address: Annotated[str, Field(max_length=500)] | None = None
    date_of_birth: Annotated[date, Field(ge=date(1880, 1, 1))] | None = None
    licence_number: Annotated[str, Field(max_length=30)] | None = Field(
        None, description="Shown by its last signs; what a view shows of it, given back, leaves it as it is."
    )
    licence_state: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    relation: Text | None = Field(None, description="To the named insured.")
    share: Annotated[Decimal, Field(gt=0, le=1, max_digits=9, decimal_places=8)] | None = Field(
        None, description="Of a benefit; those of all beneficiaries of a role make 1, or nobody's is stated."
    )

    @field_validator("date_of_birth")
    @classmethod
    def _born(cls, day: date | None) -> date | None:
        if day is not None and day > now().date() + timedelta(days=1):  # a day ahead of Greenwich
            raise ValueError("nobody is born in the future")
        return day


class CoverageIn(Strict):
    """A coverage, of one object or of the whole policy; the premium is that of a full term."""

    code: Text
    object: Key | None = None
    limits: dict[str, StrictInt] = Field(default_factory=dict, max_length=10)
    deductible_minor: StrictInt | None = None
    premium_minor: Annotated[StrictInt, Field(ge=0, le=MOST)] = 0


class AdjustmentIn(Strict):
    """A discount or surcharge: the whole premium times ``factor``."""

    factor: Annotated[Decimal, Field(gt=0, le=100, max_digits=9, decimal_places=6)]


class ContentsIn(Strict):
    """What is insured, by keys of one's own."""

    object: dict[Key, ObjectIn] = Field(default_factory=dict)
    party: dict[Key, PartyIn] = Field(default_factory=dict)
    coverage: dict[Key, CoverageIn] = Field(default_factory=dict)
    adjustment: dict[Key, AdjustmentIn] = Field(default_factory=dict)

    def contents(self) -> Contents:
        """As the domain reads it."""
        return Contents.read(self.model_dump(mode="json", exclude_none=True))


class ProducerShare(Strict):
    """Somebody of record."""

    producer_id: UUID
    role: Annotated[str, Field(pattern="^(writing|servicing|split|override)$")] = "writing"
    share: Share = Decimal(1)


class ReturnTermsIn(Strict):
    """What the contract says of returning premium to an insured who cancels."""

    method: Method = Method.PRO_RATA
    basis: Basis = Basis.TERM
    minimum: Share = Field(Decimal(0), description="Part of the premium that is earned at once.")
    holdback: Share = Decimal(0)


class PolicyDraftIn(Strict):
    """A draft, whole; what is not known yet is left out."""

    type: Text
    carrier: Text
    state: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    zone: Annotated[str, Field(max_length=60, description="IANA zone of the named insured's address.")]
    starts_on: Day
    months: Annotated[int, Field(ge=1, le=60)] = 12
    number: Annotated[str, Field(min_length=1, max_length=60, pattern="[A-Za-z0-9]")] | None = None
    currency: Annotated[str, Field(pattern="^(?:USD|CAD|EUR|GBP|MXN|INR|JPY)$")] = "USD"
    producers: Annotated[list[ProducerShare], Field(max_length=10)] = Field(default_factory=list)
    contents: ContentsIn = Field(default_factory=ContentsIn)
    tax_rate: Share = Decimal(0)
    fees_minor: Amount = 0
    count: DayCount = DayCount.ACTUAL
    clock: Clock = Clock.WALL
    returns: ReturnTermsIn = Field(default_factory=ReturnTermsIn)
    frequency: Frequency = Frequency.FULL
    reversal_restarts_grace: bool = False
    reinstate_days: Annotated[int, Field(ge=0, le=3660)] | None = Field(
        None, description="Within how many days of its end the contract lets cover be taken up again, where it says so."
    )
    auto_renew: bool = False
    due_day: Annotated[int, Field(ge=1, le=31)] | None = Field(
        None, description="Day of the month on which instalments behind the first fall due; else that of the first day."
    )


class FromLeadIn(Strict):
    """What a converted lead does not say itself; what is left out is taken from it, or from the type."""

    carrier: Text
    starts_on: Day
    type: Text | None = None
    zone: Annotated[str, Field(max_length=60)] | None = None
    months: Annotated[int, Field(ge=1, le=60)] | None = None


class BackdatingIn(Strict):
    """Why cover begins so long ago, by who answers for the agency."""

    why: Annotated[str, Field(min_length=10, max_length=500)]


class NoteIn(Strict):
    """Words for the timeline of a policy."""

    text: Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")]


class NumberIn(Strict):
    """The carrier's number."""

    number: Annotated[str, Field(min_length=1, max_length=60, pattern="[A-Za-z0-9]")]


class CancelIn(Strict):
    """A cancellation: at the insured's request from a day on, or by the insurer as its standing notice says."""

    reason: Reason
    effective_on: Day | None = Field(None, description="For the insured's request; else the notice says.")


class QuoteIn(Strict):
    """What would a cancellation on this day return?"""

    effective_on: Day
    reason: Reason = Reason.REQUEST


class NoticeIn(Strict):
    """A statutory notice that was sent. ``proof`` is where the proof of mailing is kept."""

    action: Action
    reason: Reason
    sent: Sent
    mailed_on: Day
    effective_on: Day
    proof: Text | None = None


class WhyIn(Strict):
    """Why."""

    why: Annotated[str, Field(min_length=1, max_length=500)]


class RescindIn(Strict):
    """Why it was void from its beginning, and who says so."""

    reason: Reason
    basis: Annotated[str, Field(min_length=10, max_length=2_000, description="The facts and the clause or law.")]


class ReinstateIn(Strict):
    """With a lapse cover begins again at the payment; without one it never ended, and a statement of no loss is needed."""

    lapse: bool
    no_loss_stated_on: Day | None = None
    evidence: Annotated[str, Field(max_length=500)] | None = Field(None, description="Where the evidence is kept.")


class QuoteReinstateIn(Strict):
    """What would have to be paid, with a lapse or without?"""

    lapse: bool


class LetterIn(Strict):
    """A letter, and the event that it is about: named itself, or by its notice or payment; else the last that it can be about."""

    kind: LetterKind
    event_id: UUID | None = None
    notice_id: UUID | None = None
    payment_id: UUID | None = None


_SHAPES: dict[Part, tuple[type[Strict], dict[str, Any]]] = {
    Part.OBJECT: (ObjectIn, {"kind": "any"}),
    Part.PARTY: (PartyIn, {"role": "any", "name": "any"}),
    Part.COVERAGE: (CoverageIn, {"code": "any"}),
    Part.ADJUSTMENT: (AdjustmentIn, {"factor": 1}),
}
"""What a thing of each part looks like, with what it cannot do without."""


class OperationIn(Strict):
    """One change of one thing; ``value`` is the thing for ``add``, the fields to set for ``change``."""

    verb: Verb
    part: Part
    key: Key
    value: dict[str, Any] = Field(default_factory=dict, max_length=60)

    @model_validator(mode="after")
    def _of_its_part(self) -> OperationIn:
        """The value is a thing of its part, or some fields of one; whatever else it holds is refused."""
        shape, needed = _SHAPES[self.part]
        if self.verb is Verb.REMOVE:
            self.value = {}
            return self
        filled = self.value if self.verb is Verb.ADD else {**needed, **self.value}
        read = shape.model_validate(filled).model_dump(mode="json", exclude_none=True)
        self.value = read if self.verb is Verb.ADD else {name: read[name] for name in self.value if name in read}
        return self

    def operation(self) -> Operation:
        """As the domain reads it."""
        return Operation(self.verb, self.part, self.key, self.value)


class EndorsementIn(Strict):
    """A change from a day on."""

    effective_on: Day
    operations: Annotated[list[OperationIn], Field(min_length=1, max_length=100)]


class PriceIn(Strict):
    """What the carrier asks for an endorsement, and where it says so; one of the three. ``change_minor`` is of everything that
    the endorsement does, before it is brought to the days that are left.
    """

    reference: Text = Field(
        description="Where the price comes from: the carrier's quote number, its letter, who said it."
    )
    premiums: Annotated[dict[Key, Amount], Field(min_length=1, max_length=100)] | None = Field(
        None, description="The premium of each coverage for a full term, after the change."
    )
    change_minor: Annotated[int, Field(ge=-MOST, le=MOST)] | None = Field(
        None, description="By how much the premium rises, or falls where it is negative."
    )
    per: Annotated[str, Field(pattern="^(term|year)$")] = Field(
        "term", description="Whether `change_minor` is of a full term or of a year."
    )
    no_charge: StrictBool = Field(default=False, description="The carrier charges nothing for it.")

    @model_validator(mode="after")
    def _one_price(self) -> PriceIn:
        said = [self.premiums is not None, self.change_minor is not None, self.no_charge]
        if sum(said) != 1:
            raise ValueError("say one of premiums, change_minor and no_charge")
        return self

    @property
    def kind(self) -> PriceKind:
        """Which of the three."""
        if self.premiums is not None:
            return PriceKind.PREMIUMS
        return PriceKind.NO_CHARGE if self.no_charge else PriceKind.CHANGE

    def change(self, contract: Contract) -> int:
        """By how much a full term costs more. Raises Invalid for a change of a year where the term is no whole months."""
        minor = self.change_minor or 0
        if self.per == "term":
            return minor
        months = months_between(contract.start, contract.end)
        if months is None:
            fault = FieldError(
                "per", "no_months", "the term is no whole months", "enter the change of a full term", self.per
            )
            raise Invalid("a year's change cannot be brought to this term", fields=(fault,))
        return cents(Fraction(minor * months, 12))


class PaymentIn(Strict):
    """Money that came, or is on its way (``settled`` false)."""

    amount_minor: Annotated[int, Field(gt=0, le=MOST)]
    method: Annotated[str, Field(pattern="^(card|ach|check|cash|escrow|finance|other)$")]
    settled: bool = True
    received_at: Annotated[AwareDatetime, Field(ge=_FIRST)] | None = Field(None, description="Else now.")
    reference: Text | None = None


class RefundIn(Strict):
    """Money given back, at most the credit."""

    amount_minor: Annotated[int, Field(gt=0, le=MOST)]
    method: Annotated[str, Field(pattern="^(card|ach|check|cash|other)$")]
    reference: Text | None = None


class RenewalIn(Strict):
    """The next term; what is left out stays as it is."""

    months: Annotated[int, Field(ge=1, le=60)] | None = None
    contents: ContentsIn | None = None
    number: Annotated[str, Field(min_length=1, max_length=60, pattern="[A-Za-z0-9]")] | None = None


class RenewalQuoteIn(Strict):
    """What the carrier asks for the next term: premiums of the coverages as they are, or the whole contents."""

    reference: Text = Field(description="The carrier's quote number, its letter, who said it.")
    valid_until: Day = Field(description="The last day on which the carrier holds it.")
    premiums: Annotated[dict[Key, Amount], Field(min_length=1, max_length=100)] | None = Field(
        None, description="The premium of each coverage for the full next term; what is left out stays."
    )
    contents: ContentsIn | None = Field(
        None, description="Everything as the carrier would insure it, with its premiums."
    )
    months: Annotated[int, Field(ge=1, le=60)] | None = Field(None, description="Else as long as this term.")
    reasons: Annotated[list[Annotated[str, Field(min_length=1, max_length=300)]], Field(max_length=20)] = Field(
        default_factory=list, description="Why, in the carrier's words; the insured reads them in the offer."
    )

    @model_validator(mode="after")
    def _one_price(self) -> RenewalQuoteIn:
        if (self.premiums is None) == (self.contents is None):
            raise ValueError("say either premiums or contents")
        return self
