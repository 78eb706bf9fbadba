"""Commands and views of sources."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.lines import Line
from domain.sources.settings import SourceKind
from domain.sources.windows import WindowKind
from services.arrival import Arrival

Short = Annotated[str, Field(max_length=200)]
Days = Annotated[int, Field(ge=0, le=3660)]


class MoneyIn(BaseModel):
    """An amount in minor units: 1250 and USD are 12.50 dollars."""

    model_config = ConfigDict(extra="forbid")

    minor: int = Field(ge=0, le=10_000_000)
    currency: str = Field("USD", pattern="^(USD|CAD|EUR|GBP|MXN|INR|JPY)$")


class ReturnPolicyIn(BaseModel):
    """Days in which a lead may be returned for credit, and for which reasons; 0 days allow none."""

    model_config = ConfigDict(extra="forbid")

    days: Days = 0
    reasons: list[Short] = Field(default_factory=list, max_length=50)


class SourceIn(BaseModel):
    """A source's settings; see docs/howto/source.md."""

    model_config = ConfigDict(extra="forbid")

    slug: str = Field(max_length=60, description="In addresses, and what leads name as their source.")
    name: str = Field(max_length=200)
    kind: SourceKind
    active: bool = True
    test: bool = Field(default=False, description="Its leads are worked, and stay out of every count.")
    mapping: dict[Short, Short] = Field(default_factory=dict, max_length=300, description="Their field: our field.")
    caps: dict[WindowKind, Annotated[int, Field(ge=0, le=10_000_000)]] = Field(
        default_factory=dict, description="Most leads by hour, day, week or month of the zone."
    )
    zone: str = Field("America/New_York", max_length=60, description="IANA zone in which windows begin.")
    price: MoneyIn | None = Field(None, description="For each accepted lead.")
    states: list[Short] = Field(default_factory=list, max_length=60, description="Empty takes any.")
    lines: list[Line] = Field(default_factory=list, max_length=20, description="Empty takes any.")
    duplicate_days: Days | None = Field(None, description="Refuse a person known for the same line within these days.")
    duplicate_days_by_line: dict[Line, Days] = Field(default_factory=dict)
    returns: ReturnPolicyIn = Field(default_factory=ReturnPolicyIn)
    wants_certificate: bool = Field(default=False, description="Refuse leads without a consent certificate.")
    double_opt_in: bool = Field(default=False, description="Leads wait until the person confirms by e-mail.")
    sellers: list[Short] = Field(default_factory=list, max_length=200, description="One must be named in the consent.")
    consent_text: str | None = Field(None, max_length=10_000, description="The words beside the form's tick box.")
    consent_texts: dict[Annotated[str, Field(pattern="^[a-z]{2}$")], Annotated[str, Field(max_length=10_000)]] = Field(
        default_factory=dict, max_length=20, description="The same in further languages, by two-letter code."
    )
    origins: list[Annotated[str, Field(pattern=r"^https?://[^/\s]{1,250}$")]] = Field(
        default_factory=list, max_length=50, description="Web origins whose pages may hold the chat."
    )
    redirects: list[Annotated[str, Field(max_length=2_000)]] = Field(default_factory=list, max_length=20)
    honeypot: str = Field("website", min_length=1, max_length=60, description="A form field that only machines fill.")


class CapView(BaseModel):
    """One cap now."""

    window: WindowKind
    limit: int
    used: int
    left: int
    starts_at: datetime
    resets_at: datetime


class SecretView(BaseModel):
    """A secret that is in force; the secret itself is never shown again."""

    id: UUID
    created_at: datetime


class SecretMade(SecretView):
    """A new secret, shown this once."""

    secret: str


class SourceView(BaseModel):
    """A source, what is left of its caps, and its secrets. ``form_token`` is public and stands in web pages."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    settings: SourceIn
    form_token: str
    caps: list[CapView]
    secrets: list[SecretView]


class SourceList(BaseModel):
    """Sources by slug."""

    items: list[SourceView]


class RefusalCount(BaseModel):
    """How often a door refused for a reason."""

    door: str
    code: str
    count: int


class Amount(BaseModel):
    """Money by currency: what was taken, what was given back, and the difference, in minor units."""

    currency: str
    charged_minor: int
    credited_minor: int
    spend_minor: int


class StatementDay(BaseModel):
    """One day of the source's zone."""

    day: date
    accepted: int
    returned: int
    rejected: list[RefusalCount]
    amounts: list[Amount]


class Statement(BaseModel):
    """The account with a source; days on which nothing happened are left out. Test leads are not in it."""

    source_id: UUID
    slug: str
    zone: str
    since: date
    until: date
    accepted: int
    returned: int
    rejected: int
    amounts: list[Amount]
    days: list[StatementDay]


class DeliveryAccepted(BaseModel):
    """A lead taken at a source's door, with the price agreed in minor units."""

    lead_id: UUID
    status: str
    price: MoneyIn | None
    warnings: list[dict[str, Any]]


class PingAnswer(BaseModel):
    """Whether such a lead is wanted. ``token`` and ``price`` hold until ``expires_at``; its place under the caps does not."""

    accept: bool
    reason: str | None = Field(description="Code of the refusal.")
    words: str
    price: MoneyIn | None
    token: str | None
    expires_at: datetime | None


def price_of(arrival: Arrival) -> dict[str, Any] | None:
    """The agreed price, JSON-ready."""
    price = arrival.admitted.price if arrival.admitted else None
    return {"minor": price.minor, "currency": price.currency} if price else None
