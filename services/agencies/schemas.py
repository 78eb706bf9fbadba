"""The file an agency loads: producers and the connections between them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.lines import Line


class ConnectionKind(StrEnum):
    """What ties two producers; ``REFERRAL`` points from who sends leads to who receives them."""

    MENTORSHIP = "mentorship"
    PARTNERSHIP = "partnership"
    CROSS_REFERRAL = "cross_referral"
    REFERRAL = "referral"


class ProducerIn(BaseModel):
    """A producer. ``profile`` holds the fields of domain.routing.profile.ProducerProfile without its ids.

    Coordinates and the time zone follow from ``profile.zip_code`` where they are not given. ``team`` is any name.
    """

    model_config = ConfigDict(extra="forbid")

    external_id: str = Field(min_length=1, max_length=200)
    name: str = Field(min_length=1, max_length=300)
    email: str | None = None
    phone: str | None = None
    team: str | None = None
    profile: dict[str, Any]


class ConnectionIn(BaseModel):
    """A relation between two producers, by their external ids; ``strength`` is 0 to 1."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_id: str = Field(alias="from")
    to_id: str = Field(alias="to")
    kind: ConnectionKind
    strength: Decimal = Field(ge=0, le=1, decimal_places=4)


class Commission(BaseModel):
    """An expected commission, in major units."""

    model_config = ConfigDict(extra="forbid")

    amount: Decimal = Field(ge=0, max_digits=12, decimal_places=2)
    currency: str = Field("USD", pattern="^(?:USD|CAD|EUR|GBP|MXN|INR|JPY)$")


class AgencyFile(BaseModel):
    """A whole agency as JSON. ``commissions``: what a sale in a line is expected to bring; ``offers``: the terms on which
    producers are asked (domain.routing.offer_terms); ``medicare``: what is sold where (domain.chat.medicare). None leaves them as
    they are.
    """

    model_config = ConfigDict(extra="forbid")

    slug: str = Field(pattern="^[a-z0-9][a-z0-9-]{1,62}$")
    name: str = Field(min_length=1, max_length=200)
    producers: list[ProducerIn] = Field(max_length=100_000)
    connections: list[ConnectionIn] = Field(default_factory=list, max_length=1_000_000)
    commissions: dict[Line, Commission] | None = None
    offers: dict[str, Any] | None = None
    medicare: dict[str, Any] | None = None


class AgencyLoaded(BaseModel):
    """What a load left behind: totals after it, not changes."""

    agency_id: str
    producers: int
    connections: int
    roster_version: int
