"""Tools around commissions. Reading only, and proposals: a batch is posted by a person's word, never by a model's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kernel.errors import NotFound
from services.commissions.schemas import AccrualView, ReversalIn, ReversalKind
from tools.copilot.results import AskDeps
from tools.deps import ToolDeps

_NEWEST = 20


async def commission_balances(deps: ToolDeps | AskDeps) -> dict[str, Any]:
    """What payees have coming, and the newest commissions; a producer's own alone. Below zero is owed back and carried."""
    balances = await deps.services.commissions.reports.balances(deps.actor)
    page = await deps.services.commissions.accruals.page(deps.actor, limit=_NEWEST)
    return {
        "balances": [one.model_dump(mode="json") for one in balances.items],
        "newest": [_short(one) for one in page.items], "more": page.next_cursor is not None,
    }  # fmt: skip


async def explain_commission(deps: ToolDeps | AskDeps, accrual_id: UUID) -> dict[str, Any]:
    """Every cent of one commission, worked out again from its frozen rule; a model repeats the figures and adds none."""
    found = await deps.services.commissions.explanations.of(deps.actor, accrual_id)
    return {
        "id": str(accrual_id), "sentences": found.sentences, "agrees": found.agrees,
        "lines": [one.model_dump(mode="json") for one in found.lines],
        "history": [{"what": one.happening, "at": one.at.isoformat(), "why": one.why} for one in found.history],
    }  # fmt: skip


async def propose_release(deps: ToolDeps | AskDeps, accrual_id: UUID) -> dict[str, Any]:
    """What releasing a commission would let be paid, for a manager to decide. Posts nothing."""
    view = await deps.services.commissions.accruals.one(deps.actor, accrual_id)
    return {
        "proposal": "release_commission", "id": str(view.id), "version": view.version,
        "possible": "release" in view.allowed_actions, "held_until": view.hold_until.isoformat(),
        "outstanding_minor": view.outstanding_minor, "currency": view.currency,
        "would_pay": [
            {"payee_id": str(one.payee_id), "minor": one.posted_minor} for one in view.shares if one.account == "pending"
        ],
    }  # fmt: skip


async def propose_reversal(deps: ToolDeps | AskDeps, accrual_id: UUID, kind: ReversalKind, why: str) -> dict[str, Any]:
    """The command that would reverse the commissions of this one's policy term, for a manager to complete and send.

    The amount is not in it: the contract and the original postings decide that. Posts nothing.
    """
    view = await deps.services.commissions.accruals.one(deps.actor, accrual_id)
    if "reverse" not in view.allowed_actions:
        raise NotFound(f"no commission {accrual_id} that is yours to reverse")
    command = ReversalIn(
        source=f"proposal:{view.id}", number=view.version, policy_number=view.policy_number, carrier=view.carrier,
        effective_on=view.effective_on, kind=kind, why=why,
    )  # fmt: skip
    return {"proposal": "reverse_commissions", "command": command.model_dump(mode="json"), "retained": view.retained}


def _short(view: AccrualView) -> dict[str, Any]:
    keep = {"id", "policy_number", "line", "effective_on", "currency", "gross_minor", "status", "retained"}
    told = view.model_dump(mode="json", include=keep)
    told["mine"] = [{"line": one.line, "minor": one.posted_minor, "account": one.account} for one in view.shares]
    return told
