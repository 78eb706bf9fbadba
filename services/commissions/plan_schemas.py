"""A commission plan on the wire. Rows of a table are tried in their order; the first that is for a policy decides."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.commissions.rates import Term
from domain.lines import Line

MOST = 10**13
"""Minor units in one amount, so that sums of them stay within a column."""
_FIRST, _LAST = date(1900, 1, 1), date(2200, 1, 1)
Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]
Moment = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))]
_STRICT = ConfigDict(extra="forbid")
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=9, decimal_places=8, description="An exact share of 0 to 1.")]
Minor = Annotated[int, Field(ge=0, le=MOST, description="Minor units.")]
Months = Annotated[int, Field(ge=0, le=120)]


class MatchBody(BaseModel):
    """Which policies a row is for; an empty list is all."""

    model_config = _STRICT

    lines: list[Line] = Field(default_factory=list, max_length=20)
    carriers: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(default_factory=list, max_length=500)
    states: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] = Field(default_factory=list, max_length=60)
    terms: list[Term] = Field(default_factory=list, max_length=2)


class PercentBody(BaseModel):
    """A share of the commissionable premium."""

    model_config = _STRICT

    kind: Literal["percent"]
    rate: Share


class FlatBody(BaseModel):
    """So much a policy."""

    model_config = _STRICT

    kind: Literal["flat"]
    minor: Minor


class BracketBody(BaseModel):
    """From ``floor`` (included) up to the next bracket's floor (not included)."""

    model_config = _STRICT

    floor: Minor
    rate: Share


class TieredBody(BaseModel):
    """Brackets of the premium from 0 on; ``marginal`` rates each slice by its own bracket, else the last one rates all."""

    model_config = _STRICT

    kind: Literal["tiered"]
    brackets: list[BracketBody] = Field(min_length=1, max_length=50)
    marginal: bool = False


class RateBody(BaseModel):
    """A row of the schedule; ``house`` is what the agency keeps, bounds are of positive commissions only."""

    model_config = _STRICT

    match: MatchBody
    basis: Annotated[PercentBody | FlatBody | TieredBody, Field(discriminator="kind")]
    house: Share
    least: Minor | None = None
    most: Minor | None = None


class ReturnPremiumBody(BaseModel):
    """What is returned of the premium comes back of the commission."""

    model_config = _STRICT

    kind: Literal["return_premium"]


class WindowBody(BaseModel):
    """All comes back within ``full`` months, the unearned months until ``months``, and nothing after."""

    model_config = _STRICT

    kind: Literal["window"]
    full: Months
    months: Months


class ContractBody(BaseModel):
    """A row of the contract table; ``advance`` months of commission are paid at the start."""

    model_config = _STRICT

    match: MatchBody
    clause: Annotated[ReturnPremiumBody | WindowBody, Field(discriminator="kind")]
    advance: Months = 0


class ReferralShareBody(BaseModel):
    """A row of what whoever is credited with the referral has of the parties' part of a sale."""

    model_config = _STRICT

    match: MatchBody
    share: Annotated[Decimal, Field(gt=0, lt=1, max_digits=9, decimal_places=8)]


class PlanBody(BaseModel):
    """Schedule, contract table, and terms (domain.commissions.plan)."""

    model_config = _STRICT

    rates: list[RateBody] = Field(min_length=1, max_length=500)
    contracts: list[ContractBody] = Field(max_length=500)
    referrals: list[ReferralShareBody] = Field(default_factory=list, max_length=500)
    overrides: list[Share] = Field(default_factory=list, max_length=10)
    hold_days: int = Field(0, ge=0, le=366)
    rescission_days: int = Field(10, ge=0, le=366)
    tolerance: Minor = 0
    least_payout: Minor = 0


class PlanIn(BaseModel):
    """A plan, in force from a day on for what is earned from then."""

    model_config = _STRICT

    effective_on: Day
    why: str = Field(min_length=1, max_length=300)
    plan: PlanBody


class PlanView(BaseModel):
    """A version of the plan."""

    version: int
    effective_on: date
    plan: PlanBody
    digest: str
    by: str
    why: str
    at: datetime


class PlanList(BaseModel):
    """Every version, newest first."""

    items: list[PlanView]
