"""The two ways to the same Qdrant client: a server by URL, or a folder that this process owns."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import sqlite3
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Protocol

from qdrant_client import AsyncQdrantClient, QdrantClient, models
from qdrant_client.local import local_collection
from qdrant_client.local.local_collection import LocalCollection
from qdrant_client.local.persistence import CollectionPersistence
from qdrant_client.local.qdrant_local import QdrantLocal

from kernel.errors import Unavailable
from store.vectors.dense import DenseIndex, DenseQuery, dense_part
from store.vectors.dense import ask_server as ask_dense
from store.vectors.hybrid import FolderIndex, Found, HybridQuery
from store.vectors.hybrid import ask_server as ask_hybrid

logger = logging.getLogger("leadwright.store.vectors")

LOCAL_LIMIT = 20_000  # points; past it a filtered search takes a fifth of a second and more
_TIMEOUT_SECONDS = 5

# Qdrant says the same by a Python warning, once a process and from inside a write, where a strict caller would lose the
# write to it. We log ours instead.
LocalCollection.LARGE_DATA_THRESHOLD = sys.maxsize
QdrantLocal.LARGE_DATA_THRESHOLD = sys.maxsize


class QuickPersistence(CollectionPersistence):
    """The client's SQLite file without a wait for the disk at every point, which is 12 ms on a busy one.

    A killed process loses nothing. A loss of power may take the latest points, never the file: a rebuild brings them back.
    """

    # What the client asks SQLite otherwise, over a connection that it never closes.
    CHECK_SAME_THREAD = sqlite3.threadsafety != 3  # noqa: PLR2004 - DB-API: threads may share connections

    def _ensure_table(self) -> None:
        self.storage.execute("PRAGMA journal_mode=WAL")
        self.storage.execute("PRAGMA synchronous=NORMAL")
        super()._ensure_table()


local_collection.CollectionPersistence = QuickPersistence  # type: ignore[attr-defined]

Request = Callable[[Any], Any]


class Link(Protocol):
    """Carries a request to the client; both clients have methods of the same names."""

    indexes: bool

    async def __call__(self, request: Request) -> Any:
        """The answer to ``request(client)``, awaited where it has to be."""
        ...

    async def dense(self, collection: str, query: DenseQuery) -> list[Found]:
        """See :meth:`store.vectors.port.Vectors.search`."""
        ...

    async def hybrid(self, collection: str, query: HybridQuery) -> list[Found]:
        """See :meth:`store.vectors.port.Vectors.hybrid`."""
        ...

    def note_written(self, collection: str, points: Sequence[models.PointStruct]) -> None:
        """Told after points were written."""
        ...

    def note_deleted(self, collection: str, keys: Sequence[str] | None) -> None:
        """Told after points were deleted; None where they are not known by key."""
        ...

    def outgrown_by(self, collection: str, points: int) -> bool:
        """Whether it has to be told of a collection of so many points: nothing is counted for one that need not."""
        ...

    def note_size(self, collection: str, points: int) -> None:
        """Told how many points the collection holds."""
        ...

    async def close(self) -> None: ...


class ServerLink:
    """A Qdrant server. Nothing is asked before the first request."""

    indexes = True

    def __init__(self, url: str, api_key: str | None) -> None:
        self._client = AsyncQdrantClient(url=url, api_key=api_key, timeout=_TIMEOUT_SECONDS, check_compatibility=False)

    async def __call__(self, request: Request) -> Any:
        return await request(self._client)

    async def dense(self, collection: str, query: DenseQuery) -> list[Found]:
        return await ask_dense(self._client, collection, query)

    async def hybrid(self, collection: str, query: HybridQuery) -> list[Found]:
        return await ask_hybrid(self._client, collection, query)

    def note_written(self, collection: str, points: Sequence[models.PointStruct]) -> None:
        """A server sees its own changes."""

    def note_deleted(self, collection: str, keys: Sequence[str] | None) -> None:
        """A server sees its own changes."""

    def outgrown_by(self, collection: str, points: int) -> bool:  # noqa: ARG002 - the port's
        """A server has no limit of ours."""
        return False

    def note_size(self, collection: str, points: int) -> None:
        """A server has no limit of ours."""

    async def close(self) -> None:
        await self._client.close()


class FolderLink:
    """A folder of vectors, searched inside this process on one thread of its own.

    The client is synchronous and holds SQLite connections, which belong to the thread that opened them. Payload indexes
    do nothing here, so none are made (asking for one only earns a warning).
    """

    indexes = False

    def __init__(self, thread: ThreadPoolExecutor, client: QdrantClient, lock: IO[str]) -> None:
        self._thread, self._client, self._lock = thread, client, lock
        self._warned: set[str] = set()
        # Touched on the thread only, in the order of the requests.
        self._indexes: dict[str, FolderIndex] = {}
        self._dense: dict[str, DenseIndex] = {}

    @classmethod
    async def open(cls, folder: Path) -> FolderLink:
        """Take the folder, creating it where missing. Raises Unavailable when another process has it."""
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vectors")
        try:
            client, lock = await asyncio.get_running_loop().run_in_executor(thread, _open, folder)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(thread, client, lock)

    async def __call__(self, request: Request) -> Any:
        try:
            waiting = asyncio.get_running_loop().run_in_executor(self._thread, request, self._client)
        except RuntimeError as problem:  # the executor was shut down
            raise Unavailable("the folder of vectors is closed; open it again") from problem
        return await waiting

    async def dense(self, collection: str, query: DenseQuery) -> list[Found]:
        """Over a matrix read from the folder at the first search, and kept in step with each write."""

        def search(client: QdrantClient) -> list[Found]:
            if collection not in self._dense:
                self._dense[collection] = DenseIndex.read(client, collection, len(query.vector))
            return self._dense[collection].search(query)

        return await self(search)  # type: ignore[no-any-return]

    async def hybrid(self, collection: str, query: HybridQuery) -> list[Found]:
        """Over matrices read from the folder at the first search after a change."""

        def search(client: QdrantClient) -> list[Found]:
            if collection not in self._indexes:
                self._indexes[collection] = FolderIndex.read(client, collection)
            return self._indexes[collection].search(query)

        return await self(search)  # type: ignore[no-any-return]

    def note_written(self, collection: str, points: Sequence[models.PointStruct]) -> None:
        """The matrix takes the points in; those of words are read again at the next search."""

        def take() -> None:
            self._indexes.pop(collection, None)
            if (index := self._dense.get(collection)) is not None:
                for point in points:
                    index.put(str(point.id), dense_part(point.vector), point.payload or {})

        self._thread.submit(take)

    def note_deleted(self, collection: str, keys: Sequence[str] | None) -> None:
        """The matrix lets the points go; where they are not known it is read again."""

        def drop() -> None:
            self._indexes.pop(collection, None)
            index = self._dense.get(collection) if keys is not None else self._dense.pop(collection, None)
            for key in keys or ():
                if index is not None:
                    index.remove(key)

        self._thread.submit(drop)

    def outgrown_by(self, collection: str, points: int) -> bool:
        """More than a folder is good for, and not said yet."""
        return points > LOCAL_LIMIT and collection not in self._warned

    def note_size(self, collection: str, points: int) -> None:
        """Warns once a collection when it has outgrown a folder."""
        if self.outgrown_by(collection, points):
            self._warned.add(collection)
            logger.warning(
                "collection %s holds %d vectors; past %d a folder answers slowly: set LEADWRIGHT_VECTORS__URL to a server",
                collection, points, LOCAL_LIMIT,
            )  # fmt: skip

    async def close(self) -> None:
        """Waits for requests under way; harmless the second time."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._client.close)
        except RuntimeError:  # closed before
            return
        self._thread.shutdown(wait=True)
        self._lock.close()


