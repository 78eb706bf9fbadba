"""A request about a policy on its way: understood, checked, quoted, approved by a person, executed, told.

The row in Postgres is the truth, as with offers and referrals: a resume says what was decided, and goes on only where the row
says the same. Checkpoints hold ids, codes and kinds; words, names and amounts stay in the row. Each step is repeated after a
crash and finds what it did.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any, NotRequired, TypedDict, cast
from uuid import UUID

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, RetryPolicy, interrupt
from pydantic import BaseModel, ConfigDict

from agents.policy_clerk import PolicyClerk
from domain.actor import Actor, system_actor
from domain.policies.asking.deciding import Ends, Step, decide
from domain.policies.asking.papers import from_papers
from domain.policies.asking.telling import ENDS_TOLD, done_told, money_told, summary
from domain.policies.asking.words import Reading
from graphs.lead import may_pass
from kernel.errors import Conflict, Invalid
from kernel.errors import Forbidden as NotAllowed
from kernel.telemetry.metrics import NODE_SECONDS
from kernel.telemetry.traces import tracer
from services.container import Services
from services.policies.request_views import RequestIn, RequestView, WordIn
from tools.policy_requests import RequestDeps, answers, execute_step, leave_step, papers_of, quote_step, write_letter

_log = structlog.get_logger("leadwright.graphs.policy")
_MOVED = "The policy has changed since the request was read; ask again."
_ENDS = {"approved": Ends.DONE, "declined": Ends.DECLINED, "expired": Ends.EXPIRED}


class Decided(BaseModel):
    """What a resume carries: the request and the word on it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    request_id: str
    decision: str


class PolicyRun(TypedDict):
    """What is checkpointed: ids, kinds and codes."""

    request_id: str
    decided: NotRequired[dict[str, str]]
    decision: NotRequired[str]
    ends: NotRequired[str]
    code: NotRequired[str]
    made: NotRequired[dict[str, str]]


@dataclass(frozen=True, slots=True)
class PolicyContext:
    """What a run carries besides its state; never checkpointed."""

    deps: RequestDeps
    clerk: PolicyClerk

    async def reading(self) -> Reading:
        """What the request says."""
        found = await self.deps.services.policies.asking.reading(self.deps.asker, self.deps.request_id)
        assert found is not None, "it was read before"
        return found

    async def view(self) -> RequestView:
        """The row."""
        return await self.deps.services.policies.asking.one(self.deps.asker, self.deps.request_id)


At = Runtime[PolicyContext]


async def understand(state: PolicyRun, runtime: At) -> dict[str, Any]:
    """Read the words, then what the documents state of what they leave open, once; a repeated step finds what was read. The
    clerk and its model see the words alone.
    """
    del state
    at, asking = runtime.context, runtime.context.deps.services.policies.asking
    view = await at.view()
    if view.read_by is None:
        known = await asking.known(at.deps.asker, at.deps.policy_id)
        assert view.words is not None, "who lets words go leaves a reading"
        read = await at.clerk.read(at.deps.asker.agency_id, at.deps.request_id, view.words, known)
        papers = await papers_of(at.deps, view.documents)
        reading = from_papers(read.reading, known, view.words, papers)
        await asking.understood(at.deps.asker, at.deps.request_id, reading, read.by)
    return {}


async def find(state: PolicyRun, runtime: At) -> dict[str, Any]:
    """Whether the policy is the one that the words name; where they name another one that the asker sees, which."""
    del state
    at = runtime.context
    named = (await at.reading()).named
    if named is None:
        return {}
    other = await at.deps.services.policies.asking.numbered(at.deps.asker, named)
    return {} if other is None else {"made": {"other_policy_id": str(other)}}


async def check(state: PolicyRun, runtime: At) -> dict[str, Any]:
    """What the rules make of the request."""
    del state
    at = runtime.context
    known = await at.deps.services.policies.asking.known(at.deps.asker, at.deps.policy_id)
    verdict = decide(await at.reading(), known)
    return {} if verdict.ends is Ends.WAITING else {"ends": verdict.ends.value, "code": verdict.code}


