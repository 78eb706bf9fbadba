"""Connections as they stand, and the record of what was known of them when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, insert, or_, select, text, update

from domain.actor import ActorKind
from domain.network.web import Links
from kernel.errors import NotFound
from kernel.ids import canonical_json
from kernel.slices import slices
from store.sql.models import ConnectionPeriodRow, ConnectionRow
from store.sql.repositories.base import Repository

# Of a mutual kind the smaller id comes first, so that one pair is one row; what somebody ended or asks for is left to them.
_IMPORT = text("""
WITH given AS (
  SELECT gen_random_uuid() AS id, r.from_id, r.to_id FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (from_id uuid, to_id uuid)
), made AS (
  INSERT INTO producer_connection (id, agency_id, from_id, to_id, kind, strength, active, state, origin, since)
  SELECT id, :agency, from_id, to_id, :kind, :strength, true, 'active', 'import', :at FROM given
  ON CONFLICT (agency_id, from_id, to_id, kind) DO UPDATE SET active = true, state = 'active', since = :at,
    version = producer_connection.version + 1
  WHERE producer_connection.origin = 'import' AND producer_connection.state = 'ended'
  RETURNING id
) INSERT INTO connection_period (id, agency_id, connection_id, valid_from, recorded_from, recorded_by)
SELECT gen_random_uuid(), :agency, id, :at, :at, :by FROM made
""")
_END_IMPORTED = text("""
WITH given AS (
  SELECT r.from_id, r.to_id FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (from_id uuid, to_id uuid)
), ended AS (
  UPDATE producer_connection c SET active = false, state = 'ended', since = :at, version = c.version + 1
  WHERE c.agency_id = :agency AND c.origin = 'import' AND c.active
    AND NOT (c.kind = :kind AND EXISTS (SELECT 1 FROM given g WHERE g.from_id = c.from_id AND g.to_id = c.to_id))
  RETURNING c.id
), closed AS (
  UPDATE connection_period p SET recorded_until = :at FROM ended e
  WHERE p.connection_id = e.id AND p.valid_until IS NULL AND p.recorded_until IS NULL AND p.recorded_from < :at
  RETURNING p.connection_id, p.valid_from
) INSERT INTO connection_period (id, agency_id, connection_id, valid_from, valid_until, recorded_from, recorded_by)
SELECT gen_random_uuid(), :agency, connection_id, valid_from, :at, :at, :by FROM closed WHERE valid_from < :at
""")
STANDING = text("""
INSERT INTO connection_period (id, agency_id, connection_id, valid_from, recorded_from, recorded_by)
SELECT gen_random_uuid(), c.agency_id, c.id, :at, :at, :by FROM producer_connection c
WHERE c.agency_id = :agency AND c.active AND NOT EXISTS (
  SELECT 1 FROM connection_period p WHERE p.connection_id = c.id AND p.valid_until IS NULL AND p.recorded_until IS NULL)
""")
"""Begins the record of every connection that stands without one; run after a file was loaded."""
_WORTHS = 20_000
"""Connections of one statement, where all of an agency's are read or written."""
_STRENGTHS = text("""
UPDATE producer_connection c SET strength = n.strength
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (id uuid, strength numeric)
WHERE c.id = n.id AND c.agency_id = :agency AND c.strength IS DISTINCT FROM n.strength
""")


