"""Consent certificates claimed for leads (DOMAIN T19), and consent wordings by their hash (T20)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel

from domain.actor import Actor, Scope, system_actor
from domain.consent.certificates import Claim, Outcome, read_certificate
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from integrations.certificates import Claimer
from kernel.clock import now
from kernel.errors import Unavailable
from store.uow import Database

LEASE = timedelta(minutes=2)
_FIRST_PAUSE = timedelta(seconds=15)
_LONGEST_PAUSE = timedelta(hours=1)


class ConsentText(BaseModel):
    """The exact words of a consent."""

    hash: str
    text: str
    first_seen_at: datetime


class Certificates:
    """Claims one certificate at a time, again and again until its time is over; the result is an event of the lead."""

    def __init__(self, database: Database, claimer: Claimer) -> None:
        self._database = database
        self._claimer = claimer

    async def work(self) -> bool:
        """Claim the certificate that is due; False when none is."""
        async with self._database.platform() as platform:
            claimed = await platform.claim_certificate(LEASE)
        if claimed is None:
            return False
        certificate_id, agency_id = claimed
        actor = system_actor(agency_id, "certificates")
        async with self._database.begin(actor) as uow:
            row = await uow.inbound.certificate(certificate_id)
            lead = await uow.leads.one(row.lead_id) if row else None
        if row is None or lead is None or row.outcome != Outcome.WAITING.value:
            return True
        if now() >= row.claim_until:
            claim = Claim(Outcome.EXPIRED, "the time in which it could be claimed is over")
        else:
            try:
                claim = await self._claimer.claim(read_certificate(row.url), lead.email, lead.phone, str(lead.id))
            except Unavailable:
                # The last try comes when the time is over, and then writes that down.
                due_at = min(now() + pause_after(row.attempts), row.claim_until)
                async with self._database.begin(actor) as uow:
                    await uow.inbound.delay_certificate(certificate_id, due_at)
                return True
        await self._record(actor, certificate_id, lead.id, row.vendor, claim)
        return True

    async def text(self, actor: Actor, digest: str) -> ConsentText:
        """A wording by its hash, as it was when somebody agreed to it."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            row = await uow.inbound.text(digest)
        return ConsentText(hash=row.hash, text=row.text, first_seen_at=row.first_seen_at)

    async def _record(self, actor: Actor, certificate_id: UUID, lead_id: UUID, vendor: str, claim: Claim) -> None:
        moment = now()
        data = {"vendor": vendor, "at": moment.isoformat(), **claim.as_dict()}
        async with self._database.begin(actor) as uow:
            event = LeadEvent(Happening.CERTIFIED, moment, data)
            await uow.history.append(lead_id, f"certified:{certificate_id}", event)
            await uow.inbound.end_certificate(certificate_id, claim.outcome.value)


def pause_after(attempts: int) -> timedelta:
    """Doubling pauses from 15 seconds up to an hour; ``attempts`` counts from 1."""
    doublings = min(attempts - 1, 10)
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << doublings))
