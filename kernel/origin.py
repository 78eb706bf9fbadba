"""Where the present request came from, for the audit log and the throttle. Doors set it; nothing decides by it alone."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv6Network


@dataclass(frozen=True, slots=True)
class Origin:
    """The caller's address as far as it can be trusted, and the request's id; both None where no request is."""

    address: str | None = None
    request_id: str | None = None

    @property
    def site(self) -> str | None:
        """Whom to count by address: of IPv6 the first 64 bits, since one household or server has all the others."""
        if self.address is None or ":" not in self.address:
            return self.address
        return str(IPv6Network((self.address, 64), strict=False))


_NOWHERE = Origin()
_present: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def origin() -> Origin:
    """Where the present work was asked for."""
    return _present.get()


def set_origin(address: str | None, request_id: str | None) -> None:
    """Say so for this context and the tasks started from it."""
    _present.set(Origin(address, request_id))
