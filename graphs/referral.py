"""Waits for the answer to a referral, and asks the next best in the network when a searched-for lead was turned down.

The row in Postgres is the truth, as with offers: a resume says which referral and what was decided, and goes on only where the
row says the same. Any other changes nothing, and the question stays open.
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

from domain.network.referrals import TURNED_DOWN, ReferralState
from graphs.context import LeadContext
from graphs.lead import may_pass, timed
from tools.network import refer_onward, referral_standing


class Answered(BaseModel):
    """What a resume carries: the referral and the state that its answer gave it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    referral_id: str
    decision: str


class ReferralRun(TypedDict):
    """What is checkpointed: ids and states."""

    referral_id: str
    answer: NotRequired[dict[str, str]]
    searching: NotRequired[bool]
    outcome: NotRequired[str]


async def ask(state: ReferralRun, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Wait. Nothing is done here, since the step begins anew with every resume."""
    del runtime
    answer = interrupt({"referral_id": state["referral_id"]}, response_schema=Answered)
    return {"answer": Answered.model_validate(answer).model_dump()}


async def compare(state: ReferralRun, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Hold what the resume said beside the row; only where they agree there is an outcome."""
    stands, searching = await referral_standing(runtime.context.deps, UUID(state["referral_id"]))
    row = {"referral_id": state["referral_id"], "decision": stands.value}
    if stands is ReferralState.PENDING or state.get("answer") != row:
        return {}
    return {"outcome": stands.value, "searching": searching}


def after_compare(state: ReferralRun) -> str:
    """Back to the question, on to the next producer, or to the end."""
    if "outcome" not in state:
        return "ask"
    return "again" if state.get("searching") and ReferralState(state["outcome"]) in TURNED_DOWN else END


async def again(state: ReferralRun, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Ask the next best, whose answer another run waits for; a repeated step finds the referral that it made."""
    following = await refer_onward(runtime.context.deps, UUID(state["referral_id"]))
    return {"outcome": "nobody_left" if following is None else "asked_next"}


@cache
def referral_graph() -> CompiledStateGraph[ReferralRun, LeadContext, ReferralRun, ReferralRun]:
    """The graph, compiled once; each run works on a copy with a saver of its own."""
    graph = StateGraph(ReferralRun, context_schema=LeadContext)
    retry = RetryPolicy(initial_interval=0.1, max_attempts=3, retry_on=may_pass)
    graph.add_node("ask", cast(Callable[..., Any], ask))  # not timed: a span would end with every look at the question
    for name, step in {"compare": compare, "again": again}.items():
        graph.add_node(name, cast(Any, timed(name, cast(Any, step))), input_schema=ReferralRun, retry_policy=retry)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", "compare")
    graph.add_conditional_edges("compare", after_compare, ["ask", "again", END])
    graph.add_edge("again", END)
    return graph.compile()
