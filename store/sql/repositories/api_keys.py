"""Keys of programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from kernel.errors import NotFound
from store.sql.models import ApiKeyRow
from store.sql.repositories.base import Repository

_NOTED_EVERY = timedelta(minutes=1)


class ApiKeys(Repository):
    """Rows of ``api_key``."""

    async def by_public_id(self, public_id: str) -> ApiKeyRow | None:
        """The key with this public id."""
        return await self.session.scalar(
            select(ApiKeyRow).where(ApiKeyRow.agency_id == self.actor.agency_id, ApiKeyRow.public_id == public_id)
        )

    async def locked(self, key_id: UUID) -> ApiKeyRow:
        """A key, held until the transaction ends; NotFound for another agency's."""
        row = await self.session.scalar(
            select(ApiKeyRow)
            .where(ApiKeyRow.agency_id == self.actor.agency_id, ApiKeyRow.id == key_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise NotFound(f"no key {key_id} in this agency")
        return row

    async def page(self, after: UUID | None, at_most: int) -> list[ApiKeyRow]:
        """In the order they were made, revoked ones too."""
        query = select(ApiKeyRow).where(ApiKeyRow.agency_id == self.actor.agency_id)
        if after is not None:
            query = query.where(ApiKeyRow.id > after)
        return list(await self.session.scalars(query.order_by(ApiKeyRow.id).limit(at_most)))

    async def add(self, **values: Any) -> ApiKeyRow:
        """A new key."""
        row = ApiKeyRow(agency_id=self.actor.agency_id, **values)
        self.session.add(row)
        await self.session.flush()
        return row

    async def used(self, key_id: UUID, moment: datetime) -> None:
        """Note the use, to the minute: a busy key does not become a busy row."""
        await self.session.execute(
            update(ApiKeyRow)
            .where(
                ApiKeyRow.agency_id == self.actor.agency_id,
                ApiKeyRow.id == key_id,
                or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at < moment - _NOTED_EVERY),
            )
            .values(last_used_at=moment)
        )
