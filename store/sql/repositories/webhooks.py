"""Subscribers of the agency, their secrets and deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, text, update

from kernel.errors import NotFound
from store.sql.models import DeliveryRow, LeadEventRow, PolicyEventRow, SubscriptionRow, WebhookSecretRow
from store.sql.models.webhooks import OPEN
from store.sql.repositories.base import Repository
from store.sql.repositories.policies import POLICY_KIND

# In the statement that records the events, so an event and its deliveries are there together or not at all.
EVENTS_TO_DELIVERIES = """
INSERT INTO webhook_delivery (id, agency_id, subscription_id, event_id, turn, kind, state, attempts, created_at)
SELECT gen_random_uuid(), e.agency_id, s.id, e.id, 0, e.kind, 'pending', 0, clock_timestamp()
FROM jsonb_populate_recordset(NULL::lead_event, CAST(:lead_event AS jsonb)) WITH ORDINALITY AS e
JOIN webhook_subscription s ON s.agency_id = e.agency_id AND (s.kinds = '{}' OR e.kind = ANY (s.kinds))
ORDER BY e.ordinality
"""
_AGAIN = """
INSERT INTO webhook_delivery (id, agency_id, subscription_id, event_id, turn, kind, state, attempts, created_at)
SELECT gen_random_uuid(), e.agency_id, s.id, e.id,
       (SELECT coalesce(max(d.turn) + 1, 0) FROM webhook_delivery d WHERE d.subscription_id = s.id AND d.event_id = e.id),
       e.kind, 'pending', 0, clock_timestamp()
FROM lead_event e JOIN webhook_subscription s ON s.id = :subscription AND s.agency_id = e.agency_id
WHERE e.agency_id = :agency AND (s.kinds = '{}' OR e.kind = ANY (s.kinds))
  AND e.id IN (SELECT i.id FROM lead_event i WHERE i.agency_id = :agency AND (CAST(:event AS uuid) IS NULL OR i.id = :event)
               AND (CAST(:since AS timestamptz) IS NULL OR i.at >= :since)
               AND (CAST(:until AS timestamptz) IS NULL OR i.at < :until))
  AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.subscription_id = s.id AND d.event_id = e.id
                  AND d.state IN ('pending', 'sending', 'failed'))
ORDER BY e.seq LIMIT :at_most
"""
_POLICIES_AGAIN = """
INSERT INTO webhook_delivery (id, agency_id, subscription_id, policy_event_id, turn, kind, state, attempts, created_at)
SELECT gen_random_uuid(), e.agency_id, s.id, e.id,
       (SELECT coalesce(max(d.turn) + 1, 0) FROM webhook_delivery d
        WHERE d.subscription_id = s.id AND d.policy_event_id = e.id),
       CAST(:prefix AS text) || e.kind, 'pending', 0, clock_timestamp()
FROM policy_event e JOIN webhook_subscription s ON s.id = :subscription AND s.agency_id = e.agency_id
WHERE e.agency_id = :agency AND (s.kinds = '{}' OR CAST(:prefix AS text) || e.kind = ANY (s.kinds))
  AND e.id IN (SELECT i.id FROM policy_event i WHERE i.agency_id = :agency
               AND (CAST(:event AS uuid) IS NULL OR i.id = :event)
               AND (CAST(:since AS timestamptz) IS NULL OR i.recorded_at >= :since)
               AND (CAST(:until AS timestamptz) IS NULL OR i.recorded_at < :until))
  AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.subscription_id = s.id AND d.policy_event_id = e.id
                  AND d.state IN ('pending', 'sending', 'failed'))
ORDER BY e.seq LIMIT :at_most
"""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a subscriber waits for, and since when."""

    waiting: int
    since: datetime | None


