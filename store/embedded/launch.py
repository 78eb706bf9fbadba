"""Turns into a server: gives up root, arranges to be told when the parent dies, then executes the command.

process.py runs this file by its path with ``-I -S``, ahead of every server, instead of ``preexec_fn``, which may lock
up in a process with threads. The order matters: a change of user clears the death signal, so it comes first. The
server sees none of our environment, which may hold keys.

Arguments: pid of the parent, number of the death signal, uid and gid (-1 keeps the present ones), then the command.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
_ORPHAN = 75  # EX_TEMPFAIL of sysexits.h


def become(parent: int, death_signal: int, uid: int, gid: int, command: list[str]) -> None:
    """Replace this process by ``command``; returns never. Raises OSError when a step is refused."""
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
    if os.getppid() != parent:  # died before the kernel was asked to tell
        sys.exit(_ORPHAN)
    os.umask(0o077)
    os.execve(command[0], command, _ENVIRONMENT)  # noqa: S606 - an absolute path of a binary from a locked wheel, and no shell


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
