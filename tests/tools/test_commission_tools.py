"""What agents may call around commissions: reading by who asks, and proposals that post nothing."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from domain.actor import Actor, ActorKind, Scope
from domain.asking.arguments import Lookup, Topic
from kernel.errors import Forbidden, NotFound
from services.commissions.schemas import AccrualView, ReversalIn, ReversalKind
from services.container import Services
from tests.api.records import a_commission
from tools.commissions import commission_balances, explain_commission, propose_release, propose_reversal
from tools.copilot.figures import lookup
from tools.copilot.results import AskDeps


@pytest.fixture
async def sold(services: Services, actor: Actor) -> AccrualView:
    return await a_commission(services, actor)


def deps_of(services: Services, actor: Actor, producer_id: UUID | None = None, *scopes: Scope) -> AskDeps:
    if producer_id is None:
        return AskDeps(actor, services)
    wanted = frozenset(scopes or {Scope.COMMISSIONS_READ})
    who = replace(actor, kind=ActorKind.PRODUCER, subject="person:p", scopes=wanted, producer_id=producer_id)
    return AskDeps(who, services)


async def test_a_producer_is_told_of_the_own_only(services: Services, actor: Actor, sold: AccrualView) -> None:
    mine = next(one.payee_id for one in sold.shares if one.payee_id is not None)
    async with services.database.begin(actor) as uow:
        other = max((await uow.agencies.ids_by_external()).values())
    told = await commission_balances(deps_of(services, actor, mine))
    assert [one["id"] for one in told["newest"]] == [str(sold.id)]
    assert told["balances"][0]["pending_minor"] == 6_000
    assert (await commission_balances(deps_of(services, actor, other)))["newest"] == []
    with pytest.raises(NotFound):
        await explain_commission(deps_of(services, actor, other), sold.id)
    assert (await explain_commission(deps_of(services, actor, mine), sold.id))["agrees"]


async def test_proposals_post_nothing_and_leave_amounts_to_the_ledger(
    services: Services, actor: Actor, sold: AccrualView
) -> None:
    deps = deps_of(services, actor)
    release = await propose_release(deps, sold.id)
    assert release["possible"] is True
    assert [one["minor"] for one in release["would_pay"]] == [6_000, 0]
    proposed = await propose_reversal(deps, sold.id, ReversalKind.FLAT, "never taken up")
    assert (await services.commissions.accruals.one(actor, sold.id)) == sold
    await services.commissions.reversals.reverse(actor, ReversalIn.model_validate(proposed["command"]))
    assert (await services.commissions.accruals.one(actor, sold.id)).retained == "0/1"
    mine = next(one.payee_id for one in sold.shares if one.payee_id is not None)
    with pytest.raises(NotFound):
        await propose_reversal(deps_of(services, actor, mine), sold.id, ReversalKind.FLAT, "mine")


async def test_the_copilot_looks_commissions_up_by_scope(services: Services, actor: Actor, sold: AccrualView) -> None:
    found = await lookup(deps_of(services, actor), Lookup(what=Topic.COMMISSIONS))
    assert found.data["kept"] is True
    assert str(sold.id) in {one.id for one in found.cites}
    mine = next(one.payee_id for one in sold.shares if one.payee_id is not None)
    with pytest.raises(Forbidden):
        await lookup(deps_of(services, actor, mine, Scope.LEADS_READ), Lookup(what=Topic.COMMISSIONS))
