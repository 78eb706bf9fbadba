"""Documents read in a process of their own, with a time limit, off the event loop."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import integrations
from domain.documents.extract import Extracted
from domain.documents.page import Reading
from integrations.documents.limits import Limits, refused
from integrations.documents.mail import Enclosed
from integrations.documents.ocr import ocr_installed
from integrations.documents.worker import EXTRACTED, READING, request
from kernel.errors import FieldError, Invalid

_ROOT = str(Path(next(iter(integrations.__path__))).resolve().parent)
_MEMORY, _OCR_MEMORY = 2_000_000_000, 6_000_000_000
_READERS = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for a document as it is, and for the recognition of each page that is a picture."""

    read: float = 60.0
    page: float = 120.0


@dataclass(frozen=True, slots=True)
class Read:
    """A document as read, and what it states."""

    reading: Reading
    extracted: Extracted


class DocumentReader:
    """Reads documents; at most two at once, and recognition one at a time, since it takes a whole core and a gigabyte."""

    def __init__(self, limits: Limits, patience: Patience | None = None) -> None:
        self.limits = limits
        self._patience = patience or Patience()
        self._reading = asyncio.Semaphore(_READERS)
        self._recognising = asyncio.Semaphore(1)

    @property
    def recognises(self) -> bool:
        """Whether pages that are pictures can be read here."""
        return ocr_installed()

    async def read(self, data: bytes, name: str) -> Read:
        """The document, and what it states, without recognition. Raises Invalid with a remedy for what cannot be read."""
        async with self._reading:
            return await self._document(data, name, self._patience.read, with_ocr=False)

    async def recognise(self, data: bytes, name: str, pages: int) -> Read:
        """The document with recognition of its pictures, of which there are ``pages``."""
        async with self._recognising:
            seconds = self._patience.read + self._patience.page * max(1, pages)
            return await self._document(data, name, seconds, with_ocr=True)

    async def enclosed(self, data: bytes) -> list[Enclosed]:
        """The files inside an e-mail."""
        async with self._reading:
            answer = await self._answer({"task": "enclosed"}, data, self._patience.read, _MEMORY)
        return [Enclosed(name, base64.b64decode(body)) for name, body in answer["enclosed"]]

    async def _document(self, data: bytes, name: str, seconds: float, *, with_ocr: bool) -> Read:
        head = {"task": "read", "name": name, "with_ocr": with_ocr}
        answer = await self._answer(head, data, seconds, _OCR_MEMORY if with_ocr else _MEMORY)
        return Read(READING.validate_python(answer["reading"]), EXTRACTED.validate_python(answer["extracted"]))

    async def _answer(self, head: dict[str, Any], data: bytes, seconds: float, memory: int) -> dict[str, Any]:
        head |= {"limits": asdict(self.limits), "memory": memory, "seconds": int(seconds) + 1}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "integrations.documents.worker", cwd=_ROOT,
            env={"PYTHONPATH": _ROOT, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            out, _ = await asyncio.wait_for(process.communicate(request(head, data)), seconds)
        except TimeoutError as problem:
            message = f"the document took longer than {seconds:.0f} seconds to read"
            raise refused("too_slow", message, "send fewer pages, or print it to a new PDF") from problem
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0 or not out:
            raise refused("broken_file", "reading the document failed", "print it to a new PDF and send that")
        answer: dict[str, Any] = json.loads(out)
        if error := answer.get("error"):
            raise Invalid(error["detail"], fields=tuple(FieldError(**field) for field in error["fields"]))
        return answer
