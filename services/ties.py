"""The agency's network as routing asks for it: from the web in memory, with those who work together from Postgres."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from domain.network.connections import Kind
from domain.network.web import Web
from services.network.webs import Webs, walked
from services.routing.relations import Tie
from store.uow import UnitOfWork

_TOGETHER = (Kind.PARTNERSHIP.value, Kind.MENTORSHIP.value)
"""Kinds of connections of those who work together; who only passes leads on does not."""


class TiesInWeb:
    """The same ties as the graph shows, of the connections as they stand."""

    def __init__(self, webs: Webs) -> None:
        self._webs = webs

    async def around(self, uow: UnitOfWork, origin: UUID, degrees: int) -> Mapping[UUID, Tie]:
        """Everybody within so many steps; two statements, and a third where a connection changed."""
        web = await self._webs.current(uow)
        together = await uow.connections.joined(origin, _TOGETHER)
        return await walked(web, _around, origin, degrees, together)


def _around(web: Web, origin: UUID, degrees: int, together: Collection[UUID]) -> dict[UUID, Tie]:
    ties = web.ties(origin, degrees)
    people = [web.person(place) for place in ties.places.tolist()]
    steps, strengths = ties.degrees.tolist(), ties.strengths.tolist()
    return {
        who: Tie(step, strength, together=step == 1 and who in together)
        for who, step, strength in zip(people, steps, strengths, strict=True)
    }
