"""Who holds a chat, and what a second reader is asked about it and answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope
from domain.chat.second import Doubt, Second
from kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who holds a chat's token, and the web origin of the page they are on; None where that is ours, or no page is."""

    token: str
    page_origin: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """What the rules leave open in a message of an agency's chat, whose last message was number ``last``."""

    agency_id: UUID
    chat_id: UUID
    doubt: Doubt
    last: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """A second reader's reading, and the last message of the chat when it was asked for."""

    second: Second
    last: int


@dataclass(frozen=True, slots=True)
class Pass:
    """What a chat's token says: the agency in which it is looked up, and the hash by which it is found."""

    actor: Actor
    token_hash: str


def pass_of(token: str) -> Pass:
    """Raises NotFound for what is no token: who holds none learns nothing."""
    agency, _, secret = token.partition(".")
    try:
        agency_id = UUID(agency)
    except ValueError:
        agency_id = None
    if agency_id is None or not secret:
        raise NotFound("there is no such chat")
    actor = Actor(agency_id, ActorKind.SYSTEM, "chat", frozenset({Scope.LEADS_SEND, Scope.LEADS_READ}))
    return Pass(actor, hashed(token))


def hashed(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
