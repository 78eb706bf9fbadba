"""Channels, and who may listen to which. Whether the actor sees the one lead of ``lead:{id}``, or the one policy of
``policy:{id}``, is asked of the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope
from kernel.errors import FieldError, Forbidden, Invalid

LONGEST = 60
_ONE = {"lead:": "lead_id", "policy:": "policy_id"}


class Reach(StrEnum):
    """What a channel is about: every lead, the producer's own, one, or leads under offer; every policy, the own ones, or one."""

    LEADS = "leads"
    MINE = "my-leads"
    LEAD = "lead"
    OFFERS = "offers"
    POLICIES = "policies"
    MY_POLICIES = "my-policies"
    POLICY = "policy"


WHOLE = frozenset({Reach.LEADS, Reach.POLICIES})
"""What all of the agency's are in."""
OWN = frozenset({Reach.MINE, Reach.MY_POLICIES})
SINGLE = frozenset({Reach.LEAD, Reach.POLICY})
OF_POLICIES = frozenset({Reach.POLICIES, Reach.MY_POLICIES, Reach.POLICY})


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; ``lead_id`` is set for :attr:`Reach.LEAD` only, ``policy_id`` for :attr:`Reach.POLICY`."""

    reach: Reach
    lead_id: UUID | None = None
    policy_id: UUID | None = None

    @property
    def name(self) -> str:
        """As clients write it."""
        about = self.lead_id or self.policy_id
        return self.reach.value if about is None else f"{self.reach.value}:{about}"


def channel_of(name: str) -> Channel:
    """The channel that is named. Raises Invalid for another word."""
    for prefix, field in _ONE.items():
        if name.startswith(prefix):
            try:
                return Channel(Reach(prefix[:-1]), **{field: UUID(name.removeprefix(prefix))})
            except ValueError:
                raise _unknown(name) from None
    if name not in set(Reach) - SINGLE:
        raise _unknown(name)
    return Channel(Reach(name))


def authorise(actor: Actor, channel: Channel) -> None:
    """Raise Forbidden unless the actor may listen. An actor of a kind that is not named here may not."""
    of_policies = channel.reach in OF_POLICIES
    actor.require(Scope.POLICIES_READ if of_policies else Scope.LEADS_READ)
    if actor.kind is ActorKind.PARTNER:
        raise Forbidden("live updates are for the agency's own people and programs; partners have webhooks")
    own = actor.kind is ActorKind.PRODUCER and actor.producer_id is not None
    if channel.reach in WHOLE:
        actor.require_whole_agency()
    elif channel.reach in OWN and not own:
        raise Forbidden(f"{channel.name} is a producer's; use {'policies' if of_policies else 'leads'}")
    elif not (own or actor.sees_all_leads):
        raise Forbidden("this producer has no leads and no policies: the credential names no producer")


def _unknown(name: str) -> Invalid:
    remedy = "use leads, my-leads, offers, policies, my-policies, or lead: or policy: and an id"
    return Invalid("no such channel", fields=(FieldError("channel", "unknown", "no such channel", remedy, name[:80]),))
