"""Actors as they stand in rows: what is finished for somebody later is done with what they might do when they spoke."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope


def actor_row(actor: Actor) -> dict[str, Any]:
    """For JSON; ids and codes only."""
    return {
        "kind": actor.kind.value, "subject": actor.subject, "scopes": sorted(one.value for one in actor.scopes),
        "producer_id": str(actor.producer_id) if actor.producer_id else None, "source": actor.source,
    }  # fmt: skip


def actor_of(agency_id: UUID, row: Mapping[str, Any]) -> Actor:
    """The actor that :func:`actor_row` wrote down."""
    return Actor(
        agency_id, ActorKind(row["kind"]), row["subject"], frozenset(Scope(one) for one in row["scopes"]),
        UUID(row["producer_id"]) if row["producer_id"] else None, row["source"],
    )  # fmt: skip
