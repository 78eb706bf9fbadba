"""One attempt at a run that waits for an answer: begun, resumed with what the row says, or left to wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import RunControl
from langgraph.types import Command

from domain.network.referrals import ReferralState
from domain.routing.offers import OfferState
from graphs.context import LeadContext
from graphs.offer import OfferRun, offer_graph
from graphs.referral import ReferralRun, referral_graph
from services.runs import ClaimedRun
from tools.network import referral_standing
from tools.routing import offer_standing

Answer = Mapping[str, str]


def asked_in(run: ClaimedRun) -> UUID:
    """The offer or referral whose answer the run waits for; its thread ends with the id."""
    return UUID(run.thread_id.rsplit(":", 1)[1])


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt works with."""

    run: ClaimedRun
    context: LeadContext
    config: RunnableConfig
    control: RunControl


async def work_offer(attempt: Attempt) -> str | None:
    """How the run of an offer ended; None where it waits for the answer."""
    offer_id = asked_in(attempt.run)

    async def answer() -> Answer | None:
        stands = await offer_standing(attempt.context.deps, offer_id)
        if stands.state is OfferState.OFFERED:
            return None
        return {
            "offer_id": str(stands.offer_id), "producer_id": str(stands.producer_id), "decision": stands.state.value,
        }  # fmt: skip

    return await _followed(attempt, offer_graph(), OfferRun(offer_id=str(offer_id)), answer)


async def work_referral(attempt: Attempt) -> str | None:
    """How the run of a referral ended; None where it waits for the answer."""
    referral_id = asked_in(attempt.run)

    async def answer() -> Answer | None:
        stands, _ = await referral_standing(attempt.context.deps, referral_id)
        if stands is ReferralState.PENDING:
            return None
        return {"referral_id": str(referral_id), "decision": stands.value}

    return await _followed(attempt, referral_graph(), ReferralRun(referral_id=str(referral_id)), answer)


async def _followed(
    attempt: Attempt, steps: Any, given: Any, answer: Callable[[], Awaitable[Answer | None]]
) -> str | None:
    """``answer`` is what the row says now, as a resume carries it; None while nobody has answered."""
    graph = steps.copy({"checkpointer": attempt.context.deps.services.checkpoints.saver()})
    before = await graph.aget_state(attempt.config)
    state: dict[str, Any] = dict(before.values)
    asked = tuple(before.interrupts)
    how: Any = {"context": attempt.context, "durability": "sync", "control": attempt.control, "version": "v2"}
    if not asked:
        # Where a step was under way, it is done again.
        stopped = await graph.ainvoke(None if before.next else given, attempt.config, **how)
        state, asked = stopped.value, stopped.interrupts
    while asked or "outcome" not in state:
        said = await answer()
        if said is None:
            return None
        resume: Command[Any] | None = Command(resume={one.id: said for one in asked}) if asked else None
        stopped = await graph.ainvoke(resume, attempt.config, **how)
        state, asked = stopped.value, stopped.interrupts
    return str(state["outcome"])
