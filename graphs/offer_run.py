"""One attempt at the run of an offer: begun, resumed with what the row says, or left to wait."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import RunControl
from langgraph.types import Command

from domain.routing.offers import OfferState
from graphs.context import LeadContext
from graphs.offer import OfferRun, offer_graph
from services.container import Services
from services.runs import ClaimedRun
from tools.routing import offer_standing


def offer_of(run: ClaimedRun) -> UUID:
    """The offer whose answer the run waits for; its thread ends with the id."""
    return UUID(run.thread_id.rsplit(":", 1)[1])


async def work_offer(
    services: Services, run: ClaimedRun, context: LeadContext, config: RunnableConfig, control: RunControl
) -> str | None:
    """How the run ended; None where it waits for the answer."""
    graph = offer_graph().copy({"checkpointer": services.checkpoints.saver()})
    offer_id = offer_of(run)
    given: OfferRun | Command[Any] | None = OfferRun(offer_id=str(offer_id))
    before = await graph.aget_state(config)
    if before.next:
        given = None  # a step was under way: it is done again
    state: dict[str, Any] = dict(before.values)
    asked = tuple(before.interrupts)
    how: Any = {"context": context, "durability": "sync", "control": control, "version": "v2"}
    if not asked:
        stopped = await graph.ainvoke(given, config, **how)
        state, asked = stopped.value, stopped.interrupts
    while asked or "outcome" not in state:
        stands = await offer_standing(context.deps, offer_id)
        if stands.state is OfferState.OFFERED:
            return None
        answer = {
            "offer_id": str(stands.offer_id), "producer_id": str(stands.producer_id), "decision": stands.state.value,
        }  # fmt: skip
        resume: Command[Any] | None = Command(resume={one.id: answer for one in asked}) if asked else None
        stopped = await graph.ainvoke(resume, config, **how)
        state, asked = stopped.value, stopped.interrupts
    return str(state["outcome"])
