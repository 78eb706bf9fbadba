"""Shapes of subscriptions and deliveries that the API and the command line share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from domain.deliveries import Circuit, Pause, State
from domain.leads.lifecycle import Happening
from domain.policies.words import Act
from domain.policies.words import Happening as PolicyHappening
from store.sql.models import DeliveryRow
from store.sql.repositories.policies import POLICY_KIND

KINDS = (
    *(one.value for one in Happening), *(f"{POLICY_KIND}{one.value}" for one in (*PolicyHappening, *Act)),
)  # fmt: skip
"""Every kind of event that may be subscribed to: those of leads by their name, those of policies as ``policy.activated``."""


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"no such kind of event; use one of {', '.join(KINDS)}")
    return kind


Kind = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(KINDS)})]


class SubscriptionIn(BaseModel):
    """A subscription as it is asked for."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=1, max_length=2_000, description="Where events are POSTed: https, a public address.")
    kinds: list[Kind] = Field(
        default_factory=list, max_length=100, description="Kinds of events; none means every kind, later ones too."
    )
    include_lead: bool = Field(
        default=False,
        description="Send the lead as it stands at the first attempt too. It is personal: needs leads:read.",
    )
    description: str | None = Field(None, max_length=200, description="For people.")


class SecretView(BaseModel):
    """A secret that signs now, without itself."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None = Field(description="Until when it signs along; null for the newest.")


class SubscriptionView(BaseModel):
    """A subscription, and how it stands with the subscriber."""

    id: UUID
    version: int
    url: str
    kinds: list[Kind]
    include_lead: bool
    description: str | None
    paused: Pause | None = Field(description="Why nothing is sent; events wait meanwhile. Null when it is in force.")
    created_by: str
    created_at: datetime
    updated_at: datetime
    secrets: list[SecretView]
    waiting: int = Field(description="Deliveries that have not arrived yet.")
    waiting_since: datetime | None
    failures: int = Field(description="Failed attempts in a row.")
    circuit: Circuit = Field(
        description="closed: as usual; open: nothing before next_at; half_open: one attempt decides."
    )
    next_at: datetime = Field(description="No attempt before.")


class SubscriptionList(BaseModel):
    """Every subscription of the agency."""

    items: list[SubscriptionView]


class SecretMade(BaseModel):
    """A new secret; it is shown this once."""

    id: UUID
    created_at: datetime
    secret: str = Field(description="`whsec_` and the key in base64.")


class SubscriptionMade(BaseModel):
    """A new subscription and its first secret, which is shown this once."""

    subscription: SubscriptionView
    secret: SecretMade


class DeliveryView(BaseModel):
    """One event for one subscriber."""

    id: UUID
    event_id: UUID
    kind: Kind
    turn: int = Field(description="0 for the event as it happened, above for replays.")
    state: State
    attempts: int
    last_status: int | None = Field(description="HTTP status of the last attempt.")
    last_error: str | None = Field(description="What prevented an answer, as one word.")
    body_sha256: str | None = Field(description="Hash of what every attempt sends; null before the first.")
    created_at: datetime
    first_sent_at: datetime | None
    settled_at: datetime | None


class DeliveryPage(BaseModel):
    """A page of deliveries, newest first; ``next_cursor`` is null on the last one."""

    items: list[DeliveryView]
    next_cursor: int | None


class ReplayIn(BaseModel):
    """Which events to deliver again: one, or those of a stretch of time."""

    model_config = ConfigDict(extra="forbid")

    event_id: UUID | None = Field(None, description="One event.")
    since: AwareDatetime | None = Field(None, description="Events at this instant or later.")
    until: AwareDatetime | None = Field(None, description="Events before this instant; with since.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.event_id is None) == (self.since is None) or (self.since is None and self.until is not None):
            msg = "name event_id, or since with or without until"
            raise ValueError(msg)
        return self


class Replayed(BaseModel):
    """How many deliveries were added behind what waits; ``more`` says that the limit of one call was reached."""

    added: int
    more: bool


class PingResult(BaseModel):
    """How the endpoint answered a test message."""

    id: UUID
    arrived: bool
    status: int | None
    error: str | None


def delivery_view(row: DeliveryRow) -> DeliveryView:
    """A delivery as it is shown."""
    shown = {name: getattr(row, name) for name in DeliveryView.model_fields}
    return DeliveryView.model_validate(shown | {"event_id": row.event_id or row.policy_event_id})
