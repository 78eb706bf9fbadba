"""Promotions on the wire. Amounts are whole minor units."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.lines import Line
from domain.network.tiers import Tier
from services.commissions.plan_schemas import MOST, Day, Minor


class PromotionIn(BaseModel):
    """A bonus of the house for each policy that is activated as new business from ``begins_on`` on and before ``ends_on``.

    Empty lists are all lines and states. Caps are what it may cost for one producer and in all; a bonus is given whole or not.
    Where the policy ends within ``holding_days`` of its earning, the bonus comes back as the commission does.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00]*\S[^\x00]*$")
    begins_on: Day
    ends_on: Day
    lines: list[Line] = Field(default_factory=list, max_length=20)
    states: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] = Field(default_factory=list, max_length=60)
    least_tier: Tier = Tier.PLATINUM
    bonus_minor: int = Field(gt=0, le=MOST)
    currency: str = Field("USD", pattern=r"^(USD|CAD|EUR|GBP|MXN|INR|JPY)$")
    cap_each_minor: Minor | None = None
    cap_minor: Minor | None = None
    holding_days: int = Field(0, ge=0, le=3660)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.ends_on <= self.begins_on:
            msg = "ends_on is not behind begins_on; give a later day, which is not in the period any more"
            raise ValueError(msg)
        if self.least_tier not in {Tier.PLATINUM, Tier.DIAMOND}:
            msg = "least_tier has no promotions; give platinum or diamond"
            raise ValueError(msg)
        return self


class PromotionView(BaseModel):
    """A promotion. ``open`` says whether its period has today; ``given_minor`` is what stands given of it, for managers."""

    id: UUID
    name: str
    begins_on: date
    ends_on: date
    lines: list[str]
    states: list[str]
    least_tier: Tier
    bonus_minor: int
    currency: str
    cap_each_minor: int | None
    cap_minor: int | None
    holding_days: int
    open: bool
    given_minor: int | None
    ended_at: datetime | None


class PromotionList(BaseModel):
    """Promotions, newest first."""

    items: list[PromotionView]
