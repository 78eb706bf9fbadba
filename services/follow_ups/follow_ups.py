"""Follow-ups: wished for, listed, told when they are due, done or cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel, Field

from domain.actor import Actor, Scope, system_actor
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid, NotFound, Stale
from kernel.ids import new_id
from store.sql.models import FollowUpRow
from store.uow import Database, UnitOfWork

OPEN, TOLD, DONE, CANCELLED = "open", "told", "done", "cancelled"
MESSAGE = "follow_up_due"
_LEASE = timedelta(minutes=1)
_AHEAD = timedelta(days=730)
_PERSON = "person:"


class FollowUpView(BaseModel):
    """A reminder. ``told`` ones were due and their person was told."""

    id: UUID
    version: int
    lead_id: UUID
    at: datetime
    note: str | None
    state: str = Field(description="open, told, done or cancelled.")
    told_at: datetime | None


class FollowUpList(BaseModel):
    """Reminders, soonest first."""

    items: list[FollowUpView]


class Tell(Protocol):
    """How people are written to; messages hand this over, since contexts do not know each other."""

    async def to_producer(
        self, uow: UnitOfWork, producer_id: UUID, kind: str, *, key: str, lead_id: UUID | None = None
    ) -> int: ...
    async def to_person(
        self, uow: UnitOfWork, person_id: UUID, kind: str, *, key: str, lead_id: UUID | None = None
    ) -> int: ...


class FollowUps:
    """Each person sees the own ones alone."""

    def __init__(self, database: Database, tell: Tell) -> None:
        self._database = database
        self._tell = tell

    async def schedule(self, actor: Actor, lead_id: UUID, at: datetime, note: str | None, *, key: str) -> FollowUpView:
        """Be reminded of a lead that the actor sees; the same ``key`` finds the first. Raises Invalid for a time that is past."""
        actor.require(Scope.LEADS_WRITE)
        moment = now()
        if not moment < at <= moment + _AHEAD:
            fault = FieldError(
                "at", "not_ahead", "does not lie ahead within two years", "give a later time", at.isoformat()
            )
            raise Invalid("a follow-up lies ahead, within two years", fields=(fault,))
        async with self._database.begin(actor) as uow:
            await uow.leads.one(lead_id)
            row = await uow.follow_ups.add({
                "id": new_id(), "lead_id": lead_id, "producer_id": actor.producer_id, "key": key, "at": at, "note": note,
                "state": OPEN, "version": 1, "created_at": moment, "told_at": None, "lease_until": None,
            })  # fmt: skip
            await uow.audit.note("follow_up.schedule", "lead", lead_id)
            return _view(row)

    async def mine(self, actor: Actor, *, until: datetime | None = None, closed: bool = False) -> FollowUpList:
        """The actor's own, soonest first; with ``closed`` also those done or cancelled."""
        actor.require(Scope.LEADS_READ)
        states = [OPEN, TOLD, DONE, CANCELLED] if closed else [OPEN, TOLD]
        async with self._database.begin(actor) as uow:
            rows = await uow.follow_ups.mine(states, until, 200)
        return FollowUpList(items=[_view(row) for row in rows])

    async def end(self, actor: Actor, follow_up_id: UUID, state: str, *, expected: int | None = None) -> FollowUpView:
        """Mark one done or cancelled; the same again changes nothing. Raises Stale for an old version."""
        actor.require(Scope.LEADS_WRITE)
        async with self._database.begin(actor) as uow:
            row = await uow.follow_ups.one(follow_up_id)
            if row.state == state:
                return _view(row)
            if expected is not None and expected != row.version:
                current = _view(row).model_dump(mode="json")
                raise Stale(f"the follow-up is at version {row.version}, not {expected}", current=current)
            if row.state in {DONE, CANCELLED}:
                raise Conflict(f"the follow-up is {row.state} already", code=f"follow_up_{row.state}")
            row.state, row.version = state, row.version + 1
            await uow.audit.note(f"follow_up.{state}", "lead", row.lead_id)
            return _view(row)

    async def work(self) -> bool:
        """Tell the reminder that has been due longest; False when none is. It is told in the transaction that says so."""
        async with self._database.platform() as platform:
            due = await platform.claim_due_follow_up(now(), _LEASE)
        if due is None:
            return False
        follow_up_id, agency_id = due
        async with self._database.begin(system_actor(agency_id, "follow_ups")) as uow:
            row = await uow.follow_ups.one(follow_up_id, anyone=True)
            if row.state == OPEN:
                row.state, row.told_at, row.version = TOLD, now(), row.version + 1
                await self._say(uow, row)
        return True

    async def _say(self, uow: UnitOfWork, row: FollowUpRow) -> None:
        key = f"follow_up:{row.id}"
        try:
            if row.producer_id is not None:
                await uow.agencies.producer(row.producer_id)
                await self._tell.to_producer(uow, row.producer_id, MESSAGE, key=key, lead_id=row.lead_id)
            elif row.subject.startswith(_PERSON):
                await self._tell.to_person(
                    uow, UUID(row.subject.removeprefix(_PERSON)), MESSAGE, key=key, lead_id=row.lead_id
                )
        except (NotFound, ValueError):  # who wished for it has gone; the list still has it
            return


def _view(row: FollowUpRow) -> FollowUpView:
    return FollowUpView.model_validate({name: getattr(row, name) for name in FollowUpView.model_fields})
