"""PostgreSQL: the system of record."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from kernel.errors import Conflict, Unavailable
from store.embedded import account as accounts
from store.embedded import binaries
from store.embedded.account import Account
from store.embedded.home import Home, given_to, sync_folder, write_private
from store.embedded.process import ChildProcess, Command
from store.embedded.threads import to_its_end

PORT = 5432  # only a part of the socket's name: nothing listens on TCP
ADMIN = "postgres"
RECORD = "postgres.json"
_SOCKET = f".s.PGSQL.{PORT}"
_INITDB_SECONDS = 120.0
_SETTINGS = {
    "listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": "100", "shared_buffers": "64MB",
    "max_wal_size": "512MB", "timezone": "UTC", "log_timezone": "UTC", "jit": "off",
    # a parallel plan gains nothing on two cores and needs more of /dev/shm than a container gives (64 MB)
    "max_parallel_workers_per_gather": "0",
    # errors, and the statements that caused them, hold people's data; the client that caused them is told anyway
    "log_min_messages": "log", "log_min_error_statement": "panic", "log_error_verbosity": "terse",
    "log_checkpoints": "off", "log_line_prefix": "%m [%p] ",
}  # fmt: skip
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}  # a kill still loses nothing, a power cut may


@dataclass(frozen=True, slots=True)
class Place:
    """Where the programs, data and socket of this home are."""

    programs: Path
    folder: Path
    socket_dir: Path
    account: Account | None

    @property
    def data(self) -> Path:
        return self.folder / "data"


async def reply(socket_dir: str, port: int, password: str) -> bool:
    """Whether Postgres takes the administrator's password and answers a query within two seconds."""
    try:
        async with asyncio.timeout(2.0):
            connection = await asyncpg.connect(
                host=socket_dir, port=port, user=ADMIN, password=password, database="postgres", timeout=2.0
            )
            try:
                return bool(await connection.fetchval("SELECT 1") == 1)
            finally:
                connection.terminate()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


