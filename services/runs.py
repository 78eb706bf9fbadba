"""Graph runs as durable work: admission, lease, recovery, end. The row is the queue; no second one can disagree with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from domain.actor import system_actor
from domain.network.referrals import ReferralState
from domain.routing.offers import OfferState
from services.grouping import Grouped
from store.sql.repositories.platform import ClaimedRun
from store.sql.repositories.referrals import REFERRAL
from store.sql.repositories.runs import OFFER, EndedRun
from store.uow import Database, UnitOfWork

__all__ = ["OFFER", "REFERRAL", "RESCORE", "ClaimedRun", "RunService"]

RESCORE = "rescore"
"""The graph that scores an open lead anew when something was learnt about it after it was decided."""


class RunService:
    """What a worker needs. ``lease`` is how long a silent worker keeps its runs."""

    def __init__(self, database: Database, lease: timedelta) -> None:
        self.database = database
        self.lease = lease
        self.ending: Grouped[UUID, EndedRun, bool] = Grouped(self._end)

    async def claim(self, worker: str, at_most: int) -> list[ClaimedRun]:
        """Take queued runs, oldest first; each carries a token that only its newest holder has."""
        async with self.database.platform() as platform:
            return await platform.claim_runs(worker, at_most, self.lease)

    async def heartbeat(self, worker: str) -> int:
        """Prolong this worker's leases; returns how many runs it holds."""
        async with self.database.platform() as platform:
            return await platform.renew_runs(worker, self.lease)

    async def recover(self, *, everyone: bool = False) -> int:
        """Queue again what silent workers held; ``everyone`` at the start of the only process that can have workers."""
        async with self.database.platform() as platform:
            return await platform.requeue_silent_runs(everyone=everyone)

    async def finish(self, run: ClaimedRun, outcome: str, *, failed: bool = False) -> bool:
        """End the run; False when another worker has taken it over meanwhile."""
        ended = EndedRun(run.run_id, run.token, outcome, "failed" if failed else "done")
        return await self.ending.do(run.agency_id, ended)

    async def put_back(self, run: ClaimedRun, delay: timedelta, *, counts: bool) -> None:
        """Queue the run again after ``delay``; ``counts`` when it was an attempt that failed."""
        async with self.database.begin(system_actor(run.agency_id, "worker")) as uow:
            await uow.runs.put_back(run.run_id, run.token, delay, counts=counts)

    async def wait_for_answer(self, run: ClaimedRun, offer_id: UUID) -> None:
        """Let the run wait while the offer is open; one that was answered meanwhile goes on at once."""
        async with self.database.begin(system_actor(run.agency_id, "worker")) as uow:
            offer = await uow.offers.stands(offer_id)
            await _parked(uow, run, is_open=offer is not None and offer.state == OfferState.OFFERED)

    async def wait_for_referral(self, run: ClaimedRun, referral_id: UUID) -> None:
        """Let the run wait while the referral is open; one that was answered meanwhile goes on at once."""
        async with self.database.begin(system_actor(run.agency_id, "worker")) as uow:
            referral = await uow.referrals.stands(referral_id)
            await _parked(uow, run, is_open=referral is not None and referral.state == ReferralState.PENDING)

    async def _end(self, agency_id: UUID, ended: Sequence[EndedRun]) -> list[bool]:
        async with self.database.begin(system_actor(agency_id, "worker")) as uow:
            done = await uow.runs.finish(ended)
        return [one.run_id in done for one in ended]


async def _parked(uow: UnitOfWork, run: ClaimedRun, *, is_open: bool) -> None:
    if is_open:
        await uow.runs.park(run.run_id, run.token)
    else:
        await uow.runs.put_back(run.run_id, run.token, timedelta(0), counts=False)
