"""What specialists see of a lead, and what is kept of their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor
from domain.decision import Decision
from domain.leads.case import LeadCase
from domain.leads.history import LeadEvent
from domain.leads.instructions import set_aside
from domain.leads.lifecycle import Happening, Status
from domain.lines import Intent, Line, Urgency
from integrations.geography import Geography
from kernel.clock import now
from kernel.errors import Conflict
from services.grouping import Grouped
from services.lead_view import require_version
from store.sql.models import LeadRow
from store.uow import Database

_SURE_ENOUGH = 0.6
"""Confidence from which a place found in free text stands in for one that was not given."""


@dataclass(frozen=True, slots=True)
class Made:
    """A decision, and when it was made."""

    decision: Decision
    at: datetime


class Qualification:
    """What specialists decided: kept, and written onto the lead."""

    def __init__(self, database: Database, geography: Geography) -> None:
        self._database = database
        self._geography = geography
        self.recording: Grouped[Actor, Mapping[str, Any], None] = Grouped(self._record)

    async def record(self, actor: Actor, run_id: UUID, lead_id: UUID, decision: Decision) -> None:
        """Keep a specialist's answer of this run; a repeated step keeps the first."""
        await self.recording.do(actor, _row(run_id, lead_id, Made(decision, now())))

    async def complete(
        self, actor: Actor, run_id: UUID, lead_id: UUID, decisions: Mapping[str, Decision], scored: Decision,
        waiting: Sequence[Made] = (),
    ) -> None:  # fmt: skip
        """Keep the score, and what is ``waiting``, as :meth:`record` does, and write the outcome of the specialists and the score
        onto the lead, once for the run.

        Raises Conflict when a person has moved the lead on; what was decided is kept all the same.
        """
        decisions, key = {**decisions, scored.specialist: scored}, f"{run_id}:qualified"
        rows = [_row(run_id, lead_id, made) for made in (*waiting, Made(scored, now()))]
        try:
            async with self._database.begin(actor) as uow:
                row = await uow.history.locked(lead_id)
                await uow.leads.save_decisions(rows)
                data = self._decided(row, decisions)
                await uow.history.append(lead_id, key, LeadEvent(Happening.QUALIFIED, now(), data))
        except Conflict:
            await self._record(actor, rows)  # a person was quicker; what was decided is kept
            raise

    async def keep(self, actor: Actor, run_id: UUID, lead_id: UUID, waiting: Sequence[Made]) -> None:
        """Keep decisions of this run that waited for the score."""
        await self._record(actor, [_row(run_id, lead_id, made) for made in waiting])

    async def kept(self, actor: Actor, run_id: UUID) -> set[str]:
        """The specialists whose decision of this run is kept."""
        async with self._database.begin(actor) as uow:
            return await uow.leads.decided_in(run_id)

    async def decisions(self, actor: Actor, lead_id: UUID) -> dict[str, Decision]:
        """The newest decision of each specialist about the lead, whichever run made it."""
        async with self._database.begin(actor) as uow:
            rows = await uow.leads.decisions([lead_id])
        return {row.specialist: Decision.from_dict(row.body) for row in rows}

    async def standing(self, actor: Actor, lead_id: UUID) -> tuple[Status, int]:
        """Where the lead stands, and its version."""
        async with self._database.begin(actor) as uow:
            row = await uow.leads.one(lead_id)
            return Status(row.status), row.version

    async def rescore(
        self, actor: Actor, run_id: UUID, lead_id: UUID, scored: Decision, version: int, *, needs_review: bool
    ) -> None:
        """Write a new score onto an open lead, once for the run.

        Raises Stale when the lead has moved on from ``version``, on which the score rests, Conflict when it is not open.
        """
        async with self._database.begin(actor) as uow:
            row = await uow.history.locked(lead_id)
            require_version(row, version)
            data = {
                "score": scored.value["score"], "tier": scored.value["tier"], "needs_review": needs_review, "was": row.score,
            }  # fmt: skip
            await uow.history.append(lead_id, f"{run_id}:rescored", LeadEvent(Happening.RESCORED, now(), data))

    async def _record(self, actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[None]:
        async with self._database.begin(actor) as uow:
            await uow.leads.save_decisions(rows)
        return [None] * len(rows)

    def _decided(self, row: LeadRow, decisions: Mapping[str, Decision]) -> dict[str, Any]:
        values = {name: decision.value for name, decision in decisions.items()}
        classified, scored = values.get("classifier", {}), values.get("scorer", {})
        fallback = row.declared_line or Line.UNKNOWN.value
        line = classified.get("line", fallback)
        confidence = decisions["classifier"].confidence if "classifier" in decisions else 0.0
        return {
            "line": line, "lines": classified.get("lines") or [line],
            "intent": classified.get("intent", Intent.UNKNOWN.value),
            "urgency": classified.get("urgency", Urgency.UNKNOWN.value),
            "language": row.language or classified.get("language"),
            "do_not_call": row.do_not_call or bool(values.get("extractor", {}).get("do_not_call")),
            "score": scored.get("score"), "tier": scored.get("tier"), "confidence": round(confidence, 4),
            "needs_review": any(decision.needs_review or decision.degraded for decision in decisions.values()),
            **self._place(row, values.get("extractor", {}).get("fields", {})),
        }  # fmt: skip

    def _place(self, row: LeadRow, found: Mapping[str, Any]) -> dict[str, Any]:
        """State and ZIP that the person wrote in the text, only where no field gave them."""
        if row.zip or row.state:
            return {}
        sure = {
            name: str(found[name]["value"])
            for name in ("zip", "state")
            if name in found and found[name]["confidence"] >= _SURE_ENOUGH
        }
        place = self._geography.place(sure.get("zip"))
        return {**sure, **({"lat": place.lat, "lon": place.lon} if place else {})}


def _row(run_id: UUID, lead_id: UUID, made: Made) -> dict[str, Any]:
    body = made.decision.as_dict()
    return {"lead_id": lead_id, "run_id": run_id, "specialist": body["specialist"], "body": body, "at": made.at}


def case_of(row: LeadRow) -> LeadCase:
    """The part of a lead that specialists may see: without names, and without words meant for the machine that reads."""
    message = set_aside(row.text)
    columns = {name: set_aside(str(value)) for name, value in row.extras.items() if isinstance(value, str | int)}
    return LeadCase(
        lead_id=row.id,
        agency_id=row.agency_id,
        received_at=row.received_at,
        text=message.text,
        declared_line=Line(row.declared_line) if row.declared_line else None,
        fields={name: read.text for name, read in columns.items()},
        zip_code=row.zip,
        state=row.state,
        source=row.source,
        language=row.language,
        has_name=bool(row.name),
        has_email=bool(row.email),
        has_phone=bool(row.phone or row.phone_key),
        phone_valid=row.phone_valid,
        has_address=bool(row.street),
        has_consent=bool(row.consent),
        test=row.test,
        set_aside=(*message.passages, *(passage for read in columns.values() for passage in read.passages)),
    )
