"""Why a commission is what it is."""

from __future__ import annotations

from domain.asking.network_arguments import ExplainCommission
from kernel.errors import NotFound
from tools import commissions
from tools.copilot.results import AskDeps, Result, cited, together

_OF_ONE_POLICY = 20


async def explain_commission(deps: AskDeps, args: ExplainCommission) -> Result:
    """Every cent worked out again from the frozen rule; of a policy the newest commission, and how many more there are."""
    accrual_id, others = args.commission_id, 0
    if accrual_id is None:
        page = await deps.services.commissions.accruals.page(
            deps.actor, policy_number=args.policy_number, limit=_OF_ONE_POLICY
        )
        if not page.items:
            raise NotFound(f"no commission of policy {args.policy_number} that you may see")
        accrual_id, others = page.items[0].id, len(page.items) - 1
    accrual = await deps.services.commissions.accruals.one(deps.actor, accrual_id)
    data = await commissions.explain_commission(deps, accrual_id)
    data |= {
        "policy_number": accrual.policy_number, "currency": accrual.currency, "status": accrual.status,
        "effective_on": accrual.effective_on.isoformat(), "others": others,
    }  # fmt: skip
    payees = cited("producer", *(one["payee_id"] for one in data["lines"]))
    return Result(data, together(cited("commission", accrual_id), payees))