# A sum does not depend on the order of the rows, and two sets of rows have the same one by a chance of 2^-64.
_MARK = "count(*), coalesce(sum(hash_record_extended(ROW(from_id, to_id, strength), 0)), 0)"
_OF_ACTIVE = "FROM producer_connection WHERE agency_id = :agency AND active"
_MARKED = text(f"SELECT {_MARK} {_OF_ACTIVE}")
# One row of bytes instead of a row a connection: hundreds of thousands are read in a fraction of a second.
_LINKS = text(f"""
SELECT {_MARK}, coalesce(string_agg(uuid_send(from_id), ''), ''), coalesce(string_agg(uuid_send(to_id), ''), ''),
       coalesce(string_agg(float8send(CAST(strength AS float8)), ''), '') {_OF_ACTIVE}
""")
_BEGUN = text("""
SELECT extract(year FROM timezone('UTC', p.valid_from)) * 12 + extract(month FROM timezone('UTC', p.valid_from)) - 1, count(*)
FROM connection_period p JOIN producer_connection c ON c.id = p.connection_id
WHERE p.agency_id = :agency AND p.recorded_until IS NULL
  AND (CAST(:producer AS uuid) IS NULL OR :producer IN (c.from_id, c.to_id))
GROUP BY 1
""")


class Tie(NamedTuple):
    """An active connection as far as its strength goes; the fields are those of its row."""

    id: UUID
    from_id: UUID
    to_id: UUID
    strength: Decimal
    stated: Decimal | None
    origin: str
    since: datetime | None


