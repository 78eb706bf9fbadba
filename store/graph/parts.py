"""What is too large for one transaction of an embedded graph: written in several, by one writer at a time."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from kernel.slices import slices
from store.graph.driver import GraphStore, Run
from store.graph.roster import Rows

WHOLE = 100_000
"""Rows that are written in one transaction; with several times as many an embedded graph ran out of memory and ended."""
BATCH = 1000
"""Rows in one statement."""
_PART, _PAGE = 20_000, 2_000


class _OvertakenError(Exception):
    """Another replacement began; what it writes counts, and the transaction is taken back."""


async def write_in_parts(
    graph: GraphStore,
    agency: str,
    mine: int,
    hold: str,
    steps: Iterable[tuple[str, Rows]],
    finish: tuple[str, dict[str, Any]],
) -> bool:
    """Run each step's query over its rows, then ``finish`` (a query and what it is given). Every transaction runs ``hold`` first,
    which writes to the agency's node and tells how many replacements began: False, with the rest left out, once that is
    no longer ``mine``. A crash leaves some of it under no version, so that it is written anew.
    """

    async def one(run: Run, *, work: list[tuple[str, dict[str, Any]]]) -> None:
        (held,) = await run(hold, agency_id=agency)
        if held["replacements"] != mine:
            raise _OvertakenError
        for name, given in work:
            await run(name, agency_id=agency, **given)

    try:
        for name, rows in steps:
            for part in slices(rows, _PART):
                work = [(name, {"rows": batch}) for batch in slices(part, BATCH)]
                await graph.write(partial(one, work=work), rows=len(part))
        await graph.write(partial(one, work=[finish]))
    except _OvertakenError:
        return False
    return True


async def read_in_pages(graph: GraphStore, agency: str, query: str) -> Rows:
    """Every row of a query that takes ``after`` and ``at_most`` and orders by ``id``."""
    rows: Rows = []
    while True:
        after = rows[-1]["id"] if rows else ""

        async def read(run: Run, after: str = after) -> Rows:
            return await run(query, agency_id=agency, after=after, at_most=_PAGE)

        page = await graph.read(read)
        rows += page
        if len(page) < _PAGE:
            return rows
