"""Tickets for sockets, taken by any process; and whether what a listener's credential hangs on still holds."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, Field

from domain.actor import Actor, ActorKind, Scope, system_actor
from domain.live.tickets import PREFIX, SECRET_BYTES, Pass, Session, hash_of
from kernel.clock import now
from kernel.errors import Unauthenticated
from kernel.live_settings import LiveSettings
from store.uow import Database


class LiveTicket(BaseModel):
    """A ticket for one socket."""

    ticket: str = Field(description="For `/api/v1/live/socket?ticket=`, once.")
    expires_at: datetime = Field(description="Until when it opens a socket.")


class Tickets:
    """Issues and redeems them."""

    def __init__(self, database: Database, settings: LiveSettings) -> None:
        self._database = database
        self._settings = settings

    async def issue(self, actor: Actor, holder: Pass) -> LiveTicket:
        """A ticket for the actor as they are now; ``holder`` says what their credential hangs on."""
        actor.require(Scope.LEADS_READ)
        moment = now()
        expires_at = moment + timedelta(seconds=self._settings.ticket_seconds)
        ticket = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        session = holder.session
        async with self._database.begin(actor) as uow:
            await uow.live.add_ticket(
                hash=hash_of(ticket), subject=actor.subject, kind=actor.kind.value,
                scopes=sorted(scope.value for scope in actor.scopes), producer_id=actor.producer_id,
                person_id=session and session.person_id, family=session and session.family,
                version=session and session.version, key_id=holder.key_id, good_until=holder.expires_at,
                expires_at=expires_at,
            )  # fmt: skip
        return LiveTicket(ticket=ticket, expires_at=expires_at)

    async def redeem(self, ticket: str) -> Pass:
        """Whose ticket it is; nobody can redeem it again. Raises Unauthenticated unless it holds, and its credential too."""
        of_hash = hash_of(ticket)
        said = None
        if of_hash is not None:
            async with self._database.platform() as platform:
                said = await platform.take_live_ticket(of_hash)
        if said is None or said["expires_at"] <= now():
            raise Unauthenticated("the ticket does not hold; get a new one for each socket")
        scopes = frozenset(Scope(word) for word in said["scopes"] if word in set(Scope))
        actor = Actor(
            said["agency_id"], ActorKind(said["kind"]), said["subject"], scopes, producer_id=said["producer_id"]
        )
        session = Session(said["person_id"], said["family"], said["version"]) if said["person_id"] else None
        holder = Pass(actor, said["good_until"], session, said["key_id"])
        if await self.ended(actor.agency_id, [holder]):
            raise Unauthenticated("the session behind the ticket has ended; sign in again")
        return holder

    async def ended(self, agency_id: UUID, holders: Iterable[Pass]) -> list[Pass]:
        """Those of an agency's listeners whose credential holds no more; one question whatever their number."""
        moment, listed = now(), list(holders)
        sessions = {one.session for one in listed if one.session is not None}
        keys = {one.key_id for one in listed if one.key_id is not None}
        if sessions or keys:
            async with self._database.begin(system_actor(agency_id, "live")) as uow:
                sessions, keys = await uow.live.holding(sessions, keys)
        return [
            one for one in listed
            if (one.expires_at is not None and one.expires_at <= moment)
            or (one.session is not None and one.session not in sessions)
            or (one.key_id is not None and one.key_id not in keys)
        ]  # fmt: skip
