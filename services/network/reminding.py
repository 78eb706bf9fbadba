"""Reminders to receivers that a referral waits for their answer."""

from __future__ import annotations

from datetime import UTC
from typing import Protocol
from uuid import UUID

from domain.actor import Actor, Scope
from domain.network.referrals import ReferralState
from kernel.clock import now
from kernel.errors import Conflict, Forbidden, Stale
from services.network.acting import own_of
from services.network.referral_rows import view_of
from services.network.referral_schemas import ReferralView
from store.uow import Database, UnitOfWork

MESSAGE = "referral_waits"


class Tell(Protocol):
    """How producers are written to; messages hand this over, since contexts do not know each other."""

    async def to_producer(
        self, uow: UnitOfWork, producer_id: UUID, kind: str, *, key: str, lead_id: UUID | None = None
    ) -> int: ...


class Reminding:
    """The sender reminds of the own referrals, people of the agency of any; of each once in a day (UTC)."""

    def __init__(self, database: Database, tell: Tell) -> None:
        self._database = database
        self._tell = tell

    async def remind(self, actor: Actor, referral_id: UUID, *, expected: int | None) -> ReferralView:
        """Queue a reminder by the ways that the receiver wants. It says line, state and tier of the lead, and not whose it is.

        Raises NotFound for others' referrals, Forbidden for the receiver, Conflict for one that is over, for a second reminder of
        the day and for a receiver who wants no such messages, Stale for an old version.
        """
        actor.require(Scope.LEADS_WRITE)
        moment = now()
        async with self._database.begin(actor) as uow:
            row, lead = await uow.referrals.one(referral_id, held=True)
            if own_of(actor) not in {None, row.from_id}:
                raise Forbidden("the sender reminds of a referral; you may answer it")
            view = view_of(actor, row, lead)
            if expected is not None and expected != row.version:
                detail = f"the referral is at version {row.version}, not {expected}; read it again"
                raise Stale(detail, current=view.model_dump(mode="json"))
            if row.state != ReferralState.PENDING or moment >= row.expires_at:
                raise Conflict("this referral waits for no answer any more", code="referral_over")
            key = f"referral:{referral_id}:reminder:{moment.astimezone(UTC):%Y-%m-%d}"
            if not await self._tell.to_producer(uow, row.to_id, MESSAGE, key=key, lead_id=lead.id):
                raise Conflict("the receiver was reminded today, or wants no such messages", code="not_reminded")
            await uow.audit.note("referral.remind", "referral", row.id, to=str(row.to_id))
            return view