class PostgresServer:
    """Reached over a unix socket in a private folder, by a role with a random password (SCRAM).

    ``cache`` is where the programs are unpacked. ``durable`` off gives up safety against a loss of power, for tests.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: sessions are ended, a checkpoint is written
    stop_seconds = 20.0
    start_seconds = 180.0  # replay of the log after a crash

    def __init__(self, home: Home, cache: Path, keep: int | None, *, durable: bool) -> None:
        self._home, self._cache, self._keep, self._durable = home, cache, keep, durable
        self._password = ""
        self._place: Place | None = None

    @property
    def address(self) -> tuple[str, int, str]:
        """Folder of the socket, port, and the administrator's password; known once ``command`` has run."""
        assert self._place is not None
        return str(self._place.socket_dir), PORT, self._password

    async def command(self) -> Command:
        if self._place is None:
            self._place = await to_its_end(self._settle)
            if not self._place.data.exists():
                await self._initialise(self._place)
            await to_its_end(_forget_dead_postmaster, self._place.data)
        place = self._place
        settings = _SETTINGS | ({} if self._durable else _NOT_DURABLE)
        settings["unix_socket_directories"] = '"{}"'.format(str(place.socket_dir).replace('"', '""'))
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        argv = (str(place.programs / "postgres"), "-D", str(place.data), "-p", str(PORT), *options)
        return self._run_as(place, argv, self.stop_signal)

    async def answers(self) -> bool:
        return await reply(*self.address)

    def move(self) -> None:
        """The socket lies in a folder of ours: nobody else can have taken it."""

    async def close(self) -> None:
        """Nothing is kept open."""

    def _run_as(self, place: Place, argv: tuple[str, ...], death_signal: signal.Signals) -> Command:
        return Command(argv, place.folder, self._home.log(self.name), death_signal, place.account, self._keep)

    def _settle(self) -> Place:
        """Find or choose the place, make its folders, and see that data and programs are of one major version."""
        record = self._home.root / RECORD
        known = json.loads(record.read_text()) if record.exists() else {}
        account = accounts.unprivileged()
        folder = Path(known["folder"]) if known else choose_folder(self._home.root, account)
        data = folder / "data"
        if data.is_dir():
            account = accounts.owner_of(data)
            known = known or _record(self._home, folder)
            if not (self._home.secrets / self.name).exists():
                raise Unavailable(f"secrets/{self.name} is missing and the data is locked by it; restore that file")
        elif known:
            raise Unavailable(
                f"the Postgres data of this home was in {folder} and is gone; bring it back from a backup, "
                f"or remove {record.name} from the home to begin with empty data"
            )
        folder.mkdir(mode=0o711 if account else 0o700, parents=True, exist_ok=True)
        cache = self._cache if accounts.reachable(self._cache, account) else folder / "cache"
        programs = binaries.postgres(cache, account)
        major = binaries.postgres_major(programs)
        if known.get("major", major) != major:
            raise Conflict(
                f"the data of this home is of Postgres {known['major']}, the installed one is {major}; "
                f"install the release with Postgres {known['major']} again, or move the data with pg_dump",
                code="postgres_major_changed",
            )
        self._password = self._home.secret(self.name)
        return Place(programs, folder, self._home.socket_dir(self.name, folder / "socket", _SOCKET, account), account)

    async def _initialise(self, place: Place) -> None:
        """Make the database cluster beside and rename it, so that a start killed half way leaves nothing behind."""
        draft = place.folder / "data.new"
        await to_its_end(_empty_folder, draft, place.account)
        with given_to(place.account, place.folder / "initdb-password", self._password) as password_file:
            argv = (
                str(place.programs / "initdb"), "-D", str(draft), "-U", ADMIN, f"--pwfile={password_file}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
                *(() if self._durable else ("--no-sync",)),
            )  # fmt: skip
            child = await ChildProcess.spawn(self._run_as(place, argv, signal.SIGTERM))
            try:
                code = await child.ended(within=_INITDB_SECONDS)
            finally:
                await child.stop(signal.SIGTERM, grace=5.0)
        if code != 0:
            raise Unavailable(f"initdb failed with exit code {code}; logs/{self.name}.log says why")
        await to_its_end(self._adopt, place, draft)

    def _adopt(self, place: Place, draft: Path) -> None:
        draft.rename(place.data)
        sync_folder(place.folder)
        _record(self._home, place.folder)


def _record(home: Home, folder: Path) -> dict[str, Any]:
    """Write down where the data is and of which major version."""
    known = {"major": int((folder / "data" / "PG_VERSION").read_text()), "folder": str(folder)}
    write_private(home.root / RECORD, json.dumps(known))
    return known


def choose_folder(home: Path, account: Account | None) -> Path:
    """``home/postgres``, or where ``account`` cannot reach that, a new folder of the system's.

    Folders above the home keep their permissions: opening /root to everybody would be worse than data elsewhere. A
    home below the temporary folder has its data there too, and is forgotten with it.
    """
    if accounts.reachable(home, account):
        return home / "postgres"
    temporary = Path(tempfile.gettempdir()).resolve()
    roots = [temporary] if home.is_relative_to(temporary) else [Path("/var/lib/leadwright"), Path("/var/tmp")]  # noqa: S108
    for root in roots:
        try:
            root.mkdir(mode=0o711, parents=True, exist_ok=True)
            if accounts.reachable(root, account):
                folder = Path(tempfile.mkdtemp(prefix="leadwright-", dir=root))
                folder.chmod(0o711)
                return folder
        except OSError:
            continue
    raise Unavailable(
        f"Postgres runs as user {account.uid if account else os.geteuid()}, which cannot reach {home}; "
        "set LEADWRIGHT_HOME to a folder that every user may pass through"
    )


def _empty_folder(path: Path, account: Account | None) -> None:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _forget_dead_postmaster(data: Path) -> None:
    """Remove the pid file of a postmaster that is a zombie, which Postgres would take for a running one.

    Called when no child of an earlier owner lives (see leftovers.py), so nobody uses the data.
    """
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError, IndexError):
        return
    if state == "Z":
        (data / "postmaster.pid").unlink(missing_ok=True)
