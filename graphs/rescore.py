"""Scores an open lead anew when a document was read after it was decided. Who has the lead, and why, stays as it was."""

from __future__ import annotations

from functools import cache
from typing import Any, NotRequired, TypedDict, cast

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy

from domain.leads.lifecycle import IN_PROGRESS, OPEN
from graphs.context import LeadContext
from graphs.lead import DOCUMENTS, NotYetError, keep, may_pass, scored_by, timed
from kernel.errors import Stale
from tools.leads import rescore, standing_of, stored_decisions


class RescoreState(TypedDict):
    """What is checkpointed: the lead's id, and how it ended."""

    lead_id: str
    outcome: NotRequired[str]


async def look(state: RescoreState, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Is there anything to do? A lead that is still on its way is waited for; one that is closed keeps its score."""
    del state
    status, _ = await standing_of(runtime.context.deps)
    if status in IN_PROGRESS:
        raise NotYetError
    return {} if status in OPEN else {"outcome": "closed"}


async def again(state: RescoreState, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Lay the documents beside the lead's words and score with what was decided before; nothing where they say the same."""
    del state
    context = runtime.context
    _, version = await standing_of(context.deps)  # before the documents are read: a score never rests on older ones
    before = await stored_decisions(context.deps)
    said = await context.specialists[DOCUMENTS].decide(await context.case(), before)
    earlier = before.get(DOCUMENTS)
    if earlier is not None and not earlier.degraded and earlier.value == said.value:
        return {"outcome": "unchanged"}
    known = {**before, DOCUMENTS: said}
    scored = await scored_by(context, known)
    if scored.degraded:
        return {"outcome": "no_score"}
    needs_review = any(one.needs_review or one.degraded for one in {**known, scored.specialist: scored}.values())
    # The score is recorded first: until then a repeated step finds the documents as they were, and does not take them for known.
    try:
        await rescore(context.deps, scored, version, needs_review=needs_review)
    except Stale:
        raise NotYetError from None
    await keep(context, scored)
    await keep(context, said)
    return {"outcome": "rescored"}


@cache
def rescore_graph() -> CompiledStateGraph[RescoreState, LeadContext, RescoreState, RescoreState]:
    """The graph, compiled once; each run works on a copy with a saver of its own."""
    graph = StateGraph(RescoreState, context_schema=LeadContext)
    retry = RetryPolicy(initial_interval=0.1, max_attempts=3, retry_on=may_pass)
    graph.add_node("look", timed("look", cast(Any, look)), retry_policy=retry)
    graph.add_node("again", timed("again", cast(Any, again)), retry_policy=retry)
    graph.add_edge(START, "look")
    graph.add_conditional_edges("look", lambda state: END if "outcome" in state else "again", ["again", END])
    graph.add_edge("again", END)
    return graph.compile()
