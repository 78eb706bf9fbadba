"""Channels, and who may listen to which. Whether the actor sees the one lead of ``lead:{id}`` is asked of the store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope
from kernel.errors import FieldError, Forbidden, Invalid

LONGEST = 60
_LEAD = "lead:"


class Reach(StrEnum):
    """What a channel is about: every lead, the producer's own, one, or leads under offer."""

    LEADS = "leads"
    MINE = "my-leads"
    LEAD = "lead"
    OFFERS = "offers"


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; ``lead_id`` is set for :attr:`Reach.LEAD` only."""

    reach: Reach
    lead_id: UUID | None = None

    @property
    def name(self) -> str:
        """As clients write it."""
        return self.reach.value if self.lead_id is None else f"{_LEAD}{self.lead_id}"


def channel_of(name: str) -> Channel:
    """The channel that is named. Raises Invalid for another word."""
    if name.startswith(_LEAD):
        try:
            return Channel(Reach.LEAD, UUID(name.removeprefix(_LEAD)))
        except ValueError:
            raise _unknown(name) from None
    if name == Reach.LEAD.value or name not in set(Reach):
        raise _unknown(name)
    return Channel(Reach(name))


def authorise(actor: Actor, channel: Channel) -> None:
    """Raise Forbidden unless the actor may listen. An actor of a kind that is not named here may not."""
    actor.require(Scope.LEADS_READ)
    if actor.kind is ActorKind.PARTNER:
        raise Forbidden("live updates are for the agency's own people and programs; partners have webhooks")
    own = actor.kind is ActorKind.PRODUCER and actor.producer_id is not None
    if channel.reach is Reach.LEADS:
        actor.require_whole_agency()
    elif channel.reach is Reach.MINE and not own:
        raise Forbidden("my-leads is a producer's; use leads")
    elif not (own or actor.sees_all_leads):
        raise Forbidden("this producer has no leads: the credential names no producer")


def _unknown(name: str) -> Invalid:
    remedy = "use leads, my-leads, offers, or lead: and the id of a lead"
    return Invalid("no such channel", fields=(FieldError("channel", "unknown", "no such channel", remedy, name[:80]),))
