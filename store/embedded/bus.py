"""NATS with JetStream: events for other systems."""

from __future__ import annotations

import asyncio
import json
import signal

import nats
from nats.errors import Error as NatsError

from store.embedded import binaries
from store.embedded.home import Home, write_private
from store.embedded.ports import LOOPBACK, free_port
from store.embedded.process import Command
from store.embedded.threads import to_its_end

_USER = "leadwright"


class BusServer:
    """Listens on 127.0.0.1 with a password; an acknowledged event is on disk when ``durable``."""

    name = "bus"
    stop_signal = signal.SIGTERM
    stop_seconds = 10.0
    start_seconds = 60.0

    def __init__(self, home: Home, keep: int | None, *, durable: bool) -> None:
        self._home, self._keep, self._durable = home, keep, durable
        self._password = ""
        self.move()

    @property
    def address(self) -> str:
        """URL with user and password; known once ``command`` has run."""
        return f"nats://{_USER}:{self._password}@{LOOPBACK}:{self._port}"

    async def command(self) -> Command:
        return await to_its_end(self._prepare)

    async def answers(self) -> bool:
        if not await self._listens():
            return False
        asking = asyncio.create_task(self._says())
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            await asyncio.wait([asking])  # the client closes no connection whose opening is cancelled
            raise

    async def _says(self) -> bool:
        try:
            async with asyncio.timeout(5.0):
                client = await nats.connect(
                    self.address, allow_reconnect=False, connect_timeout=2, max_reconnect_attempts=0, error_cb=_ignore
                )
                try:
                    await client.jetstream(timeout=2.0).account_info()
                finally:
                    await client.close()
        except (OSError, TimeoutError, NatsError):
            return False
        return True

    def move(self) -> None:
        self._port = free_port()

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _listens(self) -> bool:
        try:
            async with asyncio.timeout(2.0):
                _, writer = await asyncio.open_connection(LOOPBACK, self._port)
                writer.close()
        except (OSError, TimeoutError):
            return False
        return True

    def _prepare(self) -> Command:
        server = binaries.nats()
        data = self._home.folder("nats")
        self._password = self._home.secret(self.name)
        store: dict[str, object] = {"store_dir": str(data), "max_memory_store": 64 * 1024 * 1024}
        if self._durable:
            store["sync_interval"] = "always"  # the default syncs every two minutes, after the acknowledgement
        settings = {
            "listen": f"{LOOPBACK}:{self._port}", "server_name": "leadwright-embedded", "jetstream": store,
            "authorization": {"user": _USER, "password": self._password},
        }  # fmt: skip
        config = self._home.run / "bus.conf"
        # NATS reads JSON, except for escapes of characters beyond ASCII
        write_private(config, json.dumps(settings, indent=1, ensure_ascii=False))
        return Command(
            (str(server), "-c", str(config)), data, self._home.log(self.name), self.stop_signal, keep=self._keep
        )


async def _ignore(_: Exception) -> None:
    """Failures of a readiness check are its answer, not news."""