async def quote(state: PolicyRun, runtime: At) -> dict[str, Any]:
    """Price the step and keep the proposal; from then on it waits. What the rules of policies refuse ends it."""
    del state
    at, asking = runtime.context, runtime.context.deps.services.policies.asking
    if (await at.view()).proposal is not None:
        return {}
    reading, known = await at.reading(), await asking.known(at.deps.asker, at.deps.policy_id)
    verdict = decide(reading, known)
    if verdict.step is None:  # the policy moved on since it was checked
        return {"ends": verdict.ends.value, "code": verdict.code}
    try:
        proposal = await quote_step(at.deps, verdict, reading, summary(verdict, reading, known))
    except (Conflict, Invalid) as refused:
        await asking.settle(at.deps.asker, at.deps.request_id, Ends.REFUSED, refused.code, refused.detail)
        return {"ends": Ends.REFUSED.value, "code": refused.code}
    if not await asking.propose(at.deps.asker, at.deps.request_id, proposal):
        await leave_step(at.deps, proposal, Ends.EXPIRED.value)
        await asking.settle(
            at.deps.asker, at.deps.request_id, Ends.EXPIRED, "words_gone", "its words are gone; ask again"
        )
        return {"ends": Ends.EXPIRED.value, "code": "words_gone"}
    return {}


async def ask(state: PolicyRun, runtime: At) -> dict[str, Any]:
    """Wait. Nothing is done here, since the step begins anew with every resume."""
    del runtime
    word = interrupt({"request_id": state["request_id"]}, response_schema=Decided)
    return {"decided": Decided.model_validate(word).model_dump()}


async def compare(state: PolicyRun, runtime: At) -> dict[str, Any]:
    """Hold what the resume said beside the row; only where they agree it goes on."""
    view = await runtime.context.view()
    row = {"request_id": state["request_id"], "decision": view.decision}
    return {"decision": view.decision} if view.decision is not None and state.get("decided") == row else {}


async def execute(state: PolicyRun, runtime: At) -> dict[str, Any]:
    """Do exactly what was approved, as who approved it; or take back what was quoted for it."""
    at = runtime.context
    view = await at.view()
    assert view.proposal is not None, "what was decided was proposed"
    if state["decision"] != "approved":
        await leave_step(at.deps, view.proposal, state["decision"])
        return {"ends": _ENDS[state["decision"]].value}
    try:
        made = await execute_step(at.deps, view.proposal)
    except (Conflict, Invalid, NotAllowed) as refused:
        await leave_step(at.deps, view.proposal, refused.code)
        asking = at.deps.services.policies.asking
        await asking.settle(at.deps.asker, at.deps.request_id, Ends.REFUSED, refused.code, refused.detail)
        return {"ends": Ends.REFUSED.value, "code": refused.code}
    return {"ends": Ends.DONE.value, "made": made}


async def letter(state: PolicyRun, runtime: At) -> dict[str, Any]:
    """Have the letter on it written, once: the same event always finds the same letter."""
    if state.get("ends") != Ends.DONE:
        return {}
    at = runtime.context
    view = await at.view()
    assert view.proposal is not None, "what was done was proposed"
    written = await write_letter(at.deps, view.proposal)
    return {} if written is None else {"made": {**state.get("made", {}), "letter_id": str(written)}}


async def answer(state: PolicyRun, runtime: At) -> dict[str, Any]:
    """Say what became of it, and end the request."""
    at, asking = runtime.context, runtime.context.deps.services.policies.asking
    reading, ends = await at.reading(), Ends(state["ends"])
    known = await asking.known(at.deps.asker, at.deps.policy_id)
    view = await at.view()
    told, figures = [], dict[str, Any](state.get("made", {}))
    if ends in {Ends.DONE, Ends.DECLINED, Ends.EXPIRED} and view.proposal is not None:
        done = done_told(Step(view.proposal.step), view.proposal.effective_on, known.today)
        told = [view.proposal.summary, done if ends is Ends.DONE else ENDS_TOLD[ends]]
        if ends is Ends.DONE:
            told.append(money_told(view.proposal.money.model_dump()))
            told += ["The letter is among the policy's documents."] if "letter_id" in figures else []
    elif ends is not Ends.ANSWERED:
        verdict = decide(reading, known)
        told = [verdict.words if verdict.code == state.get("code") else _MOVED]
        figures |= {"missing": list(verdict.missing)} if ends is Ends.ASKS else {}
    if ends in {Ends.ANSWERED, Ends.DONE}:
        said, found = await answers(at.deps, reading.asks)
        told, figures = [*told, *said], {**figures, **found}
    await asking.settle(at.deps.asker, at.deps.request_id, ends, state.get("code", ""), " ".join(told), figures or None)
    return {}


def _measured(name: str, step: Callable[[PolicyRun, At], Awaitable[dict[str, Any]]]) -> Any:
    """The step under its own span and duration metric."""

    async def measured(state: PolicyRun, *, runtime: At) -> dict[str, Any]:
        started = perf_counter()
        with tracer.start_as_current_span(f"policy.{name}") as span:
            span.set_attribute("policy.request", state["request_id"])
            try:
                return await step(state, runtime)
            finally:
                NODE_SECONDS.labels(f"policy_{name}").observe(perf_counter() - started)

    return measured


