"""Tools of the broker network: who fits a lead, passing it on, and how producers stand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.network.referrals import ReferralState, Step
from services.network.referral_schemas import ReferralIn
from tools.deps import ToolDeps


async def network_reach(deps: ToolDeps, producer_id: UUID, degrees: int = 3) -> dict[str, Any]:
    """How many distinct people stand at each degree around a producer."""
    return (await deps.services.brokers.reaching.reach(deps.actor, producer_id, degrees)).model_dump(mode="json")


async def network_tier(deps: ToolDeps, producer_id: UUID) -> dict[str, Any]:
    """A producer's tier, its benefits, and what is missing to the next."""
    return (await deps.services.brokers.standing.tier(deps.actor, producer_id)).model_dump(mode="json")


async def referral_matches(deps: ToolDeps, from_id: UUID | None = None) -> dict[str, Any]:
    """Who in the network may have the lead of this run, best first; nothing is sent."""
    found = await deps.services.brokers.referrals.matches(deps.actor, deps.lead_id, from_id)
    return found.model_dump(mode="json")


async def refer_lead(
    deps: ToolDeps, to_id: UUID | None = None, from_id: UUID | None = None, note: str | None = None
) -> dict[str, Any]:
    """Pass the lead of this run on to a producer, or without ``to_id`` to the best match and then the next. Raises Conflict where
    a gate, the person's consent or a self-referral stands against it; a repeated step of the run finds the first referral.
    """
    given = ReferralIn(lead_id=deps.lead_id, to_id=to_id, from_id=from_id, note=note, expires_at=None)
    key = f"run:{deps.run_id}:{to_id or 'search'}"
    return (await deps.services.brokers.referring.refer(deps.actor, given, key=key)).model_dump(mode="json")


async def accept_referral(deps: ToolDeps, referral_id: UUID, version: int | None = None) -> dict[str, Any]:
    """Take a referred lead, for the receiver or on their behalf. Raises Conflict where it is over or a gate refuses by now."""
    told = await deps.services.brokers.referring.answer(deps.actor, referral_id, Step.ACCEPT, expected=version)
    return told.model_dump(mode="json")


async def decline_referral(
    deps: ToolDeps, referral_id: UUID, reason: str | None = None, version: int | None = None
) -> dict[str, Any]:
    """Turn a referred lead down; where the network is searched, the next best is asked."""
    told = await deps.services.brokers.referring.answer(
        deps.actor, referral_id, Step.DECLINE, reason=reason, expected=version
    )
    return told.model_dump(mode="json")


async def referral_standing(deps: ToolDeps, referral_id: UUID) -> tuple[ReferralState, bool]:
    """How a referral stands, and whether the next one is asked after a refusal."""
    return await deps.services.brokers.referring.standing(deps.actor, referral_id)


async def refer_onward(deps: ToolDeps, referral_id: UUID) -> UUID | None:
    """Ask the next best after one who turned a searched-for lead down; None where nobody is left."""
    return await deps.services.brokers.referring.onward(deps.actor, referral_id)
