"""Referrals of one agency in the graph: who sent how many to whom, projected from Postgres, and who stands in a circle."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from store.graph.driver import GraphStore, Run
from store.graph.parts import BATCH, WHOLE, read_in_pages, write_in_parts
from store.graph.roster import Rows

Flows = Mapping[tuple[UUID, UUID], tuple[int, int]]
"""By (from, to) how many referrals were sent, and how many were won."""


class ReferralGraph:
    """The queries of referrals. Every one names the agency."""

    def __init__(self, graph: GraphStore) -> None:
        self._graph = graph

    async def replace(self, agency_id: UUID, version: int, flows: Flows) -> bool:
        """Make the graph show exactly these referrals between the producers whom it has; only what differs is written.

        One transaction; several beyond 100,000 rows, as for rosters. False when the graph already shows a later version, or
        another replacement began meanwhile.
        """
        agency = str(agency_id)
        if len(flows) > WHOLE:
            return await self._replace_in_parts(agency, version, flows)

        async def work(run: Run) -> bool:
            (claimed,) = await run("claim_flows", agency_id=agency)
            if claimed["network_version"] is not None and claimed["network_version"] > version:
                return False
            save, remove = _difference(flows, await run("flows", agency_id=agency))
            for name, rows in (("remove_flows", remove), ("save_flows", save)):
                for start in range(0, len(rows), BATCH):
                    await run(name, agency_id=agency, rows=rows[start : start + BATCH])
            await run("finish_flows", agency_id=agency, network_version=version)
            return True

        return await self._graph.write(work, rows=len(flows))

    async def _replace_in_parts(self, agency: str, version: int, flows: Flows) -> bool:
        async def claim(run: Run) -> int | None:
            (claimed,) = await run("claim_flows", agency_id=agency)
            if claimed["network_version"] is not None and claimed["network_version"] > version:
                return None
            await run("hold_flows", agency_id=agency)
            return int(claimed["replacements"])

        mine = await self._graph.write(claim)
        if mine is None:
            return False
        save, remove = _difference(flows, await read_in_pages(self._graph, agency, "flows_page"))
        steps, finish = (("remove_flows", remove), ("save_flows", save)), ("finish_flows", {"network_version": version})
        return await write_in_parts(self._graph, agency, mine, "hold_flows", steps, finish)

    async def shows(self, agency_id: UUID, flows: Flows) -> bool:
        """Whether the graph shows exactly these referrals, whatever version it claims."""
        save, remove = _difference(flows, await read_in_pages(self._graph, str(agency_id), "flows_page"))
        return not save and not remove

    async def version(self, agency_id: UUID) -> int | None:
        """The version that the graph shows, None when the agency's referrals were never projected."""

        async def work(run: Run) -> int | None:
            rows = await run("network_version", agency_id=str(agency_id))
            return rows[0]["network_version"] if rows else None

        return await self._graph.read(work)

    async def circles(self, agency_id: UUID, least: int, at_most: int = 200) -> list[tuple[UUID, UUID, UUID]]:
        """Three producers who each sent the next at least ``least`` referrals; each circle once."""

        async def work(run: Run) -> Rows:
            return await run("circles", agency_id=str(agency_id), least=least, at_most=at_most)

        return [(UUID(row["a"]), UUID(row["b"]), UUID(row["c"])) for row in await self._graph.read(work)]


def _difference(flows: Flows, present: Rows) -> tuple[Rows, Rows]:
    """Rows to write and rows to remove."""
    people = {row["id"] for row in present}
    held = {(row["id"], other): (sent, won) for row in present for other, sent, won in row["flows"]}
    wanted = {(str(one), str(other)): counts for (one, other), counts in flows.items()}
    save = [
        {"from_id": one, "to_id": other, "sent": sent, "won": won}
        for (one, other), (sent, won) in wanted.items()
        if held.get((one, other)) != (sent, won) and one in people and other in people
    ]
    return save, [{"from_id": one, "to_id": other} for one, other in held if (one, other) not in wanted]
