"""The network in the graph store, kept equal to Postgres."""

from __future__ import annotations

from uuid import UUID

from domain.actor import Actor
from store.graph.network import Network
from store.graph.roster import Connection, ProducerNode
from store.uow import Database


class NetworkProjection:
    """Writes an agency's producers and connections into the graph whenever the roster is newer than the graph's."""

    def __init__(self, database: Database, network: Network) -> None:
        self._database = database
        self._network = network

    async def refresh(self, actor: Actor, *, anew: bool = False) -> bool:
        """Bring the graph up to date; True when it was rewritten. Raises Unavailable when the graph is away.

        ``anew`` removes what the graph shows of the agency first, whichever version it claims.
        """
        async with self._database.begin(actor) as uow:
            version = await uow.agencies.roster_version()
        if not anew and await self._network.roster_version(actor.agency_id) == version:
            return False
        version, people, links = await self._roster(actor)
        await self._network.prepare()
        if anew:
            await self._network.forget_agency(actor.agency_id)
        return await self._network.replace_agency(actor.agency_id, version, people, links)

    async def reconcile(self, actor: Actor) -> bool:
        """Write the graph anew where it shows anything else than Postgres holds; whether it did.

        The version is not asked: a graph that lost its data, or is of a later time than a restored database, lies about it.
        """
        _, people, links = await self._roster(actor)
        if await self._network.shows(actor.agency_id, people, links):
            return False
        return await self.refresh(actor, anew=True)

    async def _roster(self, actor: Actor) -> tuple[int, list[ProducerNode], list[Connection]]:
        async with self._database.begin(actor) as uow:
            version = await uow.agencies.roster_version()
            producers = await uow.agencies.producers()
            connections = await uow.agencies.connections()
        people = [ProducerNode(row.id, _uuid(row.profile.get("team_id"))) for row in producers]
        links = [Connection(row.from_id, row.to_id, row.kind, row.strength) for row in connections]
        return version, people, links


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
