"""The panels by which leads are ranked: kept in memory, and brought up to date by what changed since the last lead."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain.routing.facts import ProducerLoad
from domain.routing.panel import Panel
from domain.routing.tables import Tables
from kernel.clock import now
from services.routing.roster import AgencyRoster, load_of
from store.uow import UnitOfWork

_KEPT = 64
_COUNT_ALL_AFTER = timedelta(hours=12)
_REMEMBERED = 2 * _COUNT_ALL_AFTER
"""Changes older than this are forgotten: every reader counts all anew before."""
LARGE = 2000
"""From so many producers on a panel is worked in a thread."""


@dataclass(slots=True)
class _Held:
    roster: AgencyRoster
    tables: Tables
    panel: Panel
    changes_from: int
    counted_at: datetime


@dataclass(slots=True)
class _Place:
    """An agency's panel, for one lead at a time."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    held: _Held | None = None


class Panels:
    """One per process. Postgres says which loads changed, so processes need not tell each other."""

    def __init__(self) -> None:
        self._places: OrderedDict[UUID, _Place] = OrderedDict()

    @asynccontextmanager
    async def current(self, uow: UnitOfWork, roster: AgencyRoster) -> AsyncIterator[Panel]:
        """The agency's panel as of now, for this lead alone until the block is left."""
        place = self._places.setdefault(uow.actor.agency_id, _Place())
        self._places.move_to_end(uow.actor.agency_id)
        while len(self._places) > _KEPT:
            self._places.popitem(last=False)
        async with place.lock:
            try:
                yield await self._advanced(place, uow, roster)
            except BaseException:
                place.held = None  # perhaps left half advanced
                raise

    async def _advanced(self, place: _Place, uow: UnitOfWork, roster: AgencyRoster) -> Panel:
        as_of, held = now(), place.held
        tables = roster.tables(as_of)
        stands = held is not None and held.roster.profiles is roster.profiles and held.tables is tables
        if held is None or not stands or as_of - held.counted_at > _COUNT_ALL_AFTER:
            await uow.routing.forget_load_changes(as_of - _REMEMBERED)
            _, changes_from = await uow.routing.load_changes(
                2**62
            )  # before counting: what changes meanwhile is counted again
            loads = {who: load_of(counts) for who, counts in (await uow.routing.loads(as_of)).items()}
            panel = await asyncio.to_thread(_built, roster, tables, as_of, loads)
            place.held = _Held(roster, tables, panel, changes_from, as_of)
            return panel
        changed, changes_from = await uow.routing.load_changes(held.changes_from)
        asked = {*changed, *held.panel.behind(as_of)}
        counts = await uow.routing.loads(as_of, sorted(asked)) if asked else {}
        fresh = {who: load_of(counts[who]) if who in counts else ProducerLoad() for who in asked}
        if len(roster.profiles) < LARGE:
            held.panel.advance(as_of, fresh)
        else:
            await asyncio.to_thread(held.panel.advance, as_of, fresh)
        held.changes_from = changes_from
        return held.panel


def _built(roster: AgencyRoster, tables: Tables, as_of: datetime, loads: dict[UUID, ProducerLoad]) -> Panel:
    panel = Panel(roster.profiles.values(), tables)
    panel.advance(as_of, loads)
    return panel
