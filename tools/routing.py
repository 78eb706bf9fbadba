"""Tools of routing: rank with a receipt, claim in order."""

from __future__ import annotations

from typing import Any

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
