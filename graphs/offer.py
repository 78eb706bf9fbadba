"""Waits for a producer's answer to an offer, and asks the next best when it was turned down.

The row in Postgres is the truth: a resume says which offer, whose and what was decided, and goes on only where the row says the
same. Any other - a late answer, another person's, one that was edited - changes nothing, and the question stays open.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NotRequired, TypedDict, cast
from uuid import UUID

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy, interrupt
from pydantic import BaseModel, ConfigDict

from domain.routing.offers import TURNED_DOWN, OfferState
from graphs.context import LeadContext
from graphs.lead import may_pass, timed
from tools.routing import claim_producer, offer_standing, rank_producers


class Answered(BaseModel):
    """What a resume carries: the offer, whose it is, and the state that its answer gave it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    offer_id: str
    producer_id: str
    decision: str


class OfferRun(TypedDict):
    """What is checkpointed: ids and states."""

    offer_id: str
    answer: NotRequired[dict[str, str]]
    hold: NotRequired[str | None]
    outcome: NotRequired[str]


async def ask(state: OfferRun, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Wait. Nothing is done here, since the step begins anew with every resume."""
    del runtime
    answer = interrupt({"offer_id": state["offer_id"]}, response_schema=Answered)
    return {"answer": Answered.model_validate(answer).model_dump()}


async def compare(state: OfferRun, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Hold what the resume said beside the row; only where they agree there is an outcome."""
    stands = await offer_standing(runtime.context.deps, UUID(state["offer_id"]))
    row = {
        "offer_id": str(stands.offer_id), "producer_id": str(stands.producer_id), "decision": stands.state.value,
    }  # fmt: skip
    if stands.state is OfferState.OFFERED or state.get("answer") != row:
        return {}
    return {"outcome": stands.state.value, "hold": stands.hold}


def after_compare(state: OfferRun) -> str:
    """Back to the question, on to the next producer, or to the end."""
    if "outcome" not in state:
        return "ask"
    return "again" if OfferState(state["outcome"]) in TURNED_DOWN else END


async def again(state: OfferRun, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Rank without those who turned the lead down, and claim the next best; a repeated step finds what it claimed.

    A lead that a person has taken over meanwhile is left to them.
    """
    await rank_producers(runtime.context.deps, state.get("hold"))
    claimed = await claim_producer(runtime.context.deps, state.get("hold"))
    return {"outcome": claimed["outcome"]}


@cache
def offer_graph() -> CompiledStateGraph[OfferRun, LeadContext, OfferRun, OfferRun]:
    """The graph, compiled once; each run works on a copy with a saver of its own."""
    graph = StateGraph(OfferRun, context_schema=LeadContext)
    retry = RetryPolicy(initial_interval=0.1, max_attempts=3, retry_on=may_pass)
    # The question is not timed: a span around it would end with every look at it.
    graph.add_node("ask", cast(Callable[..., Any], ask))
    for name, step in {"compare": compare, "again": again}.items():
        # Said, because the wrapper is annotated with the state of the lead's graph and would be handed that.
        graph.add_node(name, cast(Any, timed(name, cast(Any, step))), input_schema=OfferRun, retry_policy=retry)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", "compare")
    graph.add_conditional_edges("compare", after_compare, ["ask", "again", END])
    graph.add_edge("again", END)
    return graph.compile()
