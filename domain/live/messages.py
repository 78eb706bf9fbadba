"""What a listener is told of an event, decided from the event alone: the same at once, at a replay, in every process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.actor import Actor, ActorKind
from domain.live.channels import OF_POLICIES, WHOLE, Channel, Reach

UNDER_OFFER = "offered"
"""The status of a lead that waits for a producer's yes."""
_NAMES = ("producer_id", "producer_ids")


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One event of a lead or of a policy (``policy_id``) in the agency's order.

    ``holder`` has it after the event, ``was`` had it before, ``named`` are producers that the event itself is about, such as
    those it is offered to. ``offer`` says that the lead was or is under offer. Nothing here is personal.
    """

    seq: int
    lead_id: UUID | None
    version: int
    kind: str
    at: datetime
    holder: UUID | None
    was: UUID | None
    named: tuple[UUID, ...]
    offer: bool
    policy_id: UUID | None = None


class Told(StrEnum):
    """``GONE``: the lead or policy is not the listener's any more, and nothing else of it will be told."""

    EVENT = "event"
    GONE = "gone"


def named_in(data: Mapping[str, Any]) -> list[UUID]:
    """The producers that an event's data name, whatever its kind."""
    values = [data.get(name) for name in _NAMES]
    flat = [one for value in values for one in (value if isinstance(value, list | tuple) else [value])]
    return [UUID(str(one)) for one in flat if one is not None]


def told(actor: Actor, channel: Channel, event: LiveEvent) -> Told | None:
    """What the actor is told of the event on the channel; None is nothing."""
    other_kind = (channel.reach in OF_POLICIES) != (event.policy_id is not None)
    other_lead = channel.lead_id is not None and channel.lead_id != event.lead_id
    other_policy = channel.policy_id is not None and channel.policy_id != event.policy_id
    if other_kind or other_lead or other_policy or (channel.reach is Reach.OFFERS and not event.offer):
        return None
    if actor.sees_all_leads:
        return Told.EVENT
    own = actor.producer_id
    if actor.kind is not ActorKind.PRODUCER or own is None or channel.reach in WHOLE:
        return None
    if event.was == own and event.holder != own:
        return Told.GONE
    return Told.EVENT if event.holder == own or own in event.named else None


def message(what: Told, channel: str, event: LiveEvent) -> dict[str, Any]:
    """The message as JSON types. Of a lead or a policy that is gone it says only that."""
    about = {"lead_id": event.lead_id} if event.policy_id is None else {"policy_id": event.policy_id}
    said: dict[str, Any] = {
        "type": what.value, "id": event.seq, "channel": channel, "at": event.at.isoformat(),
        **{name: str(one) for name, one in about.items()},
    }  # fmt: skip
    if what is Told.EVENT:
        said |= {"kind": event.kind, "version": event.version}
    return said
