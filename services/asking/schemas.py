"""What questions about leads and figures are answered with."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from domain.asking.arguments import By, Metric


class LeadLine(BaseModel):
    """A lead in an answer."""

    id: UUID
    name: str | None
    line: str | None
    status: str
    tier: str | None
    score: int | None
    city: str | None
    state: str | None
    source: str
    received_at: datetime
    contacted_at: datetime | None
    do_not_call: bool
    producer_id: UUID | None
    producer: str | None
    value: str | None = Field(description="Yearly premium it was sold for, such as '1284.00 USD'.")
    miles: float | None


class LeadsFound(BaseModel):
    """Leads that fit, in order; ``total`` counts all of them, shown or not."""

    leads: list[LeadLine]
    total: int
    place: str | None = Field(None, description="The place as it was understood.")


class Share(BaseModel):
    """How many have one value of what was counted by."""

    value: str | None
    label: str
    count: int


class LeadsCounted(BaseModel):
    """How many fit, and the parts."""

    total: int
    by: By | None
    parts: list[Share]
    place: str | None = None


class Figure(BaseModel):
    """One figure: a number, its unit, and how many records it rests on. ``number`` is None where nothing can be measured."""

    value: str | None
    label: str
    number: float | None
    unit: str
    n: int


class Measured(BaseModel):
    """A metric over a time, in all or by something."""

    metric: Metric
    since: datetime
    until: datetime
    by: By | None
    figures: list[Figure]


class ProducerLine(BaseModel):
    """A producer in an answer. ``room`` is how many more leads they can take now; None where that is unknown."""

    id: UUID
    key: str
    name: str
    active: bool
    lines: list[str]
    states: list[str]
    languages: list[str]
    room: int | None


class ProducersFound(BaseModel):
    """Producers that fit."""

    producers: list[ProducerLine]
    total: int
