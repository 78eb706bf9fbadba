"""Events in each agency's order, read for whoever may be told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.actor import Actor, system_actor
from domain.live.channels import Channel, authorise, channel_of
from domain.live.messages import message, told
from domain.live.replay import require_kept
from kernel.errors import NotFound
from store.sql.repositories.live import Kept
from store.sql.repositories.platform import LiveHead
from store.uow import Database

_NUMBERED = 5_000


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Messages in order. ``position`` is how far they go, whether or not the last event was told; ``more`` says that there are
    further ones now.
    """

    messages: list[dict[str, Any]]
    position: int
    more: bool


class Feed:
    """Numbers what was committed, and reads it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, actor: Actor, channel_name: str, seq: int, at_most: int = 500) -> FeedPage:
        """What the actor is told on the channel behind the event ``seq``, of up to ``at_most`` events.

        Raises Forbidden or NotFound for a channel that is not theirs, TooOld when ``seq`` lies before what is kept.
        """
        channel = channel_of(channel_name)
        await self.authorise(actor, channel)
        await self.head(actor.agency_id)
        kept = await self.read(actor, seq, at_most, channel)
        require_kept(seq, kept.floor, kept.last)
        answers = ((told(actor, channel, event), event) for event in kept.events)
        messages = [message(what, channel.name, event) for what, event in answers if what is not None]
        more = len(kept.events) == at_most
        return FeedPage(messages, kept.events[-1].seq if more else kept.last, more)

    async def authorise(self, actor: Actor, channel: Channel) -> None:
        """Raise Forbidden, or NotFound for a lead or policy that the actor may not see, unless they may listen now."""
        authorise(actor, channel)
        if channel.lead_id is None and channel.policy_id is None:
            return
        async with self._database.begin(actor) as uow:
            if channel.policy_id is not None:
                await uow.policies.one(channel.policy_id)
            elif channel.lead_id is not None and await uow.live.lead(channel.lead_id) is None:
                raise NotFound(f"no lead {channel.lead_id} in this agency")

    async def heads(self, agencies: Sequence[UUID]) -> dict[UUID, LiveHead]:
        """Number what waits, a few thousand at most, and say how far each agency's numbers go."""
        async with self._database.platform() as platform:
            found = await platform.number_live(agencies, _NUMBERED)
        return {head.agency_id: head for head in found}

    async def head(self, agency_id: UUID) -> LiveHead:
        """Number all that waits now; how far the numbers go."""
        before = -1
        while True:
            head = (await self.heads([agency_id])).get(agency_id, LiveHead(agency_id, 0, 0))
            if head.last - before < _NUMBERED and before >= 0:
                return head
            if head.last == 0:
                return head
            before = head.last

    async def read(self, actor: Actor, seq: int, at_most: int, channel: Channel | None = None) -> Kept:
        """Events behind ``seq`` that may concern the actor; :func:`~domain.live.messages.told` decides."""
        async with self._database.begin(actor) as uow:
            return await uow.live.after(seq, at_most, channel)

    async def watch(self, agency_id: UUID, wanted: timedelta) -> None:
        """Have the agency's events announced for so long."""
        async with self._database.begin(system_actor(agency_id, "live")) as uow:
            await uow.live.watch(wanted)
