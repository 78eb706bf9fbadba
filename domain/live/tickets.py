"""Tickets: what a browser shows at the socket's door, since it can send no header there. Good once, for seconds."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actor import Actor

PREFIX = "lwt_"
SECRET_BYTES = 32
_SPELLED = re.compile(r"lwt_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Session:
    """A person's signed-in session: it ends when ``version`` is not the person's any more or ``family`` is revoked."""

    person_id: UUID
    family: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Pass:
    """A listener, and what their credential hangs on. ``expires_at`` is the credential's; None for one that does not expire by
    itself. With a session or a key it also ends when that does.
    """

    actor: Actor
    expires_at: datetime | None = None
    session: Session | None = None
    key_id: str | None = None


def hash_of(ticket: str) -> str | None:
    """What is stored of a ticket: SHA-256 in hex; None where the text is no ticket."""
    return hashlib.sha256(ticket.encode()).hexdigest() if _SPELLED.fullmatch(ticket) else None
