"""Looking for viruses in what strangers send: the port, the twin that says it did not look, and ClamAV's daemon."""

from __future__ import annotations

import asyncio
import io
import re
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from kernel.errors import Unavailable

_CHUNK = 1 << 16
_FOUND = re.compile(r"^stream: (.+) FOUND$")
_ANSWER = 4_096


class Verdict(StrEnum):
    """What a scanner says. ``NOT_SCANNED`` is no opinion and must be shown as that."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"


@dataclass(frozen=True, slots=True)
class Scan:
    """A verdict, who gave it, and the name of what was found."""

    verdict: Verdict
    by: str
    found: str | None = None


class Scanner(Protocol):
    """Looks at bytes before they are stored."""

    async def scan(self, data: bytes) -> Scan:
        """The verdict. Raises Unavailable when a configured scanner does not answer: nothing then goes in unseen."""
        ...

    async def scan_file(self, path: Path) -> Scan:
        """The verdict on a file, read a part at a time."""
        ...


class NoScanner:
    """The scanner where none is configured."""

    async def scan(self, data: bytes) -> Scan:
        """Always: not scanned."""
        del data
        return Scan(Verdict.NOT_SCANNED, "none")

    async def scan_file(self, path: Path) -> Scan:
        """Always: not scanned."""
        del path
        return Scan(Verdict.NOT_SCANNED, "none")


class Clamd:
    """ClamAV's daemon by its INSTREAM command. ``address`` is ``unix:///run/clamav/clamd.ctl`` or ``tcp://host:3310``."""

    def __init__(self, address: str, *, seconds: float = 30.0) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"unix", "tcp"} or not (parts.path if parts.scheme == "unix" else parts.hostname):
            msg = f"{address!r} is no address of clamd; write unix:///path or tcp://host:3310"
            raise ValueError(msg)
        self._parts = parts
        self._seconds = seconds

    async def scan(self, data: bytes) -> Scan:
        """Stream ``data`` to the daemon."""
        return await self._judge(io.BytesIO(data))

    async def scan_file(self, path: Path) -> Scan:
        """Stream the file to the daemon. One over clamd's own ``StreamMaxLength`` is an error there, and here."""
        with path.open("rb") as file:
            return await self._judge(file)

    async def _judge(self, source: BinaryIO) -> Scan:
        try:
            answer = await asyncio.wait_for(self._ask(source), self._seconds)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as problem:
            raise Unavailable("the virus scanner does not answer; try again shortly") from problem
        if answer == "stream: OK":
            return Scan(Verdict.CLEAN, "clamd")
        if match := _FOUND.match(answer):
            return Scan(Verdict.INFECTED, "clamd", match.group(1))
        raise Unavailable("the virus scanner could not look at the file; try again shortly")

    async def _ask(self, source: BinaryIO) -> str:
        if self._parts.scheme == "unix":
            reader, writer = await asyncio.open_unix_connection(self._parts.path)
        else:
            reader, writer = await asyncio.open_connection(self._parts.hostname, self._parts.port or 3310)
        try:
            writer.write(b"zINSTREAM\0")
            while piece := source.read(_CHUNK):
                writer.write(len(piece).to_bytes(4, "big") + piece)
                await writer.drain()
            writer.write(b"\0\0\0\0")
            await writer.drain()
            answer = await reader.read(_ANSWER)
            return answer.decode("utf-8", "replace").rstrip("\0\n")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def scanner_at(address: str | None) -> Scanner:
    """The scanner that listens there; without an address nothing is scanned, and documents say so."""
    return Clamd(address) if address else NoScanner()
