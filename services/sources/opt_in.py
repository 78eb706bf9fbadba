"""Double opt-in: the signed link, and what follows from the person's word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from domain.actor import Actor, system_actor
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening, Status
from integrations.sealing import Sealer
from kernel.clock import now
from kernel.money import Money
from kernel.settings import Settings
from services.arrival import Admitted
from services.sources.admission import charge
from services.sources.sources import require_sealer
from store.sql.models import LeadRow, OptInRow
from store.uow import Database, UnitOfWork

GRAPH = "lead"
_TOKEN = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})", re.ASCII)


class Word(StrEnum):
    """Where the person's word stands. ``GONE``: the link is not ours, has run out, or the lead was closed meanwhile."""

    ASKED = "asked"
    GIVEN = "given"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class _Link:
    actor: Actor
    opt_in_id: UUID


class OptIns:
    """A link names the agency and the opt-in, until when it holds, and a MAC over these; it confirms once."""

    def __init__(self, database: Database, sealer: Sealer | None, settings: Settings) -> None:
        self._database = database
        self._sealer = sealer
        self._settings = settings

    def link(self, agency_id: UUID, opt_in: OptInRow) -> str:
        """The address that the person is sent."""
        until = int(opt_in.expires_at.timestamp())
        about = f"{agency_id.hex}.{opt_in.id.hex}.{until}"
        mac = require_sealer(self._sealer).mac(f"opt-in {about}")
        return f"{self._settings.inbound.public_url}/api/v1/inbound/confirm/{about}.{mac}"

    async def words(self, uow: UnitOfWork, lead: LeadRow, opt_in_id: UUID) -> Mapping[str, str] | None:
        """What the message that asks the person must say; None where there is nothing to ask any more."""
        opt_in = await uow.inbound.opt_in(opt_in_id)
        if opt_in is None or lead.status != Status.UNCONFIRMED.value or now() >= opt_in.expires_at:
            return None
        until = opt_in.expires_at.astimezone(UTC)
        return {"link": self.link(uow.actor.agency_id, opt_in), "until": f"{until:%Y-%m-%d %H:%M}"}

    async def look(self, token: str) -> Word:
        """Where it stands; changes nothing, so a mail scanner that opens links confirms nothing."""
        link = self._read(token)
        if link is None:
            return Word.GONE
        async with self._database.begin(link.actor) as uow:
            return _word(await uow.inbound.opt_in(link.opt_in_id))

    async def confirm(self, token: str) -> Word:
        """Take the person's word: the lead is received from now on, paid for, and its run begins. Again changes nothing."""
        link = self._read(token)
        if link is None:
            return Word.GONE
        moment = now()
        async with self._database.begin(link.actor) as uow:
            found = await uow.inbound.opt_in(link.opt_in_id, lock=True)
            word = _word(found)
            if word is not Word.ASKED or found is None:
                return word
            lead = await uow.history.locked(found.lead_id)
            if lead.status != Status.UNCONFIRMED.value:
                return Word.GONE
            event = LeadEvent(Happening.CONFIRMED, moment, {"opt_in_id": str(found.id)})
            await uow.history.append(lead.id, f"confirmed:{found.id}", event)
            await uow.inbound.confirm(found.id, moment)
            await uow.runs.admit(lead.id, moment, GRAPH, epoch=0)
            if not lead.test:
                price = None if found.minor is None else Money(found.minor, str(found.currency))
                terms = Admitted(found.source_id, lead.source, test=False, price=price, double_opt_in=False)
                await uow.sources.book([charge(terms, lead.id, moment)])
        return Word.GIVEN

    def _read(self, token: str) -> _Link | None:
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        agency, opt_in, until, mac = found.groups()
        held = require_sealer(self._sealer).mac_holds(f"opt-in {agency}.{opt_in}.{until}", mac)
        if not held or now() >= datetime.fromtimestamp(int(until), UTC):
            return None
        return _Link(system_actor(UUID(hex=agency), "opt-in"), UUID(hex=opt_in))


def _word(row: OptInRow | None) -> Word:
    if row is None:
        return Word.GONE
    if row.confirmed_at is not None:
        return Word.GIVEN
    return Word.ASKED if now() < row.expires_at else Word.GONE