class Connections(Repository):
    """Rows of ``producer_connection`` and ``connection_period``. A producer sees the own ones."""

    async def add(self, row: Mapping[str, Any]) -> None:
        """Write a new connection. Raises an IntegrityError where the pair has one of the kind."""
        await self.session.execute(insert(ConnectionRow).values(agency_id=self.actor.agency_id, **row))

    async def one(self, connection_id: UUID, *, held: bool = False) -> ConnectionRow:
        """A connection; NotFound for one that the actor may not see. ``held`` until the transaction ends."""
        query = select(ConnectionRow).where(ConnectionRow.id == connection_id, self._seen())
        if held:
            query = query.with_for_update().execution_options(populate_existing=True)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound(f"no connection {connection_id} in this agency")
        return row

    async def between(self, one: UUID, other: UUID, kind: str, *, mutual: bool) -> ConnectionRow | None:
        """The connection of the kind from one to the other, in either direction where it is mutual; held."""
        straight = and_(ConnectionRow.from_id == one, ConnectionRow.to_id == other)
        back = and_(ConnectionRow.from_id == other, ConnectionRow.to_id == one)
        row: ConnectionRow | None = await self.session.scalar(
            select(ConnectionRow)
            .where(
                ConnectionRow.agency_id == self.actor.agency_id, ConnectionRow.kind == kind,
                or_(straight, back) if mutual else straight,
            )
            .order_by(ConnectionRow.active.desc(), ConnectionRow.id)
            .limit(1)
            .with_for_update()
            .execution_options(populate_existing=True)
        )  # fmt: skip
        return row

    async def change(self, row: ConnectionRow, **values: Any) -> None:
        """Set columns of a held connection; its version grows."""
        changed = {**values, "version": row.version + 1}
        await self.session.execute(
            update(ConnectionRow)
            .where(ConnectionRow.id == row.id, ConnectionRow.agency_id == self.actor.agency_id)
            .values(**changed)
        )
        await self.session.refresh(row)

    async def page(
        self, producer_id: UUID | None, states: Sequence[str], after: UUID | None, at_most: int
    ) -> list[ConnectionRow]:
        """Connections that the actor sees, in the order of their ids; of one producer and in these states where given."""
        query = select(ConnectionRow).where(self._seen())
        if producer_id is not None:
            query = query.where(or_(ConnectionRow.from_id == producer_id, ConnectionRow.to_id == producer_id))
        if states:
            query = query.where(ConnectionRow.state.in_(states))
        if after is not None:
            query = query.where(ConnectionRow.id > after)
        return list(await self.session.scalars(query.order_by(ConnectionRow.id).limit(at_most)))

    async def active(self) -> list[ConnectionRow]:
        """Every active connection of the agency, whoever asks."""
        found = await self.session.scalars(
            select(ConnectionRow).where(ConnectionRow.agency_id == self.actor.agency_id, ConnectionRow.active)
        )
        return list(found)

    async def standing(self) -> list[Tie]:
        """Every active connection of the agency as far as its strength goes, whoever asks; read in pages, each of which is over
        before a statement's time is.
        """
        row = ConnectionRow
        query = select(row.id, row.from_id, row.to_id, row.strength, row.stated, row.origin, row.since).where(
            row.agency_id == self.actor.agency_id, row.active
        )
        query = query.order_by(row.id).limit(_WORTHS)
        found: list[Tie] = []
        while page := [
            Tie(*one) for one in await self.session.execute(query.where(row.id > found[-1].id) if found else query)
        ]:
            found += page
        return found

    async def edges(self) -> list[tuple[UUID, UUID, str, Decimal]]:
        """From whom to whom, of which kind and how strong every active connection of the agency is, whoever asks."""
        row = ConnectionRow
        found = await self.session.execute(
            select(row.from_id, row.to_id, row.kind, row.strength).where(
                row.agency_id == self.actor.agency_id, row.active
            )
        )
        return [(one, other, kind, strength) for one, other, kind, strength in found]

    async def mark(self) -> tuple[int, int]:
        """What tells the agency's active connections, with their strengths, from any others; cheaper than reading them."""
        row = (await self.session.execute(_MARKED, {"agency": self.actor.agency_id})).one()
        return int(row[0]), int(row[1])

    async def links(self) -> tuple[tuple[int, int], Links]:
        """The mark of the agency's active connections and these in columns, read at one instant, whoever asks."""
        row = (await self.session.execute(_LINKS, {"agency": self.actor.agency_id})).one()
        return (int(row[0]), int(row[1])), Links(bytes(row[2]), bytes(row[3]), bytes(row[4]))

    async def active_of(self, producer_id: UUID) -> list[ConnectionRow]:
        """A producer's active connections."""
        found = await self.session.scalars(
            select(ConnectionRow).where(
                ConnectionRow.agency_id == self.actor.agency_id, ConnectionRow.active,
                or_(ConnectionRow.from_id == producer_id, ConnectionRow.to_id == producer_id),
            )
        )  # fmt: skip
        return list(found)

    async def joined(self, producer_id: UUID, kinds: Sequence[str]) -> set[UUID]:
        """Who is connected with the producer by an active connection of one of these kinds, whoever asks."""
        mine = select(ConnectionRow.from_id, ConnectionRow.to_id).where(
            ConnectionRow.agency_id == self.actor.agency_id, ConnectionRow.active, ConnectionRow.kind.in_(kinds),
            or_(ConnectionRow.from_id == producer_id, ConnectionRow.to_id == producer_id),
        )  # fmt: skip
        return {other if one == producer_id else one for one, other in await self.session.execute(mine)}

    async def among(self, producer_ids: Sequence[UUID]) -> list[ConnectionRow]:
        """Active connections both of whose ends are among these producers, whoever asks."""
        found = await self.session.scalars(
            select(ConnectionRow).where(
                ConnectionRow.agency_id == self.actor.agency_id, ConnectionRow.active,
                ConnectionRow.from_id.in_(producer_ids), ConnectionRow.to_id.in_(producer_ids),
            )
        )  # fmt: skip
        return list(found)

    async def save_strengths(self, strengths: Mapping[UUID, object]) -> int:
        """Write what connections are worth now, many in one statement; how many differed."""
        differed = 0
        for part in slices(strengths.items(), _WORTHS):
            rows = canonical_json([{"id": str(one), "strength": str(worth)} for one, worth in part])
            done = await self.session.execute(_STRENGTHS, {"rows": rows, "agency": self.actor.agency_id})
            differed += int(getattr(done, "rowcount", 0))
        return differed

    async def begun_by_month(self, producer_id: UUID | None) -> dict[int, int]:
        """How many connections began in each month (years times twelve, January is 0) by what is known now; of one producer where
        given.
        """
        found = await self.session.execute(_BEGUN, {"agency": self.actor.agency_id, "producer": producer_id})
        return {int(month): int(count) for month, count in found}

    async def add_period(self, row: Mapping[str, Any]) -> None:
        """Record what is held to be true from now on."""
        given = {"agency_id": self.actor.agency_id, "recorded_by": self.actor.subject, **row}
        await self.session.execute(insert(ConnectionPeriodRow).values(**given))

    async def standing_period(self, connection_id: UUID) -> ConnectionPeriodRow | None:
        """The record that says that the connection stands."""
        return await self.session.scalar(
            select(ConnectionPeriodRow).where(
                ConnectionPeriodRow.agency_id == self.actor.agency_id, ConnectionPeriodRow.connection_id == connection_id,
                ConnectionPeriodRow.valid_until.is_(None), ConnectionPeriodRow.recorded_until.is_(None),
            )
        )  # fmt: skip

    async def close_period(self, row: ConnectionPeriodRow, recorded_until: datetime) -> None:
        """That record holds no more."""
        await self.session.execute(
            update(ConnectionPeriodRow)
            .where(ConnectionPeriodRow.id == row.id, ConnectionPeriodRow.agency_id == self.actor.agency_id)
            .values(recorded_until=recorded_until)
        )

    async def known(self, at: datetime, known_at: datetime) -> list[ConnectionRow]:
        """Connections that stood at ``at`` by the record of ``known_at``, of those that the actor sees."""
        period = ConnectionPeriodRow
        held = select(period.connection_id).where(
            period.agency_id == self.actor.agency_id, period.valid_from <= at,
            or_(period.valid_until.is_(None), period.valid_until > at), period.recorded_from <= known_at,
            or_(period.recorded_until.is_(None), period.recorded_until > known_at),
        )  # fmt: skip
        found = await self.session.scalars(
            select(ConnectionRow).where(self._seen(), ConnectionRow.id.in_(held)).order_by(ConnectionRow.id)
        )
        return list(found)

    async def take_in(self, pairs: Sequence[tuple[UUID, UUID]], kind: str, strength: object, at: datetime) -> int:
        """Write imported connections with the beginning of their record; how many are new. Those that stand stay as they are."""
        done = await self.session.execute(
            _IMPORT, {**self._given(pairs, kind, at), "strength": strength, "by": self.actor.subject}
        )
        return int(getattr(done, "rowcount", 0))

    async def end_imported(self, keep: Sequence[tuple[UUID, UUID]], kind: str, at: datetime) -> int:
        """End imported connections that are not among ``keep``; how many there were."""
        before = await self._imported()
        await self.session.execute(_END_IMPORTED, {**self._given(keep, kind, at), "by": self.actor.subject})
        return before - await self._imported()

    async def begin_records(self, at: datetime) -> None:
        """Begin the record of connections that stand without one."""
        await self.session.execute(STANDING, {"at": at, "agency": self.actor.agency_id, "by": self.actor.subject})

    async def _imported(self) -> int:
        found = await self.session.scalar(
            text("SELECT count(*) FROM producer_connection WHERE agency_id = :agency AND origin = 'import' AND active"),
            {"agency": self.actor.agency_id},
        )
        return int(found or 0)

    def _given(self, pairs: Sequence[tuple[UUID, UUID]], kind: str, at: datetime) -> dict[str, Any]:
        rows = canonical_json([{"from_id": str(one), "to_id": str(other)} for one, other in pairs])
        return {"rows": rows, "agency": self.actor.agency_id, "kind": kind, "at": at}

    def _seen(self) -> ColumnElement[bool]:
        mine: ColumnElement[bool] = ConnectionRow.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        me = self.actor.producer_id
        if self.actor.kind is ActorKind.PRODUCER and me is not None:
            return and_(mine, or_(ConnectionRow.from_id == me, ConnectionRow.to_id == me))
        return false()
