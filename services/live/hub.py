"""The listeners of this process: one read of an agency's new events, whatever the number of those who hear of them.

Nothing is kept here that another process needs: the order is in Postgres, and a listener goes on anywhere from the last id.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import structlog

from domain.actor import system_actor
from domain.live.channels import SINGLE, Channel
from domain.live.messages import Told, told
from domain.live.replay import require_kept
from domain.live.tickets import Pass
from kernel.errors import FieldError, Invalid, RateLimited, Unavailable
from kernel.live_settings import LiveSettings
from services.live.audience import Audience, item_of
from services.live.feed import Feed
from services.live.follower import Cut, Follower, Subscription
from services.live.tickets import Tickets
from store.sql.listener import Listener

CHANNEL = "leadwright_live"
_POLL_SECONDS = 1.0
_WATCH_SECONDS = 10.0
_WATCHED = timedelta(seconds=30)
_PAGE = 1_000
_AWAY_SECONDS = 1.0
T = TypeVar("T")
_log = structlog.get_logger("leadwright.services.live")


class Hub:
    """One per process; it works only while somebody listens."""

    def __init__(self, feed: Feed, tickets: Tickets, listener: Listener, settings: LiveSettings) -> None:
        self._feed = feed
        self._tickets = tickets
        self._listener = listener
        self._settings = settings
        self._followers: set[Follower] = set()
        self._of_actor: Counter[tuple[UUID, str]] = Counter()
        self._of_address: Counter[str] = Counter()
        self._audiences: dict[UUID, Audience] = {}
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def join(self, holder: Pass, address: str | None) -> Follower:
        """A new listener without channels. Raises RateLimited beyond the limits, Unavailable while this process stops."""
        if self._stopping:
            raise Unavailable("this process is stopping; connect again")
        given, actor, place = self._settings, holder.actor, address or "unknown"
        who = (actor.agency_id, actor.subject)
        for count, limit in (
            (len(self._followers), given.connections), (self._of_actor[who], given.actor_connections),
            (self._of_address[place], given.address_connections),
        ):  # fmt: skip
            if count >= limit:
                raise RateLimited("too many live connections; close one first", retry_after=10)
        follower = Follower(holder, place, given.queue)
        self._followers.add(follower)
        self._of_actor[who] += 1
        self._of_address[place] += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return follower

    def leave(self, follower: Follower) -> None:
        """The listener has gone."""
        if follower not in self._followers:
            return
        self._followers.discard(follower)
        follower.cut_off(Cut.ENDED)
        for name in list(follower.subscriptions):
            self.unsubscribe(follower, name)
        actor = follower.holder.actor
        _less(self._of_actor, (actor.agency_id, actor.subject))
        _less(self._of_address, follower.address)
        if not self._followers:
            self._wake.set()

    async def subscribe(self, follower: Follower, channel: Channel, after: int | None) -> Subscription:
        """A channel for the listener, from behind the event ``after``, or from now. :meth:`attach` then lets events come.

        Raises Forbidden, NotFound, TooOld, or Invalid beyond the number of channels.
        """
        actor = follower.holder.actor
        await self._feed.authorise(actor, channel)
        audience = await self._audience(actor.agency_id)
        if after is not None:
            if after > audience.position:  # told by a process that is ahead of this one
                await self._look()
            require_kept(after, audience.floor, audience.position)
        if len(follower.subscriptions) >= self._settings.subscriptions:
            fault = FieldError("channel", "too_many", "is one channel too many", "unsubscribe from another first")
            raise Invalid(f"a connection has {self._settings.subscriptions} channels at most", fields=(fault,))
        position = audience.position if after is None else after
        subscription = Subscription(follower, channel, position)
        follower.subscriptions[channel.name] = subscription
        return subscription

    async def attach(self, subscription: Subscription) -> None:
        """Tell of what happened since the subscription's position, then let new events come by themselves. A listener who cannot
        be told, since the store is away, is sent elsewhere.
        """
        try:
            await self._attach(subscription)
        except Exception as problem:  # noqa: BLE001 - a listener without events, and without a word, would wait for ever
            _log.warning("replay ended", problem=type(problem).__name__)
            subscription.follower.cut_off(Cut.RESTART)

    async def _attach(self, subscription: Subscription) -> None:
        follower, channel = subscription.follower, subscription.channel
        actor = follower.holder.actor
        audience = await self._audience(actor.agency_id)
        while subscription.position < audience.position:
            events = audience.since(subscription.position)
            if events is None:
                kept = await self._feed.read(actor, subscription.position, _PAGE, channel)
                if kept.floor > subscription.position:
                    follower.cut_off(Cut.TOO_OLD)
                    return
                events = kept.events
                reached = events[-1].seq if len(events) == _PAGE else kept.last
            else:
                reached = events[-1].seq
            for event in events:
                what = told(actor, channel, event)
                if what is None:
                    continue
                if not await follower.put(item_of(what, channel, event)):
                    return
                if what is Told.GONE and channel.reach in SINGLE:
                    self.unsubscribe(follower, channel.name)
                    return
            subscription.position = reached
        # No pause since the last look at the position: nothing can have been handed out in between.
        if follower.cut is None and follower.subscriptions.get(channel.name) is subscription:
            audience.add(subscription)

    def unsubscribe(self, follower: Follower, name: str) -> bool:
        """No more of the channel; False where the listener does not have it."""
        subscription = follower.subscriptions.pop(name, None)
        if subscription is None:
            return False
        audience = self._audiences.get(follower.holder.actor.agency_id)
        if audience is not None:
            audience.remove(subscription)
        return True

    def position(self, follower: Follower) -> int | None:
        """Up to which event the listener has been told all; None while something waits."""
        audience = self._audiences.get(follower.holder.actor.agency_id)
        return audience.position if audience is not None and follower.idle and follower.subscriptions else None

    def stop(self) -> None:
        """Send every listener elsewhere, and take no more."""
        self._stopping = True
        for follower in self._followers:
            follower.cut_off(Cut.RESTART)

    async def close(self) -> None:
        """End the work of this process."""
        self.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _audience(self, agency_id: UUID) -> Audience:
        async with self._turn:
            found = self._audiences.get(agency_id)
            if found is None:
                await self._feed.watch(agency_id, _WATCHED)
                head = await self._feed.head(agency_id)
                found = Audience(agency_id, head.last, head.floor, self._settings.remembered)
                self._audiences[agency_id] = found
            return found

    async def _run(self) -> None:
        self._wake = asyncio.Event()
        listening = asyncio.create_task(self._listener.forward(CHANNEL, self._wake))
        checked = watched = time.monotonic()
        try:
            while self._followers:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(_POLL_SECONDS, self._settings.check_seconds)):
                        await self._wake.wait()
                self._wake.clear()
                try:
                    await self._look()
                    if time.monotonic() - checked >= self._settings.check_seconds:
                        checked = time.monotonic()
                        await self._check()
                    if time.monotonic() - watched >= _WATCH_SECONDS:
                        watched = time.monotonic()
                        await self._watch()
                except Exception as problem:  # noqa: BLE001 - listeners of a process that gave up would hear nothing, for ever
                    _log.warning("live updates wait", problem=type(problem).__name__)
                    await asyncio.sleep(_AWAY_SECONDS)
        finally:
            self._task = None
            self._audiences = {} if not self._followers else self._audiences
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _look(self) -> None:
        """Hand out what is new."""
        async with self._turn:
            heads = await self._feed.heads(list(self._audiences))
            for agency_id, head in heads.items():
                audience = self._audiences[agency_id]
                audience.floor = head.floor
                while audience.position != head.last:
                    kept = await self._feed.read(system_actor(agency_id, "live"), audience.position, _PAGE)
                    if not kept.events or kept.events[0].seq != audience.position + 1:
                        # another history, or one that this process has slept through
                        audience.restart(head.last)
                        break
                    for subscription in audience.hand_out(kept.events):
                        self.unsubscribe(subscription.follower, subscription.channel.name)

    async def _check(self) -> None:
        """Cut off whose credential has ended, and forget agencies that nobody listens to."""
        by_agency: dict[UUID, list[Follower]] = defaultdict(list)
        for follower in self._followers:
            by_agency[follower.holder.actor.agency_id].append(follower)
        for agency_id, followers in by_agency.items():
            ended = {id(one) for one in await self._tickets.ended(agency_id, [one.holder for one in followers])}
            for follower in followers:
                if id(follower.holder) in ended:
                    follower.cut_off(Cut.ENDED)
        async with self._turn:
            for agency_id in set(self._audiences) - {one.holder.actor.agency_id for one in self._followers}:
                del self._audiences[agency_id]

    async def _watch(self) -> None:
        for agency_id in list(self._audiences):
            await self._feed.watch(agency_id, _WATCHED)


def _less(counter: Counter[T], key: T) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
