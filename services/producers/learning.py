"""What happened to leads, added to the record by which routing weighs producers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.actor import Actor, Scope, system_actor
from domain.producers.record import with_measured
from kernel.clock import now
from store.sql.repositories.producers import MeasuredRow
from store.uow import Database

_LOCK = "leadwright:producers"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Learning:
    """Adds what was measured to what the agency's file states of the time before. One process at a time does it for all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fold_all(self) -> int:
        """Every agency once; how many producers' records changed. 0 while another process does it."""
        async with self._database.platform() as platform:
            if not await platform.lock_until_the_end(_LOCK):
                return 0
            return sum([await self.fold(system_actor(one, "producers")) for one in await platform.agencies()])

    async def fold(self, actor: Actor) -> int:
        """The actor's agency: two reads and one statement, which leaves alone whoever's numbers are as they were.

        A record starts from the file each time, so doing it again changes nothing. Only these parts of a profile are written,
        so an edit made meanwhile stands.
        """
        actor.require(Scope.PRODUCERS_WRITE)
        moment = now()
        async with self._database.begin(actor) as uow:
            measured = {row.producer_id: row for row in await uow.producers.measured(_BEGINNING, moment)}
            if not measured:
                return 0
            earlier = await uow.producers.stated_records(sorted(measured))
            records = {who: _with(before, measured[who]) for who, before in earlier.items()}
            return await uow.producers.fold(records, moment)


def _with(earlier: Mapping[str, Any], row: MeasuredRow) -> dict[str, Any]:
    return with_measured(
        earlier,
        won=row.converted,
        worked=row.worked,
        minutes=row.p50,
        answers=row.answers,
        mark=row.mark,
        marks=row.marks,
    )
