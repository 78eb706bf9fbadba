"""What premium the book holds: written, earned, unearned, in force. Nothing here writes."""

from __future__ import annotations

from domain.asking.policy_arguments import BookPremium
from kernel.clock import now
from services.policies.premium import PremiumRow
from store.sql.repositories.policy_search import PolicyFilter
from tools.copilot.results import AskDeps, Result


async def book_premium(deps: AskDeps, args: BookPremium) -> Result:
    """At the first minute of a day, as it is known now; a total for each currency."""
    found = await deps.services.policies.premiums.report(deps.actor, PolicyFilter(), args.on or now().date(), args.by)
    data = {
        "on": found.on.isoformat(), "by": found.by, "groups": [_row(one) for one in found.items],
        "total": [_row(one) for one in found.total],
    }  # fmt: skip
    return Result(data, untrusted=bool(found.items))


def _row(one: PremiumRow) -> dict[str, object]:
    return one.model_dump(exclude={"group"})
