"""Connections: asked for, answered, ended, and who was connected when as it was known when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.actor import Actor, Scope
from domain.network.connections import (
    ASKED_FOR,
    MUTUAL,
    Kind,
    Period,
    State,
    Step,
    after,
    begun,
    ended,
    ends_of,
    steps_for,
)
from domain.network.strength import UNSTATED
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Forbidden, Invalid, Stale
from kernel.ids import new_id
from services.network.acting import acting_for, require_reads, side_of
from services.network.schemas import ConnectionIn, ConnectionPage, ConnectionView, KnownConnection, KnownConnections
from store.sql.models import ConnectionRow
from store.uow import Database, UnitOfWork


class Connecting:
    """A producer sees, asks for and answers the own connections; people of the agency do it for anybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, actor: Actor, given: ConnectionIn) -> ConnectionView:
        """Ask another producer for a connection; for a mentorship as the mentor or the mentee. The same again gets the one that
        is there; one that was declined or ended is asked for anew. Raises Invalid for a kind that nobody asks for, or with
        oneself, NotFound for who is not of the agency.
        """
        actor.require(Scope.PRODUCERS_WRITE)
        asking = acting_for(actor, given.from_id)
        if given.kind not in ASKED_FOR:
            remedy = f"use one of {', '.join(ASKED_FOR)}"
            fault = FieldError("kind", "not_asked_for", "is not asked for", remedy, given.kind.value)
            raise Invalid("this kind of connection comes from an agency's file", fields=(fault,))
        one, other = ends_of(given.kind, asking, given.to_id, as_mentee=given.as_mentee)
        async with self._database.begin(actor) as uow:
            for who in sorted((one, other)):  # held, so that two who ask each other at once find one connection
                await uow.routing.lock_producer(who)
            mutual = given.kind in MUTUAL
            row = await uow.connections.between(one, other, given.kind.value, mutual=mutual)
            if row is None:
                row = await self._new(uow, one, other, given.kind, asking)
            elif State(row.state) in {State.DECLINED, State.ENDED}:
                await self._step(uow, row, Step.ASK, asked_by=asking)
            await uow.audit.note("connection.ask", "connection", row.id, what=row.kind)
            return await _viewed(uow, row)

    async def answer(
        self, actor: Actor, connection_id: UUID, step: Step, at: datetime | None, *, expected: int | None
    ) -> ConnectionView:
        """Accept, decline, withdraw or end. ``at`` is since when it stands, or when it ended, where that is earlier than now.

        Raises NotFound for others' connections, Forbidden for what is the other side's, Conflict where the table does not
        have the step, Stale for an old version.
        """
        actor.require(Scope.PRODUCERS_WRITE)
        async with self._database.begin(actor) as uow:
            row = await uow.connections.one(connection_id, held=True)
            view = await _viewed(uow, row)
            if expected is not None and expected != row.version:
                detail = f"the connection is at version {row.version}, not {expected}; read it again"
                raise Stale(detail, current=view.model_dump(mode="json"))
            after(State(row.state), step)
            if step.value not in view.allowed_actions:
                raise Forbidden(
                    f"to {step.value} is for the other side; you may {', '.join(view.allowed_actions) or 'wait'}"
                )
            await self._step(uow, row, step, at=at)
            await uow.audit.note(f"connection.{step.value}", "connection", row.id)
            return await _viewed(uow, row)

    async def page(
        self, actor: Actor, producer_id: UUID | None, states: Sequence[State], cursor: UUID | None, limit: int
    ) -> ConnectionPage:
        """Connections in the order of their ids."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            rows = await uow.connections.page(producer_id, [one.value for one in states], cursor, limit + 1)
            names = await uow.agencies.names([end for row in rows for end in (row.from_id, row.to_id)])
        items = [_view(actor, row, names) for row in rows[:limit]]
        return ConnectionPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)

    async def one(self, actor: Actor, connection_id: UUID) -> ConnectionView:
        """A connection; NotFound for others'."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            return await _viewed(uow, await uow.connections.one(connection_id))

    async def known(self, actor: Actor, at: datetime, known_at: datetime | None) -> KnownConnections:
        """Who was connected at ``at``, by what was known at ``known_at``, else by what is known now."""
        require_reads(actor)
        moment = known_at or now()
        async with self._database.begin(actor) as uow:
            rows = await uow.connections.known(at, moment)
        items = [KnownConnection(id=row.id, from_id=row.from_id, to_id=row.to_id, kind=Kind(row.kind)) for row in rows]
        return KnownConnections(at=at, known_at=moment, items=items)

    @staticmethod
    async def _new(uow: UnitOfWork, one: UUID, other: UUID, kind: Kind, asking: UUID) -> ConnectionRow:
        connection_id = new_id()
        await uow.connections.add({
            "id": connection_id, "from_id": one, "to_id": other, "kind": kind.value, "strength": UNSTATED, "active": False,
            "state": State.REQUESTED.value, "origin": "person", "asked_by": asking, "since": now(), "version": 1,
        })  # fmt: skip
        return await uow.connections.one(connection_id, held=True)

    @staticmethod
    async def _step(
        uow: UnitOfWork, row: ConnectionRow, step: Step, *, at: datetime | None = None, asked_by: UUID | None = None
    ) -> None:
        """Move the connection along, and its record with it."""
        moment, before, state = now(), State(row.state), after(State(row.state), step)
        instant = at or moment
        if state is State.ACTIVE:
            period = begun(row.id, instant, moment)
            await uow.connections.add_period(_columns(period))
        elif before is State.ACTIVE:
            await _end_record(uow, row, instant, moment)
        elif at is not None:
            fault = FieldError("at", "not_here", "says nothing here", "leave it out", at.isoformat())
            raise Invalid("nothing began or ended", fields=(fault,))
        values = {"state": state.value, "active": state is State.ACTIVE, "since": instant}
        if row.origin == "import":  # from now on it is theirs, and the next import leaves it alone
            values["origin"] = "person"
        await uow.connections.change(row, **values, **({"asked_by": asked_by} if asked_by else {}))