class Webhooks(Repository):
    """Rows of ``webhook_subscription``, ``webhook_secret`` and ``webhook_delivery``."""

    async def subscriptions(self) -> list[SubscriptionRow]:
        """Every subscription, oldest first."""
        found = await self.session.scalars(
            select(SubscriptionRow)
            .where(SubscriptionRow.agency_id == self.actor.agency_id)
            .order_by(SubscriptionRow.created_at, SubscriptionRow.id)
        )
        return list(found)

    async def subscription(self, subscription_id: UUID, *, lock: bool = False) -> SubscriptionRow:
        """One subscription; NotFound for another agency's."""
        query = select(SubscriptionRow).where(
            SubscriptionRow.id == subscription_id, SubscriptionRow.agency_id == self.actor.agency_id
        )
        if lock:
            query = query.with_for_update(key_share=True)
        row = await self.session.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise NotFound(f"no subscription {subscription_id} in this agency")
        return row

    async def add(self, row: dict[str, Any]) -> None:
        """Write a subscription that may be sent to at once."""
        query = insert(SubscriptionRow).values(
            agency_id=self.actor.agency_id, failures=0, dead_in_row=0, token=0, next_at=func.clock_timestamp(), **row
        )
        await self.session.execute(query)

    async def change(self, subscription_id: UUID, **values: Any) -> None:
        """Set columns of a subscription."""
        await self.session.execute(
            update(SubscriptionRow)
            .where(SubscriptionRow.id == subscription_id, SubscriptionRow.agency_id == self.actor.agency_id)
            .values(**values)
        )

    async def begin_anew(self, subscription_id: UUID) -> None:
        """Forget failures and attempts, and send as soon as somebody looks."""
        await self.change(subscription_id, failures=0, dead_in_row=0, next_at=func.clock_timestamp())
        await self.session.execute(
            update(DeliveryRow)
            .where(
                DeliveryRow.agency_id == self.actor.agency_id,
                DeliveryRow.subscription_id == subscription_id,
                DeliveryRow.state == "failed",
            )
            .values(attempts=0)
        )

    async def remove(self, subscription_id: UUID) -> None:
        """Delete the subscription with its secrets and deliveries."""
        await self.session.execute(
            delete(SubscriptionRow).where(
                SubscriptionRow.id == subscription_id, SubscriptionRow.agency_id == self.actor.agency_id
            )
        )

    async def backlog(self, subscription_ids: Sequence[UUID]) -> dict[UUID, Backlog]:
        """What each subscriber waits for."""
        found = await self.session.execute(
            select(DeliveryRow.subscription_id, func.count(), func.min(DeliveryRow.created_at))
            .where(
                DeliveryRow.agency_id == self.actor.agency_id,
                DeliveryRow.subscription_id.in_(subscription_ids),
                DeliveryRow.state.in_(OPEN),
            )
            .group_by(DeliveryRow.subscription_id)
        )
        return {row[0]: Backlog(row[1], row[2]) for row in found}

    async def secrets(self, subscription_id: UUID, at: datetime) -> list[WebhookSecretRow]:
        """The secrets that sign at ``at``, newest first."""
        found = await self.session.scalars(
            select(WebhookSecretRow)
            .where(
                WebhookSecretRow.agency_id == self.actor.agency_id,
                WebhookSecretRow.subscription_id == subscription_id,
                or_(WebhookSecretRow.expires_at.is_(None), WebhookSecretRow.expires_at > at),
            )
            .order_by(WebhookSecretRow.created_at.desc(), WebhookSecretRow.id.desc())
        )
        return list(found)

    async def add_secret(self, row: dict[str, Any], earlier_end: datetime) -> None:
        """Write a secret. Those before it end at ``earlier_end`` or sooner, and what has ended is deleted."""
        mine = (
            WebhookSecretRow.agency_id == self.actor.agency_id,
            WebhookSecretRow.subscription_id == row["subscription_id"],
        )
        await self.session.execute(
            update(WebhookSecretRow)
            .where(*mine)
            .values(expires_at=func.least(func.coalesce(WebhookSecretRow.expires_at, earlier_end), earlier_end))
        )
        await self.session.execute(
            delete(WebhookSecretRow).where(*mine, WebhookSecretRow.expires_at <= row["created_at"])
        )
        await self.session.execute(insert(WebhookSecretRow).values(agency_id=self.actor.agency_id, **row))

    async def deliveries(
        self, subscription_id: UUID, states: Sequence[str], before: int | None, at_most: int
    ) -> list[DeliveryRow]:
        """Deliveries, newest first, those before the place ``before``."""
        query = select(DeliveryRow).where(
            DeliveryRow.agency_id == self.actor.agency_id, DeliveryRow.subscription_id == subscription_id
        )
        if states:
            query = query.where(DeliveryRow.state.in_(states))
        if before is not None:
            query = query.where(DeliveryRow.seq < before)
        return list(await self.session.scalars(query.order_by(DeliveryRow.seq.desc()).limit(at_most)))

    async def held_delivery(
        self, delivery_id: UUID, token: int
    ) -> tuple[DeliveryRow, SubscriptionRow, LeadEventRow | PolicyEventRow] | None:
        """A delivery with its subscription and event, locked; None when ``token`` no longer holds it or somebody deleted it."""
        found = await self.session.execute(
            select(DeliveryRow, SubscriptionRow, LeadEventRow, PolicyEventRow)
            .join(SubscriptionRow, SubscriptionRow.id == DeliveryRow.subscription_id)
            .outerjoin(LeadEventRow, LeadEventRow.id == DeliveryRow.event_id)
            .outerjoin(PolicyEventRow, PolicyEventRow.id == DeliveryRow.policy_event_id)
            .where(
                DeliveryRow.id == delivery_id,
                DeliveryRow.agency_id == self.actor.agency_id,
                SubscriptionRow.token == token,
            )
            .with_for_update(of=[DeliveryRow, SubscriptionRow], key_share=True)
        )
        row = found.one_or_none()
        return (row[0], row[1], row[2] or row[3]) if row else None

    async def require_event(self, event_id: UUID) -> None:
        """Raise NotFound unless a lead or a policy of the agency has this event."""
        for model in (LeadEventRow, PolicyEventRow):
            mine = (model.id == event_id, model.agency_id == self.actor.agency_id)
            if await self.session.scalar(select(model.id).where(*mine)) is not None:
                return
        raise NotFound(f"no event {event_id} in this agency")

    async def freeze(self, delivery_id: UUID, body: bytes, sha256: str, at: datetime) -> None:
        """Keep what every attempt will send."""
        await self.session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery_id, DeliveryRow.agency_id == self.actor.agency_id)
            .values(body=body, body_sha256=sha256, first_sent_at=at)
        )

    async def settle(
        self, subscription_id: UUID, token: int, wait: timedelta, subscription: dict[str, Any],
        delivery_id: UUID, delivery: dict[str, Any],
    ) -> bool:  # fmt: skip
        """Write how an attempt ended and end the lease; False when ``token`` no longer holds it, and nothing is written."""
        held = await self.session.scalar(
            update(SubscriptionRow)
            .where(
                SubscriptionRow.id == subscription_id,
                SubscriptionRow.agency_id == self.actor.agency_id,
                SubscriptionRow.token == token,
            )
            .values(lease_until=None, next_at=func.clock_timestamp() + wait, **subscription)
            .returning(SubscriptionRow.id)
        )
        if held is None:
            return False
        await self.session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery_id, DeliveryRow.agency_id == self.actor.agency_id)
            .values(**delivery)
        )
        return True

    async def pause_unless_paused(self, subscription_id: UUID, reason: str, at: datetime) -> None:
        """Send nothing more until somebody resumes; a reason that is there already stays."""
        await self.session.execute(
            update(SubscriptionRow)
            .where(
                SubscriptionRow.id == subscription_id,
                SubscriptionRow.agency_id == self.actor.agency_id,
                SubscriptionRow.paused_reason.is_(None),
            )
            .values(paused_reason=reason, version=SubscriptionRow.version + 1, updated_at=at)
        )

    async def replay(
        self, subscription_id: UUID, event: UUID | None, since: datetime | None, until: datetime | None, at_most: int
    ) -> int:
        """Deliver events again, those of leads in their order, then those of policies in theirs, as new deliveries behind what
        waits; one still to arrive is left alone.
        """
        wanted = {
            "subscription": subscription_id, "agency": self.actor.agency_id, "event": event, "since": since, "until": until,
        }  # fmt: skip
        leads = await self.session.execute(text(_AGAIN), {**wanted, "at_most": at_most})
        added = int(leads.rowcount)  # type: ignore[attr-defined]
        rest = {"at_most": at_most - added, "prefix": POLICY_KIND}
        policies = await self.session.execute(text(_POLICIES_AGAIN), wanted | rest)
        return added + int(policies.rowcount)  # type: ignore[attr-defined]
