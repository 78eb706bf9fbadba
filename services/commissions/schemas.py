"""Commissions on the wire. Amounts are whole minor units of a currency; shares and multipliers are exact decimals as text."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.commissions.rates import Term
from domain.commissions.record import Chargebacks
from domain.lines import Line
from domain.referral_law import Event
from services.commissions.plan_schemas import MOST, Day, Moment

_STRICT = ConfigDict(extra="forbid")
_Minor = Field(ge=-MOST, le=MOST, description="Minor units.")
_Name = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")


class PolicyIn(BaseModel):
    """Which term of which policy. ``effective_at`` carries the offset of the insured's place: its date is the effective date."""

    model_config = _STRICT

    number: str = Field(min_length=1, max_length=60, pattern=r"[A-Za-z0-9]")
    carrier: str = _Name
    line: Line
    state: str = Field(pattern=r"^[A-Z]{2}$", description="State of the risk.")
    effective_at: Moment


class PartyIn(BaseModel):
    """A producer or a pool that takes part in the sale. ``multiplier`` is of referrers and left to the network: what the tier of
    a ``referrer`` gave when it was earned; 1 for every other role.
    """

    model_config = _STRICT

    producer_id: UUID | None = None
    pool: str | None = Field(None, min_length=1, max_length=100)
    weight: Decimal = Field(Decimal(1), gt=0, le=1_000_000, max_digits=16, decimal_places=6)
    role: str = Field("writer", min_length=1, max_length=40)
    multiplier: Decimal | None = Field(
        None,
        ge=1,
        le=2,
        max_digits=6,
        decimal_places=4,
        description="Of a referrer's tier; by the network where left out.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.producer_id is None) == (self.pool is None):
            msg = "name a producer_id or a pool, one of both"
            raise ValueError(msg)
        return self


class AccrualIn(BaseModel):
    """A sale that earns a commission. The same ``source`` and ``number`` earns once, whoever sends it how often.

    ``premium_minor`` is commissionable: without taxes and fees. With ``as_earned`` it is one month of a commission that is paid
    month by month, so nothing is advanced and nothing comes back when the policy ends.
    """

    model_config = _STRICT

    source: str = Field(
        min_length=1, max_length=120, description="Statement or policy event, as in `policy:1234:issued`."
    )
    number: int = Field(1, ge=1, le=10**9, description="Line within the source.")
    policy: PolicyIn
    term: Term = Term.NEW
    premium_minor: int = _Minor
    before_minor: int = Field(
        0,
        ge=0,
        le=MOST,
        description="Premium of the same term that earned before; a change earns what the whole earns more.",
    )
    taxes_minor: int = Field(0, ge=0, le=MOST)
    fees_minor: int = Field(0, ge=0, le=MOST)
    currency: str = Field("USD", pattern=r"^(USD|CAD|EUR|GBP|MXN|INR|JPY)$")
    earned_at: Moment | None = Field(None, description="When it was bound; the effective instant where left out.")
    as_earned: bool = False
    parties: list[PartyIn] = Field(min_length=1, max_length=50)
    referral_id: UUID | None = Field(
        None,
        description="The referral that became the sale: whoever is credited with it has the share that the plan gives.",
    )


class ReversalKind(StrEnum):
    """``FLAT`` takes all back, ``ENDED`` what the contract says, ``REINSTATED`` puts all back as it was."""

    FLAT = "flat"
    ENDED = "ended"
    REINSTATED = "reinstated"


class ReversalIn(BaseModel):
    """A policy's term ended early, or stands again. What the contract table says of it decides what is needed: the day on which
    it ended (windows, advances) or the premium that is returned now (return premium).
    """

    model_config = _STRICT

    source: str = Field(min_length=1, max_length=120)
    number: int = Field(1, ge=1, le=10**9)
    policy_number: str = Field(min_length=1, max_length=60, pattern=r"[A-Za-z0-9]")
    carrier: str = _Name
    effective_on: Day
    kind: ReversalKind
    ended_on: Day | None = None
    return_premium_minor: int | None = Field(None, ge=0, le=MOST)
    why: str = Field("", max_length=300)


class ShareView(BaseModel):
    """One line of a commission: in full, what is kept of it, what the ledger holds for it, and why it is so much."""

    line: str
    payee_id: UUID | None
    account: str
    full_minor: int
    kept_minor: int
    posted_minor: int
    basis: str


class AccrualView(BaseModel):
    """A commission. ``retained`` is the share of it that stays earned; ``outstanding_minor`` is what the carrier still owes."""

    id: UUID
    version: int
    source: str
    number: int
    policy_number: str
    carrier: str
    line: str
    state: str
    term: str
    effective_on: Day
    earned_on: date
    currency: str
    premium_minor: int
    gross_minor: int
    rule_version: int
    retained: str
    status: str
    hold_until: date
    released_at: datetime | None
    outstanding_minor: int
    shares: list[ShareView]
    created_at: datetime
    referral_id: UUID | None
    allowed_actions: list[str]


class AccrualMade(BaseModel):
    """The commission, and whether it was there already."""

    accrual: AccrualView
    replayed: bool


class AccrualPage(BaseModel):
    """Commissions, newest first."""

    items: list[AccrualView]
    next_cursor: int | None


class ReversalView(BaseModel):
    """What a reversal brought back, or put back: minor units of commission of each that it was about."""

    source: str
    number: int
    kind: str
    replayed: bool
    accruals: list[AccrualView]


class BatchView(BaseModel):
    """Something that happened to a commission, with what it moved for whom."""

    id: UUID
    at: datetime
    happening: str
    by: str
    why: str
    rule_version: int | None
    facts: dict[str, Any]


class ExplanationView(BaseModel):
    """Every cent: from the premium to the commission in sentences, then line by line beside what was posted.

    ``agrees`` is False where the ledger holds anything else than the frozen rule gives.
    """

    accrual: AccrualView
    sentences: list[str]
    lines: list[ShareView]
    history: list[BatchView]
    agrees: bool


class RecheckView(BaseModel):
    """What another look at licences changed, and what is in doubt: paid once, and unknown now."""

    accrual: AccrualView
    changed: bool
    doubts: list[str]


class MemberIn(BaseModel):
    """A producer's weight in a pool; 0 is out of it."""

    model_config = _STRICT

    producer_id: UUID
    weight: Decimal = Field(ge=0, le=1_000_000, max_digits=10, decimal_places=4)


class PoolIn(BaseModel):
    """Weights from a day on; who is not named stays as they were."""

    model_config = _STRICT

    since: Day
    members: list[MemberIn] = Field(min_length=1, max_length=500)


class PoolSet(PoolIn):
    """The same, of a pool that is named."""

    pool: str = _Name


class PoolView(BaseModel):
    """Who is in a pool on a day, and with which weight."""

    pool: str
    on: Day
    members: list[MemberIn]


class PoolList(BaseModel):
    """Every pool."""

    items: list[PoolView]


class UplineIn(BaseModel):
    """Who stands above a producer from a day on; null is nobody."""

    model_config = _STRICT

    upline_id: UUID | None
    since: Day


class UplineView(BaseModel):
    """Who stands above a producer on a day, the nearest first."""

    producer_id: UUID
    on: Day
    above: list[UUID]


class RecordChangeIn(BaseModel):
    """A policy goes to another producer of record (T42)."""

    model_config = _STRICT

    policy_number: str = Field(min_length=1, max_length=60, pattern=r"[A-Za-z0-9]")
    carrier: str = _Name
    before_id: UUID
    after_id: UUID
    effective_on: Day
    received_on: date
    chargebacks: Chargebacks = Chargebacks.ORIGINAL


class RecordChangeView(BaseModel):
    """A change of the producer of record; it counts unless it was ``rescinded``."""

    id: UUID
    policy_number: str
    carrier: str
    before_id: UUID
    after_id: UUID
    effective_on: Day
    received_on: date
    chargebacks: str
    rescinded: bool


class HoldIn(BaseModel):
    """Nothing goes out to a payee, or of a commission."""

    model_config = _STRICT

    payee_id: UUID | None = None
    accrual_id: UUID | None = None
    reason: str = Field(min_length=1, max_length=300)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.payee_id is None) == (self.accrual_id is None):
            msg = "name a payee_id or an accrual_id, one of both"
            raise ValueError(msg)
        return self


