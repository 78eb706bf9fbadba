"""The one way to the graph: managed transactions on the official driver, every failure as Unavailable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache, partial
from importlib.resources import files
from typing import Any, Protocol, TypeVar

from neo4j import AsyncGraphDatabase, AsyncManagedTransaction, unit_of_work
from neo4j.exceptions import AuthError, ConstraintError, DriverError, Neo4jError

from kernel.errors import Invalid, Unavailable
from kernel.settings import GraphSettings

T = TypeVar("T")

_WRITE_FACTOR = 10.0  # a write may take this many times the limit of a read: only the projection waits for it
_ROWS_A_SECOND = 500  # a tenth of what a quiet machine writes
_CONNECTIONS = 32
_TRIES = 5


class Run(Protocol):
    """Runs the query of a file in ``cypher/`` inside the open transaction; its rows, as columns by name."""

    async def __call__(self, name: str, **parameters: Any) -> list[dict[str, Any]]: ...


Work = Callable[[Run], Awaitable[T]]


@cache
def cypher(name: str) -> str:
    """The text of one query file, read once."""
    return (files(__package__) / "cypher" / f"{name}.cypher").read_text(encoding="utf-8")


class GraphStore:
    """Neo4j, or anything that speaks Bolt as Neo4j 5 does. Connects at the first question, and again after a failure.

    A read ends after ``timeout_seconds``, a write after ten times that and more where it is large, repetitions after conflicts
    included. Raises Invalid at once when no URL is set.
    """

    def __init__(self, settings: GraphSettings) -> None:
        if settings.url is None:
            raise Invalid("the graph has no address; set LEADWRIGHT_GRAPH__URL to a bolt:// or neo4j:// URL")
        self._seconds = settings.timeout_seconds
        self._database = settings.database
        password = settings.password.get_secret_value() if settings.password is not None else None
        self._driver = AsyncGraphDatabase.driver(
            settings.url,
            auth=None if password is None else (settings.user, password),
            # Below the limit of a read: the driver closes a connection that it gave up itself, and leaves open one that
            # was being made when it was cancelled.
            connection_timeout=self._seconds * 0.8,
            connection_acquisition_timeout=self._seconds * 0.9,
            max_connection_pool_size=_CONNECTIONS,
            notifications_min_severity="OFF",
            telemetry_disabled=True,
        )

    async def read(self, work: Work[T]) -> T:
        """``work`` in a read transaction; it may be run again, so it must only ask."""
        return await self._transact(work, writes=False)

    async def write(self, work: Work[T], *, rows: int = 0) -> T:
        """``work`` in a write transaction: all of it, or nothing. It is run again after a conflict. ``rows`` are how many it
        may write, for which it gets more time: whole networks are replaced in one transaction.
        """
        return await self._transact(work, writes=True, rows=rows)

    async def ensure_schema(self) -> None:
        """Create the constraints and indexes that are missing. Each is a transaction of its own, as Neo4j demands."""
        for name in ("agency_once", "producer_once", "producer_by_agency"):
            await self.write(partial(_run, name=f"schema/{name}"))

    async def ping(self) -> None:
        """Ask the database itself. Raises Unavailable when it does not answer."""
        await self.read(partial(_run, name="ping"))

    async def agent(self) -> str:
        """What the server calls itself, such as ``Neo4j/5.26.12``. Raises Unavailable when it does not answer."""
        try:
            async with asyncio.timeout(self._seconds):
                return str((await self._driver.get_server_info()).agent)
        except (Neo4jError, DriverError, OSError, TimeoutError) as problem:
            raise Unavailable(f"the graph does not answer ({type(problem).__name__}); try again shortly") from problem

    async def indexes(self) -> list[tuple[str, tuple[str, ...], bool]]:
        """Label, properties and uniqueness of every index, in the words of the server."""

        async def work(run: Run) -> list[dict[str, Any]]:
            return await run("indexes")

        found = await self.read(work)
        return [
            (label, tuple(row["properties"]), row["owningConstraint"] is not None)
            for row in found
            if row["properties"]
            for label in row["labelsOrTypes"] or ()
        ]

    async def close(self) -> None:
        """Close every connection; the store cannot be used afterwards."""
        await self._driver.close()

    async def _transact(self, work: Work[T], *, writes: bool, rows: int = 0) -> T:
        limit = self._seconds * _WRITE_FACTOR + rows / _ROWS_A_SECOND if writes else self._seconds

        @unit_of_work(timeout=limit)
        async def unit(transaction: AsyncManagedTransaction) -> T:
            async def run(name: str, **parameters: Any) -> list[dict[str, Any]]:
                found = await transaction.run(cypher(name), parameters)
                return await found.data()

            return await work(run)

        try:
            async with asyncio.timeout(limit):
                return await self._repeated(unit, limit, writes=writes)
        except AuthError as problem:
            raise Unavailable(
                "the graph refuses the login; check LEADWRIGHT_GRAPH__USER and LEADWRIGHT_GRAPH__PASSWORD"
            ) from problem
        except TimeoutError as problem:
            raise Unavailable(f"the graph has not answered within {limit:g} seconds; try again shortly") from problem
        except (Neo4jError, DriverError, OSError) as problem:
            code = getattr(problem, "code", None) or type(problem).__name__
            raise Unavailable(f"the graph does not answer as it should ({code}); try again shortly") from problem

    async def _repeated(
        self, unit: Callable[[AsyncManagedTransaction], Awaitable[T]], limit: float, *, writes: bool
    ) -> T:
        """Run ``unit``, again after a conflict.

        The driver repeats what the server calls transient. ArcadeDB says so of everything but two MERGEs of one new node:
        the later one breaks the constraint, where Neo4j would have made it wait. It finds the node the next time.
        """
        for tries_left in reversed(range(_TRIES)):
            # The driver's own first pause is a second. These three options are not documented; a test holds them.
            async with self._driver.session(
                database=self._database, max_transaction_retry_time=limit,
                initial_retry_delay=0.02, retry_delay_multiplier=1.6, retry_delay_jitter_factor=0.8,
            ) as session:  # fmt: skip
                try:
                    return await (session.execute_write(unit) if writes else session.execute_read(unit))
                except ConstraintError:
                    if not tries_left:
                        raise
        raise AssertionError("the last try returns or raises")


async def _run(run: Run, *, name: str) -> list[dict[str, Any]]:
    return await run(name)
