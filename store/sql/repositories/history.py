"""Events in, state out: the only way a lead row changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from domain.actor import Actor
from domain.contact.channels import Channel
from domain.contact.revocation import revoke
from domain.contact.tables import contact_tables
from domain.leads.history import LeadEvent, apply
from domain.leads.lifecycle import Happening
from kernel.errors import NotFound
from kernel.ids import derived_id, new_id
from store.sql.models import LeadEventRow, LeadRow, LiveEventRow, OutboxRow, Row, RunRow
from store.sql.repositories.base import Repository
from store.sql.repositories.contact import Addresses, Contact
from store.sql.repositories.live import live_row
from store.sql.repositories.webhooks import EVENTS_TO_DELIVERIES

Rows = Mapping[type[Row], Sequence[Mapping[str, Any]]]
"""Rows to insert, by table."""
SUBJECT = "leads.v1"
"""Subjects are this and the kind; another version of the events is another word here."""
_USED = select(LeadEventRow.id).where(LeadEventRow.lead_id == bindparam("lead"), LeadEventRow.key == bindparam("key"))


def subject_of(kind: str) -> str:
    """The subject of events of a kind."""
    return f"{SUBJECT}.{kind}"


def message_of(event: Mapping[str, Any] | LeadEventRow) -> dict[str, Any]:
    """What other systems are told of an event: everything but what is personal. The same event is told the same for ever."""
    of = (lambda name: getattr(event, name)) if isinstance(event, LeadEventRow) else event.__getitem__
    ids = {name: str(of(name)) for name in ("id", "agency_id", "lead_id")}
    return {**ids, "version": of("version"), "kind": of("kind"), "at": of("at").isoformat(), "data": dict(of("data"))}


@dataclass(frozen=True, slots=True)
class Recorded:
    """The lead's state after an append; ``fresh`` is False when the key had been used and nothing was written."""

    state: dict[str, Any]
    fresh: bool


