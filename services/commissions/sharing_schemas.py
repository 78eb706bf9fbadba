"""Sharing the house's income on the wire. Amounts are whole minor units; shares are basis points, 10000 of them the whole."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.commissions.plan_schemas import Day

_STRICT = ConfigDict(extra="forbid")


class RevenueTermsIn(BaseModel):
    """Which share of the house's income of a month is shared, from a day on. A month goes by the terms of its last day."""

    model_config = _STRICT

    effective_on: Day
    basis_points: int = Field(ge=0, le=10_000, description="250 is 2.5 percent; 0 shares nothing.")
    why: str = Field(min_length=1, max_length=300, pattern=r"^[^\x00]*\S[^\x00]*$")


class RevenueTermsView(BaseModel):
    """A version of the terms."""

    version: int
    effective_on: date
    basis_points: int
    by: str
    why: str
    at: datetime


class RevenueTermsList(BaseModel):
    """Every version, newest first; empty where nothing was ever shared."""

    items: list[RevenueTermsView]


class ShareRevenueIn(BaseModel):
    """A month that is over. A dry run posts nothing."""

    model_config = _STRICT

    month: str = Field(pattern=r"^\d{4}-\d{2}$", description="As in 2026-10, in the agency's zone.")
    dry_run: bool = False


class SharedLine(BaseModel):
    """What somebody is given of one kind of business, or why nothing (``code``)."""

    payee_id: UUID
    line: str
    state: str
    minor: int
    code: str


class SharedMonthView(BaseModel):
    """A month in one currency. ``id`` is None where nothing was posted; income and pool are for managers.

    ``agrees`` is False where the ledger holds anything else than the frozen basis gives.
    """

    id: UUID | None
    month: str
    currency: str
    rule_version: int
    basis_points: int
    income_minor: int | None
    pool_minor: int | None
    shared_minor: int
    sentences: list[str]
    lines: list[SharedLine]
    posted_at: datetime | None
    replayed: bool
    agrees: bool


class SharedMonths(BaseModel):
    """The month in every currency in which the house earned anything; empty where no terms share anything."""

    month: str
    dry_run: bool
    items: list[SharedMonthView]
