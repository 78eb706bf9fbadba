"""Telling producers of events: each event once, however many workers look."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain.actor import system_actor
from domain.messages.notices import TOLD_OF
from kernel.errors import NotFound
from services.messages.outgoing import Outgoing
from store.sql.models import LeadEventRow
from store.uow import Database, UnitOfWork

LEASE = timedelta(minutes=1)
_AT_ONCE = 50


class Notices:
    """A notice is a row that a trigger writes with the event. It goes in the transaction that queues what it is about."""

    def __init__(self, database: Database, outgoing: Outgoing) -> None:
        self._database = database
        self._outgoing = outgoing

    async def work(self) -> bool:
        """Turn up to fifty events into messages; False when none waits."""
        async with self._database.platform() as platform:
            claimed = await platform.claim_notices(_AT_ONCE, LEASE)
        for event_id, agency_id in claimed:
            async with self._database.begin(system_actor(agency_id, "messages")) as uow:
                if await uow.messages.take_notice(event_id):
                    await self._tell(uow, event_id)
        return bool(claimed)

    async def _tell(self, uow: UnitOfWork, event_id: UUID) -> None:
        event = await uow.history.event(event_id)
        kind = TOLD_OF.get(event.kind)
        if kind is None or (await uow.leads.one(event.lead_id)).test:  # nobody works a test lead
            return
        key = f"notice:{event_id}"
        values = {name: str(event.data[name]) for name in ("until", "reason") if event.data.get(name)}
        if kind == "lead_escalated":
            values.setdefault("reason", "it waits for a decision")
            for person in await uow.messages.managers():
                await self._outgoing.to_person(
                    uow, person.id, kind, key=f"{key}:{person.id}", lead_id=event.lead_id, values=values
                )
            return
        if kind == "lead_assigned":
            values = {}
        asked = _producers(event)
        for producer_id in asked:
            try:
                await uow.agencies.producer(producer_id)
            except NotFound:
                continue
            own = key if producer_id == asked[0] else f"{key}:{producer_id}"
            await self._outgoing.to_producer(uow, producer_id, kind, key=own, lead_id=event.lead_id, values=values)


def _producers(event: LeadEventRow) -> list[UUID]:
    """Whom the event names; of several who are asked at once all."""
    try:
        return [UUID(str(one)) for one in event.data.get("producer_ids") or [event.data.get("producer_id")]]
    except ValueError:
        return []
