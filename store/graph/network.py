"""The broker network of one agency: projected from Postgres, asked for standing, ties and reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from uuid import UUID

from kernel.errors import Invalid
from store.graph.driver import GraphStore, Run
from store.graph.parts import BATCH, WHOLE, read_in_pages, write_in_parts
from store.graph.roster import Connection, ProducerNode, Rows, checked, difference

_FURTHEST = 6  # past this everybody knows everybody, and a tie says nothing


@dataclass(frozen=True, slots=True)
class NetworkStanding:
    """How well connected a producer is: ``degree`` counts distinct people, not connections.

    ``strength`` is the mean, over those people, of the strongest connection with each; None when there is nobody.
    """

    degree: int
    strength: float | None
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tie:
    """How near another producer is. ``degrees`` is the length of the shortest way, whatever its direction.

    ``strength`` is the greatest product of strengths over the ways of that length, each step counting its strongest
    connection; a longer way never replaces a shorter one, however strong. ``kinds`` are those met on that way.
    """

    degrees: int
    strength: float
    kinds: frozenset[str]


class Network:
    """The network queries. Every one names the agency, and none sees another's nodes."""

    def __init__(self, graph: GraphStore) -> None:
        self._graph = graph

    async def prepare(self) -> None:
        """Create constraints and indexes that are missing; call once when a process starts."""
        await self._graph.ensure_schema()

    async def replace_agency(
        self, agency_id: UUID, roster_version: int, producers: Sequence[ProducerNode], connections: Sequence[Connection]
    ) -> bool:
        """Make the graph show exactly this roster; only what differs is written.

        One transaction: a crash leaves the old roster or the new one, never a mixture, and running it again ends the same.
        (A question asked in that very moment may see some of each; neither database promises more.) Beyond 100,000 rows there
        are several (:mod:`store.graph.parts`), and until the last the graph shows no version. False when it already shows a
        later version, or another replacement began meanwhile. Raises Invalid when a connection names an unknown producer,
        Unavailable when the graph does not take it.
        """
        checked(producers, connections)
        agency = str(agency_id)
        if len(producers) + len(connections) > WHOLE:
            return await self._replace_in_parts(agency, roster_version, producers, connections)

        async def work(run: Run) -> bool:
            if await _claimed(run, agency, roster_version) is None:
                return False
            change = difference(producers, connections, await run("roster", agency_id=agency))
            # Saving connections comes after their producers, removing producers after connections between those who stay.
            for name in (
                "remove_connections",
                "remove_producers",
                "save_producers",
                "add_connections",
                "save_connections",
            ):
                rows: Rows = getattr(change, name)
                for start in range(0, len(rows), BATCH):
                    await run(name, agency_id=agency, rows=rows[start : start + BATCH])
            await run("finish_agency", agency_id=agency, roster_version=roster_version)
            return True

        return await self._graph.write(work, rows=len(producers) + len(connections))

    async def _replace_in_parts(
        self, agency: str, version: int, producers: Sequence[ProducerNode], connections: Sequence[Connection]
    ) -> bool:
        async def claim(run: Run) -> int | None:
            mine = await _claimed(run, agency, version)
            if mine is not None:
                await run("hold_agency", agency_id=agency)
            return mine

        mine = await self._graph.write(claim)
        if mine is None:
            return False
        present = await read_in_pages(self._graph, agency, "roster_page")
        change = difference(producers, connections, present)
        steps = [
            ("remove_connections", change.remove_connections), ("remove_producers", change.remove_producers),
            ("save_producers", change.save_producers),
            ("merge_connections", [*change.add_connections, *change.save_connections]),
        ]  # fmt: skip
        finish = ("finish_agency", {"roster_version": version})
        return await write_in_parts(self._graph, agency, mine, "hold_agency", steps, finish)

    async def forget_agency(self, agency_id: UUID) -> None:
        """Remove everything of the agency, its version too, so that any version may be projected next."""
        agency = str(agency_id)

        async def work(run: Run) -> None:
            await run("remove_roster", agency_id=agency)
            await run("remove_agency", agency_id=agency)

        await self._graph.write(work)

    async def shows(
        self, agency_id: UUID, producers: Sequence[ProducerNode], connections: Sequence[Connection]
    ) -> bool:
        """Whether the graph shows exactly this roster, whatever version it claims."""
        change = difference(producers, connections, await read_in_pages(self._graph, str(agency_id), "roster_page"))
        return not (
            change.save_producers
            or change.add_connections
            or change.save_connections
            or change.remove_producers
            or change.remove_connections
        )

    async def roster_version(self, agency_id: UUID) -> int | None:
        """The version that the graph shows, None when the agency was never projected."""

        async def work(run: Run) -> int | None:
            rows = await run("roster_version", agency_id=str(agency_id))
            return rows[0]["roster_version"] if rows else None

        return await self._graph.read(work)

    async def standing(self, agency_id: UUID) -> dict[UUID, NetworkStanding]:
        """Every producer of the agency, those without a connection too."""

        async def work(run: Run) -> Rows:
            return await run("roster", agency_id=str(agency_id))

        return _standing(await self._graph.read(work))

    async def ties_from(self, agency_id: UUID, producer_id: UUID, max_degrees: int = 3) -> dict[UUID, Tie]:
        """Everybody within ``max_degrees`` (1 to 6) of the producer, once, at the least distance, without the producer.

        One question a degree: asking for all ways at once would grow with their number, which one well-connected person
        multiplies, where this grows with the number of connections. Empty for a producer whom the agency does not have.
        """
        _require_degrees(max_degrees)

        async def work(run: Run) -> dict[UUID, Tie]:
            start = str(producer_id)
            found: dict[str, Tie] = {}
            edge = {start: Tie(0, 1.0, frozenset())}
            for degrees in range(1, max_degrees + 1):
                rows = await run("neighbours", agency_id=str(agency_id), ids=list(edge))
                edge = _next_degree(degrees, rows, edge, known=found.keys() | {start})
                found |= edge
                if not edge:
                    break
            return {UUID(other): tie for other, tie in found.items()}

        return await self._graph.read(work)

    async def reach(self, agency_id: UUID, producer_id: UUID, max_degrees: int = 3) -> dict[int, int]:
        """How many distinct people stand at each degree, 1 to ``max_degrees``; their sum is the reach."""
        counted = Counter((await self.distances(agency_id, producer_id, max_degrees)).values())
        return {degrees: counted[degrees] for degrees in range(1, max_degrees + 1)}

    async def distances(self, agency_id: UUID, producer_id: UUID, max_degrees: int = 3) -> dict[UUID, int]:
        """How many steps away everybody within ``max_degrees`` is, without the producer.

        Like :meth:`ties_from` without strengths: the database answers with people instead of pairs, which are many more.
        """
        _require_degrees(max_degrees)

        async def work(run: Run) -> dict[UUID, int]:
            start = str(producer_id)
            found: dict[str, int] = {}
            edge = [start]
            for degrees in range(1, max_degrees + 1):
                rows = await run("reached", agency_id=str(agency_id), ids=edge)
                edge = [row["id"] for row in rows if row["id"] not in found and row["id"] != start]
                found |= dict.fromkeys(edge, degrees)
                if not edge:
                    break
            return {UUID(other): degrees for other, degrees in found.items()}

        return await self._graph.read(work)

    async def strangers(self, agency_id: UUID, producer_id: UUID, at_most: int = 20) -> list[tuple[UUID, int]]:
        """People whom the producer does not know, and how many know both; those with most first."""

        async def work(run: Run) -> Rows:
            return await run("strangers", agency_id=str(agency_id), id=str(producer_id), at_most=at_most)

        return [(UUID(row["id"]), row["shared"]) for row in await self._graph.read(work)]


