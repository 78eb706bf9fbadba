"""Keys of programs: made, shown once, replaced, revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access.credentials import Credential
from domain.access.roles import PEOPLE, SCOPES, Role, granted
from domain.actor import Actor, Scope
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import new_id
from kernel.settings import AccessSettings
from services.access.issue import new_credential
from services.access.schemas import KeyIn, KeyMade, KeyPage, KeyView
from services.access.standing import Standings
from store.sql.models import ApiKeyRow
from store.uow import Database, UnitOfWork


class Keys:
    """Use cases on API keys; each needs ``agency:admin``."""

    def __init__(self, database: Database, standings: Standings, settings: AccessSettings) -> None:
        self._database = database
        self._standings = standings
        self._settings = settings

    async def make(self, actor: Actor, wanted: KeyIn) -> KeyMade:
        """A new key with its secret, which is not kept. Raises Invalid for what does not fit together, Forbidden for scopes
        that the actor does not hold.
        """
        actor.require(Scope.AGENCY_ADMIN)
        _check(wanted, now())
        asked = frozenset(wanted.scopes) if wanted.scopes is not None else SCOPES[wanted.role]
        scopes = sorted(scope.value for scope in granted(wanted.role, asked, actor.scopes))
        async with self._database.begin(actor) as uow:
            made = await _written(
                uow, name=wanted.name, role=wanted.role.value, scopes=scopes, source=wanted.source,
                expires_at=wanted.expires_at,
            )  # fmt: skip
            await uow.audit.note("key.make", "key", made.id, role=made.role.value, scopes=scopes)
            return made

    async def page(self, actor: Actor, after: UUID | None, limit: int) -> KeyPage:
        """Keys in the order they were made, revoked ones too."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            rows = await uow.api_keys.page(after, limit + 1)
        return KeyPage(
            items=[view_of(row) for row in rows[:limit]], next_cursor=rows[limit - 1].id if len(rows) > limit else None
        )

    async def rotate(self, actor: Actor, key_id: UUID, overlap_hours: int | None) -> KeyMade:
        """A new key in place of this one, which stays valid for ``overlap_hours`` so that the program can change over.

        Raises Conflict for a key that no longer works.
        """
        actor.require(Scope.AGENCY_ADMIN)
        moment = now()
        hours = self._settings.overlap_hours if overlap_hours is None else overlap_hours
        async with self._database.begin(actor) as uow:
            row = await uow.api_keys.locked(key_id)
            if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= moment):
                raise Conflict("the key no longer works; make a new one")
            granted(Role(row.role), [Scope(scope) for scope in row.scopes], actor.scopes)
            made = await _written(
                uow, name=row.name, role=row.role, scopes=row.scopes, source=row.source, expires_at=row.expires_at
            )
            ends = moment + timedelta(hours=hours)
            row.expires_at = min(row.expires_at, ends) if row.expires_at is not None else ends
            await uow.audit.note("key.rotate", "key", key_id, new_key=str(made.id), overlap_hours=hours)
        self._standings.forget()
        return made

    async def revoke(self, actor: Actor, key_id: UUID) -> None:
        """The key stops working; again is no error."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            row = await uow.api_keys.locked(key_id)
            if row.revoked_at is None:
                row.revoked_at = now()
                await uow.audit.note("key.revoke", "key", key_id)
        self._standings.forget()


def _check(wanted: KeyIn, moment: datetime) -> None:
    faults = []
    if wanted.role in PEOPLE:
        faults.append(FieldError("role", "not_a_program", "is a person's", "use partner or system; people sign in"))
    if wanted.role is Role.PARTNER and wanted.source is None:
        faults.append(FieldError("source", "missing", "a partner has a source", "name the source of its leads"))
    if wanted.role is Role.SYSTEM and wanted.source is not None:
        faults.append(FieldError("source", "not_a_partner", "only a partner has one", "leave it out"))
    if wanted.role is Role.SYSTEM and wanted.scopes is None:
        faults.append(FieldError("scopes", "missing", "a system says what it needs", "name the scopes it uses"))
    if wanted.expires_at is not None and wanted.expires_at <= moment:
        faults.append(FieldError("expires_at", "past", "lies in the past", "name a later moment, or none"))
    if faults:
        raise Invalid("the key cannot be made", fields=tuple(faults))


async def _written(uow: UnitOfWork, **values: Any) -> KeyMade:
    secret = new_credential(Credential.KEY)
    row = await uow.api_keys.add(
        id=new_id(), public_id=secret.public_id, hash=secret.hash, created_by=uow.actor.subject, created_at=now(),
        last_used_at=None, revoked_at=None, **values,
    )  # fmt: skip
    return KeyMade(**view_of(row).model_dump(), key=secret.text)


def view_of(row: ApiKeyRow) -> KeyView:
    """A key as it is shown."""
    held = {scope.value: scope for scope in Scope}
    return KeyView(
        id=row.id, prefix=f"{Credential.KEY.value}_{row.public_id}", name=row.name, role=Role(row.role),
        scopes=[held[word] for word in row.scopes if word in held], source=row.source, created_by=row.created_by,
        created_at=row.created_at, last_used_at=row.last_used_at, expires_at=row.expires_at, revoked_at=row.revoked_at,
    )  # fmt: skip
