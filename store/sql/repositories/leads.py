"""Reading leads: one, a page, those near a point, those of the same person; and the decisions about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    union_all,
)

from domain.geo import EARTH_RADIUS_MILES, bounding_box
from domain.leads.duplicates import Identity
from domain.leads.lookup import LOOKUP, LOOKUP_CERTAIN, lookup_keys
from kernel.errors import NotFound
from kernel.ids import new_id
from store.sql.models import DecisionRow, LeadRow
from store.sql.repositories.base import Repository

# Said once: composing a statement costs more than Postgres needs for it.
_CLOSED = (
    select(
        LeadRow.score,
        LeadRow.source == bindparam("source"),
        func.count().filter(text("lead.status = 'won'")),
        func.count(),
    )
    # literally as the index says it: a condition with parameters would not be seen to follow from the index's own
    .where(LeadRow.agency_id == bindparam("agency"), text("lead.status IN ('won', 'lost')"), LeadRow.test.is_(False))
    .where(LeadRow.id.is_distinct_from(bindparam("lead")))
    .group_by(literal_column("1"), literal_column("2"))
)
_KEEP_DECISIONS = text("""
INSERT INTO decision (id, agency_id, lead_id, run_id, specialist, body, at)
SELECT id, agency_id, lead_id, run_id, specialist, body, at
FROM jsonb_populate_recordset(NULL::decision, CAST(:rows AS jsonb)) ORDER BY run_id, specialist
ON CONFLICT (run_id, specialist) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads to list; None leaves a part open."""

    status: Sequence[str] = ()
    line: Sequence[str] = ()
    tier: Sequence[str] = ()
    state: str | None = None
    source: str | None = None
    producer_id: UUID | None = None
    min_score: int | None = None
    needs_review: bool | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """Won leads of a source and its worked ones, which are those won or lost; and won and lost leads of each score that they
    had while open, as (score, won, lost), lowest score first.
    """

    won: int
    worked: int
    by_score: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """Decisions of one specialist from one source; see :meth:`Leads.answered`."""

    specialist: str
    source: str
    count: int
    agreed: int
    cost: int


@dataclass(frozen=True, slots=True)
class PersonKeys:
    """By what a lead's person may be found again (domain.leads.lookup), and since when the lead is there."""

    lead_id: UUID
    received_at: datetime
    keys: Mapping[str, str | date]
    test: bool
    apart: Sequence[UUID] = ()

    @classmethod
    def of(cls, row: LeadRow) -> PersonKeys:
        """The keys of a stored lead."""
        keys = {name: value for name in LOOKUP if (value := getattr(row, name)) is not None}
        return cls(row.id, row.received_at, keys, row.test, row.apart)

    @classmethod
    def of_identity(cls, one: Identity, *, test: bool) -> PersonKeys:
        """The keys of a lead that is not stored yet."""
        return cls(one.lead_id, one.received_at, lookup_keys(one.who), test)