async def _claimed(run: Run, agency: str, version: int) -> int | None:
    """The number of this replacement; None where the graph shows a later version. The agency's node is held until the end."""
    (claimed,) = await run("claim_agency", agency_id=agency)
    shown = claimed["roster_version"]
    return None if shown is not None and shown > version else int(claimed["replacements"])


def _require_degrees(max_degrees: int) -> None:
    if not 1 <= max_degrees <= _FURTHEST:
        raise Invalid(f"max_degrees {max_degrees} is not possible; give 1 to {_FURTHEST}")


def _standing(rows: Rows) -> dict[UUID, NetworkStanding]:
    """Standing from the rows of ``roster``: of each pair of people the strongest connection, and of each person all kinds."""
    strongest: dict[str, dict[str, float]] = {row["id"]: {} for row in rows}
    kinds: dict[str, set[str]] = {row["id"]: set() for row in rows}
    for row in rows:
        for other, kind, strength in row["links"]:
            for one, two in ((row["id"], other), (other, row["id"])):
                if one in strongest:  # not so where a producer was removed while the rows were read
                    strongest[one][two] = max(strength, strongest[one].get(two, 0.0))
                    kinds[one].add(kind)
    return {
        UUID(one): NetworkStanding(len(people), fmean(people.values()) if people else None, frozenset(kinds[one]))
        for one, people in strongest.items()
    }


def _next_degree(degrees: int, rows: Rows, edge: dict[str, Tie], known: set[str]) -> dict[str, Tie]:
    """The people one step past ``edge``. Of several ways to one person the strongest stands; equal ones join their kinds."""
    beyond: dict[str, Tie] = {}
    for row in rows:
        other, before = row["other_id"], edge[row["id"]]
        if other in known:
            continue
        way = Tie(degrees, before.strength * row["strength"], before.kinds.union(row["kinds"]))
        present = beyond.get(other)
        if present is None or way.strength > present.strength:
            beyond[other] = way
        elif way.strength == present.strength:
            beyond[other] = Tie(degrees, way.strength, way.kinds | present.kinds)
    return beyond
