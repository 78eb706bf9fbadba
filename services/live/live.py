"""Live updates as one thing: tickets, the feed, and this process's listeners."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.live_settings import LiveSettings
from services.live.feed import Feed
from services.live.hub import Hub
from services.live.tickets import Tickets
from store.sql.listener import Listener
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Live:
    """What happens to leads, told as it happens."""

    tickets: Tickets
    feed: Feed
    hub: Hub

    @classmethod
    def on(cls, database: Database, listener: Listener, settings: LiveSettings) -> Live:
        """All three as ``settings`` want them."""
        tickets, feed = Tickets(database, settings), Feed(database)
        return cls(tickets, feed, Hub(feed, tickets, listener, settings))
