"""The lead pipeline: dedupe, four specialists side by side (five where documents came), score, gates, rank, assign.

A step that fails leaves a decision marked ``degraded`` and the lead goes on; only the steps that write the lead's fate are
tried again by the run service until they succeed or a person gets the lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from time import perf_counter
from typing import Annotated, Any, NotRequired, Protocol, TypedDict, cast

import structlog
from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy, TimeoutPolicy

from domain.decision import Decision, Evidence, Source
from domain.leads.documents import impersonal
from domain.lines import Line
from graphs.context import LeadContext
from integrations.llm.errors import Exhausted
from kernel.errors import Unavailable
from kernel.telemetry.metrics import DECISIONS, NODE_SECONDS
from kernel.telemetry.traces import tracer
from tools.leads import (
    close_as_duplicate,
    complete_qualification,
    find_duplicate,
    kept_decisions,
    record_decision,
    similar_leads,
    told,
)
from tools.routing import claim_producer, rank_producers

VERSION = "lead.2"
BESIDE = ("classify", "extract", "enrich", "similar")
DOCUMENTS = "documents"
KNOWN = "known"
_PLACE = frozenset({"zip", "state"})
_SPECIALIST = {"classify": "classifier", "extract": "extractor", "enrich": "enricher", DOCUMENTS: "documents"}
_log = structlog.get_logger("leadwright.graphs.lead")


class Node(Protocol):
    """A step: state in, the part that changed out."""

    async def __call__(self, state: LeadState, *, runtime: Runtime[LeadContext]) -> dict[str, Any]: ...


class NotYetError(Exception):
    """An earlier lead of the same person is still being worked; try again shortly."""


def merged(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Decisions of steps that ran side by side, together."""
    return {**left, **right}


class LeadState(TypedDict):
    """What is checkpointed: ids and decisions without the words they quote."""

    decisions: Annotated[dict[str, dict[str, Any]], merged]
    duplicate: NotRequired[dict[str, Any]]
    documents: NotRequired[bool]
    hold: NotRequired[str | None]
    ranked: NotRequired[dict[str, Any]]
    receipt_id: NotRequired[str]
    outcome: NotRequired[str]


def may_pass(problem: Exception) -> bool:
    """Whether a step is worth another try at once: a store that is away, but no model whose owner has tried for us already."""
    return isinstance(problem, Unavailable) and not isinstance(problem, Exhausted)


def timed(name: str, node: Node) -> Node:
    """The node under its own span and duration metric."""

    async def measured(state: LeadState, *, runtime: Runtime[LeadContext]) -> dict[str, Any]:
        started = perf_counter()
        with tracer.start_as_current_span(f"lead.{name}") as span:
            span.set_attribute("leadwright.run", str(runtime.context.deps.run_id))
            try:
                return await node(state, runtime=runtime)
            finally:
                NODE_SECONDS.labels(name).observe(perf_counter() - started)

    return measured


