"""What a credential is worth now: roles, switches and revocations hold in every process within :data:`SECONDS`."""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from uuid import UUID

from domain.access.credentials import Credential, Spelled, read
from domain.access.roles import KIND, SCOPES, Role
from domain.actor import Actor, system_actor
from kernel.clock import now
from kernel.errors import Unauthenticated
from store.sql.models import ApiKeyRow, PersonRow
from store.uow import Database

SECONDS = 3.0
"""A process believes for so long what it last read of a person or a key."""
_MOST = 20_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """A person's signed-in session, as a token names it."""

    person_id: UUID
    family: UUID
    version: int


class Standings:
    """Turns what a token or a key claims into what its owner may do at this moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._people: _Recent[tuple[int, Actor] | None] = _Recent()
        self._keys: _Recent[Actor | None] = _Recent()

    async def of_session(self, claimed: Actor, session: Session) -> Actor:
        """The person behind a token as they stand now. Raises Unauthenticated when the token was revoked."""
        name = (claimed.agency_id, session.person_id, session.family)
        known = self._people.get(name)
        if known is None:
            known = self._people.put(name, await self._person(claimed.agency_id, session))
        standing = known[0]
        if standing is None or standing[0] != session.version:
            raise Unauthenticated("the session has ended; sign in again")
        return replace(standing[1], scopes=standing[1].scopes & claimed.scopes)

    async def of_key(self, text: str) -> Actor:
        """The program behind an API key. Raises Unauthenticated unless the key holds now."""
        sent = read(text, Credential.KEY)
        if sent is None:
            raise Unauthenticated("the API key is not complete; send it as it was given, lw_<id>_<secret>")
        known = self._keys.get(sent.hash)
        if known is None:
            known = self._keys.put(sent.hash, await self._key(sent))
        if known[0] is None:
            raise Unauthenticated("the API key does not hold; ask the agency for a new one")
        return known[0]

    def forget(self) -> None:
        """Believe nothing read so far: whoever has just changed something sees it at once in this process."""
        self._people.clear()
        self._keys.clear()

    async def _person(self, agency_id: UUID, session: Session) -> tuple[int, Actor] | None:
        async with self._database.begin(system_actor(agency_id, "access")) as uow:
            found = await uow.people.standing(session.person_id, session.family)
        if found is None or found[1] or not found[0].active:
            return None
        return found[0].token_version, person_actor(found[0])

    async def _key(self, sent: Spelled) -> Actor | None:
        async with self._database.platform() as platform:
            agency_id = await platform.agency_of_api_key(sent.public_id)
        if agency_id is None:
            return None
        moment = now()
        async with self._database.begin(system_actor(agency_id, "access")) as uow:
            row = await uow.api_keys.by_public_id(sent.public_id)
            if row is None or not sent.opens(row.hash) or row.revoked_at is not None:
                return None
            if row.expires_at is not None and row.expires_at <= moment:
                return None
            await uow.api_keys.used(row.id, moment)
        return key_actor(row)


def person_actor(row: PersonRow) -> Actor:
    """A person as an actor, with all that their role holds."""
    role = Role(row.role)
    producer_id = row.producer_id if role is Role.PRODUCER else None
    return Actor(row.agency_id, KIND[role], f"person:{row.id}", SCOPES[role], producer_id=producer_id)


def key_actor(row: ApiKeyRow) -> Actor:
    """A program as an actor: what its key was given, as far as its role still holds that."""
    role = Role(row.role)
    given = frozenset(scope for scope in SCOPES[role] if scope.value in row.scopes)
    return Actor(row.agency_id, KIND[role], f"key:{row.public_id}", given, source=row.source)


class _Recent(Generic[T]):
    """Values read in the last seconds; a single-element tuple tells a value of None from none."""

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[float, tuple[T]]] = {}

    def get(self, name: Hashable) -> tuple[T] | None:
        held = self._held.get(name)
        return held[1] if held is not None and held[0] > time.monotonic() else None

    def put(self, name: Hashable, value: T) -> tuple[T]:
        if len(self._held) >= _MOST:
            self._held.clear()
        self._held[name] = (time.monotonic() + SECONDS, (value,))
        return (value,)

    def clear(self) -> None:
        self._held.clear()
