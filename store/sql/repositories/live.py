"""Live updates: events in the agency's order, who watches, tickets, and whose credential has ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, any_, false, func, insert, literal, or_, select, text, true

from domain.actor import ActorKind
from domain.live.channels import Channel
from domain.live.messages import UNDER_OFFER, LiveEvent, named_in
from domain.live.tickets import Session
from store.sql.models import (
    ApiKeyRow,
    LiveEventRow,
    LiveHeadRow,
    LiveTicketRow,
    PersonRow,
    RefreshTokenRow,
)
from store.sql.repositories.base import Repository

_WATCH = text(
    "INSERT INTO live_watch (agency_id, until) VALUES (:agency, clock_timestamp() + CAST(:wanted AS interval)) "
    "ON CONFLICT (agency_id) DO UPDATE SET until = greatest(live_watch.until, excluded.until)"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Events in order, and how far the agency's numbers go, both as of one instant."""

    events: list[LiveEvent]
    last: int
    floor: int


def live_row(
    event: Mapping[str, Any], before: Mapping[str, Any] | None, following: Mapping[str, Any]
) -> dict[str, Any]:
    """The row for listeners beside an event's own; ``before`` and ``following`` are the lead's states around it."""
    was = before or {}
    return {
        **{name: event[name] for name in ("id", "agency_id", "lead_id", "version", "kind", "at")},
        "holder": following["producer_id"], "was": was.get("producer_id"),
        "named": [str(one) for one in named_in(event["data"])],
        "offer": UNDER_OFFER in {was.get("status"), following["status"]},
    }  # fmt: skip


class Live(Repository):
    """Rows of the ``live_`` tables."""

    async def after(self, seq: int, at_most: int, channel: Channel | None = None) -> Kept:
        """Numbered events behind ``seq`` that may concern the actor, oldest first; of one lead or policy where the channel is."""
        mine = LiveEventRow.agency_id == self.actor.agency_id
        query = select(LiveEventRow).where(mine, LiveEventRow.seq > seq, self._concerns())
        if channel is not None and channel.lead_id is not None:
            query = query.where(LiveEventRow.lead_id == channel.lead_id)
        if channel is not None and channel.policy_id is not None:
            query = query.where(LiveEventRow.policy_id == channel.policy_id)
        rows = list(await self.session.scalars(query.order_by(LiveEventRow.seq).limit(at_most)))
        # Asked second: an event that was swept between the two counts as missing, never as told.
        head = (
            await self.session.execute(
                select(LiveHeadRow.last, LiveHeadRow.floor).where(LiveHeadRow.agency_id == self.actor.agency_id)
            )
        ).one_or_none()
        last, floor = (head[0], head[1]) if head else (0, 0)
        return Kept([_event(row) for row in rows], last, floor)

    async def watch(self, wanted: timedelta) -> None:
        """Be told of the agency's events for so long from now."""
        await self.session.execute(_WATCH, {"agency": self.actor.agency_id, "wanted": wanted})

    async def add_ticket(self, **values: Any) -> None:
        """Keep a ticket."""
        await self.session.execute(insert(LiveTicketRow).values(agency_id=self.actor.agency_id, **values))

    async def holding(self, sessions: Collection[Session], keys: Collection[str]) -> tuple[set[Session], set[str]]:
        """Those of the sessions and keys that hold now."""
        held: set[Session] = set()
        if sessions:
            revoked = select(RefreshTokenRow.family).where(
                RefreshTokenRow.agency_id == self.actor.agency_id,
                RefreshTokenRow.family.in_([one.family for one in sessions]),
                RefreshTokenRow.revoked_at.is_not(None),
            )
            ended = set(await self.session.scalars(revoked))
            people = await self.session.execute(
                select(PersonRow.id, PersonRow.token_version).where(
                    PersonRow.agency_id == self.actor.agency_id, PersonRow.active,
                    PersonRow.id.in_({one.person_id for one in sessions}),
                )
            )  # fmt: skip
            versions = {row[0]: row[1] for row in people}
            held = {one for one in sessions if one.family not in ended and versions.get(one.person_id) == one.version}
        if not keys:
            return held, set()
        good = select(ApiKeyRow.public_id).where(
            ApiKeyRow.agency_id == self.actor.agency_id, ApiKeyRow.public_id.in_(keys), ApiKeyRow.revoked_at.is_(None),
            or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > func.now()),
        )  # fmt: skip
        return held, set(await self.session.scalars(good))

    def _concerns(self) -> ColumnElement[bool]:
        own = self.actor.producer_id
        if self.actor.sees_all_leads:
            return true()
        if self.actor.kind is not ActorKind.PRODUCER or own is None:
            return false()
        return or_(LiveEventRow.holder == own, LiveEventRow.was == own, literal(own) == any_(LiveEventRow.named))


def _event(row: LiveEventRow) -> LiveEvent:
    assert row.seq is not None, "only numbered rows are read"
    return LiveEvent(
        row.seq,
        row.lead_id,
        row.version,
        row.kind,
        row.at,
        row.holder,
        row.was,
        tuple(row.named),
        row.offer,
        row.policy_id,
    )
