"""ArcadeDB, which speaks Bolt and Cypher: the network graph for the official neo4j driver."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from neo4j import AsyncDriver, AsyncGraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from store.embedded import binaries
from store.embedded.home import Home, write_private
from store.embedded.ports import LOOPBACK, free_port
from store.embedded.process import Command
from store.embedded.server import PortTaken
from store.embedded.threads import to_its_end

USER = "root"
DATABASE = "neo4j"
_PORT_TAKEN = b"Unable to listen"  # ArcadeDB says so and goes on running without the port
# Serial collection and a small first heap: 120 MB resident after a start, and 384 MB of heap is the limit.
_JAVA = (
    "-Xms32m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError",
    "--add-modules", "jdk.incubator.vector", "--add-opens", "java.base/java.nio=ALL-UNNAMED",
    "--add-opens", "java.base/java.util=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
    "-Djava.awt.headless=true", "-Dfile.encoding=UTF8",
)  # fmt: skip
_LOGGING = """handlers=java.util.logging.ConsoleHandler
.level=WARNING
java.util.logging.ConsoleHandler.level=ALL
java.util.logging.ConsoleHandler.formatter=com.arcadedb.utility.AnsiLogFormatter
"""


class GraphServer:
    """Bolt for the driver and HTTP for readiness, both on 127.0.0.1. Its data is a projection and can be rebuilt."""

    name = "graph"
    stop_signal = signal.SIGTERM
    stop_seconds = 10.0
    start_seconds = 90.0

    def __init__(self, home: Home, keep: int | None) -> None:
        self._home, self._keep = home, keep
        self._password = ""
        self._driver: AsyncDriver | None = None
        self._log_from = 0
        self.move()

    @property
    def address(self) -> tuple[str, str]:
        """Bolt URL and password; known once ``command`` has run."""
        return f"bolt://{LOOPBACK}:{self._bolt}", self._password

    async def command(self) -> Command:
        return await to_its_end(self._prepare)

    async def answers(self) -> bool:
        if not await self._is_open():
            if await asyncio.to_thread(self._port_is_taken):
                raise PortTaken(f"{self.name}: another process took port {self._bolt} or {self._http}")
            return False
        if self._driver is None:
            url, password = self.address
            self._driver = AsyncGraphDatabase.driver(
                url, auth=(USER, password), connection_timeout=2.0, connection_acquisition_timeout=2.0,
                max_transaction_retry_time=0.0, max_connection_pool_size=1, telemetry_disabled=True,
            )  # fmt: skip
        try:
            async with asyncio.timeout(5.0):
                await self._driver.execute_query("RETURN 1", database_=DATABASE)
        except (OSError, TimeoutError, DriverError, Neo4jError):
            return False
        await self.close()
        return True

    def move(self) -> None:
        self._bolt, self._http = free_port(), free_port()

    async def close(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            await driver.close()

    async def _is_open(self) -> bool:
        """Whether the HTTP side says that all databases are open; Bolt listens a second earlier than that."""
        try:
            async with asyncio.timeout(2.0):
                reader, writer = await asyncio.open_connection(LOOPBACK, self._http)
                writer.write(b"GET /api/v1/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                status = await reader.readline()
                writer.close()
                return b" 204" in status
        except (OSError, TimeoutError):
            return False

    def _prepare(self) -> Command:
        java, jars = binaries.java()
        data = self._home.folder("graph")
        self._password = self._home.secret(self.name)
        self._follow_secret(data / "config" / "server-users.jsonl")
        logging = self._home.run / "graph-logging.properties"
        write_private(logging, _LOGGING)
        arguments = self._home.run / "graph-arguments"  # in a file, because a command line is there for all to read
        write_private(arguments, "\n".join(_quoted(one) for one in self._arguments(data, jars, logging)))
        log = self._home.log(self.name)
        self._log_from = log.stat().st_size if log.exists() else 0
        return Command((str(java), f"@{arguments}"), data, log, self.stop_signal, keep=self._keep)

    def _arguments(self, data: Path, jars: Path, logging: Path) -> tuple[str, ...]:
        settings = {
            "java.util.logging.config.file": logging,
            "arcadedb.server.rootPath": data, "arcadedb.server.databaseDirectory": data / "databases",
            "arcadedb.server.rootPassword": self._password, "arcadedb.server.mode": "production",
            "arcadedb.server.httpIncomingHost": LOOPBACK, "arcadedb.server.httpIncomingPort": self._http,
            "arcadedb.server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "arcadedb.bolt.host": LOOPBACK, "arcadedb.bolt.port": self._bolt,
            "arcadedb.server.defaultDatabases": f"{DATABASE}[]",
        }  # fmt: skip
        options = (f"-D{key}={value}" for key, value in settings.items())
        return (*_JAVA, *options, "-cp", f"{jars}/*", "com.arcadedb.server.ArcadeDBServer")

    def _follow_secret(self, users: Path) -> None:
        """Users written before the secret carry a lost password: without the file ArcadeDB makes its user anew."""
        if users.exists() and users.stat().st_mtime_ns < (self._home.secrets / self.name).stat().st_mtime_ns:
            users.unlink()

    def _port_is_taken(self) -> bool:
        try:
            with self._home.log(self.name).open("rb") as log:
                log.seek(self._log_from)
                return _PORT_TAKEN in log.read()
        except OSError:
            return False


def _quoted(argument: str) -> str:
    """As java reads argument files: in quotes, with a backslash before quotes and backslashes."""
    return '"{}"'.format(argument.replace("\\", "\\\\").replace('"', '\\"'))
