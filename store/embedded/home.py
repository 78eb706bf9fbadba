"""The data folder: what lies where, who may read it, and who owns it now."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kernel.errors import Invalid, Unavailable
from store.embedded.account import Account

_SOCKET_BYTES = 107  # sun_path of Linux without its closing zero byte
_SHELL = '"$`'
_LOG_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one data folder. ``root`` is absolute and free of symlinks."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> Home:
        """Create the folder where it is missing. Raises Unavailable when this user may not use it, Invalid on its name.

        Root makes it passable (0711), since Postgres runs there as another user; the folders below stay private.
        """
        home = cls(path.expanduser().resolve())
        if bad := sorted({one for one in str(home.root) if one in _SHELL or not one.isprintable()}):
            raise Invalid(
                f"data folder {str(home.root)!r} holds {' '.join(map(repr, bad))}, which initdb would hand to a shell; "
                "choose another with LEADWRIGHT_HOME"
            )
        try:
            home.root.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            for part in (home.secrets, home.run, home.logs, home.vectors):
                part.mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise Unavailable(
                f"data folder {home.root} cannot be used ({problem.strerror}); "
                "choose another with LEADWRIGHT_HOME or run as its owner"
            ) from problem
        return home

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def vectors(self) -> Path:
        return self.root / "vectors"

    @property
    def endpoints_file(self) -> Path:
        return self.run / "endpoints.json"

    def folder(self, name: str) -> Path:
        """A private folder for one server's data, created where it is missing."""
        path = self.root / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def log(self, name: str) -> Path:
        """The log of one server; past ten megabytes the old one steps aside and replaces the one before."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    def secret(self, name: str) -> str:
        """The password kept under ``name``, made at first use; 192 random bits in characters safe in any URL."""
        path = self.secrets / name
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            write_once(path, secrets.token_urlsafe(24))
            return path.read_text().strip()

    def socket_dir(self, name: str, preferred: Path, socket: str, account: Account | None = None) -> Path:
        """A folder for the unix socket called ``socket``, private to the server's account.

        ``preferred``, or a short one under the system's temporary folder where the path would be too long for a
        socket or holds a comma, which clients read as a list. The short one is recorded, to be found after a crash.
        """
        record = self.run / f"{name}-socket-dir"
        path = preferred
        if len(os.fsencode(preferred / socket)) >= _SOCKET_BYTES or "," in str(preferred):
            recorded = Path(record.read_text()) if record.exists() else None
            path = recorded if recorded and _is_private(recorded, account) else Path(tempfile.mkdtemp(prefix="lw-"))
            write_private(record, str(path))
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account is not None:
            os.chown(path, account.uid, account.gid)
        return path

    def drop_socket_dirs(self) -> None:
        """Remove the short socket folders of this run."""
        for record in self.run.glob("*-socket-dir"):
            path = Path(record.read_text())
            if path.is_dir() and not path.is_symlink():
                for leftover in path.iterdir():
                    leftover.unlink(missing_ok=True)
                path.rmdir()
            record.unlink()


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user reads; readers see the old or the new text, never a part, even after a crash."""
    _draft(path, text).replace(path)
    sync_folder(path.parent)


def write_once(path: Path, text: str) -> None:
    """Like :func:`write_private`, but a file that is there already stays: of several writers the first one's text stands."""
    draft = _draft(path, text)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    sync_folder(path.parent)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def sync_folder(path: Path) -> None:
    """Make a rename in this folder survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def given_to(account: Account | None, path: Path, text: str) -> Iterator[Path]:
    """A short-lived private file that ``account`` may read."""
    write_private(path, text)
    try:
        if account is not None:
            os.chown(path, account.uid, account.gid)
        yield path
    finally:
        path.unlink(missing_ok=True)


class FileLock:
    """An exclusive flock, free again when every process that holds its descriptor is gone, however it ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor: int | None = None

    def take(self) -> bool:
        """Take it if nobody has it; never waits. Raises Unavailable when the file is another user's."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as problem:
            raise Unavailable(
                f"{self.path} belongs to another user; run as that user or choose another LEADWRIGHT_HOME"
            ) from problem
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self.descriptor = descriptor
        return True

    def release(self) -> None:
        """Give it back; again is harmless."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


def _is_private(path: Path, account: Account | None) -> bool:
    """A folder, not a link, that belongs to the server's account and lets nobody else in."""
    try:
        found = path.lstat()
    except OSError:
        return False
    uid = os.geteuid() if account is None else account.uid
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & 0o077
