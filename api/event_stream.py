"""Server-sent events of live updates: `id:` lines to go on from, a beat in silence, and an end when the credential ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.live.follower import Cut, CutOff, Follower, Item, Subscription
from services.live.hub import Hub

MEDIA_TYPE = "text/event-stream"
DESCRIBED: dict[str, Any] = {
    MEDIA_TYPE: {
        "schema": {"type": "object", "properties": {name: {"type": "string"} for name in ("id", "event", "data")}}
    }
}
"""What a stream is made of, in an operation's description: the fields of each event."""
_SEND_SECONDS = 30.0
"""A client that takes nothing for so long has gone; what waits for it is bounded anyway."""
_LAST_SECONDS = 5.0
_RETRY = "retry: 2000\n\n"
LAST_WORDS = {
    Cut.SLOW: ("reload", "this client reads too slowly; go on from the last id"),
    Cut.TOO_OLD: ("reload", "events since the last id are not kept any more; load the leads again"),
    Cut.ENDED: ("end", "the credential has ended; sign in again"),
    Cut.RESTART: ("end", "this process stops; go on from the last id"),
}


def event_text(item: Item) -> str:
    """A message as an event."""
    return f"id: {item.seq}\nevent: {item.type}\ndata: {item.text}\n\n"


def last_words(why: Cut) -> str:
    """The event that ends a stream."""
    name, detail = LAST_WORDS[why]
    return f"event: {name}\ndata: {json.dumps({'type': name, 'reason': why.value, 'detail': detail})}\n\n"


class EventStream(Response):
    """Streams a subscription until the client goes or is cut off."""

    media_type = MEDIA_TYPE

    def __init__(self, hub: Hub, subscription: Subscription, heartbeat_seconds: float) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._hub = hub
        self._subscription = subscription
        self._heartbeat = heartbeat_seconds
        self._begun = subscription.position

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Answer, then send until the end."""
        follower = self._subscription.follower
        working: list[asyncio.Task[None]] = []
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            attaching = asyncio.create_task(self._hub.attach(self._subscription))
            working = [asyncio.create_task(self._send(send, follower)), asyncio.create_task(_gone(receive)), attaching]
            await asyncio.wait(working[:2], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.leave(follower)
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    async def _send(self, send: Send, follower: Follower) -> None:
        async for text in self._texts(follower):
            async with asyncio.timeout(_LAST_SECONDS if follower.cut is not None else _SEND_SECONDS):
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _texts(self, follower: Follower) -> AsyncIterator[str]:
        # Where it begins, so that a client whose connection breaks before the first event misses none.
        yield f"{_RETRY}id: {self._begun}\n\n"
        while True:
            try:
                item = await follower.next(self._heartbeat)
            except CutOff as cut:
                yield last_words(cut.why)
                return
            yield event_text(item) if item is not None else self._beat(follower)

    def _beat(self, follower: Follower) -> str:
        """A comment, and where to go on from: without data a client takes the id and sees no event."""
        position = self._hub.position(follower)
        return ": beat\n\n" if position is None else f": beat\nid: {position}\n\n"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
