"""The network in the graph store, kept equal to Postgres."""

from __future__ import annotations

from uuid import UUID

from domain.actor import Actor
from domain.network.exchange import Counted
from store.graph.network import Network
from store.graph.referrals import ReferralGraph
from store.graph.roster import Connection, ProducerNode
from store.uow import Database


class NetworkProjection:
    """Writes an agency's producers and connections into the graph whenever the roster is newer than the graph's, and likewise
    who referred how many leads to whom.
    """

    def __init__(self, database: Database, network: Network, referrals: ReferralGraph) -> None:
        self._database = database
        self._network = network
        self._referrals = referrals

    async def refresh(self, actor: Actor, *, anew: bool = False) -> bool:
        """Bring the graph up to date; True when it was rewritten. Raises Unavailable when the graph is away.

        ``anew`` removes what the graph shows of the agency first, whichever version it claims.
        """
        async with self._database.begin(actor) as uow:
            version, exchanged = await uow.agencies.roster_version(), await uow.effects.version()
        written = False
        if anew or await self._network.roster_version(actor.agency_id) != version:
            version, people, links = await self._roster(actor)
            await self._network.prepare()
            if anew:
                await self._network.forget_agency(actor.agency_id)
            written = await self._network.replace_agency(actor.agency_id, version, people, links)
        if exchanged and await self._referrals.version(actor.agency_id) != exchanged:
            exchanged, flows = await self._flows(actor)
            written = await self._referrals.replace(actor.agency_id, exchanged, flows) or written
        return written

    async def reconcile(self, actor: Actor) -> bool:
        """Write the graph anew where it shows anything else than Postgres holds; whether it did.

        The version is not asked: a graph that lost its data, or is of a later time than a restored database, lies about it.
        """
        _, people, links = await self._roster(actor)
        _, flows = await self._flows(actor)
        same = await self._network.shows(actor.agency_id, people, links)
        if same and await self._referrals.shows(actor.agency_id, flows):
            return False
        return await self.refresh(actor, anew=True)

    async def _flows(self, actor: Actor) -> tuple[int, dict[tuple[UUID, UUID], tuple[int, int]]]:
        async with self._database.begin(actor) as uow:
            version, exchanges = await uow.effects.version(), await uow.referrals.exchanges()
        found: dict[tuple[UUID, UUID], tuple[int, int]] = {}
        for cell, count in exchanges.items():
            sent, won = found.get((cell.from_id, cell.to_id), (0, 0))
            more = (count if cell.what is Counted.SENT else 0, count if cell.what is Counted.CONVERTED else 0)
            found[cell.from_id, cell.to_id] = (sent + more[0], won + more[1])
        return version, found

    async def _roster(self, actor: Actor) -> tuple[int, list[ProducerNode], list[Connection]]:
        async with self._database.begin(actor) as uow:
            version = await uow.agencies.roster_version()
            teams = await uow.agencies.teams()
            edges = await uow.connections.edges()
        people = [ProducerNode(who, team) for who, team in teams.items()]
        links = [Connection(*edge) for edge in edges]
        return version, people, links
