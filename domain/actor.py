"""Who asks: every service call starts with an actor, and every query is filtered by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from kernel.errors import Forbidden


class Scope(StrEnum):
    """What an actor may do; a token lists them separated by spaces."""

    LEADS_READ = "leads:read"
    LEADS_SEND = "leads:send"
    LEADS_WRITE = "leads:write"
    ROUTING_READ = "routing:read"
    ROUTING_WRITE = "routing:write"
    PRODUCERS_READ = "producers:read"
    PRODUCERS_WRITE = "producers:write"
    KNOWLEDGE_READ = "knowledge:read"
    KNOWLEDGE_WRITE = "knowledge:write"
    COMMISSIONS_READ = "commissions:read"
    COMMISSIONS_WRITE = "commissions:write"
    POLICIES_READ = "policies:read"
    POLICIES_WRITE = "policies:write"
    AGENCY_ADMIN = "agency:admin"
    AUDIT_READ = "audit:read"


_IMPLIED_BY = {Scope.LEADS_SEND: Scope.LEADS_WRITE}


class ActorKind(StrEnum):
    """Person works at the agency, producer is licensed, partner is an outside system, system is the platform itself."""

    PERSON = "person"
    PRODUCER = "producer"
    PARTNER = "partner"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """One caller within one agency. ``subject`` is an opaque id, never a name or an address.

    A producer sees the leads of ``producer_id``, a partner those of ``source``; without it, none.
    """

    agency_id: UUID
    kind: ActorKind
    subject: str
    scopes: frozenset[Scope] = field(default_factory=frozenset)
    producer_id: UUID | None = None
    source: str | None = None

    @property
    def sees_all_leads(self) -> bool:
        """Whether every lead of the agency is the actor's to see."""
        return self.kind not in {ActorKind.PRODUCER, ActorKind.PARTNER}

    def require_whole_agency(self) -> None:
        """Raise Forbidden for who sees some leads only: what this is about mixes them with others'."""
        if not self.sees_all_leads:
            raise Forbidden("this is for who sees every lead of the agency; ask a manager")

    def require_person(self, refusal: str) -> None:
        """Raise Forbidden, with the words of ``refusal``, for who is neither a person of the agency nor a producer."""
        if self.kind not in {ActorKind.PERSON, ActorKind.PRODUCER}:
            raise Forbidden(f"{refusal}; sign in as one")

    def own_producer(self, refusal: str) -> UUID | None:
        """The one producer whose records are the actor's, or None for whoever sees those of all. Raises Forbidden, with the words
        of ``refusal``, for who may see none.
        """
        if self.kind is ActorKind.PRODUCER and self.producer_id is not None:
            return self.producer_id
        if not self.sees_all_leads:
            raise Forbidden(refusal)
        return None

    def require(self, scope: Scope) -> None:
        """Raise :class:`~kernel.errors.Forbidden` unless the actor holds ``scope``."""
        if scope not in self.scopes and _IMPLIED_BY.get(scope) not in self.scopes:
            msg = f"this needs the scope {scope.value}; ask an administrator of the agency for it"
            raise Forbidden(msg)


def system_actor(agency_id: UUID, part: str) -> Actor:
    """The platform acting for an agency; ``part`` names which part (``pipeline``, ``cli``)."""
    return Actor(agency_id, ActorKind.SYSTEM, f"system:{part}", frozenset(Scope))
