"""What the broker network is measured against: one SQL statement over the same rows, and rustworkx over the same ties in memory.

Each answers as much as a plain solution would: no access rules, no gates, no consent, no rings and no households.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.network.exchange import HALF_LIFE

_SHOWN = 25
_TIED = """
  SELECT from_id AS one, to_id AS other, strength FROM producer_connection WHERE agency_id = :agency AND active
  UNION ALL
  SELECT to_id, from_id, strength FROM producer_connection WHERE agency_id = :agency AND active
"""
_REACH = text(f"""
WITH RECURSIVE tied AS NOT MATERIALIZED ({_TIED}), step (who, degrees) AS (
  SELECT CAST(:who AS uuid), 0
  UNION
  SELECT t.other, s.degrees + 1 FROM step s JOIN tied t ON t.one = s.who WHERE s.degrees < 3
)
SELECT degrees, count(*) FROM (SELECT who, min(degrees) AS degrees FROM step GROUP BY who) AS least
WHERE degrees > 0 GROUP BY degrees ORDER BY degrees
""")  # noqa: S608 - our words
_RECOMMEND = text(f"""
WITH tied AS NOT MATERIALIZED ({_TIED}),
first AS (SELECT other AS who, max(strength) AS strength FROM tied WHERE one = :who GROUP BY other),
second AS (
  SELECT t.other AS who, max(f.strength * t.strength) AS strength FROM first f JOIN tied t ON t.one = f.who GROUP BY t.other
), third AS (
  SELECT t.other AS who, max(s.strength * t.strength) AS strength FROM second s JOIN tied t ON t.one = s.who GROUP BY t.other
), near AS (
  SELECT DISTINCT ON (who) who, strength / 2 ^ (degrees - 1) AS tie
  FROM (SELECT who, strength, 1 AS degrees FROM first UNION ALL SELECT who, strength, 2 FROM second
        UNION ALL SELECT who, strength, 3 FROM third) AS every
  WHERE who <> :who ORDER BY who, degrees
), had AS (
  SELECT to_id, sum(worth) FILTER (WHERE what = 'accepted') AS accepted, sum(worth) FILTER (WHERE what = 'converted') AS converted
  FROM (SELECT to_id, what, count * {HALF_LIFE}.0 / ({HALF_LIFE} + :month - month) AS worth FROM broker_exchange
        WHERE agency_id = :agency) AS each GROUP BY to_id
)
SELECT n.who, 0.4 * n.tie + 0.35 * (coalesce(h.converted, 0) + 2) / (coalesce(h.accepted, 0) + 4)
       + 0.1 * CAST(e.tier IS DISTINCT FROM 'bronze' AS int) AS score
