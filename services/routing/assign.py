"""Giving a lead to a producer: claimed in the order of the ranking, capacity counted under the producer's lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actor import Actor, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import IN_PROGRESS, Happening, Status
from domain.routing.facts import LeadFacts, ProducerFacts, ProducerLoad
from domain.routing.gates import BY_PERSON, Standing, first_failure
from domain.routing.receipt import ClaimRefused, Receipt, with_refusals
from domain.routing.tables import Tables
from kernel.clock import now
from kernel.errors import Conflict
from kernel.ids import derived_id, new_id
from kernel.telemetry.metrics import CLAIMS_REFUSED
from services.lead_view import LeadView, require_version, view_of
from services.routing.memory import counted, renewed, took_turn
from services.routing.ranking import Ranked, Ranking
from services.routing.roster import AgencyRoster, Rosters, load_of
from store.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Claimed:
    """How a run's claim ended: ``assigned`` or ``queued``, to whom, and the receipt's code."""

    outcome: str
    producer_id: UUID | None
    receipt_id: UUID


class _Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Assignments:
    """Claims by the pipeline and assignments by a person."""

    def __init__(self, database: Database, ranking: Ranking, rosters: Rosters) -> None:
        self._database = database
        self._ranking = ranking
        self._rosters = rosters
        self._kept: set[str] = set()

    async def claim(self, actor: Actor, run_id: UUID, lead_id: UUID, hold: str | None) -> Claimed:
        """Claim for the run, once: a repeated call finds the receipt of the first and changes nothing."""
        ranked = self._ranking.ready(run_id)
        if ranked is None:  # after a crash: perhaps the claim was made, and only its checkpoint was lost
            async with self._database.begin(actor) as uow:
                done = await uow.routing.receipt_of_run(run_id)
            if done is not None:
                return Claimed(str(done.outcome), done.producer_id, done.id)
            ranked = await self._ranking.rank(actor, run_id, lead_id, hold)
        async with self._database.begin(actor) as uow:
            lead = await uow.history.locked(lead_id)
            done = await uow.routing.receipt_of_run(run_id)
            if done is not None:
                return Claimed(str(done.outcome), done.producer_id, done.id)
            if Status(lead.status) not in IN_PROGRESS:
                # A person was quicker; the lead is theirs, and the run has nothing left to do.
                return Claimed(lead.status, lead.producer_id, derived_id("receipt", run_id))
            claimed = await self._claim(uow, run_id, lead_id, ranked)
        # Only what is committed counts as kept; the set may grow by a few digests with each change of a profile.
        self._kept.update(one.profile for one in ranked.receipt.candidates)
        return claimed

    async def assign(self, actor: Actor, lead_id: UUID, producer_id: UUID, *, expected: int | None) -> LeadView:
        """A person gives the lead to a producer, who must pass every gate but schedule and decline.

        Raises Conflict naming the gate that refuses, Stale for an old version, NotFound for another agency's records.
        """
        actor.require(Scope.ROUTING_WRITE)
        async with self._database.begin(actor) as uow:
            lead = await uow.history.locked(lead_id)
            require_version(lead, expected)
            moment = now()
            roster = await self._rosters.current(uow)
            facts = self._ranking.lead_facts(lead, roster, None)
            failed = await _refusal(uow, producer_id, facts, moment, roster.tables(moment), roster, by_person=True)
            if failed is not None:
                raise Conflict(f"this producer may not have the lead: {failed}", code=failed)
            await uow.routing.release(lead_id, moment)
            key = f"person:{new_id()}"
            await _give(uow, lead_id, producer_id, key, None, moment)
            data = {"producer_id": str(producer_id)}
            recorded = await uow.history.append(lead_id, key, LeadEvent(Happening.ASSIGNED, moment, data))
            await uow.audit.note("lead.assign", "lead", lead_id, producer_id=str(producer_id))
            return view_of(lead_id, recorded.state)

    async def _claim(self, uow: UnitOfWork, run_id: UUID, lead_id: UUID, ranked: Ranked) -> Claimed:
        receipt, turn = await renewed(uow, ranked.receipt, ranked.roster, ranked.turns)
        refused, winner = [], None
        receipt_id, moment = derived_id("receipt", run_id), now()
        for placed in receipt.ranking.order:
            try:
                async with uow.session.begin_nested():
                    code = await _refusal(
                        uow, placed.producer_id, receipt.lead, moment, receipt.tables, ranked.roster, by_person=False
                    )
                    code = code or await counted(uow, receipt, ranked.roster.profiles[placed.producer_id])
                    if code is not None:
                        raise _Refused(code)
            except _Refused as problem:
                CLAIMS_REFUSED.labels(problem.code).inc()
                refused.append(ClaimRefused(placed.producer_id, problem.code, moment))
                continue
            winner = placed.producer_id
            break
        final = with_refusals(receipt, refused)
        assert final.outcome.producer_id == winner, "the receipt must name whoever was claimed"
        await took_turn(uow, final, turn)
        await self._write(uow, run_id, receipt_id, lead_id, final, ranked, moment)
        return Claimed("assigned" if winner else "queued", winner, receipt_id)

    async def _write(
        self,
        uow: UnitOfWork,
        run_id: UUID,
        receipt_id: UUID,
        lead_id: UUID,
        final: Receipt,
        ranked: Ranked,
        at: datetime,
    ) -> None:
        winner = final.outcome.producer_id
        body = final.as_dict()
        named = {one.profile for one in final.candidates} - self._kept
        await uow.routing.keep_profiles({key: ranked.roster.bodies[key] for key in named})
        await uow.routing.save_receipt({
            "id": receipt_id, "lead_id": lead_id, "run_id": run_id, "producer_id": winner,
            "outcome": "assigned" if winner else "queued", "body": body, "digest": body["digest"], "at": at,
        })  # fmt: skip
        key, data = f"{run_id}:end", {"receipt_id": str(receipt_id)}
        if winner is None:
            data["reason"] = final.outcome.code
            await uow.history.append(lead_id, key, LeadEvent(Happening.QUEUED, at, data))
            return
        await _give(uow, lead_id, winner, key, receipt_id, at)
        data["producer_id"] = str(winner)
        await uow.history.append(lead_id, key, LeadEvent(Happening.ASSIGNED, at, data))


async def _refusal(
    uow: UnitOfWork,
    producer_id: UUID,
    lead: LeadFacts,
    at: datetime,
    tables: Tables,
    roster: AgencyRoster,
    *,
    by_person: bool,
) -> str | None:
    """The code of the gate that refuses the producer as they stand under their lock, or None (DOMAIN T8)."""
    row = await uow.routing.lock_producer(producer_id)
    loads = await uow.routing.loads(at, [producer_id])
    load = load_of(loads[producer_id]) if producer_id in loads else ProducerLoad()
    facts = ProducerFacts(roster.profile(row), load)
    failed = first_failure(lead, Standing(facts, at, tables), skip=BY_PERSON if by_person else frozenset())
    return failed.code if failed else None


async def _give(
    uow: UnitOfWork, lead_id: UUID, producer_id: UUID, key: str, receipt_id: UUID | None, at: datetime
) -> None:
    await uow.routing.assign({
        "id": derived_id("assignment", lead_id, key), "lead_id": lead_id, "producer_id": producer_id, "key": key,
        "receipt_id": receipt_id, "assigned_at": at, "released_at": None, "by": uow.actor.subject,
    })  # fmt: skip
