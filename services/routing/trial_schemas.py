"""Simulations and proposals of weights as doors speak of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

Weight = Annotated[Decimal, Field(ge=0, le=1_000_000)]
Proposed = Literal["proposed", "applied", "dismissed"]


class SimulationIn(BaseModel):
    """What to play again, and under which weights, which rules, or both; a factor that is left out weighs nothing. What is not
    given is as it was for each lead.
    """

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime = Field(description="Leads that were ranked from here on are played again.")
    until: AwareDatetime | None = Field(None, description="Up to before this instant; else until now.")
    weights: dict[str, Weight] | None = Field(None, min_length=1, max_length=50)
    rules: JsonValue = Field(
        None, description="Rules as they would be saved; an empty list is none. Null: as they were."
    )
    seed: int = Field(
        1, ge=0, le=2**31 - 1, description="Of the interval's resampling; the rest leaves nothing to chance."
    )


class IntervalView(BaseModel):
    """A value and between what bounds it lies, 95 times of 100."""

    value: float
    low: float
    high: float


class FairnessView(BaseModel):
    """Gini index of leads per producer and per unit of monthly capacity, and the most over the least; null: cannot be said."""

    producers: int
    with_capacity: int
    leads: float | None
    per_capacity: float | None
    max_min: float | None


class SideView(BaseModel):
    """One way of ranking: leads by producer, capacity breaches (0), producers stopped and claims refused by gate, leads that each
    rule matched, leads without anybody by reason, fairness, and choices of people that the gates refused.
    """

    producers: dict[UUID, int]
    breaches: int
    gates: dict[str, int]
    claims: dict[str, int]
    rules: dict[str, int]
    unassigned: dict[str, int]
    fairness: FairnessView
    not_followed: int


class ExpectedView(BaseModel):
    """Leads that would be won, by a model of `worked` leads."""

    before: IntervalView
    after: IntervalView
    difference: IntervalView
    worked: int


class OtherView(BaseModel):
    """A lead that somebody else would have got; null is nobody."""

    lead_id: UUID
    before: UUID | None
    after: UUID | None


class SimulationView(BaseModel):
    """Before is what was in force, after what was asked for. `as_recorded` is for how many leads before gives what happened."""

    since: datetime
    until: datetime
    leads: int
    as_recorded: int
    before: SideView
    after: SideView
    expected: ExpectedView | None
    expected_missing: str | None
    changed: int
    examples: list[OtherView]
    notes: list[str]
    names: dict[UUID, str]


class LearnIn(BaseModel):
    """From which leads to learn."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime = Field(description="Leads that were ranked from here on.")
    until: AwareDatetime | None = Field(None, description="Up to before this instant; else until now.")


class ProposalView(BaseModel):
    """Weights proposed instead of those `present` then. `estimate` holds the expected gain and what outcomes themselves say."""

    id: UUID
    version: int
    state: Proposed
    present: dict[str, str]
    weights: dict[str, str]
    worked: int
    data_since: datetime
    data_until: datetime
    estimate: dict[str, Any]
    diagnostics: dict[str, Any]
    created_at: datetime
    created_by: str
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


class ProposalPage(BaseModel):
    """Proposals, newest first; `next_cursor` asks for older ones."""

    items: list[ProposalView]
    next_cursor: UUID | None


class LearntView(BaseModel):
    """What came of learning: `code` is `better` (then there is a proposal), `no_better` or `too_little`."""

    code: Literal["better", "no_better", "too_little"]
    reason: str
    worked: int
    more_closed: int = Field(description="How many more closed leads are needed at least; 0 where there are enough.")
    more_won: int
    more_lost: int
    diagnostics: dict[str, Any]
    proposal: ProposalView | None


class DecisionIn(BaseModel):
    """Why a person decides so."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=500)
