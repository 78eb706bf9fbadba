"""What was measured of producers, how they stand to a lead, and the history of their records: each in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import undefer

from kernel.errors import NotFound
from kernel.ids import canonical_json, new_id
from store.sql.models import LeadRow, ProducerChangeRow, ProducerMarkRow, ProducerRow
from store.sql.repositories.base import Repository

# A stint is the time for which one producer has one lead. What happened in it is that producer's, whoever has the lead later
# (DOMAIN T76). Leads that were none after all (returned, repeats) count for nobody.
_STINTS = """
SELECT s.*, e.* FROM (
  SELECT a.producer_id, a.lead_id, a.assigned_at, a.released_at
  FROM lead l JOIN assignment a ON a.lead_id = l.id AND a.agency_id = l.agency_id
  WHERE l.agency_id = :agency AND NOT l.test AND l.status NOT IN ('returned', 'duplicate', 'merged')
    AND NOT (a.beside AND a.state = 'withdrawn') AND {which}
) s CROSS JOIN LATERAL (
  SELECT min(e.at) FILTER (WHERE e.kind IN ('contacted', 'won', 'lost')) AS touched_at,
         coalesce(bool_or(e.kind IN ('accepted', 'contacted', 'won', 'lost')), false) AS accepted,
         coalesce(bool_or(e.kind IN ('declined', 'released')), false) AS let_go,
         coalesce(bool_or(e.kind = 'won'), false) AS won,
         coalesce(bool_or(e.kind = 'lost'), false) AS lost,
         max((e.data ->> 'premium_minor')::bigint) FILTER (WHERE e.kind = 'won') AS premium_minor,
         max(e.data ->> 'currency') FILTER (WHERE e.kind = 'won') AS currency
  FROM lead_event e
  WHERE e.lead_id = s.lead_id AND e.at >= s.assigned_at AND (s.released_at IS NULL OR e.at <= s.released_at)
) e
"""
_LEADS = """
SELECT producer_id, lead_id, min(assigned_at) AS assigned_at, bool_or(accepted) AS accepted,
       bool_or(let_go AND NOT accepted) AS declined, bool_or(won) AS won,
       bool_or(won OR lost OR (touched_at IS NOT NULL AND released_at IS NOT NULL)) AS worked,
       min(extract(epoch FROM touched_at - assigned_at)) / 60.0 AS minutes,
       max(premium_minor) AS premium_minor, max(currency) AS currency
FROM stint GROUP BY producer_id, lead_id
"""
_MEASURED = """
WITH stint AS ({stints}), worked AS ({leads}), counted AS (
  SELECT producer_id, count(*) AS assigned, count(*) FILTER (WHERE accepted) AS accepted,
         count(*) FILTER (WHERE declined) AS declined, count(*) FILTER (WHERE worked) AS worked,
         count(*) FILTER (WHERE won) AS converted, count(minutes) AS answers,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes) AS p50,
         percentile_cont(0.95) WITHIN GROUP (ORDER BY minutes) AS p95
  FROM worked GROUP BY producer_id
), marked AS (
  SELECT m.producer_id, count(*) AS marks, avg(m.mark)::float8 AS mark
  FROM producer_mark m JOIN lead l ON l.id = m.lead_id
  WHERE m.agency_id = :agency AND NOT l.test AND {which} GROUP BY m.producer_id
), sold AS (
  SELECT producer_id, jsonb_object_agg(currency, jsonb_build_array(minor, n)) AS revenue FROM (
    SELECT producer_id, currency, sum(premium_minor) AS minor, count(*) AS n FROM worked
    WHERE won AND premium_minor IS NOT NULL AND currency IS NOT NULL GROUP BY producer_id, currency
  ) by_currency GROUP BY producer_id
)
SELECT coalesce(c.producer_id, m.producer_id), coalesce(c.assigned, 0), coalesce(c.accepted, 0), coalesce(c.declined, 0),
       coalesce(c.worked, 0), coalesce(c.converted, 0), coalesce(c.answers, 0), c.p50, c.p95, coalesce(m.marks, 0), m.mark,
       coalesce(s.revenue, '{{}}'::jsonb)
