"""The user a server runs as. Postgres refuses to run as root, so root lends it an unprivileged account."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from kernel.errors import Unavailable

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """Numbers of a user and its group."""

    uid: int
    gid: int


def unprivileged() -> Account | None:
    """The account for Postgres, or None when this process is not root and nothing has to change.

    Raises Unavailable when this is root and the machine has none of the usual accounts.
    """
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(found.pw_uid, found.pw_gid)
    raise Unavailable(
        f"Postgres does not run as root and no user named {' or '.join(_CANDIDATES)} exists; "
        "start as a normal user or add one of them"
    )


def owner_of(data: Path) -> Account | None:
    """The account that existing data belongs to; None when it is this process's own.

    Raises Unavailable when it is another user's and this process is not root, or when root itself owns it.
    """
    found = data.stat()
    if os.geteuid() != 0:
        if found.st_uid != os.geteuid():
            raise Unavailable(
                f"Postgres data in {data} belongs to user {found.st_uid}, this process is user {os.geteuid()}; "
                "start as that user or as root, or choose another LEADWRIGHT_HOME"
            )
        return None
    if found.st_uid == 0:
        raise Unavailable(f"Postgres data in {data} belongs to root, as which Postgres does not run; chown it")
    return Account(found.st_uid, found.st_gid)


def reachable(path: Path, account: Account | None) -> bool:
    """Whether ``account`` may pass through ``path`` and every folder above it, by their permission bits.

    ``path`` may not exist yet; the folders that do are looked at.
    """
    if account is None:
        return True
    for folder in (path, *path.parents):
        try:
            found = folder.stat()
        except FileNotFoundError:
            continue
        if found.st_uid == account.uid:
            bit = 0o100
        elif found.st_gid == account.gid:
            bit = 0o010
        else:
            bit = 0o001
        if not found.st_mode & bit:
            return False
    return True
