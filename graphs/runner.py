"""Runs a graph for a claimed run: starts or resumes it, and says how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl

from agents.base import Specialist
from domain.actor import system_actor
from domain.decision import Decision, Evidence, Source
from domain.leads.lifecycle import IN_PROGRESS
from graphs.answer_run import Attempt, asked_in, work_offer, work_referral
from graphs.context import LeadContext
from graphs.lead import VERSION, NotYetError, lead_graph
from graphs.rescore import rescore_graph
from kernel.clock import now
from kernel.errors import Conflict, Unavailable
from kernel.telemetry.metrics import LEAD_SECONDS, LEADS_FINISHED
from kernel.telemetry.traces import tracer
from services.container import Services
from services.leads.intake import GRAPH
from services.runs import OFFER, REFERRAL, RESCORE, ClaimedRun
from tools.deps import ToolDeps
from tools.leads import keep_waiting, queue_for_person, record_decision, standing_of

RECURSION_LIMIT = 25
_WAIT = timedelta(milliseconds=150)
_log = structlog.get_logger("leadwright.graphs.runner")


class Ended(StrEnum):
    """How an attempt ended: for good, to be tried again, or stopped by a drain."""

    DONE = "done"
    LATER = "later"
    DRAINED = "drained"


@dataclass(frozen=True, slots=True)
class LeadRunner:
    """Executes runs of the lead graph, of the one that scores anew, and of those that wait for an answer to an offer or a
    referral. Safe to call for a run that another worker executes too: effects carry keys.
    """

    services: Services
    specialists: Mapping[str, Specialist]

    async def execute(self, run: ClaimedRun, control: RunControl) -> Ended:
        """One attempt. Never raises for a fault of the run itself: the row says what happens next."""
        with tracer.start_as_current_span("lead.run") as span:
            span.set_attribute("leadwright.run", str(run.run_id))
            span.set_attribute("leadwright.attempt", run.attempts)
            return await self._attempt(run, control)

    async def _attempt(self, run: ClaimedRun, control: RunControl) -> Ended:  # noqa: PLR0911 - one return per way to end
        runs = self.services.runs
        try:
            if run.graph not in {GRAPH, RESCORE, OFFER, REFERRAL}:
                await self._give_up(run, f"no graph named {run.graph}")
                return Ended.DONE
            if run.attempts > self.services.settings.pipeline.max_attempts:
                await self._give_up(run, "pipeline_failed")
                return Ended.DONE
            outcome = await self._worked(run, control)
            if outcome is None:
                await self._wait(run)
                return Ended.LATER
        except NotYetError:
            await runs.put_back(run, _WAIT, counts=False)
            return Ended.LATER
        except GraphDrained:
            await runs.put_back(run, timedelta(0), counts=False)
            return Ended.DRAINED
        except Conflict:
            # A person moved the lead on meanwhile: it is in their hands, and the run has nothing left to do.
            await runs.finish(run, "overtaken")
            return Ended.DONE
        except Exception as problem:  # noqa: BLE001 - whatever it was, the run is tried again or a person gets the lead
            _log.warning("run failed", run=str(run.run_id), attempt=run.attempts, exc_info=problem)
            await runs.put_back(run, timedelta(seconds=min(30.0, 0.25 * 2**run.attempts)), counts=True)
            return Ended.LATER
        await runs.finish(run, outcome)
        return Ended.DONE

    async def _worked(self, run: ClaimedRun, control: RunControl) -> str | None:
        if run.graph not in {OFFER, REFERRAL}:
            return await self._invoke(run, control)
        work = work_offer if run.graph == OFFER else work_referral
        return await work(Attempt(run, self._context(run), _config(run), control))

    async def _wait(self, run: ClaimedRun) -> None:
        if run.graph == REFERRAL:
            await self.services.runs.wait_for_referral(run, asked_in(run))
        else:
            await self.services.runs.wait_for_answer(run, asked_in(run))

    async def _invoke(self, run: ClaimedRun, control: RunControl) -> str | None:
        saver = self.services.checkpoints.saver()
        rescoring = run.graph == RESCORE
        steps: Any = rescore_graph() if rescoring else lead_graph(self.services.settings.pipeline.node_seconds)
        graph = steps.copy({"checkpointer": saver})
        given: Any = {"lead_id": str(run.lead_id)} if rescoring else {"decisions": {}}
        config = _config(run)
        begun = run.token > 1 and (await graph.aget_state(config)).next
        context = self._context(run)
        try:
            final: dict[str, Any] = await graph.ainvoke(
                None if begun else given, config, context=context, durability="sync", control=control
            )
        except Exception:
            await _keep_what_waits(context)
            raise
        outcome = str(final["outcome"])
        case = await context.case()
        if not rescoring and not case.test:
            LEADS_FINISHED.labels(outcome).inc()
            LEAD_SECONDS.observe((now() - case.received_at).total_seconds())
        return outcome

    async def _give_up(self, run: ClaimedRun, reason: str) -> None:
        if run.graph == RESCORE:  # the lead was decided before, and keeps its score
            _log.error("lead not scored anew", run=str(run.run_id), attempts=run.attempts - 1)
            await self.services.runs.finish(run, reason, failed=True)
            return
        if run.graph == REFERRAL:  # the lead stays with who has it, and the referral ends by its timer
            _log.error("referral not followed", run=str(run.run_id), attempts=run.attempts - 1)
            await self.services.runs.finish(run, reason, failed=True)
            return
        if run.graph == OFFER and (await standing_of(self._deps(run)))[0] not in IN_PROGRESS:
            _log.error("offer not followed", run=str(run.run_id), attempts=run.attempts - 1)
            await self.services.runs.finish(run, reason, failed=True)
            return
        why = Evidence(f"ended after {run.attempts - 1} starts ({reason}); left to a person")
        marked = Decision("pipeline", {}, 0.0, Source.RULES, VERSION, (why,), needs_review=True, degraded=True)
        await record_decision(self._deps(run), marked)
        await queue_for_person(self._deps(run), reason)
        await self.services.runs.finish(run, reason, failed=True)

    def _deps(self, run: ClaimedRun) -> ToolDeps:
        return ToolDeps(system_actor(run.agency_id, "pipeline"), self.services, run.run_id, run.lead_id)

    def _context(self, run: ClaimedRun) -> LeadContext:
        return LeadContext(self._deps(run), self.specialists, self.services.settings.pipeline.node_seconds)


async def _keep_what_waits(context: LeadContext) -> None:
    """What waits for a score is kept by who stops before it; where it cannot be, the next attempt makes it anew."""
    if context.waiting:
        with suppress(Unavailable):
            await keep_waiting(context.deps, list(context.waiting.values()))


def _config(run: ClaimedRun) -> RunnableConfig:
    return {
        "configurable": {"thread_id": run.thread_id},
        "recursion_limit": RECURSION_LIMIT,
        "metadata": {"graph_version": VERSION},
    }
