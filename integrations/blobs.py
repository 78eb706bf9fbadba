"""Files by the hash of their content: the port, and the folder that keeps them where no object store is configured."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

from kernel.errors import NotFound, Unavailable

_PART = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Blobs(Protocol):
    """Bytes of one agency by SHA-256 (hex). Two agencies never share a blob, so that neither can learn what the other holds."""

    async def put(self, agency_id: UUID, data: bytes) -> str:
        """Keep ``data`` and return its hash; the same bytes again are no second copy. Raises Unavailable when it fails."""
        ...

    async def get(self, agency_id: UUID, sha256: str) -> bytes:
        """The bytes, checked against their hash. Raises NotFound for an unknown hash, Unavailable for a damaged file."""
        ...

    async def put_file(self, agency_id: UUID, path: Path) -> str:
        """Keep the file at ``path``, read a part at a time, and return its hash."""
        ...

    def file(self, agency_id: UUID, sha256: str) -> AbstractAsyncContextManager[Path]:
        """The bytes as a local file for as long as the block lasts, checked against their hash. Raises as :meth:`get`."""
        ...


class LocalBlobs:
    """Blobs in a folder, readable by the owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, agency_id: UUID, data: bytes) -> str:
        """Write beside, sync, then rename: a crash leaves either nothing or the whole file."""
        sha256 = hashlib.sha256(data).hexdigest()
        await asyncio.to_thread(self._write, self._path(agency_id, sha256), data)
        return sha256

    async def get(self, agency_id: UUID, sha256: str) -> bytes:
        """Read and check."""
        data = await asyncio.to_thread(self._read, self._path(agency_id, sha256))
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Unavailable("a stored file is damaged; restore it from the backup")
        return data

    async def put_file(self, agency_id: UUID, path: Path) -> str:
        """As :meth:`put`, without the whole file in memory."""
        sha256 = await asyncio.to_thread(hash_of, path)
        await asyncio.to_thread(self._copy, self._path(agency_id, sha256), path)
        return sha256

    @asynccontextmanager
    async def file(self, agency_id: UUID, sha256: str) -> AsyncIterator[Path]:
        """The stored file itself: read it, never write it."""
        path = self._path(agency_id, sha256)
        try:
            found = await asyncio.to_thread(hash_of, path)
        except FileNotFoundError as problem:
            raise NotFound("no such file is stored") from problem
        except OSError as problem:
            raise Unavailable("a stored file cannot be read; check the data folder") from problem
        if found != sha256:
            raise Unavailable("a stored file is damaged; restore it from the backup")
        yield path

    async def probe(self) -> None:
        """Write a file, read it and remove it. Raises Unavailable when the folder does not take it."""

        def tried() -> None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".probe-") as file:
                    file.write(b"probe")
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as problem:
                raise Unavailable(f"the folder {self._folder} takes no files ({problem.strerror})") from problem

        await asyncio.to_thread(tried)

    async def holds(self, agency_id: UUID, sha256: str) -> bool:
        """Whether the file is here; it is not read."""
        return await asyncio.to_thread(self._path(agency_id, sha256).is_file)

    def _path(self, agency_id: UUID, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise NotFound("no such file is stored")
        return self._folder / str(agency_id) / sha256[:2] / sha256

    @classmethod
    def _write(cls, path: Path, data: bytes) -> None:
        cls._keep(path, io.BytesIO(data), len(data))

    @classmethod
    def _copy(cls, path: Path, source: Path) -> None:
        with source.open("rb") as file:
            cls._keep(path, file, source.stat().st_size)

    @staticmethod
    def _keep(path: Path, source: BinaryIO, size: int) -> None:
        if path.exists() and path.stat().st_size == size:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    shutil.copyfileobj(source, file, _PART)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as problem:
            raise Unavailable("the file cannot be stored; check the space and rights of the data folder") from problem

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as problem:
            raise NotFound("no such file is stored") from problem
        except OSError as problem:
            raise Unavailable("a stored file cannot be read; check the data folder") from problem


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
