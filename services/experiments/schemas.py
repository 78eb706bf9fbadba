"""Experiments as doors speak of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.experiments import State, Success

Share = Annotated[Decimal, Field(gt=0, lt=1, decimal_places=4)]


class ArmIn(BaseModel):
    """A version and its share of the leads."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=9999)
    share: Share


class ExperimentIn(BaseModel):
    """Two versions of an agent's prompt, the present one first."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    agent: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    arms: list[ArmIn] = Field(min_length=2, max_length=2)
    success: Success = Success.CONVERTED
    matters: float = Field(0.02, gt=0, lt=1, description="Smallest difference of success that matters.")
    days: float = Field(30.0, gt=0, le=365, description="A lead that has not succeeded after so many days has failed.")
    tolerated: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="How much oftener the new version may be of no use, or be followed by a refusal.",
    )


class ExperimentView(BaseModel):
    """An experiment as it stands."""

    id: UUID
    name: str
    agent: str
    arms: list[ArmIn]
    success: Success
    matters: float
    days: float
    tolerated: float
    state: State
    reason: str | None
    started_at: datetime
    ended_at: datetime | None


class ExperimentList(BaseModel):
    """Experiments, newest first."""

    items: list[ExperimentView]