class LateFolderLink:
    """A folder that is opened at the first request: reading it takes a second for 8,000 points, which most commands need not
    wait for.
    """

    indexes = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opening = asyncio.Lock()
        self._link: FolderLink | None = None
        self._closed = False

    async def __call__(self, request: Request) -> Any:
        return await (await self._opened())(request)

    async def dense(self, collection: str, query: DenseQuery) -> list[Found]:
        return await (await self._opened()).dense(collection, query)

    async def hybrid(self, collection: str, query: HybridQuery) -> list[Found]:
        return await (await self._opened()).hybrid(collection, query)

    def note_written(self, collection: str, points: Sequence[models.PointStruct]) -> None:
        if self._link is not None:
            self._link.note_written(collection, points)

    def note_deleted(self, collection: str, keys: Sequence[str] | None) -> None:
        if self._link is not None:
            self._link.note_deleted(collection, keys)

    def outgrown_by(self, collection: str, points: int) -> bool:
        return self._link is not None and self._link.outgrown_by(collection, points)

    def note_size(self, collection: str, points: int) -> None:
        if self._link is not None:
            self._link.note_size(collection, points)

    async def close(self) -> None:
        """Harmless when it never was opened."""
        self._closed = True
        if self._link is not None:
            await self._link.close()

    async def _opened(self) -> FolderLink:
        async with self._opening:
            if self._link is None:
                if self._closed:
                    raise Unavailable("the folder of vectors is closed; open it again")
                self._link = await FolderLink.open(self._folder)
            return self._link


def _open(folder: Path) -> tuple[QdrantClient, IO[str]]:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Qdrant opens every file in the folder before it takes its own lock.
        lock = (folder / "owner.lock").open("w", encoding="utf-8")
    except OSError as problem:
        raise Unavailable(
            f"the folder of vectors {folder} cannot be used: {problem.strerror}; check its owner"
        ) from problem
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return QdrantClient(path=str(folder)), lock
    except BlockingIOError as problem:
        lock.close()
        raise Unavailable(
            f"another process uses the vectors in {folder}; stop it, or set LEADWRIGHT_VECTORS__URL to a server for both"
        ) from problem
    except Exception as problem:
        lock.close()
        raise Unavailable(
            f"the vectors in {folder} cannot be read ({type(problem).__name__}); "
            "move the folder away and run `leadwright rebuild vectors`"
        ) from problem