async def _end_record(uow: UnitOfWork, row: ConnectionRow, instant: datetime, moment: datetime) -> None:
    standing = await uow.connections.standing_period(row.id)
    if standing is None:
        raise Conflict("there is no record that this connection stands", code="connection_without_record")
    period = Period(row.id, standing.valid_from, None, standing.recorded_from)
    _, second = ended(period, instant, moment)
    await uow.connections.close_period(standing, moment)
    if second is not None:
        await uow.connections.add_period(_columns(second))


def _columns(period: Period) -> dict[str, object]:
    return {
        "id": new_id(), "connection_id": period.connection_id, "valid_from": period.valid_from,
        "valid_until": period.valid_until, "recorded_from": period.recorded_from, "recorded_until": period.recorded_until,
    }  # fmt: skip


async def _viewed(uow: UnitOfWork, row: ConnectionRow) -> ConnectionView:
    return _view(uow.actor, row, await uow.agencies.names([row.from_id, row.to_id]))


def _view(actor: Actor, row: ConnectionRow, names: dict[UUID, str]) -> ConnectionView:
    may = steps_for(State(row.state), side_of(actor, row.asked_by)) if Scope.PRODUCERS_WRITE in actor.scopes else []
    return ConnectionView(
        id=row.id, version=row.version, from_id=row.from_id, to_id=row.to_id, from_name=names[row.from_id],
        to_name=names[row.to_id], kind=Kind(row.kind), state=State(row.state), strength=row.strength, stated=row.stated,
        asked_by=row.asked_by, since=row.since, origin=row.origin, allowed_actions=[one for one in may if one != Step.ASK],
    )  # fmt: skip
