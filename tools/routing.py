"""Tools of routing: rank with a receipt, claim in order."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.routing.offers import Standing
from tools.deps import ToolDeps


async def rank_producers(deps: ToolDeps, hold: str | None) -> dict[str, Any]:
    """Rank the agency's producers for the lead: how many are eligible, and the ranking's code.

    ``hold`` is a reason, found earlier, why nobody may have the lead without a person's word.
    """
    ranked = await deps.services.ranking.rank(deps.actor, deps.run_id, deps.lead_id, hold)
    return {"eligible": ranked.receipt.ranking.eligible, "code": ranked.receipt.ranking.code}


async def claim_producer(deps: ToolDeps, hold: str | None) -> dict[str, Any]:
    """Give the lead to the first ranked producer who still has room, or to a person's queue; stores the receipt."""
    claimed = await deps.services.assignments.claim(deps.actor, deps.run_id, deps.lead_id, hold)
    return {"outcome": claimed.outcome, "receipt_id": str(claimed.receipt_id)}


async def offer_standing(deps: ToolDeps, offer_id: UUID) -> Standing:
    """How an offer stands now."""
    return await deps.services.offers.standing(deps.actor, offer_id)


async def accept_offer(deps: ToolDeps, offer_id: UUID, version: int | None = None) -> dict[str, Any]:
    """Take an offered lead, for the producer who is asked or on their behalf; the offer as it stands then.

    Raises Conflict where the offer is over or somebody else answered it; nothing changes then.
    """
    return (await deps.services.offers.answering.accept(deps.actor, offer_id, expected=version)).model_dump(mode="json")


async def decline_offer(
    deps: ToolDeps, offer_id: UUID, reason: str, words: str | None = None, version: int | None = None
) -> dict[str, Any]:
    """Turn an offered lead down with a reason of domain.routing.offers; the next best is asked. Raises like accept_offer."""
    told = await deps.services.offers.answering.decline(deps.actor, offer_id, reason, words, expected=version)
    return told.model_dump(mode="json")
