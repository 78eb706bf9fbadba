"""People who sign in, and their sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql

from kernel.errors import NotFound
from store.sql.models import PersonRow, RefreshTokenRow
from store.sql.repositories.base import Repository


class People(Repository):
    """Rows of ``person`` and ``refresh_token``."""

    async def by_email(self, email: str) -> PersonRow | None:
        """The person who signs in with this address."""
        return await self.session.scalar(
            select(PersonRow).where(PersonRow.agency_id == self.actor.agency_id, PersonRow.email == email)
        )

    async def one(self, person_id: UUID, *, lock: bool = False) -> PersonRow:
        """A person, held until the transaction ends when ``lock``; NotFound for another agency's."""
        query = select(PersonRow).where(PersonRow.agency_id == self.actor.agency_id, PersonRow.id == person_id)
        if lock:
            query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound(f"no person {person_id} in this agency")
        return row

    async def page(self, after: UUID | None, at_most: int) -> list[PersonRow]:
        """In the order they were added."""
        query = select(PersonRow).where(PersonRow.agency_id == self.actor.agency_id)
        if after is not None:
            query = query.where(PersonRow.id > after)
        return list(await self.session.scalars(query.order_by(PersonRow.id).limit(at_most)))

    async def add(self, **values: Any) -> PersonRow | None:
        """A new person; None where somebody of the agency has the e-mail."""
        query = postgresql.insert(PersonRow).values(agency_id=self.actor.agency_id, **values)
        return await self.session.scalar(
            query.on_conflict_do_nothing(index_elements=["agency_id", "email"]).returning(PersonRow)
        )

    async def lock_admins(self) -> Sequence[UUID]:
        """Ids of the active administrators, held until the transaction ends, so that two cannot remove each other."""
        found = await self.session.scalars(
            select(PersonRow.id)
            .where(PersonRow.agency_id == self.actor.agency_id, PersonRow.role == "admin", PersonRow.active)
            .order_by(PersonRow.id)
            .with_for_update(key_share=True)
        )
        return list(found)

    async def standing(self, person_id: UUID, family: UUID) -> tuple[PersonRow, bool] | None:
        """The person, and whether this session of theirs was revoked; None for nobody."""
        revoked = exists(
            select(RefreshTokenRow.id).where(
                RefreshTokenRow.agency_id == self.actor.agency_id,
                RefreshTokenRow.family == family,
                RefreshTokenRow.revoked_at.is_not(None),
            )
        )
        found = await self.session.execute(
            select(PersonRow, revoked).where(PersonRow.agency_id == self.actor.agency_id, PersonRow.id == person_id)
        )
        row = found.one_or_none()
        return None if row is None else (row[0], bool(row[1]))

    async def open_session(self, **values: Any) -> None:
        """Write a refresh token."""
        await self.session.execute(insert(RefreshTokenRow).values(agency_id=self.actor.agency_id, **values))

    async def refresh_token(self, public_id: str, *, lock: bool = False) -> RefreshTokenRow | None:
        """A refresh token by its public id."""
        query = select(RefreshTokenRow).where(
            RefreshTokenRow.agency_id == self.actor.agency_id, RefreshTokenRow.public_id == public_id
        )
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        return await self.session.scalar(query)

    async def revoke_family(self, family: UUID, moment: datetime) -> None:
        """End one session."""
        await self._revoke(RefreshTokenRow.family == family, moment)

    async def revoke_all(self, person_id: UUID, moment: datetime) -> None:
        """End every session of a person. Hold the person's row, so that none is renewed meanwhile."""
        await self._revoke(RefreshTokenRow.person_id == person_id, moment)

    async def forget_expired(self, person_id: UUID, moment: datetime) -> None:
        """Remove what nobody can use any more."""
        await self.session.execute(
            delete(RefreshTokenRow).where(
                RefreshTokenRow.agency_id == self.actor.agency_id,
                RefreshTokenRow.person_id == person_id,
                RefreshTokenRow.expires_at < moment,
            )
        )

    async def _revoke(self, which: Any, moment: datetime) -> None:
        await self.session.execute(
            update(RefreshTokenRow)
            .where(RefreshTokenRow.agency_id == self.actor.agency_id, RefreshTokenRow.revoked_at.is_(None), which)
            .values(revoked_at=moment)
        )
