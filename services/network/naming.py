"""Whom words mean: a producer by id, key or name, a team by name. Colleagues' names are open to whoever reads the network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from domain.actor import Actor
from kernel.errors import FieldError, Invalid, NotFound
from services.network.acting import own_of, require_reads
from store.uow import Database

_SEVERAL = 5


@dataclass(frozen=True, slots=True)
class Named:
    """A producer of the agency."""

    id: UUID
    key: str
    name: str
    team_id: UUID | None


class Naming:
    """Never guesses: none and several are both told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def producer(self, actor: Actor, words: str) -> Named:
        """The one producer whom the words mean. Raises NotFound for none, Invalid naming the several."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            try:
                rows = [await uow.agencies.producer(UUID(words))]
            except ValueError:
                rows = await uow.asking.colleagues_named(words, _SEVERAL)
        if not rows:
            raise NotFound(f"no producer {words[:60]!r} in this agency")
        if len(rows) > 1:
            several = ", ".join(f"{row.name} ({row.external_id})" for row in rows)
            fault = FieldError("producer", "ambiguous", "could be several", f"give the key: {several}", words[:80])
            raise Invalid(f"{words[:60]!r} could be {several}; say which", fields=(fault,))
        team = rows[0].profile.get("team_id")
        return Named(rows[0].id, rows[0].external_id, rows[0].name, None if team is None else UUID(team))

    async def names(self, actor: Actor, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Names of producers of the agency."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            return await uow.agencies.names(list(ids))

    async def teams(self, actor: Actor, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Names of teams of the agency."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            return await uow.teams.names(list(ids))

    async def whose(self, actor: Actor, words: str | None) -> UUID:
        """The producer whose figures are asked for: the named one, else the actor's own. Raises Invalid where there is none."""
        if words is not None:
            return (await self.producer(actor, words)).id
        own = own_of(actor)
        if own is None:
            fault = FieldError("producer", "missing", "you are no producer", "name one")
            raise Invalid("you have no network of your own: name a producer", fields=(fault,))
        return own

    async def team(self, actor: Actor, words: str | None) -> UUID:
        """The team of that name, else the actor's own. Raises NotFound for none."""
        require_reads(actor)
        if words is None:
            own = await self.producer(actor, str(await self.whose(actor, None)))
            if own.team_id is None:
                raise NotFound("you are in no team")
            return own.team_id
        async with self._database.begin(actor) as uow:
            row = await uow.teams.named(words)
        if row is None:
            raise NotFound(f"no team {words[:60]!r} in this agency")
        return row.id
