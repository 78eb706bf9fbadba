"""Valkey: short-lived shared state for redis-py (rate limits, presence, live fan-out)."""

from __future__ import annotations

import signal
from pathlib import Path
from urllib.parse import quote

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from store.embedded import binaries
from store.embedded.home import Home, write_private
from store.embedded.process import Command
from store.embedded.threads import to_its_end

_SOCKET = "valkey.sock"


class CacheServer:
    """Reached over a unix socket. What it holds may be lost with power, and the oldest is dropped past 96 MB."""

    name = "cache"
    stop_signal = signal.SIGTERM
    stop_seconds = 10.0
    start_seconds = 60.0

    def __init__(self, home: Home, keep: int | None, *, durable: bool) -> None:
        self._home, self._keep, self._durable = home, keep, durable
        self._password = ""
        self._socket: Path | None = None

    @property
    def address(self) -> str:
        """URL with the password; known once ``command`` has run."""
        return f"unix://:{quote(self._password, safe='')}@{quote(str(self._socket))}?db=0"

    async def command(self) -> Command:
        return await to_its_end(self._prepare)

    async def answers(self) -> bool:
        client = redis.asyncio.Redis(
            unix_socket_path=str(self._socket), password=self._password, socket_timeout=2.0,
            socket_connect_timeout=2.0, retry=Retry(NoBackoff(), 0),
        )  # fmt: skip
        try:
            return bool(await client.ping())
        except (OSError, RedisError):
            return False
        finally:
            await client.aclose()

    def move(self) -> None:
        """The socket lies in a folder of ours: nobody else can have taken it."""

    async def close(self) -> None:
        """Nothing is kept open."""

    def _prepare(self) -> Command:
        server = binaries.valkey()
        data = self._home.folder("valkey")
        self._password = self._home.secret(self.name)
        if self._socket is None:
            self._socket = self._home.socket_dir(self.name, self._home.run, _SOCKET) / _SOCKET
        settings = {
            "port": "0", "unixsocket": _quoted(self._socket), "unixsocketperm": "700", "requirepass": self._password,
            "dir": _quoted(data), "appendonly": "yes", "appendfsync": "everysec" if self._durable else "no",
            "save": '""', "maxmemory": "96mb", "maxmemory-policy": "allkeys-lru", "loglevel": "notice",
            "daemonize": "no",
        }  # fmt: skip
        config = self._home.run / "cache.conf"
        write_private(config, "".join(f"{key} {value}\n" for key, value in settings.items()))
        return Command((str(server), str(config)), data, self._home.log(self.name), self.stop_signal, keep=self._keep)


def _quoted(path: Path) -> str:
    return '"{}"'.format(str(path).replace("\\", "\\\\").replace('"', '\\"'))
