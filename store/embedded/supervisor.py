"""All embedded stores of one data folder, started by one owner and shared with whoever else opens that folder."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from kernel.errors import Invalid, Unavailable
from store.embedded.bus import BusServer
from store.embedded.cache import CacheServer
from store.embedded.endpoints import ALL, BUS, CACHE, GRAPH, POSTGRES, Endpoints, publish, published, withdraw
from store.embedded.graph import DATABASE, USER, GraphServer
from store.embedded.home import FileLock, Home
from store.embedded.leftovers import Children
from store.embedded.postgres import PostgresServer, reply
from store.embedded.server import Server, Supervised
from store.embedded.threads import to_its_end

_POLL = 0.05


class EmbeddedStores:
    """Running stores. Made by :meth:`open` only.

    ``endpoints`` says where they answer. ``owner`` tells whether this object started them and will stop them.
    """

    def __init__(self, endpoints: Endpoints, running: _Running | None) -> None:
        self.endpoints = endpoints
        self._running = running

    @classmethod
    async def open(
        cls, home: Path, *, services: frozenset[str] = ALL, durable: bool = True, cache: Path | None = None,
        patience: float = 120.0,
    ) -> Self:  # fmt: skip
        """Start the stores of ``home``, or attach to those that another process keeps running.

        ``durable`` off lets a loss of power take data with it; it is for tests. ``cache`` is the folder for unpacked
        programs, ``home/cache`` by default. ``patience`` in seconds is how long to wait for another owner to be ready.
        Raises Unavailable when a store does not start or the owner does not get ready, Conflict when the data is of
        another Postgres major version, Invalid when ``services`` names an unknown one or ``home`` has a name that
        a server cannot take.
        """
        if unknown := services - ALL:
            raise Invalid(f"services {sorted(unknown)} are not known; use some of {sorted(ALL)}")
        layout = await asyncio.to_thread(Home.at, home)
        lock = FileLock(layout.root / "lock")
        deadline = time.monotonic() + patience
        while not lock.take():
            found = await _attachable(layout, services)
            if found is not None:
                return cls(found, None)
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"another process owns the stores of {layout.root} and has not made them ready in "
                    f"{patience:.0f} seconds; see the logs folder there, or stop that process"
                )
            await asyncio.sleep(_POLL)
        running = _Running(layout, lock, services, cache or layout.root / "cache", durable=durable)
        try:
            endpoints = await running.start()
        except BaseException:
            await asyncio.shield(asyncio.create_task(running.stop()))
            raise
        return cls(endpoints, running)

    @property
    def owner(self) -> bool:
        """Whether closing this stops the stores."""
        return self._running is not None

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of the servers that run now, by service; empty when another process owns them."""
        return {} if self._running is None else self._running.pids()

    async def close(self) -> None:
        """Stop the stores if they are ours; again is harmless. Completes even when the caller is cancelled."""
        running, self._running = self._running, None
        if running is not None:
            await asyncio.shield(asyncio.create_task(running.stop()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Running:
    """What an owner holds: the lock, the servers, and the file that others attach by."""

    def __init__(self, home: Home, lock: FileLock, services: frozenset[str], cache: Path, *, durable: bool) -> None:
        self._home, self._lock, self._services, self._cache, self._durable = home, lock, services, cache, durable
        self._children = Children(home)
        self._servers: dict[str, Supervised] = {}

    def pids(self) -> dict[str, int]:
        return {name: one.pid for name, one in self._servers.items() if one.pid is not None}

    async def start(self) -> Endpoints:
        await asyncio.to_thread(withdraw, self._home)  # of an owner that was killed
        keep = await self._children.outlive()
        postgres = PostgresServer(self._home, self._cache, keep, durable=self._durable)
        graph = GraphServer(self._home, keep)
        cache = CacheServer(self._home, keep, durable=self._durable)
        bus = BusServer(self._home, keep, durable=self._durable)
        servers: tuple[Server, ...] = (postgres, graph, cache, bus)
        wanted = [one for one in servers if one.name in self._services]
        self._servers = {one.name: Supervised(one, self._children.note) for one in wanted}
        try:
            async with asyncio.TaskGroup() as starting:
                for one in self._servers.values():
                    starting.create_task(one.start())
        except ExceptionGroup as problems:
            raise problems.exceptions[0] from None
        endpoints = self._endpoints(postgres, graph, cache, bus)
        await to_its_end(publish, self._home, endpoints, os.getpid())
        return endpoints

    async def stop(self) -> None:
        """Stop the projections first and the system of record last, then let another process own the home."""
        try:
            await asyncio.to_thread(withdraw, self._home)
            others = [one.stop() for name, one in self._servers.items() if name != POSTGRES]
            await asyncio.gather(*others)
            if POSTGRES in self._servers:
                await self._servers[POSTGRES].stop()
            await asyncio.to_thread(self._home.drop_socket_dirs)
        finally:
            self._children.release()
            self._lock.release()

    def _endpoints(self, postgres: PostgresServer, graph: GraphServer, cache: CacheServer, bus: BusServer) -> Endpoints:
        known: dict[str, str] = {}
        port = 0
        if POSTGRES in self._services:
            known["postgres_socket_dir"], port, known["postgres_admin_password"] = postgres.address
        if GRAPH in self._services:
            known["graph_url"], known["graph_password"] = graph.address
            known |= {"graph_user": USER, "graph_database": DATABASE}
        if CACHE in self._services:
            known["redis_url"] = cache.address
        if BUS in self._services:
            known["nats_url"] = bus.address
        return Endpoints(services=self._services, vectors_path=self._home.vectors, postgres_port=port, **known)


async def _attachable(home: Home, services: frozenset[str]) -> Endpoints | None:
    """The endpoints of a ready owner whose Postgres answers; None while there is none.

    Raises Unavailable when the owner runs without a service that is wanted.
    """
    found = await asyncio.to_thread(published, home)
    if found is None:
        return None
    if POSTGRES in found.services and not await reply(
        found.postgres_socket_dir, found.postgres_port, found.postgres_admin_password
    ):
        return None
    if missing := services - found.services:
        raise Unavailable(
            f"the process that owns {home.root} runs without {', '.join(sorted(missing))}; stop it or start it with all"
        )
    return found
