"""Messages to people, written as rows with what makes them necessary, and sent by a worker."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain.actor import system_actor
from domain.leads.lifecycle import Status
from integrations.messages import Message, Messenger
from kernel.clock import now
from kernel.errors import Unavailable
from services.sources.opt_in import OptIns
from store.sql.models import MessageRow
from store.uow import Database, UnitOfWork

LEASE = timedelta(minutes=2)
_FIRST_PAUSE = timedelta(seconds=15)
_LONGEST_PAUSE = timedelta(hours=1)
_ATTEMPTS = 20
_ASKED = frozenset({Status.UNCONFIRMED.value})


class Messages:
    """Sends one message at a time. A crash between sending and noting it sends again, under the same Message-ID."""

    def __init__(self, database: Database, messenger: Messenger, opt_ins: OptIns) -> None:
        self._database = database
        self._messenger = messenger
        self._opt_ins = opt_ins

    async def work(self) -> bool:
        """Send the message that is due; False when none is. A server that is away delays it, twenty times at the most."""
        async with self._database.platform() as platform:
            claimed = await platform.claim_message(LEASE)
        if claimed is None:
            return False
        message_id, agency_id = claimed
        actor = system_actor(agency_id, "messages")
        async with self._database.begin(actor) as uow:
            row = await uow.inbound.message(message_id)
            message = await self._written(uow, agency_id, row) if row else None
        if row is None:
            return True
        status, due_at = "obsolete", None
        if message is not None:
            try:
                status = (await self._messenger.send(message)).value
            except Unavailable:
                due_at = now() + pause_after(row.attempts)
                status = "waiting" if row.attempts < _ATTEMPTS else "failed"
        async with self._database.begin(actor) as uow:
            if status == "waiting" and due_at is not None:
                await uow.inbound.delay_message(message_id, due_at)
            else:
                await uow.inbound.end_message(message_id, status, now() if status == "sent" else None)
        return True

    async def _written(self, uow: UnitOfWork, agency_id: UUID, row: MessageRow) -> Message | None:
        """The words; None where there is nothing to say any more."""
        lead = await uow.leads.one(row.lead_id)
        opt_in = await uow.inbound.opt_in(row.about_id)
        if opt_in is None or lead.email is None or lead.status not in _ASKED or now() >= opt_in.expires_at:
            return None
        agency = await uow.agencies.mine()
        text = (
            f"You asked {agency.name} for an insurance quote.\n\nPlease confirm that it was you, so that somebody may "
            f"contact you:\n\n{self._opt_ins.link(agency_id, opt_in)}\n\nThe link holds until "
            f"{opt_in.expires_at:%Y-%m-%d %H:%M} UTC. If it was not you, do nothing: nobody will contact you.\n"
        )
        return Message(str(row.id), lead.email, "Please confirm your request", text)


def pause_after(attempts: int) -> timedelta:
    """Doubling pauses from 15 seconds up to an hour; ``attempts`` counts from 1."""
    doublings = min(attempts - 1, 10)
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << doublings))