FROM near n JOIN producer p ON p.id = n.who AND p.active
LEFT JOIN had h ON h.to_id = n.who LEFT JOIN network_effect e ON e.producer_id = n.who
WHERE p.profile @> CAST(:licence AS jsonb) ORDER BY score DESC, n.who LIMIT {_SHOWN}
""")  # noqa: S608 - our words
_CARD = text(
    "SELECT score, tier, connected, counted_at FROM network_effect WHERE producer_id = :who AND agency_id = :agency"
)
_RECOUNT = text(f"""
WITH tied AS NOT MATERIALIZED ({_TIED}),
people AS (SELECT one AS who, count(DISTINCT other) AS connected FROM tied GROUP BY one),
flow AS (
  SELECT from_id, to_id, what, sum(count * {HALF_LIFE}.0 / ({HALF_LIFE} + :month - month)) AS worth
  FROM broker_exchange WHERE agency_id = :agency GROUP BY from_id, to_id, what
), side AS (
  SELECT from_id AS who, to_id AS other, what, worth, 0 AS back FROM flow
  UNION ALL SELECT to_id, from_id, what, worth, 1 FROM flow
), pair AS (
  SELECT who, other, coalesce(sum(worth) FILTER (WHERE what = 'accepted'), 0) AS accepted,
    coalesce(sum(worth) FILTER (WHERE what = 'converted' AND back = 0), 0) AS out,
    coalesce(sum(worth) FILTER (WHERE what = 'converted' AND back = 1), 0) AS back
  FROM side GROUP BY who, other
), gives AS (
  SELECT who, sum(least(25, (least(5, accepted) + 4 * (out + back))
                            * (1 + CASE WHEN greatest(out, back) > 0 THEN least(out, back) / greatest(out, back) / 2 ELSE 0 END)))
    AS points FROM pair GROUP BY who
)
SELECT p.id, least(20, 0.25 * coalesce(people.connected, 0)) + coalesce(gives.points, 0)
FROM producer p LEFT JOIN people ON people.who = p.id LEFT JOIN gives ON gives.who = p.id WHERE p.agency_id = :agency
""")  # noqa: S608 - our words


class PlainSql:
    """Each question as one statement on one connection."""

    def __init__(self, connection: AsyncConnection, agency: UUID, month: int, state: str) -> None:
        self._connection = connection
        self._agency = agency
        self._month = month
        self._licence = f'{{"licences": [{{"state": "{state}", "status": "active"}}]}}'

    async def reach(self, who: UUID) -> list[int]:
        """People at one, two and three steps."""
        rows = await self._all(_REACH, who=who)
        return [int(count) for _, count in rows]

    async def recommend(self, who: UUID) -> int:
        """How many were found of the best."""
        return len(await self._all(_RECOMMEND, who=who, month=self._month, licence=self._licence))

    async def card(self, who: UUID) -> int:
        """The row of a standing."""
        return len(await self._all(_CARD, who=who))

    async def recount(self) -> int:
        """Everybody's score, rings and households aside; how many."""
        return len(await self._all(_RECOUNT, month=self._month))

    async def _all(self, query: Any, **given: Any) -> Sequence[Any]:
        return (await self._connection.execute(query, {"agency": self._agency, **given})).all()


class InRustworkx:
    """The same ties as a graph of rustworkx in this process."""

    def __init__(self, rustworkx: Any, ids: Sequence[UUID], ties: Sequence[tuple[int, int]], strength: float) -> None:
        self._graph = rustworkx.PyGraph(multigraph=False)
        self._graph.add_nodes_from(list(ids))
        self._graph.add_edges_from([(one, other, strength) for one, other in ties])
        self._place = {who: place for place, who in enumerate(ids)}
        self._rustworkx = rustworkx

    def reach(self, who: UUID) -> list[int]:
        """People at one, two and three steps."""
        start = self._place[who]
        seen, edge, found = {start}, {start}, []
        for _ in range(3):
            edge = {other for one in edge for other in self._graph.neighbors(one)} - seen
            seen |= edge
            found.append(len(edge))
        return found

    def recommend(self, who: UUID, records: Mapping[UUID, float]) -> int:
        """The best by the strongest way of the least length and a ready record of each."""
        start = self._place[who]
        seen, edge = {start}, {start: 1.0}
        scored: list[tuple[float, int]] = []
        for halved in (1.0, 0.5, 0.25):
            beyond: dict[int, float] = {}
            for one, strength in edge.items():
                for other, tie in self._graph.adj(one).items():
                    if other not in seen:
                        beyond[other] = max(beyond.get(other, 0.0), strength * tie)
            seen |= beyond.keys()
            scored += [(0.4 * halved * worth + records.get(self._graph[at], 0.0), at) for at, worth in beyond.items()]
            edge = beyond
        return len(sorted(scored, reverse=True)[:_SHOWN])

    def recount(self, ways: Sequence[tuple[int, int]]) -> int:
        """Everybody's number of people, and the strongly connected parts of who referred to whom."""
        degrees = [self._graph.degree(place) for place in range(len(self._place))]
        sent = self._rustworkx.PyDiGraph()
        sent.add_nodes_from(range(len(degrees)))
        sent.add_edges_from_no_data(list(ways))
        return len(self._rustworkx.strongly_connected_components(sent))


def rustworkx_or_none() -> Any:
    """The library where it is installed: it is measured against, and nothing else needs it."""
    try:
        return import_module("rustworkx")
    except ModuleNotFoundError:
        return None
