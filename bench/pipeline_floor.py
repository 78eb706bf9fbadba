"""The floor of the pipeline bench: a graph of the lead graph's shape whose steps do nothing, on the same checkpointer.

It contains what LangGraph costs: the same steps and edges, a saver for each run, every step durable before the next
(``durability="sync"``, as leads are worked), as many runs at once. It contains neither what nodes carry (time limits, retries,
spans, a context) nor the queue (taking and ending a run), any statement of ours, or a model: these count against the pipeline.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, NotRequired, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph

from graphs.lead import BESIDE, merged
from kernel.ids import new_id
from services.container import Services


class Nothing(TypedDict):
    """As much state as a graph needs."""

    decisions: Annotated[dict[str, dict[str, Any]], merged]
    outcome: NotRequired[str]


async def _step(state: Nothing) -> dict[str, Any]:
    del state
    return {"decisions": {}}


def _beside(state: Nothing) -> list[str]:
    del state
    return list(BESIDE)


def _rank(state: Nothing) -> str:
    del state
    return "rank"


def empty_graph() -> StateGraph[Nothing, None, Nothing, Nothing]:
    """Nine nodes linked as those of the lead graph are, for a lead that is no repeat."""
    graph: StateGraph[Nothing, None, Nothing, Nothing] = StateGraph(Nothing)
    for name in ("dedupe", "close", *BESIDE, "score", "gates", "rank", "assign"):
        graph.add_node(name, _step, defer=name == "score")
    graph.add_edge(START, "dedupe")
    graph.add_conditional_edges("dedupe", _beside, ["close", *BESIDE])
    for name in BESIDE:
        graph.add_edge(name, "score")
    graph.add_edge("score", "gates")
    graph.add_conditional_edges("gates", _rank, ["close", "rank"])
    graph.add_edge("rank", "assign")
    graph.add_edge("assign", END)
    graph.add_edge("close", END)
    return graph


async def floor(services: Services, runs: int) -> float:
    """Runs a second of the empty graph, as many at once as the pipeline works."""
    graph, left = empty_graph().compile(), iter(range(runs))

    async def worker() -> None:
        for _ in left:
            thread: RunnableConfig = {"configurable": {"thread_id": f"bench:{new_id()}"}}
            run = graph.copy({"checkpointer": services.checkpoints.saver()})
            await run.ainvoke({"decisions": {}}, thread, durability="sync")

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(services.settings.pipeline.concurrency):
            group.create_task(worker())
    return runs / (time.perf_counter() - started)
