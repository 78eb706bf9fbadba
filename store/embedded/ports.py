"""Free TCP ports on 127.0.0.1."""

from __future__ import annotations

import secrets
import socket

from kernel.errors import Unavailable

LOOPBACK = "127.0.0.1"
_RANGE = range(15_000, 30_000)  # below the ports that Linux lends to outgoing connections (32768 and up)
_TRIES = 200


def free_port() -> int:
    """A port nobody listens on now. Another process may still take it first; who binds it must be ready to ask again."""
    for _ in range(_TRIES):
        port = secrets.choice(_RANGE)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
        return port
    raise Unavailable(f"no free port on {LOOPBACK} between {_RANGE.start} and {_RANGE.stop}; stop what holds them")
