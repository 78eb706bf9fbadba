"""Where the embedded stores answer, and the file through which a second process learns it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from urllib.parse import quote

from kernel.errors import Invalid, Unavailable
from store.embedded.home import Home, write_private

POSTGRES, GRAPH, CACHE, BUS = "postgres", "graph", "cache", "bus"
ALL = frozenset({POSTGRES, GRAPH, CACHE, BUS})


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses and credentials of the running stores; the text of one that was not asked for is empty.

    ``postgres_socket_dir`` is the folder of the socket and ``postgres_port`` the number in its name. Whatever holds a
    password stays out of ``repr``, so that a traceback or a log line cannot carry it.
    """

    services: frozenset[str]
    vectors_path: Path
    postgres_socket_dir: str = ""
    postgres_port: int = 5432
    postgres_admin_password: str = field(default="", repr=False)
    graph_url: str = ""
    graph_user: str = ""
    graph_password: str = field(default="", repr=False)
    graph_database: str = ""
    redis_url: str = field(default="", repr=False)
    nats_url: str = field(default="", repr=False)

    def postgres_dsn(self, role: str, password: str | None, database: str, driver: str) -> str:
        """The address of one database over the unix socket.

        ``driver`` is ``asyncpg`` for a SQLAlchemy URL, or ``psycopg`` for a plain libpq URI, which psycopg, its pool
        and raw asyncpg take as it is. Raises Invalid on another driver, Unavailable when Postgres was not asked for.
        """
        schemes = {"asyncpg": "postgresql+asyncpg", "psycopg": "postgresql"}
        if driver not in schemes:
            raise Invalid(f"driver {driver!r} is not known; use one of {', '.join(sorted(schemes))}")
        if not self.postgres_socket_dir:
            raise Unavailable("postgres is not among the embedded stores that were opened; add it to services")
        login = quote(role, safe="") + ("" if password is None else f":{quote(password, safe='')}")
        place = quote(self.postgres_socket_dir, safe="/")
        return f"{schemes[driver]}://{login}@/{quote(database, safe='')}?host={place}&port={self.postgres_port}"


def publish(home: Home, endpoints: Endpoints, owner_pid: int) -> None:
    """Write the file that other processes attach by; only when every store is ready."""
    shape = asdict(endpoints) | {
        "services": sorted(endpoints.services), "vectors_path": str(endpoints.vectors_path)
    }  # fmt: skip
    write_private(home.endpoints_file, json.dumps({"owner_pid": owner_pid, "endpoints": shape}))


def withdraw(home: Home) -> None:
    """Take the file away, so that nobody attaches to stores about to stop."""
    home.endpoints_file.unlink(missing_ok=True)


def published(home: Home) -> Endpoints | None:
    """What the owner published, or None when there is none, or one of another release that cannot be read."""
    try:
        shape = json.loads(home.endpoints_file.read_text())["endpoints"]
        known = {one.name for one in fields(Endpoints)}
        if set(shape) != known:
            return None
        shape["services"], shape["vectors_path"] = frozenset(shape["services"]), Path(shape["vectors_path"])
        return Endpoints(**shape)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
