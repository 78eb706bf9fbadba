"""What a vector store does, whichever way it is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

Payload = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Point:
    """One vector. ``payload`` holds what searches filter by: labels and numbers, never anything personal.

    ``terms`` are the weighted words of the text by number (32 bits), in a collection that was made for them.
    """

    id: UUID
    vector: Sequence[float]
    payload: Payload = field(default_factory=dict)
    terms: Mapping[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer to a search. ``score`` is the cosine, -1 to 1; more is nearer."""

    id: UUID
    score: float
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class HybridHit:
    """One answer to a hybrid search, with both scores, whichever of the two found it: the cosine, and the dot product of
    the terms (0 where none is shared).
    """

    id: UUID
    cosine: float
    overlap: float
    payload: dict[str, Any]


class Vectors(Protocol):
    """Points of several agencies in named collections. Every call names the agency and touches no other's points.

    All raise Unavailable when the store does not answer, Invalid when a vector does not fit its collection.
    """

    async def ensure(
        self, collection: str, dimensions: int, *, indexed: Sequence[str] = (), with_terms: bool = False
    ) -> None:
        """Create the collection, and indexes on ``agency_id`` and on ``indexed``, payload keys of text, where missing.

        ``with_terms`` makes one whose points have terms too. Raises Invalid when it exists with other dimensions: vectors of
        two embedders do not compare.
        """
        ...

    async def upsert(self, collection: str, points: Sequence[Point], *, agency_id: UUID) -> None:
        """Write points, replacing those of the same id; when this returns they survive the end of this process."""
        ...

    async def search(
        self, collection: str, vector: Sequence[float], *, agency_id: UUID, limit: int = 10,
        exclude: Sequence[UUID] = (), filters: Mapping[str, str | int | bool] | None = None,
    ) -> list[Hit]:  # fmt: skip
        """The nearest points, best first, without those in ``exclude`` and those whose payload differs from ``filters``."""
        ...

    async def hybrid(
        self, collection: str, vector: Sequence[float], terms: Mapping[int, float], *, agency_id: UUID, limit: int
    ) -> list[HybridHit]:
        """The ``limit`` nearest points by cosine and the ``limit`` with most overlap of terms, each once, in no order."""
        ...

    async def delete(self, collection: str, ids: Sequence[UUID], *, agency_id: UUID) -> None:
        """Remove points; an id that is not there is no error."""
        ...

    async def delete_matching(self, collection: str, filters: Mapping[str, Sequence[str]], *, agency_id: UUID) -> None:
        """Remove every point of the agency whose payload is one of those in ``filters``, by key; none is no error."""
        ...

    async def drop(self, collection: str) -> None:
        """Remove a whole collection, of every agency; one that is not there is no error."""
        ...

    async def collections(self) -> list[str]:
        """The names of what is there."""
        ...

    async def count(self, collection: str, *, agency_id: UUID) -> int:
        """How many points the agency has."""
        ...

    async def ids(self, collection: str, *, agency_id: UUID) -> set[UUID]:
        """The ids of the agency's points."""
        ...

    async def size(self, collection: str) -> int:
        """How many points there are of all agencies together."""
        ...

    async def ping(self) -> None:
        """Raises Unavailable when the store does not answer."""
        ...

    async def close(self) -> None:
        """Let go of files and connections; the store cannot be used afterwards."""
        ...
