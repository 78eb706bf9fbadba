"""Agencies' networks as arrays, kept in memory until a connection changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from domain.network.web import Web
from store.uow import UnitOfWork

_KEPT = 64
_AT_ONCE = 20_000
"""Connections up to which a web is woven where it is asked for; larger ones in a thread, so that nobody else waits."""

_IN_PLACE = 2_000
"""People up to whom a web is walked where it is asked; a larger one in a thread, as well."""
_Asked = ParamSpec("_Asked")
_Found = TypeVar("_Found")


async def walked(
    web: Web, walk: Callable[Concatenate[Web, _Asked], _Found], *asked: _Asked.args, **named: _Asked.kwargs
) -> _Found:
    """What a walk over the web finds, here or, in a large one, in a thread."""
    if len(web) <= _IN_PLACE:
        return walk(web, *asked, **named)
    return await asyncio.to_thread(walk, web, *asked, **named)


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    mark: tuple[int, int]
    web: Web


class Webs:
    """One per process. Postgres says whether a network is another one, so processes need not tell each other.

    The roster's version grows with every change of a producer too; the connections themselves are marked, so that only a change
    of theirs costs the reading of them all.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[UUID, _Held] = OrderedDict()
        self._reading: dict[UUID, asyncio.Lock] = {}

    async def current(self, uow: UnitOfWork) -> Web:
        """The agency's network as it stands. Ask in a transaction that has changed nothing: what it holds is kept for others."""
        agency = uow.actor.agency_id
        version = await uow.agencies.roster_version()
        known = self._held.get(agency)
        if known is None or known.version != version:
            async with self._reading.setdefault(agency, asyncio.Lock()):
                known = self._held.get(agency)
                if known is None or known.version != version:
                    known = await self._read(uow, version, known)
                    self._held[agency] = known
        self._held.move_to_end(agency)
        while len(self._held) > _KEPT:
            gone, _ = self._held.popitem(last=False)
            self._reading.pop(gone, None)
        return known.web

    @staticmethod
    async def _read(uow: UnitOfWork, version: int, known: _Held | None) -> _Held:
        if known is not None and known.mark == await uow.connections.mark():
            return replace(known, version=version)
        mark, links = await uow.connections.links()
        web = Web(links) if mark[0] <= _AT_ONCE else await asyncio.to_thread(Web, links)
        return _Held(version, mark, web)