FROM counted c FULL JOIN marked m USING (producer_id) LEFT JOIN sold s ON s.producer_id = c.producer_id
"""
_IN_COHORT = "l.received_at >= :since AND l.received_at < :until"
_WHOLE = text(_MEASURED.format(stints=_STINTS.format(which=_IN_COHORT), leads=_LEADS, which=_IN_COHORT))
_ONE = text(
    f"SELECT * FROM ({_MEASURED.format(stints=_STINTS.format(which=_IN_COHORT), leads=_LEADS, which=_IN_COHORT)}) w (who)"  # noqa: S608 - statements of our own
    " WHERE w.who = :producer"
)
_NEAR = (
    # an array, known before leads are looked at: of a subquery the planner fears a hundred rows and reads every lead
    "l.id = ANY (ARRAY(SELECT (n ->> 'lead_id')::uuid FROM decision d,"
    " jsonb_array_elements(coalesce(d.body -> 'value' -> 'leads', '[]'::jsonb)) n"
    " WHERE d.run_id = :run AND d.specialist = 'similar' AND d.agency_id = :agency)) AND l.id <> :lead"
)
_REFERRED = (
    "btrim(l.extras ->> 'referred_by') = :referrer AND btrim(l.extras ->> 'referred_by') IS NOT NULL AND l.id <> :lead"
)
_TALLY = (
    "SELECT '{what}', producer_id, count(*) FILTER (WHERE won), count(*) FROM"
    " (WITH stint AS ({stints}) {leads}) part WHERE worked GROUP BY producer_id"
)
# Who has, or has won, another lead of the same household or person, and of the same employer.
_SERVED = """
SELECT '{what}', l.producer_id, count(*) FILTER (WHERE l.status = 'won'), count(*) FROM lead l
WHERE l.agency_id = :agency AND l.id <> :lead AND NOT l.test AND l.producer_id IS NOT NULL
  AND l.status IN ('contacted', 'won') AND ({same}) GROUP BY l.producer_id
"""
_SAME = {
    "household": "l.place_key = :place_key OR l.email_key = :email_key OR l.phone_key = :phone_key",
    "employer": "lower(btrim(l.extras ->> 'company')) = lower(:company)"
    " AND lower(btrim(l.extras ->> 'company')) IS NOT NULL",
}
_STANDINGS = text(
    " UNION ALL ".join([
        *(
            _TALLY.format(what=what, stints=_STINTS.format(which=which), leads=_LEADS)
            for what, which in (("similar", _NEAR), ("referral", _REFERRED))
        ),
        *(f"({_SERVED.format(what=what, same=same)})" for what, same in _SAME.items()),
    ])
)  # fmt: skip
_FOLD = text(
    "UPDATE producer p SET profile = p.profile || n.record, version = p.version + 1, updated_at = :at"
    " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n(id uuid, record jsonb)"
    " WHERE p.id = n.id AND p.agency_id = :agency AND p.profile IS DISTINCT FROM p.profile || n.record"
)


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """What happened to the leads of a cohort in one producer's hands. Minutes to first contact; ``revenue`` holds minor units
    and number of premiums by currency.
    """

    producer_id: UUID
    assigned: int = 0
    accepted: int = 0
    declined: int = 0
    worked: int = 0
    converted: int = 0
    answers: int = 0
    p50: float | None = None
    p95: float | None = None
    marks: int = 0
    mark: float | None = None
    revenue: Mapping[str, tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A producer beside a lead: ``what`` is ``similar``, ``referral``, ``household`` or ``employer``; won of worked leads."""

    what: str
    producer_id: UUID
    won: int
    worked: int


