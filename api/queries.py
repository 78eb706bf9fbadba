"""What lists take as query: a parameter nobody knows is refused, since ignoring it would widen the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from domain.leads.lifecycle import Status
from domain.lines import Line, Tier
from integrations.geography import Geography
from kernel.errors import FieldError, Invalid
from services.leads.query import read_cursor, storable
from store.sql.repositories.leads import LeadFilter

_ONE_WAY = "send zip, or lat and lon together"


def _readable(cursor: str) -> str:
    """Raises Invalid for a cursor that the list never gave."""
    read_cursor(cursor)
    return cursor


Moment = Annotated[AwareDatetime, AfterValidator(storable)]
Cursor = Annotated[str, AfterValidator(_readable)]


class IdList(BaseModel):
    """A page of records that are ordered by their ids."""

    model_config = ConfigDict(extra="forbid")

    cursor: UUID | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class LeadList(BaseModel):
    """Filters, place and size of a page of leads. Values of one name are alternatives, names narrow each other."""

    model_config = ConfigDict(extra="forbid")

    status: list[Status] = Field(default_factory=list, max_length=20)
    line: list[Line] = Field(default_factory=list, max_length=20)
    tier: list[Tier] = Field(default_factory=list, max_length=5)
    state: str | None = Field(None, pattern="^[A-Za-z]{2}$", description="Two letters.")
    source: str | None = Field(None, min_length=1, max_length=100)
    producer_id: UUID | None = None
    min_score: int | None = Field(None, ge=0, le=100)
    needs_review: bool | None = None
    received_from: Moment | None = Field(None, description="This instant or later.")
    received_before: Moment | None = Field(None, description="Earlier than this instant.")
    cursor: Cursor | None = Field(None, max_length=200, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)
    count: bool = Field(default=False, description="Answer how many match, in X-Total-Count.")

    def wanted(self) -> LeadFilter:
        """The filter as the services take it."""
        return LeadFilter(
            status=_words(self.status),
            line=_words(self.line),
            tier=_words(self.tier),
            state=self.state and self.state.upper(),
            source=self.source,
            producer_id=self.producer_id,
            min_score=self.min_score,
            needs_review=self.needs_review,
            received_from=self.received_from,
            received_before=self.received_before,
        )


class NearbyList(BaseModel):
    """A point, given as a ZIP or as coordinates in degrees, and how far around it to look, in statute miles."""

    model_config = ConfigDict(extra="forbid")

    zip: str | None = Field(None, max_length=20, description="The point is the ZIP's centre.")
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    miles: float = Field(25, gt=0, le=500, allow_inf_nan=False)
    status: list[Status] = Field(default_factory=list, max_length=20)
    line: list[Line] = Field(default_factory=list, max_length=20)
    limit: int = Field(50, ge=1, le=200)

    def wanted(self) -> LeadFilter:
        """The filter as the services take it."""
        return LeadFilter(status=_words(self.status), line=_words(self.line))

    def point(self, geography: Geography) -> tuple[float, float]:
        """Latitude and longitude. Raises Invalid unless exactly one way to name a point leads to one.

        The first call loads the table of ZIPs, which takes half a second: call it off the event loop.
        """
        if self.zip is not None and self.lat is None and self.lon is None:
            return _centre(geography, self.zip)
        if self.zip is None and self.lat is not None and self.lon is not None:
            return self.lat, self.lon
        given = [name for name in ("zip", "lat", "lon") if getattr(self, name) is not None]
        fields = tuple(
            FieldError(name, "not_together", "does not name one point", _ONE_WAY) for name in given or ["zip"]
        )
        raise Invalid("the request does not name one point", fields=fields)


def _centre(geography: Geography, zip_code: str) -> tuple[float, float]:
    place = geography.place(zip_code)
    if place is None:
        fault = FieldError("zip", "unknown", "no such ZIP is known", "send five digits, or lat and lon", zip_code)
        raise Invalid("the ZIP is not known", fields=(fault,))
    if place.lat is None or place.lon is None:
        fault = FieldError("zip", "no_area", f"a ZIP of kind {place.kind} covers no area", "send lat and lon", zip_code)
        raise Invalid("the ZIP has no place on the map", fields=(fault,))
    return place.lat, place.lon


def _words(values: Sequence[Status | Line | Tier]) -> tuple[str, ...]:
    return tuple(value.value for value in values)
