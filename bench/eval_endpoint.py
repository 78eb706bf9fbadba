"""An OpenAI-shaped endpoint that answers every chat completion after a fixed wait, on one port of this machine.

It is written on the bare loop, so that what is measured is who asks and not who answers. Prints its port, ends with its stdin.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

import uvloop

_ANSWER = json.dumps({
    "id": "x", "object": "chat.completion", "created": 1, "model": "fixed",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "auto"}}],
    "usage": {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105},
}).encode()  # fmt: skip
_RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(_ANSWER),
    _ANSWER,
)


class Endpoint(asyncio.Protocol):
    """One connection. Requests need a content-length, as every client here sends."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none of asyncio's classes

    def data_received(self, data: bytes) -> None:
        """Answer each whole request, later."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
            if len(self._read) < end + 4 + length:
                return
            self._read = self._read[end + 4 + length :]
            asyncio.get_running_loop().call_later(self._seconds, self._answer)

    def _answer(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_RESPONSE)


async def serve(seconds: float) -> None:
    """Serve until stdin closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Endpoint(seconds), "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1])))
