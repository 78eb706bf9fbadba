"""Leads as vectors: which earlier leads resemble this one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from store.vectors.collection import EmbedderCollection
from store.vectors.port import Point

logger = logging.getLogger("leadwright.store.vectors")

_LINE = "line"


@dataclass(frozen=True, slots=True)
class LeadVector:
    """A lead's embedding and line of business; the text it was made from stays in Postgres."""

    lead_id: UUID
    vector: Sequence[float]
    line: str


@dataclass(frozen=True, slots=True)
class SimilarLead:
    """An earlier lead; ``score`` is the cosine of the two texts, -1 to 1."""

    lead_id: UUID
    score: float
    line: str


class LeadVectors(EmbedderCollection):
    """The leads that one embedder has read."""

    prefix = "leads-"
    indexed = (_LINE,)

    async def index(self, lead_id: UUID, agency_id: UUID, vector: Sequence[float], line: str) -> bool:
        """Remember one lead; see :meth:`index_many`."""
        return await self.index_many(agency_id, [LeadVector(lead_id, vector, line)]) == 1

    async def index_many(self, agency_id: UUID, leads: Sequence[LeadVector]) -> int:
        """Remember leads, in place of what was known of the same ids; how many were kept.

        A vector of zeros comes of a text without content and resembles nothing: such a lead is not kept, and forgotten
        where it was. Raises Invalid on a vector of the wrong length, Unavailable when the store does not answer.
        """
        await self._prepare()
        kept = [lead for lead in leads if any(lead.vector)]
        points = [Point(lead.lead_id, lead.vector, {_LINE: lead.line}) for lead in kept]
        await self._vectors.upsert(self.collection, points, agency_id=agency_id)
        await self.forget(agency_id, [lead.lead_id for lead in leads if not any(lead.vector)])
        return len(kept)

    async def similar(
        self, agency_id: UUID, vector: Sequence[float], *, limit: int = 10, line: str | None = None,
        exclude: Sequence[UUID] = (),
    ) -> list[SimilarLead]:  # fmt: skip
        """The agency's leads most like ``vector``, best first; of one line when it is given, never those in ``exclude``."""
        if not any(vector):
            return []
        await self._prepare()
        hits = await self._vectors.search(
            self.collection, vector, agency_id=agency_id, limit=limit, exclude=exclude,
            filters=None if line is None else {_LINE: line},
        )  # fmt: skip
        return [SimilarLead(hit.id, hit.score, str(hit.payload[_LINE])) for hit in hits]

    async def forget(self, agency_id: UUID, lead_ids: Sequence[UUID]) -> None:
        """Remove leads, as an erasure must; unknown ids are no error."""
        await self._prepare()
        await self._vectors.delete(self.collection, lead_ids, agency_id=agency_id)

    async def clear(self, agency_id: UUID) -> None:
        """Remove every lead of the agency, also from the collections of other embedders; those left empty are dropped."""
        await self._prepare()
        for name in [self.collection, *await self._others()]:
            await self._vectors.delete_matching(name, {}, agency_id=agency_id)
        await self.drop_empty()

    async def _made(self) -> None:
        for name in await self._others():
            logger.warning(
                "leads in %s were read by another embedder and are not found: run `leadwright rebuild vectors`", name
            )