def _ended(otherwise: str) -> Callable[[PolicyRun], str]:
    return lambda state: "answer" if "ends" in state else otherwise


def _after_compare(state: PolicyRun) -> str:
    return "execute" if "decision" in state else "ask"


@cache
def policy_graph() -> CompiledStateGraph[PolicyRun, PolicyContext, PolicyRun, PolicyRun]:
    """The graph, compiled once; each run works on a copy with a saver of its own."""
    graph = StateGraph(PolicyRun, context_schema=PolicyContext)
    retry = RetryPolicy(initial_interval=0.1, max_attempts=3, retry_on=may_pass)
    graph.add_node(
        "ask", cast(Callable[..., Any], ask)
    )  # not measured: a span would end with every look at the question
    for name, step in {
        "understand": understand, "find": find, "check": check, "quote": quote, "compare": compare, "execute": execute,
        "letter": letter, "answer": answer,
    }.items():  # fmt: skip
        graph.add_node(name, cast(Any, _measured(name, step)), input_schema=PolicyRun, retry_policy=retry)
    graph.add_edge(START, "understand")
    graph.add_edge("understand", "find")
    graph.add_edge("find", "check")
    graph.add_conditional_edges("check", _ended("quote"), ["quote", "answer"])
    graph.add_conditional_edges("quote", _ended("ask"), ["ask", "answer"])
    graph.add_edge("ask", "compare")
    graph.add_conditional_edges("compare", _after_compare, ["ask", "execute"])
    graph.add_edge("execute", "letter")
    graph.add_edge("letter", "answer")
    graph.add_edge("answer", END)
    return graph.compile()


class PolicyRequests:
    """Requests from their words to their end. A run is begun by who asks, goes on with a person's word, and is taken up by a
    worker where whoever worked it died.
    """

    def __init__(self, services: Services, clerk: PolicyClerk) -> None:
        self._services = services
        self._clerk = clerk

    async def ask(self, actor: Actor, policy_id: UUID, body: RequestIn, key: str | None) -> RequestView:
        """Take a request; the same key with the same words finds the first. See :meth:`Asking.begin` for what is refused."""
        asking = self._services.policies.asking
        request_id, new = await asking.begin(actor, policy_id, body, key)
        if new:
            await self._follow(actor.agency_id, request_id)
        return await asking.one(actor, request_id)

    async def decide(
        self, actor: Actor, policy_id: UUID, request_id: UUID, body: WordIn, *, approve: bool
    ) -> RequestView:
        """Take a person's word and do what follows from it. See :meth:`Asking.decide` for what is refused."""
        asking = self._services.policies.asking
        await asking.decide(actor, policy_id, request_id, body.digest, approve=approve)
        await self._follow(actor.agency_id, request_id)
        return await asking.one(actor, request_id)

    async def work(self) -> bool:
        """Take up one request that lies; False when none does. One that failed too often goes to a person."""
        asking = self._services.policies.asking
        claimed = await asking.claim()
        if claimed is None:
            return False
        request_id, agency_id = claimed
        worker = system_actor(agency_id, "policies")  # who asked may not see the policy any more
        if await asking.attempts(worker, request_id) > asking.settings.attempts:
            told = "this could not be worked; a person looks at it"
            await asking.settle(worker, request_id, Ends.NEEDS_PERSON, "attempts_used_up", told)
            return True
        await self._follow(agency_id, request_id)
        return True

    async def _follow(self, agency_id: UUID, request_id: UUID) -> None:
        """Begin the run or go on with it, until it waits or is over."""
        asking = self._services.policies.asking
        asker, decider = await asking.speakers(agency_id, request_id)
        view = await asking.one(asker, request_id)
        deps = RequestDeps(self._services, asker, decider, view.policy_id, request_id)
        context = PolicyContext(deps, self._clerk)
        config: RunnableConfig = {"configurable": {"thread_id": f"policy-request:{agency_id}:{request_id}"}}
        graph = policy_graph().copy({"checkpointer": self._services.checkpoints.saver()})
        with tracer.start_as_current_span("policy.request") as span:
            span.set_attribute("policy.request", str(request_id))
            before = await graph.aget_state(config)
            asked = tuple(before.interrupts)
            how: Any = {"context": context, "durability": "sync", "version": "v2"}
            if not asked and (before.next or not before.values):
                given: Any = None if before.next else PolicyRun(request_id=str(request_id))
                asked = (await graph.ainvoke(given, config, **how)).interrupts
            while asked and (view := await asking.one(asker, request_id)).decision is not None:
                word = {"request_id": str(request_id), "decision": view.decision}
                asked = (await graph.ainvoke(Command(resume={one.id: word for one in asked}), config, **how)).interrupts
            span.set_attribute("policy.state", view.state.value)
