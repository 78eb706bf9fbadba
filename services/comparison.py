"""Projections beside what they are projections of: where they differ, the agency's part is made anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog

from domain.actor import Actor, system_actor
from kernel.errors import Unavailable
from kernel.telemetry.metrics import PROJECTIONS_COMPARED
from store.uow import Database

Reconcile = Callable[[Actor], Awaitable[object]]

_LOCK = "leadwright:comparison"
_log = structlog.get_logger("leadwright.services.comparison")


@dataclass(frozen=True, slots=True)
class Compared:
    """How many agencies were looked at, and what was made anew; ``leader`` is False when another process does it now."""

    leader: bool
    agencies: int = 0
    healed: tuple[tuple[UUID, str], ...] = ()


class ProjectionComparison:
    """Holds every agency's projections beside Postgres. One process at a time: whoever holds the lock.

    ``parts`` are what makes each projection right again where it is not, and says whether it had to.
    """

    def __init__(self, database: Database, parts: Mapping[str, Reconcile]) -> None:
        self._database = database
        self._parts = parts

    async def compare(self) -> Compared:
        """Compare every agency once and heal what differs. A store that is away leaves its part for the next time."""
        async with self._database.platform() as platform:
            # Held by this transaction; every other one here is short and of its own.
            if not await platform.lock_until_the_end(_LOCK):
                return Compared(leader=False)
            agencies = await platform.agencies()
            healed = []
            for agency_id in agencies:
                for what, reconcile in self._parts.items():
                    if await _compared(system_actor(agency_id, "comparison"), what, reconcile):
                        healed.append((agency_id, what))
        return Compared(leader=True, agencies=len(agencies), healed=tuple(healed))


async def _compared(actor: Actor, what: str, reconcile: Reconcile) -> bool:
    """Whether it differed, and was made anew."""
    try:
        differed = bool(await reconcile(actor))
    except Unavailable as problem:
        PROJECTIONS_COMPARED.labels(what, "away").inc()
        _log.warning("projection not compared", projection=what, agency=str(actor.agency_id), problem=problem.code)
        return False
    PROJECTIONS_COMPARED.labels(what, "differs" if differed else "same").inc()
    if differed:
        _log.warning(
            "projection differed from Postgres and was made anew", projection=what, agency=str(actor.agency_id)
        )
    return differed
