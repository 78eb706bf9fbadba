"""What each role may do. A credential never carries more than its owner's role holds when it is used."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope
from kernel.errors import FieldError, Forbidden, Invalid


class Role(StrEnum):
    """Admin, manager and producer are people; partner and system are programs and sign in with keys."""

    ADMIN = "admin"
    MANAGER = "manager"
    PRODUCER = "producer"
    PARTNER = "partner"
    SYSTEM = "system"


PEOPLE = frozenset({Role.ADMIN, Role.MANAGER, Role.PRODUCER})

# Nobody reads receipts of others' work through a producer or a partner, and no program decides who may come in.
SCOPES: dict[Role, frozenset[Scope]] = {
    Role.ADMIN: frozenset(Scope),
    Role.MANAGER: frozenset(Scope) - {Scope.AGENCY_ADMIN},
    Role.PRODUCER: frozenset(
        {
            Scope.LEADS_READ,
            Scope.LEADS_WRITE,
            Scope.KNOWLEDGE_READ,
            Scope.PRODUCERS_READ,
            Scope.PRODUCERS_WRITE,
            Scope.COMMISSIONS_READ,
            Scope.POLICIES_READ,
            Scope.POLICIES_WRITE,
        }
    ),
    Role.PARTNER: frozenset({Scope.LEADS_SEND, Scope.LEADS_READ}),
    Role.SYSTEM: frozenset(Scope) - {Scope.AGENCY_ADMIN, Scope.AUDIT_READ},
}

KIND: dict[Role, ActorKind] = {
    Role.ADMIN: ActorKind.PERSON,
    Role.MANAGER: ActorKind.PERSON,
    Role.PRODUCER: ActorKind.PRODUCER,
    Role.PARTNER: ActorKind.PARTNER,
    Role.SYSTEM: ActorKind.SYSTEM,
}


def producer_of(agency_id: UUID, producer_id: UUID) -> Actor:
    """The producer as an actor with all that the role holds, for whom something is looked at or done."""
    return Actor(agency_id, ActorKind.PRODUCER, f"producer:{producer_id}", SCOPES[Role.PRODUCER], producer_id)


def granted(role: Role, asked: Collection[Scope], by: Collection[Scope]) -> frozenset[Scope]:
    """The scopes that a credential of ``role`` gets when the holder of the scopes ``by`` gives it out.

    Raises Invalid for a scope that the role does not hold, Forbidden for one that the giver does not hold.
    """
    beyond = sorted(scope.value for scope in set(asked) - SCOPES[role])
    if beyond:
        held = ", ".join(sorted(scope.value for scope in SCOPES[role]))
        fault = FieldError("scopes", "beyond_role", f"{', '.join(beyond)} is not the role's", f"use any of {held}")
        raise Invalid(f"the role {role.value} does not hold {', '.join(beyond)}", fields=(fault,))
    lacking = sorted(scope.value for scope in set(asked) - set(by))
    if lacking:
        raise Forbidden(f"nobody gives what they do not hold themselves: {', '.join(lacking)}")
    return frozenset(asked)
