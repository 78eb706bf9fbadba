"""ClamAV's protocol against a server that speaks it, and the twin that did not look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from integrations.virus_scan import Clamd, NoScanner, Verdict
from kernel.errors import Unavailable

EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


@asynccontextmanager
async def clamd(path: Path, answer: Callable[[bytes], bytes]) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"zINSTREAM\0"
        data = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            data += await reader.readexactly(size)
        writer.write(answer(data))
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(serve, path)
    async with server:
        yield f"unix://{path}"


def judged(data: bytes) -> bytes:
    return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in data else b"stream: OK\0"


async def test_clean_and_infected(tmp_path: Path) -> None:
    async with clamd(tmp_path / "c", judged) as address:
        assert (await Clamd(address).scan(b"x" * 200_000)).verdict is Verdict.CLEAN
        found = await Clamd(address).scan(b"x" * 70_000 + EICAR)
        assert (found.verdict, found.found) == (Verdict.INFECTED, "Eicar-Test-Signature")


async def test_a_scanner_that_fails_lets_nothing_in(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await Clamd(f"unix://{tmp_path / 'nobody'}").scan(b"x")
    async with clamd(tmp_path / "c", lambda _: b"INSTREAM size limit exceeded. ERROR\0") as address:
        with pytest.raises(Unavailable):
            await Clamd(address).scan(b"x")


async def test_without_a_scanner_the_answer_is_no_opinion() -> None:
    assert (await NoScanner().scan(EICAR)).verdict is Verdict.NOT_SCANNED


@pytest.mark.parametrize("address", ["/run/clamd", "http://host", "tcp://", "unix://"])
def test_addresses_are_checked(address: str) -> None:
    with pytest.raises(ValueError, match="address of clamd"):
        Clamd(address)
