"""Where the present request came from, for the audit log and the throttle. Doors set it; nothing decides by it alone."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The caller's address as far as it can be trusted, and the request's id; both None where no request is."""

    address: str | None = None
    request_id: str | None = None


_NOWHERE = Origin()
_present: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def origin() -> Origin:
    """Where the present work was asked for."""
    return _present.get()


def set_origin(address: str | None, request_id: str | None) -> None:
    """Say so for this context and the tasks started from it."""
    _present.set(Origin(address, request_id))
