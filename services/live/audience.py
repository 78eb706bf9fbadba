"""Who in this process listens to one agency, found by what an event is about, and the agency's latest events."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterator, Sequence
from itertools import islice
from uuid import UUID

from domain.live.channels import SINGLE, WHOLE, Channel, Reach
from domain.live.messages import LiveEvent, Told, message, told
from services.live.follower import Cut, Item, Subscription


def item_of(what: Told, channel: Channel, event: LiveEvent) -> Item:
    """The message, encoded."""
    return Item.of(message(what, channel.name, event))


class Audience:
    """``position`` is the last event that was handed out here, ``floor`` the last that is not kept any more."""

    def __init__(self, agency_id: UUID, position: int, floor: int, remembered: int) -> None:
        self.agency_id = agency_id
        self.position = position
        self.floor = floor
        self._latest: deque[LiveEvent] = deque(maxlen=remembered)
        self._listening: dict[Hashable, set[Subscription]] = defaultdict(set)

    def since(self, position: int) -> list[LiveEvent] | None:
        """The events behind ``position``, none missing; None when they are not all remembered here."""
        if not self._latest or self._latest[0].seq > position + 1:
            return None
        return list(islice(self._latest, position + 1 - self._latest[0].seq, None))

    def add(self, subscription: Subscription) -> None:
        """Tell it of new events from now on."""
        subscription.attached = True
        self._listening[_place(subscription)].add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Tell it no more."""
        place = _place(subscription)
        self._listening[place].discard(subscription)
        if not self._listening[place]:
            del self._listening[place]

    def hand_out(self, events: Sequence[LiveEvent]) -> list[Subscription]:
        """Leave the events with whoever is told of them; the subscriptions that are over with it."""
        over = []
        for event in events:
            said: dict[tuple[str, Told], Item] = {}
            for subscription in self._concerned(event):
                if event.seq <= subscription.position:  # replayed from the store, which was ahead
                    continue
                channel = subscription.channel
                what = told(subscription.follower.holder.actor, channel, event)
                if what is None:
                    continue
                key = (channel.name, what)
                if key not in said:
                    said[key] = item_of(what, channel, event)
                subscription.follower.offer(said[key])
                subscription.position = event.seq
                if what is Told.GONE and channel.reach in SINGLE:
                    over.append(subscription)
            self._latest.append(event)
            self.position = event.seq
        return over

    def restart(self, position: int) -> None:
        """Go on from ``position`` with listeners that must load anew."""
        for listeners in self._listening.values():
            for subscription in listeners:
                subscription.follower.cut_off(Cut.TOO_OLD)
        self._latest.clear()
        self.position = position

    def _concerned(self, event: LiveEvent) -> Iterator[Subscription]:
        producers = {one for one in (event.holder, event.was, *event.named) if one is not None}
        about: tuple[Hashable, ...] = (Reach.LEADS, Reach.OFFERS, ("lead", event.lead_id))
        if event.policy_id is not None:
            about = (Reach.POLICIES, ("policy", event.policy_id))
        for place in (*about, *(("producer", one) for one in producers)):
            yield from self._listening.get(place, ())


def _place(subscription: Subscription) -> Hashable:
    channel, actor = subscription.channel, subscription.follower.holder.actor
    if channel.lead_id is not None:
        return ("lead", channel.lead_id)
    if channel.policy_id is not None:
        return ("policy", channel.policy_id)
    if channel.reach in WHOLE or actor.sees_all_leads:
        return channel.reach
    return ("producer", actor.producer_id)