class Producers(Repository):
    """Rows of ``producer`` as records, of ``producer_change`` and ``producer_mark``, and what assignments say of producers."""

    async def standings(self, lead: LeadRow, run_id: UUID) -> list[StandingRow]:
        """Who worked the leads that the run found similar, who had earlier referrals of the lead's referrer, and who knows its
        household or employer.
        """
        found = await self.session.execute(
            _STANDINGS,
            {
                "agency": self.actor.agency_id, "lead": lead.id, "run": run_id,
                "referrer": str(lead.extras.get("referred_by") or "").strip() or None,
                "company": str(lead.extras.get("company") or "").strip() or None, "place_key": lead.place_key,
                "email_key": lead.email_key, "phone_key": lead.phone_key,
            },
        )  # fmt: skip
        return [StandingRow(what, who, int(won), int(worked)) for what, who, won, worked in found]

    async def measured(self, since: datetime, until: datetime, producer_id: UUID | None = None) -> list[MeasuredRow]:
        """By producer, what became of leads received from ``since`` to before ``until``; those without any are left out."""
        given = {"agency": self.actor.agency_id, "since": since, "until": until}
        if producer_id is None:
            found = await self.session.execute(_WHOLE, given)
        else:
            found = await self.session.execute(_ONE, {**given, "producer": producer_id})
        return [MeasuredRow(*row) for row in found]

    async def page(self, *, after: UUID | None, only: UUID | None, at_most: int) -> list[ProducerRow]:
        """Producers in the order of their ids, from behind ``after``; of ``only`` one where that is given."""
        query = select(ProducerRow).where(ProducerRow.agency_id == self.actor.agency_id)
        if after is not None:
            query = query.where(ProducerRow.id > after)
        if only is not None:
            query = query.where(ProducerRow.id == only)
        return list(await self.session.scalars(query.order_by(ProducerRow.id).limit(at_most)))

    async def names(self, producer_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Names of these producers of the agency, whoever asks: who is of record is no secret of a policy."""
        query = select(ProducerRow.id, ProducerRow.name).where(
            ProducerRow.agency_id == self.actor.agency_id, ProducerRow.id.in_(producer_ids)
        )
        return {row.id: row.name for row in await self.session.execute(query)}

    async def by_external(self, external_id: str) -> ProducerRow:
        """The producer of the agency's own name for them; NotFound where there is none."""
        row = await self.session.scalar(
            select(ProducerRow).where(
                ProducerRow.agency_id == self.actor.agency_id, ProducerRow.external_id == external_id
            )
        )
        if row is None:
            raise NotFound(f"no producer {external_id!r} in this agency")
        return row

    async def stated_records(self, producer_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
        """What the file said last of these producers; empty for whom it never named."""
        found = await self.session.execute(
            select(ProducerRow.id, ProducerRow.loaded).where(
                ProducerRow.agency_id == self.actor.agency_id, ProducerRow.id.in_(producer_ids)
            )
        )
        return {producer_id: loaded or {} for producer_id, loaded in found}

    async def stated(self, *, held: bool = False) -> list[ProducerRow]:
        """Every producer with what their file said last, in the order of their ids; ``held`` until the transaction ends."""
        query = (
            select(ProducerRow)
            .where(ProducerRow.agency_id == self.actor.agency_id)
            .options(undefer(ProducerRow.loaded))
            .order_by(ProducerRow.id)
        )
        if held:
            query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
        return list(await self.session.scalars(query))

    async def save(self, row: ProducerRow, values: Mapping[str, Any]) -> None:
        """Change a producer that is held."""
        await self.session.execute(
            update(ProducerRow)
            .where(ProducerRow.id == row.id, ProducerRow.agency_id == self.actor.agency_id)
            .values(**values)
        )
        await self.session.refresh(row)

    async def fold(self, records: Mapping[UUID, Mapping[str, Any]], at: datetime) -> int:
        """Write these parts of profiles, in one statement; how many producers differed. Those who do not are left alone."""
        if not records:
            return 0
        rows = canonical_json([{"id": str(who), "record": dict(part)} for who, part in records.items()])
        done = await self.session.execute(_FOLD, {"rows": rows, "at": at, "agency": self.actor.agency_id})
        return int(getattr(done, "rowcount", 0))

    async def add_changes(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write down changes of records, in one statement."""
        if rows:
            base = {"agency_id": self.actor.agency_id, "actor": self.actor.subject}
            await self.session.execute(insert(ProducerChangeRow), [{**base, "id": new_id(), **row} for row in rows])

    async def changes(self, producer_id: UUID, *, before: UUID | None, at_most: int) -> list[ProducerChangeRow]:
        """What happened to a producer's record, newest first."""
        query = select(ProducerChangeRow).where(
            ProducerChangeRow.agency_id == self.actor.agency_id, ProducerChangeRow.producer_id == producer_id
        )
        if before is not None:
            query = query.where(ProducerChangeRow.id < before)
        return list(await self.session.scalars(query.order_by(ProducerChangeRow.id.desc()).limit(at_most)))

    async def mark(self, lead_id: UUID, producer_id: UUID, mark: int, at: datetime) -> bool:
        """Keep a consumer's mark; False when the lead has one."""
        done = await self.session.scalar(
            postgresql.insert(ProducerMarkRow)
            .values(
                id=new_id(), agency_id=self.actor.agency_id, lead_id=lead_id, producer_id=producer_id, mark=mark, at=at,
                actor=self.actor.subject,
            )
            .on_conflict_do_nothing(index_elements=["lead_id"])
            .returning(ProducerMarkRow.id)
        )  # fmt: skip
        return done is not None

    async def mark_of(self, lead_id: UUID) -> ProducerMarkRow | None:
        """The mark that the lead has."""
        return await self.session.scalar(
            select(ProducerMarkRow).where(
                ProducerMarkRow.agency_id == self.actor.agency_id, ProducerMarkRow.lead_id == lead_id
            )
        )
