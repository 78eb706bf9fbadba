"""Giving a lead to a producer: claimed in the order of the ranking, capacity counted under the producer's lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actor import Actor, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import IN_PROGRESS, Happening, Status
from domain.routing.gates import BY_PERSON
from domain.routing.offers import OfferState
from domain.routing.receipt import ClaimRefused, Receipt, with_refusals
from domain.routing.rules.rule import Do
from kernel.clock import now
from kernel.errors import Conflict
from kernel.ids import derived_id, new_id
from kernel.telemetry.metrics import CLAIMS_REFUSED
from services.lead_view import LeadView, require_version, view_of
from services.routing.giving import Gift, Giving, refusal
from services.routing.hours import AnyHour, ContactHours, OfferClock
from services.routing.memory import counted, renewed, took_turn
from services.routing.ranking import Ranked, Ranking
from services.routing.roster import AgencyRoster, Rosters
from store.sql.models import LeadRow, ReceiptRow
from store.sql.repositories.history import Rows
from store.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Claimed:
    """How a run's claim ended: ``assigned``, ``offered`` or ``queued``, to whom, and the receipt's id."""

    outcome: str
    producer_id: UUID | None
    receipt_id: UUID


@dataclass(frozen=True, slots=True)
class Tried:
    """How trying a queued lead ended: ``assigned`` or ``offered`` and to whom, ``left`` in the queue with the code that says why,
    or ``moved`` where it was queued no longer.
    """

    outcome: str
    producer_id: UUID | None = None
    code: str | None = None


class _Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Assignments:
    """Claims by the pipeline and out of the queue, and assignments by a person."""

    def __init__(
        self, database: Database, ranking: Ranking, rosters: Rosters, hours: ContactHours | None = None
    ) -> None:
        self._database = database
        self._ranking = ranking
        self._rosters = rosters
        self.giving = Giving(OfferClock(hours or AnyHour()))
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
        try:
            return await self._claimed(actor, run_id, lead_id, ranked, first_only=True)
        except _Refused:
            return await self._claimed(actor, run_id, lead_id, ranked, first_only=False)

    async def _claimed(self, actor: Actor, run_id: UUID, lead_id: UUID, ranked: Ranked, *, first_only: bool) -> Claimed:
        """The claim in one transaction. With ``first_only`` no savepoint is spent on a refusal that hardly ever comes: it is
        raised, and nothing has happened.
        """
        async with self._database.begin(actor) as uow:
            lead = await uow.history.locked(lead_id)
            done = await uow.routing.receipt_of_run(run_id)
            if done is not None:
                return Claimed(str(done.outcome), done.producer_id, done.id)
            if Status(lead.status) not in IN_PROGRESS:
                # A person was quicker; the lead is theirs, and the run has nothing left to do.
                return Claimed(lead.status, lead.producer_id, derived_id("receipt", run_id))
            final, moment = await (self._first if first_only else self._winner)(uow, ranked)
            outcome = await self._write(uow, run_id, lead, final, ranked, moment)
            claimed = Claimed(outcome, final.outcome.producer_id, derived_id("receipt", run_id))
        self._remember(ranked)
        return claimed

    async def try_queued(self, actor: Actor, lead_id: UUID, *, reasons: tuple[str, ...] | None = None) -> Tried:
        """Give a queued lead to the best producer who may have it; it stays as it is where there is none.

        Only one that is queued for one of the ``reasons``, where they are given. Once for each version of the lead, so that of
        several who try one succeeds.
        """
        async with self._database.begin(actor) as uow:
            seen = await uow.leads.one(lead_id)
        if not _queued_for(seen, reasons):
            return Tried("moved", seen.producer_id, seen.status)
        run_id = derived_id("queue", lead_id, seen.version)
        ranked = await self._ranking.rank(actor, run_id, lead_id, "do_not_call" if seen.do_not_call else None)
        self._ranking.ready(run_id)
        if not ranked.receipt.ranking.order:
            return Tried("left", None, ranked.receipt.ranking.code)
        async with self._database.begin(actor) as uow:
            lead = await uow.history.locked(lead_id)
            if lead.version != seen.version:
                return Tried("moved", lead.producer_id, lead.status)
            final, moment = await self._winner(uow, ranked)
            if final.outcome.producer_id is None:
                return Tried("left", None, final.outcome.code)
            await uow.routing.release(lead_id, moment, OfferState.REASSIGNED)
            outcome = await self._write(uow, run_id, lead, final, ranked, moment)
        self._remember(ranked)
        return Tried(outcome, final.outcome.producer_id)

    async def assign(self, actor: Actor, lead_id: UUID, producer_id: UUID, *, expected: int | None) -> LeadView:
        """A person gives the lead to a producer, who must pass every gate but schedule and decline, and is not asked.

        Raises Conflict naming the gate that refuses, Stale for an old version, NotFound for another agency's records.
        """
        actor.require(Scope.ROUTING_WRITE)
        async with self._database.begin(actor) as uow:
            lead = await uow.history.locked(lead_id)
            require_version(lead, expected)
            moment = now()
            roster = await self._rosters.current(uow)
            facts = self._ranking.lead_facts(lead, roster, None)
            failed = await refusal(uow, producer_id, facts, moment, roster.tables(moment), roster, skip=BY_PERSON)
            if failed is not None:
                raise Conflict(f"this producer may not have the lead: {failed}", code=failed)
            await uow.routing.release(lead_id, moment, OfferState.REASSIGNED)
            gift = Gift(lead, producer_id, f"person:{new_id()}", None, moment)
            state = await self.giving.assigned(uow, gift, roster)
            await uow.audit.note("lead.assign", "lead", lead_id, producer_id=str(producer_id))
            return view_of(lead_id, state)

    async def _first(self, uow: UnitOfWork, ranked: Ranked) -> tuple[Receipt, datetime]:
        """The receipt that names the first of the order, held under their lock; raises _Refused where they may not have it."""
        if any(rule.do is Do.SHARE for rule in ranked.receipt.terms.rules):
            return await self._winner(uow, ranked)
        receipt, turn = await renewed(uow, ranked.receipt, ranked.roster, ranked.turns)
        moment = now()
        if receipt.ranking.order:
            await self._take(uow, receipt, receipt.ranking.order[0].producer_id, moment, ranked.roster)
        final = with_refusals(receipt, ())
        await took_turn(uow, final, turn)
        return final, moment

    @staticmethod
    async def _take(uow: UnitOfWork, receipt: Receipt, producer_id: UUID, at: datetime, roster: AgencyRoster) -> None:
        """Hold the producer, ask every gate again and count the caps; raises _Refused."""
        code = await refusal(uow, producer_id, receipt.lead, at, receipt.tables, roster)
        code = code or await counted(uow, receipt, roster.profiles[producer_id])
        if code is not None:
            raise _Refused(code)

    async def _winner(self, uow: UnitOfWork, ranked: Ranked) -> tuple[Receipt, datetime]:
        """The receipt with the claims that were refused; who it names is held under their lock."""
        if any(rule.do is Do.SHARE for rule in ranked.receipt.terms.rules):
            await uow.distribution.among_claims(alone=ranked.receipt.ranking.share is not None)
        receipt, turn = await renewed(uow, ranked.receipt, ranked.roster, ranked.turns)
        share, moment = receipt.ranking.share, now()
        refused: list[ClaimRefused] = []
        asked: list[UUID] = []
        for placed in receipt.ranking.order:
            if share is not None and not share.beside(placed.producer_id, asked):
                continue
            try:
                async with uow.session.begin_nested():
                    await self._take(uow, receipt, placed.producer_id, moment, ranked.roster)
            except _Refused as problem:
                CLAIMS_REFUSED.labels(problem.code).inc()
                refused.append(ClaimRefused(placed.producer_id, problem.code, moment))
                continue
            asked.append(placed.producer_id)
            if share is None or len(asked) == share.most:
                break
        final = with_refusals(receipt, refused)
        assert final.outcome.asked == tuple(asked), "the receipt must name whoever was claimed"
        await took_turn(uow, final, turn)
        return final, moment

    async def _write(
        self, uow: UnitOfWork, run_id: UUID, lead: LeadRow, final: Receipt, ranked: Ranked, at: datetime
    ) -> str:
        """Give the lead to the receipt's winner or leave it to a person, and keep the receipt; returns how it ended."""
        winner, receipt_id, key = final.outcome.producer_id, derived_id("receipt", run_id), f"{run_id}:end"
        body = final.as_dict()
        receipt = {
            "id": receipt_id, "lead_id": lead.id, "run_id": run_id, "producer_id": winner, "body": body,
            "digest": body["digest"], "at": at,
        }  # fmt: skip
        named = {one.profile for one in final.candidates} - self._kept
        await uow.routing.keep_profiles({digest: ranked.roster.bodies[digest] for digest in named})
        if winner is None:
            outcome = "queued"
            data = {"receipt_id": str(receipt_id), "reason": final.outcome.code}
            rows: Rows = {ReceiptRow: [{"agency_id": uow.actor.agency_id, **receipt, "outcome": outcome}]}
            await uow.history.append(lead.id, key, LeadEvent(Happening.QUEUED, at, data), also=rows, fresh=True)
            if lead.declined_by and final.ranking.needs_person:
                await escalate(uow, lead.id, final.outcome.code, at, receipt_id)
        else:
            gift = Gift(lead, winner, key, receipt_id, at, final.outcome.shared, final.outcome.beside)
            outcome = await self.giving.claimed(uow, gift, ranked.roster, receipt)
        return outcome

    def _remember(self, ranked: Ranked) -> None:
        """Only what is committed counts as kept; the set may grow by a few digests with each change of a profile."""
        self._kept.update(one.profile for one in ranked.receipt.candidates)


async def escalate(
    uow: UnitOfWork, lead_id: UUID, code: str, at: datetime, receipt_id: UUID | None, key: str | None = None
) -> None:
    """Tell that a person must decide; the same code once for a lead (DOMAIN T10), or once for ``key``."""
    data = {"code": code, "receipt_id": None if receipt_id is None else str(receipt_id)}
    await uow.history.append(lead_id, key or f"escalated:{code}", LeadEvent(Happening.ESCALATED, at, data))


def _queued_for(lead: LeadRow, reasons: tuple[str, ...] | None) -> bool:
    return Status(lead.status) is Status.QUEUED and (reasons is None or lead.reason in reasons)