class Leads(Repository):
    """Rows of ``lead`` and ``decision`` that the actor may see."""

    async def one(self, lead_id: UUID) -> LeadRow:
        """A lead; NotFound for one that the actor may not see."""
        row = await self.lead(lead_id)
        if row is None:
            raise NotFound(f"no lead {lead_id} in this agency")
        return row

    async def by_ids(self, lead_ids: Sequence[UUID]) -> dict[UUID, LeadRow]:
        """Leads by id, those that the actor may see."""
        found = await self.session.scalars(select(LeadRow).where(self.sees_lead(), LeadRow.id.in_(lead_ids)))
        return {row.id: row for row in found}

    async def outcomes(self, lead_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Status by id of those leads that the actor may see."""
        found = await self.session.execute(
            select(LeadRow.id, LeadRow.status).where(self.sees_lead(), LeadRow.id.in_(lead_ids))
        )
        return {lead_id: status for lead_id, status in found}  # noqa: C416 - rows are not tuples to the type checker

    async def page(self, wanted: LeadFilter, *, after: tuple[datetime, UUID] | None, at_most: int) -> list[LeadRow]:
        """Newest first, starting behind the cursor ``after``."""
        query = self._filtered(select(LeadRow), wanted)
        if after is not None:
            query = query.where(tuple_(LeadRow.received_at, LeadRow.id) < after)
        query = query.order_by(LeadRow.received_at.desc(), LeadRow.id.desc()).limit(at_most)
        return list(await self.session.scalars(query))

    async def count(self, wanted: LeadFilter) -> int:
        """How many leads match."""
        found = await self.session.scalar(self._filtered(select(func.count()).select_from(LeadRow), wanted))
        return int(found or 0)

    async def nearby(
        self, lat: float, lon: float, miles: float, wanted: LeadFilter, at_most: int
    ) -> list[tuple[LeadRow, float]]:
        """Leads within ``miles`` of a point with their distance, nearest first (great circle, DOMAIN T6)."""
        south, north, west, east = bounding_box(lat, lon, miles)
        half = func.power(func.sin(func.radians(LeadRow.lat - lat) / 2), 2) + func.cos(func.radians(lat)) * func.cos(
            func.radians(LeadRow.lat)
        ) * func.power(func.sin(func.radians(LeadRow.lon - lon) / 2), 2)
        distance = (2 * EARTH_RADIUS_MILES * func.asin(func.sqrt(func.least(1.0, half)))).label("distance")
        across = LeadRow.lon.between(west, east) if west <= east else or_(LeadRow.lon >= west, LeadRow.lon <= east)
        query = (
            self._filtered(select(LeadRow, distance), wanted)
            .where(LeadRow.lat.between(south, north), across, distance <= miles)
            .order_by(distance, LeadRow.id)
            .limit(at_most)
        )
        return [(row, float(far)) for row, far in await self.session.execute(query)]

    async def like_person(self, lead: PersonKeys, since: datetime, at_most: int = 50) -> list[LeadRow]:
        """Earlier leads that share a key by which a certain duplicate is found with ``lead``, latest first; none that a person
        has told apart from it.

        Asked of the whole agency, whatever the actor sees of it. Test leads are compared with test leads only; a lead that
        its person has not confirmed, or that was returned to its source, repeats nothing.
        """
        comparable = and_(
            self._whole(),
            LeadRow.received_at >= since,
            LeadRow.test.is_(lead.test),
            tuple_(LeadRow.received_at, LeadRow.id) < (lead.received_at, lead.lead_id),
            LeadRow.status.not_in(("duplicate", "merged", "rejected", "unconfirmed", "returned")),
            LeadRow.id.not_in(lead.apart),
        )
        return await self._sharing(
            {name: lead.keys[name] for name in LOOKUP_CERTAIN if name in lead.keys}, comparable, at_most
        )

    async def repeats_of(self, lead_id: UUID) -> list[UUID]:
        """Leads that repeat this one or were merged into it, oldest first."""
        found = await self.session.scalars(
            select(LeadRow.id)
            .where(self.sees_lead(), LeadRow.duplicate_of == lead_id)
            .order_by(LeadRow.received_at, LeadRow.id)
        )
        return list(found)

    async def lookalikes(self, lead: PersonKeys, at_most: int = 100) -> list[LeadRow]:
        """Other leads that share any key with ``lead``, latest first; none that a person has told apart from it."""
        comparable = and_(self.sees_lead(), LeadRow.id != lead.lead_id, LeadRow.id.not_in(lead.apart))
        return await self._sharing(lead.keys, comparable, at_most)

    async def _sharing(
        self, keys: Mapping[str, str | date], comparable: ColumnElement[bool], at_most: int
    ) -> list[LeadRow]:
        """Leads with one of ``keys``, latest first, in one statement. Each key has its index, and each gives ``at_most``, so that
        a common name or a long street crowds out nothing.
        """
        if not keys:
            return []
        parts = [
            select(LeadRow.id)
            .where(comparable, getattr(LeadRow, name) == value)
            .order_by(LeadRow.received_at.desc(), LeadRow.id.desc())
            .limit(at_most)
            .subquery()
            for name, value in keys.items()
        ]
        ids = union_all(*(select(part.c.id) for part in parts))
        query = select(LeadRow).where(self._whole(), LeadRow.id.in_(ids))
        return list(await self.session.scalars(query.order_by(LeadRow.received_at.desc(), LeadRow.id.desc())))

    async def closed(self, source: str | None = None, except_lead: UUID | None = None) -> Closed:
        """How the agency's leads ended, and those of ``source``, whoever asks; test leads do not count."""
        found = await self.session.execute(
            _CLOSED, {"agency": self.actor.agency_id, "source": source, "lead": except_lead}
        )
        won = worked = 0
        by_score: dict[int, tuple[int, int]] = {}
        for score, of_source, sold, ended in found:
            if of_source:
                won, worked = won + sold, worked + ended
            if score is not None:
                before = by_score.get(score, (0, 0))
                by_score[score] = (before[0] + sold, before[1] + ended - sold)
        return Closed(won, worked, [(score, *by_score[score]) for score in sorted(by_score)])

    async def save_decisions(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep specialists' answers, in one statement; the first one of a run stands when a step is repeated."""
        given = [{"id": new_id(), "agency_id": self.actor.agency_id, **row} for row in rows]
        await self.session.execute(_KEEP_DECISIONS, {"rows": json.dumps(given, default=str)})

    async def answered(self, since: datetime, until: datetime) -> list[AnsweredRow]:
        """How many decisions made from ``since`` to before ``until`` who gave, by specialist and source; of those of a model
        how many said what the local answer said; and what they cost (millionths of a dollar).
        """
        specialist, source = DecisionRow.specialist, DecisionRow.body["source"].astext
        agreed = DecisionRow.body["value"]["agreed"].astext == "true"
        found = await self.session.execute(
            select(
                specialist, source, func.count(), func.count().filter(agreed),
                func.coalesce(func.sum(cast(DecisionRow.body["cost"].astext, BigInteger)), 0),
            )
            .where(self.of_seen_lead(DecisionRow.agency_id, DecisionRow.lead_id))
            .where(DecisionRow.at >= since, DecisionRow.at < until)
            .group_by(specialist, source).order_by(specialist, source)
        )  # fmt: skip
        return [AnsweredRow(name, who, int(count), int(same), int(cost)) for name, who, count, same, cost in found]

    async def decisions(self, lead_ids: Sequence[UUID]) -> list[DecisionRow]:
        """Every decision about these leads, oldest first."""
        found = await self.session.scalars(
            select(DecisionRow)
            .where(self.of_seen_lead(DecisionRow.agency_id, DecisionRow.lead_id), DecisionRow.lead_id.in_(lead_ids))
            .order_by(DecisionRow.at, DecisionRow.id)
        )
        return list(found)

    async def decided_in(self, run_id: UUID) -> set[str]:
        """The specialists of whom a decision of the run is kept."""
        found = await self.session.scalars(
            select(DecisionRow.specialist).where(
                DecisionRow.run_id == run_id, self.of_seen_lead(DecisionRow.agency_id, DecisionRow.lead_id)
            )
        )
        return set(found)

    def _whole(self) -> ColumnElement[bool]:
        """Every lead of the agency, whoever asks: what is decided about a lead must not depend on who sent it."""
        return LeadRow.agency_id == self.actor.agency_id

    def _filtered(self, query: Select[Any], wanted: LeadFilter) -> Select[Any]:
        parts: list[ColumnElement[bool]] = [self.sees_lead()]
        parts += [
            column.in_(values)
            for column, values in (
                (LeadRow.status, wanted.status), (LeadRow.line, wanted.line), (LeadRow.tier, wanted.tier),
            )
            if values
        ]  # fmt: skip
        parts += [
            column == value
            for column, value in (
                (LeadRow.state, wanted.state), (LeadRow.source, wanted.source), (LeadRow.producer_id, wanted.producer_id),
                (LeadRow.needs_review, wanted.needs_review),
            )
            if value is not None
        ]  # fmt: skip
        if wanted.min_score is not None:
            parts.append(LeadRow.score >= wanted.min_score)
        if wanted.received_from is not None:
            parts.append(LeadRow.received_at >= wanted.received_from)
        if wanted.received_before is not None:
            parts.append(LeadRow.received_at < wanted.received_before)
        return query.where(and_(*parts))
