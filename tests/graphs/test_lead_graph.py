"""The lead graph's own promises: which faults of a step are tried again."""

from __future__ import annotations

from typing import Any

import pytest
import respx
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict

from graphs.lead import lead_graph
from integrations.llm.calls import on_behalf
from integrations.llm.embedder import EndpointEmbedder
from integrations.llm.errors import Exhausted
from kernel.errors import Unavailable
from tests.integrations.llm.world import CONTEXT, refused, world

ASKS = ("classify", "extract", "enrich", "similar")


class Nothing(TypedDict): ...


def policy_of(step: str) -> RetryPolicy:
    policy = lead_graph(20.0).builder.nodes[step].retry_policy
    assert isinstance(policy, RetryPolicy)
    return policy._replace(initial_interval=0.001)


async def run(step: Any, policy: RetryPolicy) -> None:
    graph: StateGraph[Nothing] = StateGraph(Nothing)
    graph.add_node("step", step, retry_policy=policy)
    graph.add_edge(START, "step")
    graph.add_edge("step", END)
    await graph.compile().ainvoke({})


@respx.mock
@pytest.mark.parametrize("name", ASKS)
async def test_a_step_adds_no_attempts_to_those_of_the_gateway(name: str) -> None:
    route = respx.post("https://api.openai.com/v1/embeddings").mock(return_value=refused(503))
    async with world(attempts=2) as at:

        async def step(state: Nothing) -> None:
            del state
            with on_behalf(CONTEXT):
                await EndpointEmbedder(at.gateway, "m", 3).embed_async(["abc"], kind="query")

        with pytest.raises(Exhausted):
            await run(step, policy_of(name))
    assert route.call_count == 2


@pytest.mark.parametrize("name", [*ASKS, "dedupe", "score", "rank", "assign"])
async def test_a_store_that_is_away_for_a_moment_costs_no_step(name: str) -> None:
    tries: list[int] = []

    async def step(state: Nothing) -> None:
        del state
        tries.append(1)
        if len(tries) < 3:
            raise Unavailable("the store does not answer")

    await run(step, policy_of(name))
    assert len(tries) == 3
