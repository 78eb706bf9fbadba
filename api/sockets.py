"""One socket of live updates: frames in, messages out, and an end with a reason. docs/howto/live.md describes the protocol."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.event_stream import LAST_WORDS
from api.limits import RateLimits
from domain.live.channels import channel_of
from domain.live.frames import Ask, Frame, read_frame
from domain.live.replay import TooOld
from kernel.errors import AppError, Conflict
from kernel.live_settings import LiveSettings
from services.live.follower import Cut, CutOff, Follower, Item
from services.live.hub import Hub

_SEND_SECONDS = 30.0
_LAST_SECONDS = 5.0
_REMEMBERED_OPS = 128
TOO_BIG, BINARY, RESTART, AGAIN, ENDED = 1009, 1003, 1012, 1013, 4401
CODES = {Cut.SLOW: AGAIN, Cut.TOO_OLD: AGAIN, Cut.ENDED: ENDED, Cut.RESTART: RESTART}


class SocketConversation:
    """Talks with one client until either side ends it."""

    def __init__(
        self, socket: WebSocket, hub: Hub, follower: Follower, settings: LiveSettings, limits: RateLimits
    ) -> None:
        self._socket = socket
        self._hub = hub
        self._follower = follower
        self._settings = settings
        self._limits = limits
        self._answered: OrderedDict[str, tuple[str, Item]] = OrderedDict()
        self._attaching: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the end."""
        working = [asyncio.create_task(self._listen()), asyncio.create_task(self._tell())]
        try:
            done, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                code = task.exception() is None and task.result()
                if code and self._socket.application_state is WebSocketState.CONNECTED:
                    async with asyncio.timeout(_LAST_SECONDS):
                        await self._socket.close(code)
        except (WebSocketDisconnect, TimeoutError, RuntimeError):
            pass  # the other side went first
        finally:
            self._hub.leave(self._follower)
            tasks = [*working, *self._attaching]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> int | None:
        """Answer frames; the code to close with, or None when the client closed."""
        while True:
            received = await self._socket.receive()
            if received["type"] != "websocket.receive":
                return None
            text = received.get("text")
            if text is None:
                return BINARY
            if len(text.encode()) > self._settings.frame_bytes:
                return TOO_BIG
            op: str | None = None
            try:
                frame = read_frame(text)
                op = frame.op
                await self._answer(frame)
            except TooOld:
                self._follower.cut_off(Cut.TOO_OLD)
                await asyncio.Event().wait()  # the other side of the conversation says so, and ends it
            except AppError as refusal:
                item = _item("error", op, code=refusal.code, detail=refusal.detail,
                             errors=[one.as_dict() for one in refusal.fields] or None)  # fmt: skip
                if op is not None and not isinstance(refusal, Conflict) and refusal.status < 429:  # noqa: PLR2004
                    self._remember(frame, item)
                await self._follower.put(item)

    async def _answer(self, frame: Frame) -> None:
        if frame.ask is Ask.PONG:
            return
        if frame.ask is Ask.PING:
            await self._follower.put(_item("pong", frame.op))
            return
        before = self._answered.get(frame.op) if frame.op is not None else None
        if before is not None:
            if before[0] != frame.digest:
                raise Conflict("this op was another operation; give each its own", code="op_reused")
            await self._follower.put(before[1])
            return
        _, refusal = await self._limits.of_actor(self._follower.holder.actor)
        if refusal is not None:
            raise refusal
        channel = channel_of(frame.channel)
        if frame.ask is Ask.UNSUBSCRIBE:
            was = self._hub.unsubscribe(self._follower, channel.name)
            await self._done(frame, _item("unsubscribed", frame.op, channel=channel.name, was=was))
            return
        if channel.name in self._follower.subscriptions:
            raise Conflict(f"{channel.name} is subscribed already", code="subscribed")
        subscription = await self._hub.subscribe(self._follower, channel, frame.after)
        await self._done(frame, _item("subscribed", frame.op, channel=channel.name, after=subscription.position))
        # Beside the reading, so that a long replay does not keep the client from unsubscribing.
        task = asyncio.create_task(self._hub.attach(subscription))
        self._attaching.add(task)
        task.add_done_callback(self._attaching.discard)

    async def _done(self, frame: Frame, item: Item) -> None:
        self._remember(frame, item)
        await self._follower.put(item)

    def _remember(self, frame: Frame, item: Item) -> None:
        if frame.op is None:
            return
        self._answered[frame.op] = (frame.digest, item)
        if len(self._answered) > _REMEMBERED_OPS:
            self._answered.popitem(last=False)

    async def _tell(self) -> int:
        """Send what waits; the code to close with."""
        while True:
            try:
                item = await self._follower.next(self._settings.heartbeat_seconds)
            except CutOff as cut:
                name, detail = LAST_WORDS[cut.why]
                await self._send(_item(name, None, reason=cut.why.value, detail=detail), _LAST_SECONDS)
                return CODES[cut.why]
            if item is None:
                item = _item("ping", None, id=self._hub.position(self._follower))
            await self._send(item, _SEND_SECONDS)

    async def _send(self, item: Item, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            await self._socket.send_text(item.text)


def _item(kind: str, op: str | None, **said: Any) -> Item:
    parts = {"type": kind, "op": op, **said}
    text = Item.of({name: value for name, value in parts.items() if value is not None})
    return Item(None, kind, text.text)