class HoldView(BaseModel):
    """A hold; ``lifted_at`` ends it."""

    id: UUID
    payee_id: UUID | None
    accrual_id: UUID | None
    reason: str
    at: datetime
    by: str
    lifted_at: datetime | None


class HoldList(BaseModel):
    """Holds that stand, newest first."""

    items: list[HoldView]


class FeeIn(BaseModel):
    """A flat fee for a referral (T23, T24), judged by the law of the risk state; a state that nobody has read pays none."""

    model_config = _STRICT

    source: str = Field(min_length=1, max_length=120)
    number: int = Field(1, ge=1, le=10**9)
    referral_id: UUID | None = Field(
        None, description="The network's referral that it is for: its credit decides who is paid, and once."
    )
    payee_id: UUID
    line: Line
    state: str = Field(pattern=r"^[A-Z]{2}$")
    on: Day
    amount_minor: int = Field(gt=0, le=MOST)
    currency: str = Field("USD", pattern=r"^(USD|CAD|EUR|GBP|MXN|INR|JPY)$")
    trigger: Event
    every: bool = Field(default=False, description="Whether each referral is paid alike, whatever becomes of it.")
    of_client: bool = Field(description="Whether who would be paid is a client of the agency.")
    as_credit: bool = Field(default=False, description="Whether it would lower a premium.")


class FeeView(BaseModel):
    """Whether a fee is paid, and why, by which version of the table. ``replayed``: it was before."""

    paid: bool
    code: str
    reason: str
    citation: str | None
    law_version: str
    replayed: bool
