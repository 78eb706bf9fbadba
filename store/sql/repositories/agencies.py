"""The agency itself, its producers and their connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.actor import Actor
from kernel.errors import NotFound
from store.sql.models import AgencyRow, ConnectionRow, NetworkEffectRow, ProducerRow
from store.sql.repositories.base import Repository

# A row that is written stands at another place or is another transaction's: cheaper than reading what is in it. One row of bytes.
_MARKS = text("""
SELECT coalesce(string_agg(uuid_send(p.id), ''), ''),
       coalesce(string_agg(int8send(hashtextextended(concat(p.xmin, p.ctid, e.tier), 0)), ''), '')
FROM producer p LEFT JOIN network_effect e ON e.producer_id = p.id AND e.agency_id = p.agency_id
WHERE p.agency_id = :agency
""")


class Seat(NamedTuple):
    """A producer's row as far as routing reads it, with the tier that was counted; None before a count."""

    id: UUID
    external_id: str
    active: bool
    profile: Mapping[str, Any]
    tier: str | None


class Agencies(Repository):
    """Rows of ``agency``, ``producer`` and ``producer_connection``."""

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        super().__init__(session, actor)
        self._mine: AgencyRow | None = None  # the session alone would forget it as soon as nobody holds it

    async def mine(self, *, lock: bool = False) -> AgencyRow:
        """The actor's agency; with ``lock`` read anew, and held until the transaction ends."""
        if lock:
            self._mine = await self.session.get(
                AgencyRow, self.actor.agency_id, with_for_update={"key_share": True}, populate_existing=True
            )
        elif self._mine is None:
            self._mine = await self.session.get(AgencyRow, self.actor.agency_id)
        if self._mine is None:
            raise NotFound("this agency does not exist; load one with `leadwright agency load FILE`")
        return self._mine

    async def roster_version(self) -> int:
        """Grows with every change of producers or connections."""
        found = await self.session.scalar(select(AgencyRow.roster_version).where(AgencyRow.id == self.actor.agency_id))
        return int(found or 0)

    async def raise_roster_version(self) -> None:
        """Say that what routing weighs of producers is another, where their rows are the same."""
        await self.session.execute(
            update(AgencyRow)
            .where(AgencyRow.id == self.actor.agency_id)
            .values(roster_version=AgencyRow.roster_version + 1)
            .execution_options(synchronize_session=False)
        )

    async def save_setting(self, name: str, value: Any) -> None:
        """Set one of the agency's settings; the others stay as they are."""
        row = await self.mine()
        if row.settings.get(name) != value:
            row.settings = {**row.settings, name: value}
            await self.session.flush()

    async def save_producers(self, rows: Sequence[dict[str, Any]]) -> None:
        """Insert or update by external id, in one statement; unchanged rows are left alone."""
        if not rows:
            return
        query = insert(ProducerRow).values([{"agency_id": self.actor.agency_id, **row} for row in rows])
        fresh = query.excluded
        changed = {
            name: getattr(fresh, name)
            for name in ("name", "email", "phone", "active", "profile", "loaded", "updated_at")
        }
        await self.session.execute(
            query.on_conflict_do_update(
                index_elements=["agency_id", "external_id"],
                set_={**changed, "version": ProducerRow.version + 1},
                where=ProducerRow.profile.is_distinct_from(fresh.profile)
                | ProducerRow.loaded.is_distinct_from(fresh.loaded)
                | ProducerRow.active.is_distinct_from(fresh.active)
                | ProducerRow.name.is_distinct_from(fresh.name)
                | ProducerRow.email.is_distinct_from(fresh.email)
                | ProducerRow.phone.is_distinct_from(fresh.phone),
            )
        )

    async def producers(self) -> list[ProducerRow]:
        """Every producer of the agency, in the order of their ids."""
        found = await self.session.scalars(
            select(ProducerRow).where(ProducerRow.agency_id == self.actor.agency_id).order_by(ProducerRow.id)
        )
        return list(found)

    async def marks(self) -> dict[bytes, int]:
        """By the 16 bytes of each producer's id, what tells their row and tier from what they were at any other time."""
        ids, marks = (await self.session.execute(_MARKS, {"agency": self.actor.agency_id})).one()
        whole = bytes(ids)
        each = np.frombuffer(bytes(marks), dtype=">i8").tolist()
        return dict(zip((whole[at : at + 16] for at in range(0, len(whole), 16)), each, strict=True))

    async def seats(self, producer_ids: Sequence[UUID]) -> list[Seat]:
        """Those of these producers who are of the agency, as routing weighs them."""
        tier = and_(NetworkEffectRow.producer_id == ProducerRow.id, NetworkEffectRow.agency_id == ProducerRow.agency_id)
        found = await self.session.execute(
            select(
                ProducerRow.id, ProducerRow.external_id, ProducerRow.active, ProducerRow.profile, NetworkEffectRow.tier
            )
            .join(NetworkEffectRow, tier, isouter=True)
            .where(ProducerRow.agency_id == self.actor.agency_id, ProducerRow.id.in_(producer_ids))
        )
        return [Seat(*row) for row in found]

    async def reachable(self) -> list[tuple[UUID, str | None, str | None, bool]]:
        """Of every producer the id, e-mail address, phone, and whether they are active with a licence that the licence database
        calls active; in the order of their ids.
        """
        held = ProducerRow.profile.contains({"licences": [{"status": "active"}]})
        found = await self.session.execute(
            select(ProducerRow.id, ProducerRow.email, ProducerRow.phone, and_(ProducerRow.active, held))
            .where(ProducerRow.agency_id == self.actor.agency_id)
            .order_by(ProducerRow.id)
        )
        return [(row[0], row[1], row[2], bool(row[3])) for row in found]

    async def teams(self) -> dict[UUID, UUID | None]:
        """Every producer of the agency with their team."""
        found = await self.session.execute(
            select(ProducerRow.id, ProducerRow.profile["team_id"].astext).where(
                ProducerRow.agency_id == self.actor.agency_id
            )
        )
        return {who: None if team is None else UUID(team) for who, team in found}

    async def producer_ids(self) -> list[UUID]:
        """The ids of every producer of the agency, in order."""
        found = await self.session.scalars(
            select(ProducerRow.id).where(ProducerRow.agency_id == self.actor.agency_id).order_by(ProducerRow.id)
        )
        return list(found)

    async def producers_of(self, producer_ids: Sequence[UUID]) -> list[ProducerRow]:
        """Those of these producers who are of the agency."""
        found = await self.session.scalars(
            select(ProducerRow).where(ProducerRow.agency_id == self.actor.agency_id, ProducerRow.id.in_(producer_ids))
        )
        return list(found)

    async def producer(self, producer_id: UUID) -> ProducerRow:
        """One producer; NotFound for another agency's."""
        row = await self.session.scalar(
            select(ProducerRow).where(ProducerRow.id == producer_id, ProducerRow.agency_id == self.actor.agency_id)
        )
        if row is None:
            raise NotFound(f"no producer {producer_id} in this agency")
        return row

    async def names(self, producer_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Names of the producers with these ids."""
        found = await self.session.execute(
            select(ProducerRow.id, ProducerRow.name).where(
                ProducerRow.agency_id == self.actor.agency_id, ProducerRow.id.in_(producer_ids)
            )
        )
        return {producer_id: name for producer_id, name in found}  # noqa: C416 - rows are not tuples to the type checker

    async def ids_by_external(self) -> dict[str, UUID]:
        """Producer ids by the agency's own names for them."""
        found = await self.session.execute(
            select(ProducerRow.external_id, ProducerRow.id).where(ProducerRow.agency_id == self.actor.agency_id)
        )
        return {external: producer_id for external, producer_id in found}  # noqa: C416 - as above

    async def save_connections(self, rows: Sequence[dict[str, Any]]) -> None:
        """Insert or update what a file states of connections, in one statement. One that is there stays in its state: whoever
        ended it is not overruled by the file that is loaded again.
        """
        if not rows:
            return
        query = insert(ConnectionRow).values([{"agency_id": self.actor.agency_id, **row} for row in rows])
        await self.session.execute(
            query.on_conflict_do_update(
                index_elements=["agency_id", "from_id", "to_id", "kind"],
                set_={
                    "strength": query.excluded.strength, "stated": query.excluded.stated,
                    "version": ConnectionRow.version + 1,
                },
                where=ConnectionRow.stated.is_distinct_from(query.excluded.stated),
            )
        )  # fmt: skip

    async def connections(self) -> list[ConnectionRow]:
        """Every active connection of the agency."""
        found = await self.session.scalars(
            select(ConnectionRow).where(ConnectionRow.agency_id == self.actor.agency_id, ConnectionRow.active)
        )
        return list(found)

    async def counts(self) -> tuple[int, int]:
        """How many producers and connections there are."""
        producers = select(func.count()).select_from(ProducerRow).where(ProducerRow.agency_id == self.actor.agency_id)
        links = select(func.count()).select_from(ConnectionRow).where(ConnectionRow.agency_id == self.actor.agency_id)
        found = await self.session.execute(select(producers.scalar_subquery(), links.scalar_subquery()))
        one, two = found.one()
        return int(one), int(two)
