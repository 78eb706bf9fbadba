"""Who acts in the network: a producer for themselves, people of the agency for everybody."""

from __future__ import annotations

from uuid import UUID

from domain.actor import Actor, Scope
from domain.network.connections import Side
from kernel.errors import FieldError, Forbidden, Invalid, NotFound


def own_of(actor: Actor) -> UUID | None:
    """The producer for whom the actor acts, or None for whoever acts for all. Raises Forbidden for who has no part in it."""
    return actor.own_producer("the network is for producers and people of the agency; ask a manager")


def acting_for(actor: Actor, named: UUID | None, field: str = "from_id") -> UUID:
    """The producer for whom something is done. Raises Invalid where somebody of the agency names nobody, Forbidden where a
    producer names another.
    """
    own = own_of(actor)
    if own is None:
        if named is None:
            fault = FieldError(field, "missing", "is missing", "name the producer for whom you do this")
            raise Invalid("say for whom", fields=(fault,))
        return named
    if named not in {None, own}:
        raise Forbidden("a producer acts for themselves; ask a manager")
    return own


def side_of(actor: Actor, asked_by: UUID | None) -> Side:
    """On which side of a connection the actor stands."""
    own = own_of(actor)
    if own is None:
        return Side.AGENCY
    return Side.ASKING if own == asked_by else Side.ASKED


def require_reads(actor: Actor) -> None:
    """Raise Forbidden for who may not read the network."""
    actor.require(Scope.PRODUCERS_READ)
    own_of(actor)


def require_own(actor: Actor, producer_id: UUID) -> None:
    """Raise NotFound for figures of another producer, which are theirs and the agency's."""
    require_reads(actor)
    if own_of(actor) not in {None, producer_id}:
        raise NotFound(f"no producer {producer_id} in this agency")
