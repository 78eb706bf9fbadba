"""Leads with like words, and how they ended."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.actor import Actor, Scope
from domain.decision import Decision, Evidence, Source
from domain.leads.lifecycle import Status
from domain.lines import Line
from integrations.llm.calls import booked
from integrations.local.embedder import Embedder
from services.grouping import Grouped
from store.sql.models import LeadRow
from store.uow import Database
from store.vectors.leads import LeadVector, LeadVectors

_WANTED = 10
_NEAR_ENOUGH = 0.8
_SLICE = 200


class Similar:
    """Search by meaning over the agency's own leads; Postgres says how they ended, so no outcome is ever stale."""

    def __init__(self, database: Database, vectors: LeadVectors, embedder: Embedder) -> None:
        self._database = database
        self._vectors = vectors
        self._embedder = embedder
        self.ending: Grouped[Actor, Sequence[UUID], dict[UUID, str]] = Grouped(self._outcomes)

    @booked("embedder")
    async def similar(self, actor: Actor, lead_id: UUID, text: str, line: str, *, test: bool) -> Decision:
        """The decision named ``similar``: count, won, lost and the leads themselves. Also indexes this lead, unless it is a
        ``test`` lead.
        """
        version = f"similar.1/{self._embedder.name}"
        if not text.strip():
            nothing = {"count": 0, "won": 0, "lost": 0, "leads": []}
            return Decision("similar", nothing, 0.0, Source.LOCAL, version, (Evidence("no words to compare"),))
        vector = [float(part) for part in (await self._embedder.embed_async([text], kind="query"))[0]]
        hits = await self._vectors.similar(actor.agency_id, vector, limit=_WANTED, exclude=[lead_id])
        near = {hit.lead_id: hit.score for hit in hits if hit.score >= _NEAR_ENOUGH}
        ended = await self.ending.do(actor, list(near)) if near else {}
        if not test:
            await self._vectors.index(lead_id, actor.agency_id, vector, line)
        leads = [
            {"lead_id": str(one), "similarity": round(near[one], 4), "outcome": ended[one]}
            for one in sorted(ended, key=lambda one: (-near[one], one))
        ]
        won = sum(status == Status.WON.value for status in ended.values())
        lost = sum(status == Status.LOST.value for status in ended.values())
        value = {"count": len(leads), "won": won, "lost": lost, "leads": leads}
        reason = Evidence(f"{len(leads)} leads with like words, {won} won and {lost} lost")
        return Decision("similar", value, 1.0, Source.LOCAL, version, (reason,))

    @booked("embedder")
    async def rebuild(self, actor: Actor) -> int:
        """Make the agency's vectors anew from its lead rows, by the present embedder; how many leads have words.

        Duplicates and test leads are left out, as the pipeline leaves them.
        """
        actor.require(Scope.AGENCY_ADMIN)
        await self._vectors.clear(actor.agency_id)
        kept, _ = await self._index_all(actor, set(), open_too=True)
        return kept

    @booked("embedder")
    async def reconcile(self, actor: Actor) -> int:
        """Index the leads that have no vector, and forget vectors of leads that are gone; how many of both.

        A lead still in the pipeline is left to it.
        """
        actor.require(Scope.AGENCY_ADMIN)
        present = await self._vectors.ids(actor.agency_id)
        kept, known = await self._index_all(actor, present, open_too=False)
        gone = sorted(present - known)
        await self._vectors.forget(actor.agency_id, gone)
        return kept + len(gone)

    async def _outcomes(self, actor: Actor, wanted: Sequence[Sequence[UUID]]) -> list[dict[UUID, str]]:
        """How the leads of several questions stand, in one statement."""
        async with self._database.begin(actor) as uow:
            known = await uow.leads.outcomes(sorted({one for ids in wanted for one in ids}))
        return [{one: known[one] for one in ids if one in known} for ids in wanted]

    async def _index_all(self, actor: Actor, present: set[UUID], *, open_too: bool) -> tuple[int, set[UUID]]:
        """Index every lead with words that is not ``present``; how many were kept, and the ids of all leads.

        Those in the pipeline are taken with ``open_too``.
        """
        kept, known = 0, set[UUID]()
        after: UUID | None = None
        while True:
            async with self._database.begin(actor) as uow:
                ids = await uow.history.lead_ids(after, _SLICE)
                rows = await uow.leads.by_ids(ids)
                open_ids = set[UUID]() if open_too else await uow.runs.open_of(ids)
            known.update(ids)
            wanted = [row for row in rows.values() if row.id not in present | open_ids and _kept(row)]
            read = await self._embedder.embed_async([row.text for row in wanted], kind="query")
            leads = [
                LeadVector(row.id, vector.tolist(), row.line or row.declared_line or Line.UNKNOWN.value)
                for row, vector in zip(wanted, read, strict=True)
            ]
            kept += await self._vectors.index_many(actor.agency_id, leads)
            if len(ids) < _SLICE:
                return kept, known
            after = ids[-1]


def _kept(row: LeadRow) -> bool:
    """Whether the pipeline keeps the lead among those that others may resemble."""
    return bool(row.text.strip()) and not row.test and row.status not in {Status.DUPLICATE, Status.UNCONFIRMED}
