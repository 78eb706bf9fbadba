"""Routing's facts in a constant number of queries, the claim under a row lock, and receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, delete, exists, select, text, update
from sqlalchemy.orm import aliased

from domain.routing.offers import OfferState
from kernel.errors import NotFound
from kernel.ids import canonical_json
from store.sql.models import AssignmentRow, LoadChangeRow, ProducerRow, ProfileRow, ReceiptRow
from store.sql.repositories.base import Repository
from store.sql.repositories.runs import wake_offer_run

_HELD = ("offered", "assigned", "contacted")
_CLOSED = ("won", "lost")
_other = aliased(AssignmentRow)
# Who was asked beside others and was not the first never had the lead: it counts only while it may be theirs.
# Days and months need no more than the last 32 days, and whoever is held longer is held still: a producer's past stays unread.
_COUNTS = """
SELECT p.id, c.open, c.today, c.month, latest.assigned_at
FROM producer p
CROSS JOIN LATERAL (SELECT p.profile->>'time_zone' AS zone) z
CROSS JOIN LATERAL (SELECT timezone(z.zone, CAST(:as_of AS timestamptz))::date AS day) today
CROSS JOIN LATERAL (
  SELECT a.assigned_at FROM assignment a JOIN lead l ON l.id = a.lead_id
  WHERE a.producer_id = p.id AND NOT l.test AND NOT (a.beside AND a.state = 'withdrawn') ORDER BY a.assigned_at DESC LIMIT 1
) latest
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE a.released_at IS NULL AND l.status = ANY(:held)) AS open,
         count(*) FILTER (WHERE timezone(z.zone, a.assigned_at)::date = today.day) AS today,
         count(*) FILTER (
           WHERE date_trunc('month', timezone(z.zone, a.assigned_at)) = date_trunc('month', today.day::timestamp)
         ) AS month
  FROM assignment a JOIN lead l ON l.id = a.lead_id
  WHERE a.producer_id = p.id AND NOT l.test AND NOT (a.beside AND a.state = 'withdrawn')
    AND (a.released_at IS NULL OR a.assigned_at > CAST(:as_of AS timestamptz) - interval '32 days')
) c
WHERE p.agency_id = :agency
"""
_LOADS = text(_COUNTS)
_LOADS_OF = text(f"{_COUNTS} AND p.id = ANY(:producers)")
_LOAD_CHANGES = text(
    "SELECT ARRAY(SELECT DISTINCT producer_id FROM load_change WHERE agency_id = :agency AND transaction >= :since),"
    " pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
)


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """A producer's work at one instant; days and months are those of the producer's own time zone."""

    open_leads: int = 0
    today: int = 0
    this_month: int = 0
    last_assigned_at: datetime | None = None


class Routing(Repository):
    """Rows of ``assignment``, ``receipt`` and ``producer_profile``, and the locks around them."""

    async def loads(self, as_of: datetime, producer_ids: Sequence[UUID] | None = None) -> dict[UUID, LoadCounts]:
        """Load of each producer that ever had a lead, or of those named, in one query. Test leads are no load."""
        query = _LOADS if producer_ids is None else _LOADS_OF
        given: dict[str, Any] = {"agency": self.actor.agency_id, "as_of": as_of, "held": list(_HELD)}
        if producer_ids is not None:
            given["producers"] = list(producer_ids)
        return {row[0]: LoadCounts(*row[1:]) for row in await self.session.execute(query, given)}

    async def load_changes(self, since: int) -> tuple[list[UUID], int]:
        """Producers whose load may have changed in a transaction from ``since`` on, and from where to ask next.

        That is the oldest transaction still open: a change it makes is seen only once it is over, whatever its number.
        """
        row = (await self.session.execute(_LOAD_CHANGES, {"agency": self.actor.agency_id, "since": since})).one()
        return list(row[0]), int(row[1])

    async def forget_load_changes(self, before: datetime) -> None:
        """Remove changes that every reader has seen or will never ask for."""
        await self.session.execute(
            delete(LoadChangeRow).where(LoadChangeRow.agency_id == self.actor.agency_id, LoadChangeRow.at < before)
        )

    async def lock_producer(self, producer_id: UUID) -> ProducerRow:
        """Hold the producer until the transaction ends, so that capacity can be counted inside the claim (DOMAIN T8)."""
        row = await self.session.scalar(
            select(ProducerRow)
            .where(ProducerRow.id == producer_id, ProducerRow.agency_id == self.actor.agency_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise NotFound(f"no producer {producer_id} in this agency")
        return row

    async def release(self, lead_id: UUID, at: datetime, state: OfferState = OfferState.WITHDRAWN) -> UUID | None:
        """End the active assignment, which becomes ``state`` unless the lead was won or lost with it; returns its id. Offers
        beside it end too.
        """
        found = await self.session.execute(
            update(AssignmentRow)
            .where(
                AssignmentRow.agency_id == self.actor.agency_id,
                AssignmentRow.lead_id == lead_id,
                AssignmentRow.released_at.is_(None),
            )
            .values(
                released_at=at, due_at=None, lease_until=None, version=AssignmentRow.version + 1,
                state=case(
                    (AssignmentRow.state.in_(_CLOSED), AssignmentRow.state),
                    (AssignmentRow.beside, OfferState.WITHDRAWN.value), else_=state.value,
                ),
            )
            .returning(AssignmentRow.id, AssignmentRow.beside)
        )  # fmt: skip
        holding = next((offer_id for offer_id, beside in found if not beside), None)
        if holding is not None:
            await wake_offer_run(self.session, self.actor.agency_id, lead_id, holding)
        return holding

    async def restore(self, assignment_id: UUID, state: OfferState) -> UUID | None:
        """Make an ended assignment hold again in ``state``, as if it had not ended; returns the producer.

        None where the producer is gone or inactive, or the lead has another holder: then nothing changes.
        """
        found: UUID | None = await self.session.scalar(
            update(AssignmentRow)
            .where(
                AssignmentRow.agency_id == self.actor.agency_id,
                AssignmentRow.id == assignment_id,
                AssignmentRow.producer_id.in_(select(ProducerRow.id).where(ProducerRow.active)),
                ~exists(select(_other.id).where(_other.lead_id == AssignmentRow.lead_id, _other.released_at.is_(None))),
            )
            .values(
                released_at=None, version=AssignmentRow.version + 1,
                state=case((AssignmentRow.state.in_(_CLOSED), AssignmentRow.state), else_=state.value),
            )
            .returning(AssignmentRow.producer_id)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        return found

    async def keep_profiles(self, profiles: Mapping[str, dict[str, Any]]) -> None:
        """Keep each distinct profile once. Inserted in order of digest, so that two receipts cannot deadlock."""
        if not profiles:
            return
        await self.session.execute(
            text(
                "INSERT INTO producer_profile (agency_id, digest, body) "
                "SELECT :agency, d, b::jsonb FROM unnest(CAST(:digests AS text[]), CAST(:bodies AS text[])) AS t(d, b) "
                "WHERE NOT EXISTS (SELECT 1 FROM producer_profile p WHERE p.agency_id = :agency AND p.digest = t.d) "
                "ORDER BY d ON CONFLICT DO NOTHING"
            ),
            {
                "agency": self.actor.agency_id,
                "digests": sorted(profiles),
                "bodies": [canonical_json(profiles[d]) for d in sorted(profiles)],
            },
        )

    async def profiles(self, digests: list[str]) -> dict[str, dict[str, Any]]:
        """Profiles by digest."""
        found = await self.session.execute(
            select(ProfileRow.digest, ProfileRow.body).where(
                ProfileRow.agency_id == self.actor.agency_id, ProfileRow.digest.in_(digests)
            )
        )
        return {digest: body for digest, body in found}  # noqa: C416 - rows are not tuples to the type checker

    async def receipt_of_run(self, run_id: UUID) -> ReceiptRow | None:
        """The receipt that a run wrote, if it has come that far."""
        return await self.session.scalar(
            select(ReceiptRow).where(ReceiptRow.agency_id == self.actor.agency_id, ReceiptRow.run_id == run_id)
        )

    async def receipt(self, receipt_id: UUID) -> ReceiptRow:
        """One receipt; NotFound for one of a lead that the actor may not see."""
        row = await self.session.scalar(
            select(ReceiptRow).where(
                ReceiptRow.id == receipt_id, self.of_seen_lead(ReceiptRow.agency_id, ReceiptRow.lead_id)
            )
        )
        if row is None:
            raise NotFound(f"no receipt {receipt_id} in this agency")
        return row
