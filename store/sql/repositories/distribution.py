"""An agency's policies by version, the turns of its producers, and the counts of caps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from kernel.errors import NotFound
from store.sql.models import PolicyRow, PoolRow, ReceiptRow, TurnRow
from store.sql.repositories.base import Repository

_LATEST = text(
    "SELECT DISTINCT ON (kind) kind, version, body FROM routing_policy WHERE agency_id = :agency ORDER BY kind, version DESC"
)
_COUNT = text("""
INSERT INTO routing_cap_count (agency_id, rule, since, name, given) VALUES (:agency, :rule, :since, :name, 1)
ON CONFLICT (agency_id, rule, since, name) DO UPDATE SET given = routing_cap_count.given + 1
WHERE routing_cap_count.given < :limit RETURNING given
""")
_FULL = text("""
SELECT c.rule, c.name, c.given FROM routing_cap_count c
JOIN unnest(CAST(:rules AS text[]), CAST(:sinces AS date[]), CAST(:limits AS bigint[])) AS asked(rule, since, least)
  ON c.rule = asked.rule AND c.since = asked.since AND c.given >= asked.least
WHERE c.agency_id = :agency
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """A pool as it stands: its clock, how many turns were taken, and marks set since the turn asked from."""

    clock: int
    turns: int
    marks: Mapping[UUID, int]


class Distribution(Repository):
    """Rows of ``routing_policy``, ``routing_pool``, ``routing_turn`` and ``routing_cap_count``."""

    async def in_force(self) -> dict[str, tuple[int, Any]]:
        """By kind, the version in force and its body; kinds that were never set are missing."""
        rows = await self.session.execute(_LATEST, {"agency": self.actor.agency_id})
        return {kind: (version, body["is"]) for kind, version, body in rows}

    async def versions(self, kind: str) -> list[PolicyRow]:
        """Every version of a kind, newest first."""
        found = await self.session.scalars(
            select(PolicyRow)
            .where(PolicyRow.agency_id == self.actor.agency_id, PolicyRow.kind == kind)
            .order_by(PolicyRow.version.desc())
        )
        return list(found)

    async def version(self, kind: str, version: int) -> PolicyRow:
        """One version; NotFound where there is none such."""
        row = await self.session.get(PolicyRow, (self.actor.agency_id, kind, version))
        if row is None:
            raise NotFound(f"there is no version {version} of {kind} in this agency")
        return row

    async def add(self, row: Mapping[str, Any]) -> None:
        """Add a version. The caller holds the agency, so that no two take one number."""
        await self.session.execute(insert(PolicyRow).values(agency_id=self.actor.agency_id, **row))

    async def pool(self, pool: str, *, since: int = 0, lock: bool = False) -> Standing:
        """A pool and the marks of turns after ``since``; with ``lock`` it is held until the transaction ends (DOMAIN T7)."""
        if lock:
            fresh = insert(PoolRow).values(agency_id=self.actor.agency_id, pool=pool, clock=0, turns=0)
            await self.session.execute(fresh.on_conflict_do_nothing())
        query = select(PoolRow.clock, PoolRow.turns).where(
            PoolRow.agency_id == self.actor.agency_id, PoolRow.pool == pool
        )
        row = (await self.session.execute(query.with_for_update() if lock else query)).one_or_none()
        if row is None or row.turns == since:
            return Standing(*(row or (0, 0)), marks={})
        marks = await self.session.execute(
            select(TurnRow.producer_id, TurnRow.mark).where(
                TurnRow.agency_id == self.actor.agency_id, TurnRow.pool == pool, TurnRow.turn > since
            )
        )
        return Standing(row.clock, row.turns, {who: mark for who, mark in marks})  # noqa: C416 - rows are not tuples to mypy

    async def take_turn(self, pool: str, producer_id: UUID, *, clock: int, mark: int, turn: int) -> None:
        """Write a turn. The caller holds the pool."""
        own = {"agency_id": self.actor.agency_id, "pool": pool}
        turns = insert(TurnRow).values(**own, producer_id=producer_id, mark=mark, turn=turn)
        await self.session.execute(
            turns.on_conflict_do_update(
                index_elements=["agency_id", "pool", "producer_id"], set_={"mark": mark, "turn": turn}
            )
        )
        pools = insert(PoolRow).values(**own, clock=clock, turns=turn)
        await self.session.execute(
            pools.on_conflict_do_update(index_elements=["agency_id", "pool"], set_={"clock": clock, "turns": turn})
        )

    async def full(self, caps: Sequence[tuple[str, date, int]]) -> dict[str, dict[str, int]]:
        """By rule, the names whose count has reached the limit; ``caps`` are rule, first day of the period, limit."""
        if not caps:
            return {}
        given = {
            "agency": self.actor.agency_id, "rules": [cap[0] for cap in caps], "sinces": [cap[1] for cap in caps],
            "limits": [cap[2] for cap in caps],
        }  # fmt: skip
        found: dict[str, dict[str, int]] = {}
        for rule, name, many in await self.session.execute(_FULL, given):
            found.setdefault(rule, {})[name] = many
        return found

    async def count(self, rule: str, since: date, name: str, limit: int) -> bool:
        """Count one lead more under a cap; False where that would be more than ``limit``. Held until the transaction ends."""
        given = {"agency": self.actor.agency_id, "rule": rule, "since": since, "name": name, "limit": limit}
        return await self.session.scalar(_COUNT, given) is not None

    async def among_claims(self, *, alone: bool) -> None:
        """Stand among the agency's claims until the transaction ends, or alone: whoever claims several producers holds them all,
        and would else wait in a circle with another.
        """
        lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        key = int.from_bytes(self.actor.agency_id.bytes[:8], "big", signed=True)
        await self.session.execute(select(lock(key)))

    async def receipts(self, since: datetime, most: int) -> tuple[list[ReceiptRow], int]:
        """The newest receipts since then, oldest first, and how many there are in all."""
        mine = (ReceiptRow.agency_id == self.actor.agency_id, ReceiptRow.at >= since)
        found = await self.session.scalars(select(ReceiptRow).where(*mine).order_by(ReceiptRow.at.desc()).limit(most))
        many = await self.session.scalar(select(func.count()).select_from(ReceiptRow).where(*mine))
        return list(found)[::-1], int(many or 0)
