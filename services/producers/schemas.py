"""Producers on the wire. A profile is domain.routing.profile.ProducerProfile's JSON: there is no second shape of those facts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class ProducerView(BaseModel):
    """A producer. ``may_change`` names the fields of ``profile`` that the caller may change."""

    id: UUID
    external_id: str
    version: int
    name: str
    email: str | None
    phone: str | None
    active: bool
    profile: dict[str, Any]
    may_change: list[str]
    updated_at: datetime


class ProducerPage(BaseModel):
    """Producers in the order of their ids."""

    items: list[ProducerView]
    next_cursor: UUID | None


class ProducerPatch(BaseModel):
    """What changes; what is left out stays. In ``profile`` null means unknown, and lists are given whole."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=300)
    email: str | None = Field(None, max_length=500)
    phone: str | None = Field(None, max_length=200)
    team: str | None = Field(None, max_length=200, description="Its name; an empty one means no team.")
    profile: dict[str, Any] = Field(
        default_factory=dict, description="Fields of the profile, as a producer's view has them."
    )


class ChangeView(BaseModel):
    """A change of a record: before and after by field, contact details without their values."""

    id: UUID
    version: int
    at: datetime
    actor: str
    did: str
    changed: dict[str, Any]


class ChangePage(BaseModel):
    """Changes, newest first."""

    items: list[ChangeView]
    next_cursor: UUID | None


class LicenceRowsIn(BaseModel):
    """Rows of a licence database's extract, by its usual column names (docs/howto/producers.md)."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1, max_length=60, description="Which database, as in `nipr` or `state:TX`.")
    checked_at: AwareDatetime | None = Field(None, description="When it was read; now where left out.")
    rows: list[dict[str, Any]] = Field(min_length=1, max_length=20_000)


class RowNote(BaseModel):
    """One thing wrong or doubtful in a row."""

    field: str
    code: str
    message: str
    remedy: str = ""
    value: str | None = None


class LicenceRowReport(BaseModel):
    """What became of a row: ``added``, ``changed``, ``same``, ``unknown`` (the source lists nothing) or ``refused``."""

    row: int
    producer: str | None
    state: str | None
    outcome: str
    notes: list[RowNote]


class LicenceReport(BaseModel):
    """Every row in its order, and how many producers' records changed."""

    items: list[LicenceRowReport]
    producers_changed: int


class ShareView(BaseModel):
    """A rate with its numbers; null where there is nothing to divide by. ``low`` and ``high`` hold it with 95 percent."""

    count: int
    n: int
    rate: float | None
    low: float | None
    high: float | None


class MinutesView(BaseModel):
    """Minutes to first contact. ``p95_few``: there are fewer than 20, so the 95th percentile says little."""

    n: int
    p50: float | None
    p95: float | None
    p95_few: bool


class Revenue(BaseModel):
    """Premiums of won leads, where they were given, in minor units."""

    currency: str
    minor: int
    n: int


class ProducerMetrics(BaseModel):
    """Leads of the cohort in one producer's hands, whoever has them now."""

    producer_id: UUID
    assigned: int
    accepted: ShareView
    declined: ShareView
    converted: ShareView
    worked: int
    response: MinutesView
    satisfaction: float | None
    marks: int
    revenue: list[Revenue]


class MetricsView(BaseModel):
    """Of leads received from ``since`` through ``until``, days of ``time_zone``."""

    since: date
    until: date
    time_zone: str
    items: list[ProducerMetrics]


class MarkIn(BaseModel):
    """A consumer's mark."""

    model_config = ConfigDict(extra="forbid")

    mark: int = Field(ge=1, le=5, description="1 is worst, 5 best.")


class MarkView(BaseModel):
    """The mark, and the producer it is for: whoever had the lead when it was given."""

    lead_id: UUID
    producer_id: UUID
    mark: int
