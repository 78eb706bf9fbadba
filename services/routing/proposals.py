"""Weights learnt from outcomes: proposed by the data, applied or dismissed by a person."""

from __future__ import annotations

import asyncio
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope
from domain.routing.learning import Learnt, learn
from domain.routing.weights import Weights
from kernel.clock import now
from kernel.errors import Conflict, Forbidden, Stale
from kernel.ids import digest, new_id
from services.routing.past import read_decided
from services.routing.policies import weigh_by
from services.routing.simulations import general_weights, span
from services.routing.trial_schemas import LearnIn, LearntView, ProposalPage, ProposalView
from store.sql.models import WeightProposalRow
from store.uow import Database, UnitOfWork

_AT_MOST = 100_000
_SEED = 1


class Proposals:
    """Reading needs ``routing:read``; learning, applying and dismissing ``routing:write``, the last two of a person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def learn(self, actor: Actor, wanted: LearnIn) -> LearntView:
        """Learn, and keep a proposal where later leads bear it out. The same data again finds the same proposal."""
        actor.require(Scope.ROUTING_WRITE)
        actor.require_whole_agency()
        until = span(wanted.since, wanted.until)
        async with self._database.begin(actor) as uow:
            present = await general_weights(uow)
            decided = await read_decided(uow, wanted.since, until, _AT_MOST)
        found = await asyncio.to_thread(learn, decided, present, _SEED)
        kept = None
        if found.code == "better":
            async with self._database.begin(actor) as uow:
                kept = await _keep(uow, found, present)
        lacking = found.missing
        return LearntView.model_validate({
            "code": found.code, "reason": found.reason, "worked": found.worked, "diagnostics": found.diagnostics(),
            "more_closed": lacking.closed if lacking else 0, "more_won": lacking.won if lacking else 0,
            "more_lost": lacking.lost if lacking else 0, "proposal": kept,
        })  # fmt: skip

    async def page(self, actor: Actor, before: UUID | None = None, at_most: int = 50) -> ProposalPage:
        """Newest first."""
        actor.require(Scope.ROUTING_READ)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            rows = await uow.trials.page(before, at_most + 1)
        items = [_view(row) for row in rows[:at_most]]
        return ProposalPage(items=items, next_cursor=items[-1].id if len(rows) > at_most else None)

    async def one(self, actor: Actor, proposal_id: UUID) -> ProposalView:
        """One; NotFound for another agency's."""
        actor.require(Scope.ROUTING_READ)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            return _view(await uow.trials.one(proposal_id))

    async def apply(self, actor: Actor, proposal_id: UUID, note: str, *, expected: int | None) -> ProposalView:
        """Make the weights those of the agency. Raises Conflict where the proposal is decided already, or where the agency's
        weights are no longer those it was measured against; Stale for an old version; Forbidden for whoever is no person.
        """
        async with self._database.begin(actor) as uow:
            row = await self._held(uow, proposal_id, expected)
            await uow.agencies.mine(lock=True)
            if (await general_weights(uow)).steps != Weights.from_dict(row.present).steps:
                detail = "the agency's weights have changed since this was learnt; learn again"
                raise Conflict(detail, code="weights_changed")
            await weigh_by(uow, Weights.from_dict(row.weights), f"learnt from outcomes: proposal {row.id}")
            return await self._decide(uow, row, "applied", note)

    async def dismiss(self, actor: Actor, proposal_id: UUID, note: str, *, expected: int | None) -> ProposalView:
        """Leave the weights as they are. Raises as :meth:`apply` does."""
        async with self._database.begin(actor) as uow:
            return await self._decide(uow, await self._held(uow, proposal_id, expected), "dismissed", note)

    async def _held(self, uow: UnitOfWork, proposal_id: UUID, expected: int | None) -> WeightProposalRow:
        uow.actor.require(Scope.ROUTING_WRITE)
        if uow.actor.kind is not ActorKind.PERSON:
            raise Forbidden("a person decides about weights; sign in as one")
        row = await uow.trials.one(proposal_id, lock=True)
        if expected is not None and expected != row.version:
            detail = f"the proposal is at version {row.version}, not {expected}; read it again"
            raise Stale(detail, current=_view(row).model_dump(mode="json"))
        if row.state != "proposed":
            raise Conflict(f"the proposal was {row.state} already", code="already_decided")
        return row

    async def _decide(self, uow: UnitOfWork, row: WeightProposalRow, state: str, note: str) -> ProposalView:
        row.state, row.note, row.version = state, note, row.version + 1
        row.decided_at, row.decided_by = now(), uow.actor.subject
        await uow.audit.note(f"weights.{state}", "weight_proposal", row.id, present=row.present, weights=row.weights)
        await uow.session.flush()
        return _view(row)


async def _keep(uow: UnitOfWork, found: Learnt, present: Weights) -> ProposalView:
    assert found.weights is not None, "what is better has weights"
    assert found.gain is not None
    assert found.off_policy is not None
    known = {
        "present": present.as_dict(), "weights": found.weights.as_dict(), "worked": found.worked,
        "since": str(found.since), "until": str(found.until),
    }  # fmt: skip
    row = await uow.trials.add({
        "id": new_id(), "version": 1, "state": "proposed", "digest": digest(known), "present": known["present"],
        "weights": known["weights"], "worked": found.worked, "data_since": found.since, "data_until": found.until,
        "estimate": {"gain_per_100": found.gain.as_dict(), "off_policy": found.off_policy.as_dict()},
        "diagnostics": found.diagnostics(), "created_at": now(), "created_by": uow.actor.subject,
        "decided_at": None, "decided_by": None, "note": None,
    })  # fmt: skip
    return _view(row)


def _view(row: WeightProposalRow) -> ProposalView:
    return ProposalView.model_validate({name: getattr(row, name) for name in ProposalView.model_fields})
