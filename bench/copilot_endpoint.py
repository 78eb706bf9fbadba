"""An OpenAI-shaped endpoint that streams the same words to everybody, the first after a fixed wait, then at a fixed pace.

It is written on the bare loop, so that what is measured is who asks and not who answers. Prints its port, ends with its stdin.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, cast

import uvloop

WORDS = [f"word{number} " for number in range(20)]
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def _piece(**part: Any) -> bytes:
    whole = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "fixed", "choices": [], **part}
    data = b"data: " + json.dumps(whole).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


def _chosen(delta: dict[str, str], ended: str | None = None) -> bytes:
    return _piece(choices=[{"index": 0, "delta": delta, "finish_reason": ended}])


_PIECES = [_chosen({"role": "assistant", "content": word}) for word in WORDS]
_END = _chosen({}, "stop") + _piece(usage=_USAGE) + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


class Endpoint(asyncio.Protocol):
    """One connection. Requests need a content-length, as every client here sends."""

    def __init__(self, wait: float, pace: float) -> None:
        self._wait, self._pace = wait, pace
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none of asyncio's classes

    def data_received(self, data: bytes) -> None:
        """Begin to answer each whole request, later."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
            if len(self._read) < end + 4 + length:
                return
            self._read = self._read[end + 4 + length :]
            asyncio.get_running_loop().call_later(self._wait, self._say, 0)

    def _say(self, number: int) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if number == len(_PIECES):
            self._transport.write(_END)
            return
        self._transport.write(_PIECES[number] if number else _HEAD + _PIECES[0])
        asyncio.get_running_loop().call_later(self._pace, self._say, number + 1)


async def serve(wait: float, pace: float) -> None:
    """Serve until stdin closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Endpoint(wait, pace), "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1]), float(sys.argv[2])))