async def dedupe(state: LeadState, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Is the person here already? Ends the lead at once where the sender's own words settle it."""
    del state
    briefing = await runtime.context.briefing()
    case = briefing.case
    known = (case.declared_line.value,) if case.declared_line else None
    # Without any words there is nothing to classify later, so the question is settled now.
    lines = known if known or case.text.strip() else (Line.UNKNOWN.value,)
    found = briefing.suspects.settled(lines)
    if found.waiting:
        raise NotYetError
    return {"duplicate": told(found), "documents": bool(case.documents)}


def after_dedupe(state: LeadState) -> list[str]:
    """To the specialists, or straight to the end for a repeat."""
    if state["duplicate"]["earlier"]:
        return ["close"]
    return [*BESIDE, DOCUMENTS] if state.get("documents") else list(BESIDE)


async def close(state: LeadState, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Record that the lead repeats an earlier one."""
    found = state["duplicate"]
    await close_as_duplicate(runtime.context.deps, found["earlier"], found["why"])
    return {"outcome": "duplicate"}


def specialist(node: str) -> Node:
    """The step in which one specialist decides and its answer is kept."""

    async def decide(state: LeadState, runtime: Runtime[LeadContext]) -> dict[str, Any]:
        case = await runtime.context.case()
        decision = await runtime.context.specialists[_SPECIALIST[node]].decide(case, decisions_of(state))
        return await put_by(runtime.context, decision)

    return decide


async def similar(state: LeadState, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Find leads with like words and how they ended."""
    del state
    return await put_by(runtime.context, await found_similar(runtime.context))


async def found_similar(context: LeadContext) -> Decision:
    """The decision about leads with like words."""
    case = await context.case()
    line = case.declared_line or Line.UNKNOWN
    return await similar_leads(context.deps, case.text, line.value, test=case.test)


async def degrade(state: LeadState, error: NodeError, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """A specialist failed: leave a marked decision in its place, and let the lead go on."""
    del state
    name = _SPECIALIST.get(error.node, error.node)
    _log.warning("step failed", step=error.node, problem=type(error.error).__name__)
    return await put_by(runtime.context, failed(name, error.error))


def failed(name: str, problem: BaseException) -> Decision:
    """The marked decision that stands in for a specialist's."""
    reason = Evidence(f"{name} failed ({type(problem).__name__}); counted as unknown")
    return Decision(name, {}, 0.0, Source.RULES, VERSION, (reason,), needs_review=True, degraded=True)


async def score(state: LeadState, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Weigh everything decided so far into one number and write it onto the lead."""
    context = runtime.context
    known = decisions_of(state)
    again = await made_again(context, known)
    known |= {one.specialist: checkpointed(one) for one in again}
    scored = await scored_by(context, known)
    await complete_qualification(context.deps, known, scored, list(context.waiting.values()))
    context.waiting.clear()
    return kept(*again, scored)


async def made_again(context: LeadContext, known: Mapping[str, Decision]) -> list[Decision]:
    """Decisions that an earlier attempt made and took with it when it was killed before the score: by the same rules anew."""
    lost = known.keys() - context.decided
    if lost:
        lost -= await kept_decisions(context.deps)
    decisions = []
    for name in sorted(lost):
        try:
            if name == "similar":
                decision = await found_similar(context)
            else:
                decision = await context.specialists[name].decide(await context.case(), known)
        except Unavailable:
            raise
        except Exception as problem:  # noqa: BLE001 - as in its own step
            decision = failed(name, problem)
        context.put_by(decision)
        decisions.append(decision)
    return decisions


async def scored_by(context: LeadContext, known: Mapping[str, Decision]) -> Decision:
    """The scorer's decision on what is known and on how earlier leads ended; a marked one where it fails."""
    briefing = await context.briefing()
    history = briefing.history
    try:
        return await context.specialists["scorer"].decide(briefing.case, {**known, history.specialist: history})
    except Unavailable:
        raise
    except Exception as problem:  # noqa: BLE001 - any fault of the scorer leaves a marked decision, never a lost lead
        _log.warning("step failed", step="score", problem=type(problem).__name__)
        reason = Evidence(f"scorer failed ({type(problem).__name__}); no score")
        return Decision("scorer", {}, 0.0, Source.RULES, VERSION, (reason,), needs_review=True, degraded=True)


async def gates(state: LeadState, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """What stands against giving this lead to anyone: a repeat after all, out of scope, a wish not to be called."""
    known = decisions_of(state)
    classified = known["classifier"].value if "classifier" in known else {}
    duplicate = state["duplicate"]
    if duplicate["suspects"]:
        lines = tuple(classified.get("lines") or [classified.get("line", Line.UNKNOWN.value)])
        duplicate = await find_duplicate(runtime.context.deps, lines)
        if duplicate["earlier"]:
            return {"duplicate": duplicate}
    hold = None
    if classified.get("out_of_scope"):
        hold = "out_of_scope"
    elif "extractor" in known and known["extractor"].value.get("do_not_call"):
        hold = "do_not_call"
    elif "scorer" in known and known["scorer"].degraded:
        hold = "no_score"
    return {"hold": hold}


def after_gates(state: LeadState) -> str:
    """A repeat is closed; everything else is ranked, so that it has a receipt."""
    return "close" if state["duplicate"]["earlier"] else "rank"


async def rank(state: LeadState, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Candidates, hard gates, fourteen factors, order."""
    return {"ranked": await rank_producers(runtime.context.deps, state.get("hold"))}


async def assign(state: LeadState, runtime: Runtime[LeadContext]) -> dict[str, Any]:
    """Claim the best producer who still has room, under a lock, or a person's queue; the receipt is stored with it."""
    return await claim_producer(runtime.context.deps, state.get("hold"))


def checkpointed(decision: Decision) -> Decision:
    """The part of a decision that a checkpoint may hold: no quotes, and of facts only that they are known."""
    value = decision.value
    if decision.specialist == _SPECIALIST[DOCUMENTS] and not decision.degraded:
        value = impersonal(value)
    if "fields" in value:
        fields = {
            name: {**fact, "value": fact["value"] if name in _PLACE else KNOWN, "others": []}
            for name, fact in value["fields"].items()
        }
        value = {**value, "fields": fields}
    return replace(decision.without_quotes(), value=value)


def decisions_of(state: LeadState) -> dict[str, Decision]:
    """The decisions in the state, typed."""
    return {name: Decision.from_dict(data) for name, data in state.get("decisions", {}).items()}


async def keep(context: LeadContext, decision: Decision) -> dict[str, Any]:
    """Record a decision, and its part for the state."""
    await record_decision(context.deps, decision)
    return kept(decision)


async def put_by(context: LeadContext, decision: Decision) -> dict[str, Any]:
    """The decision's part for the state. One that may be made anew for nothing is written with the score, any other at once."""
    if decision.repeatable:
        context.put_by(decision)
    else:
        await record_decision(context.deps, decision)
    context.decided.add(decision.specialist)
    return kept(decision)


def kept(*decisions: Decision) -> dict[str, Any]:
    """The part of decisions for the state."""
    for one in decisions:
        DECISIONS.labels(one.specialist, one.source.value, str(one.degraded).lower()).inc()
    return {"decisions": {one.specialist: checkpointed(one).as_dict() for one in decisions}}


@cache
def lead_graph(node_seconds: float) -> CompiledStateGraph[LeadState, LeadContext, LeadState, LeadState]:
    """The graph, compiled once: compiling takes longer than a run. Each run works on a copy with a saver of its own.

    ``node_seconds`` limits each specialist's step.
    """
    graph = StateGraph(LeadState, context_schema=LeadContext)
    again = RetryPolicy(initial_interval=0.1, max_attempts=3, retry_on=may_pass)
    limit = TimeoutPolicy(run_timeout=node_seconds)
    for name in (*BESIDE, DOCUMENTS):
        node = similar if name == "similar" else None
        step = timed(name, node or specialist(name))
        graph.add_node(name, step, timeout=limit, retry_policy=again, error_handler=cast(Any, degrade))
        graph.add_edge(name, "score")
    graph.add_node("score", timed("score", score), defer=True, retry_policy=again)
    for name, step in {"dedupe": dedupe, "close": close, "gates": gates, "rank": rank, "assign": assign}.items():
        graph.add_node(name, timed(name, step), retry_policy=again)
    graph.add_edge(START, "dedupe")
    graph.add_conditional_edges("dedupe", after_dedupe, ["close", *BESIDE, DOCUMENTS])
    graph.add_edge("score", "gates")
    graph.add_conditional_edges("gates", after_gates, ["close", "rank"])
    graph.add_edge("rank", "assign")
    graph.add_edge("assign", END)
    graph.add_edge("close", END)
    return graph.compile()