class History(Repository):
    """Append-only lead events with their outbox rows and the projected lead."""

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        super().__init__(session, actor)
        self._held: dict[UUID, LeadRow] = {}
        self._contact = Contact(session, actor)

    async def receive(self, leads: Sequence[tuple[UUID, str, LeadEvent]], runs: Sequence[Mapping[str, Any]]) -> None:
        """Start many leads at once, (lead id, key, received event) each, with rows of their runs; one statement in all."""
        rows, events, messages, live = [], [], [], []
        for lead_id, key, event in leads:
            state = apply(None, event)
            rows.append({"id": lead_id, "agency_id": self.actor.agency_id, **state})
            event_row, message = self._records(lead_id, key, 1, event)
            events.append(event_row)
            messages.append(message)
            live.append(live_row(event_row, None, state))
        await self.insert_together(
            {LeadRow: rows, LeadEventRow: events, OutboxRow: messages, LiveEventRow: live, RunRow: runs},
            EVENTS_TO_DELIVERIES,
        )

    async def append(
        self, lead_id: UUID, key: str, event: LeadEvent, *, also: Rows | None = None, fresh: bool = False
    ) -> Recorded:
        """Record ``event`` once for ``key`` and move the row along; rows of other tables that belong to it go in ``also``.

        ``fresh`` is said by who holds the lead and knows that the key is unused. Raises NotFound for a lead that the actor may
        not see, Conflict when the life cycle forbids it.
        """
        row = self._held.get(lead_id)
        if row is None or inspect(row).expired:
            row = await self.locked(lead_id)
        state = row.as_state()
        if not fresh and await self._used(lead_id, key):
            return Recorded(state, fresh=False)
        following = apply(state, event)
        changed = {column: value for column, value in following.items() if state[column] != value}
        event_row, message = self._records(lead_id, key, following["version"], event)
        await self.insert_together(
            {
                **(also or {}),
                LeadEventRow: [event_row],
                OutboxRow: [message],
                LiveEventRow: [live_row(event_row, state, following)],
            },
            EVENTS_TO_DELIVERIES,
            changed=(LeadRow, {"id": lead_id, **changed}),
        )
        for column, value in changed.items():
            set_committed_value(row, column, value)
        if changed.get("do_not_call") and "revocation" not in event.data:
            await self._suppress(lead_id, following, event.at)
        return Recorded(following, fresh=True)

    async def _suppress(self, lead_id: UUID, state: Mapping[str, Any], at: datetime) -> None:
        """A wish not to be called goes onto the suppression list with the event that tells of it, and outlives the lead."""
        wish = revoke(Channel.CALL, None, at, contact_tables())
        await self._contact.add_revocation({
            "id": new_id(), "key": f"refused:{lead_id}", "lead_id": lead_id,
            "people": await self._contact.hashes(Addresses.of(state)), **wish.as_row(), "said_on": Channel.CALL.value,
            "recorded_at": at, "recorded_by": self.actor.subject,
        })  # fmt: skip

    async def locked(self, lead_id: UUID, *, asked: bool = False) -> LeadRow:
        """The lead's row, held until the transaction ends; ``asked``: for who has an open offer of it and does not see it yet."""
        if asked:
            query = select(LeadRow).where(LeadRow.id == lead_id, LeadRow.agency_id == self.actor.agency_id)
            held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
            row: LeadRow | None = await self.session.scalar(held)
        else:
            row = await self.lead(lead_id, held=True)
        if row is None:
            raise NotFound(f"no lead {lead_id} in this agency")
        self._held[lead_id] = row
        return row

    async def locked_pair(self, one: UUID, other: UUID) -> tuple[LeadRow, LeadRow]:
        """Both rows, locked always in the same order, so that two who want the same pair cannot wait for each other."""
        rows = {lead_id: await self.locked(lead_id) for lead_id in sorted((one, other))}
        return rows[one], rows[other]

    async def of(self, lead_id: UUID) -> list[LeadEventRow]:
        """Every event of a lead, oldest first."""
        found = await self.session.scalars(
            select(LeadEventRow)
            .where(LeadEventRow.lead_id == lead_id, self.of_seen_lead(LeadEventRow.agency_id, LeadEventRow.lead_id))
            .order_by(LeadEventRow.version)
        )
        return list(found)

    async def event(self, event_id: UUID) -> LeadEventRow:
        """One event; NotFound for another agency's."""
        row = await self.session.scalar(
            select(LeadEventRow).where(LeadEventRow.id == event_id, LeadEventRow.agency_id == self.actor.agency_id)
        )
        if row is None:
            raise NotFound(f"no event {event_id} in this agency")
        return row

    async def replace(self, lead_id: UUID, state: dict[str, Any]) -> bool:
        """Write a rebuilt state over the row; True when the row differed."""
        row = await self.locked(lead_id)
        if row.as_state() == state:
            return False
        await self.session.execute(update(LeadRow).where(LeadRow.id == lead_id).values(**state))
        return True

    async def lead_ids(self, after: UUID | None, at_most: int) -> list[UUID]:
        """Ids of leads that have events, in order, from ``after`` on."""
        query = select(LeadEventRow.lead_id).where(
            LeadEventRow.agency_id == self.actor.agency_id, LeadEventRow.kind == Happening.RECEIVED.value
        )
        if after is not None:
            query = query.where(LeadEventRow.lead_id > after)
        return list(await self.session.scalars(query.order_by(LeadEventRow.lead_id).limit(at_most)))

    async def _used(self, lead_id: UUID, key: str) -> bool:
        return await self.session.scalar(_USED, {"lead": lead_id, "key": key}) is not None

    def _records(
        self, lead_id: UUID, key: str, version: int, event: LeadEvent
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        event_id = derived_id(lead_id, key)
        base = {"id": event_id, "agency_id": self.actor.agency_id}
        row = {
            **base, "lead_id": lead_id, "version": version, "key": key, "kind": event.kind.value, "at": event.at,
            "actor": self.actor.subject, "data": dict(event.data), "personal": dict(event.personal),
        }  # fmt: skip
        subject = subject_of(event.kind.value)
        return row, {**base, "subject": subject, "payload": message_of(row), "created_at": event.at}
