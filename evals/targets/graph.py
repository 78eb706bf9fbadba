"""The lead pipeline as a whole: a case's lead goes through intake, the lead graph and the claim, and its end is read back."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from langgraph.runtime import RunControl

from agents.registry import specialists
from domain.actor import Actor, system_actor
from domain.leads.lifecycle import IN_PROGRESS, Happening, Status
from domain.routing.gates import Standing, first_failure, lead_gate
from domain.routing.offers import OfferState
from domain.routing.receipt import RULES_VERSION, people_of, replay
from evals.records import Answer, Case, Failure, FailureKind, Variant
from evals.targets.book import Answered, Book, Earlier, LeadCaseIn, read_lead_case
from evals.targets.means import Means, tallied
from evals.targets.port import Answering
from evals.targets.specs import read_spec
from graphs.lead import VERSION
from graphs.runner import LeadRunner
from integrations.llm.gateway import Gateway
from kernel.clock import frozen
from kernel.errors import FieldError, Invalid
from kernel.ids import new_id
from kernel.llm_settings import LlmSettings
from kernel.settings import Settings
from services.container import Services
from services.leads.schemas import LeadDetail, LeadIn
from services.opening import open_services
from services.routing.schemas import PolicyKind
from tools.deps import ToolDeps
from tools.routing import accept_offer, decline_offer

LOCAL, CASCADE = "local", "cascade"
_WORKER = "evals"
_AT_ONCE = 20
_PAUSE = 0.02
_PATIENCE = 60.0
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class GraphTarget:
    """Variants: ``local`` and ``cascade``, which asks language models where the specialists do.

    Every run has an installation of its own in a temporary home, every case an agency of its own in it, made from ``book``. The
    clock is held at the case's moment, and a minute earlier or later for each thing that came before or follows, so cases go one
    after another. ``output`` says how the lead ended, ``state`` what
    Postgres holds of it: see :meth:`LeadWay.state`. No answer is taken over from an earlier run.
    """

    book: Book
    name: str = "lead-graph"
    keeps: bool = False

    def variant(self, spec: str, means: Means) -> Variant:
        """The arm; its parameters name the versions of graph and rules."""
        read = read_spec(spec, (LOCAL, CASCADE))
        if read.version or read.model or read.temperature is not None:
            fault = FieldError("variant", "form", "names a prompt or a model", "write local or cascade", spec)
            raise Invalid("the variant cannot be run", fields=(fault,))
        if read.how == CASCADE and not means.gateway("lead").configured:
            remedy = "set LEADWRIGHT_LLM__API_KEY or LLM__BASE_URL, or run local"
            fault = FieldError("variant", "no_model", "asks a language model, and none is configured", remedy, spec)
            raise Invalid("the variant cannot be run", fields=(fault,), code="llm_not_configured")
        return Variant(spec, "", "", {"how": read.how, "graph": VERSION, "rules": RULES_VERSION})

    def told(self, output: Any) -> Any:
        """What became of the lead, and whose it is; two scores may differ where nothing follows."""
        return {name: output[name] for name in ("status", "reason", "producer", "line")}

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Answering]:
        """An installation with default settings: nothing of the operator's stores, vendors or messengers is touched."""
        home = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-evals-"))
        await asyncio.to_thread(home.chmod, 0o711)
        try:
            async with open_services(Settings.model_construct(home=home / "home")) as services:
                yield LeadWay(services, self.book, means)
        finally:
            await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


class LeadWay:
    """Cases on an opened installation that nobody else works."""

    def __init__(self, services: Services, book: Book, means: Means) -> None:
        silent = Gateway(LlmSettings(), means.purse, means.purse)
        self._services = services
        self._book = book
        self._gateways = {LOCAL: silent, CASCADE: means.gateway("lead")}
        self._runners: dict[str, LeadRunner] = {}
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        """The lead's end. Raises Invalid for a case that the product would not take in."""
        given = read_lead_case(case)
        runner = self._runner(variant)
        async with self._one_at_a_time:
            with tallied() as tally:
                with frozen(given.at - (len(given.before) + 1) * _MINUTE):
                    actor = await self._agency(case, given)
                for left, earlier in zip(range(len(given.before), 0, -1), given.before, strict=True):
                    with frozen(given.at - left * _MINUTE):
                        await self._came_before(runner, actor, earlier)
                with frozen(given.at):
                    began = perf_counter()
                    lead_id = await self._worked(runner, actor, given.lead)
                    seconds = perf_counter() - began
                for passed, step in enumerate(given.then if lead_id is not None else (), start=1):
                    with frozen(given.at + passed * _MINUTE):
                        await self._answered(runner, actor, lead_id, step)
                state = None if lead_id is None else await self.state(actor, lead_id)
        if tally.refused is not None:
            raise tally.refused
        spent = (seconds, tally.cost, tally.tokens_in, tally.tokens_out)
        if state is None:
            lost = Failure(FailureKind.INFRASTRUCTURE, "not_ended", f"the run did not end within {_PATIENCE:.0f} s")
            return Answer(case.id, variant.name, trial, None, lost, *spent)
        output = {name: state[name] for name in ("status", "reason", "producer", "line", "score", "tier")}
        return Answer(case.id, variant.name, trial, output, None, *spent, source=variant.name, state=state)

    async def state(self, actor: Actor, lead_id: UUID) -> dict[str, Any]:
        """What the database holds of the lead.

        ``code`` and ``strategy`` are the receipt's, ``refused`` its counts by gate or rule, ``gates`` the first gate that
        refused each producer on the stored facts, ``order`` the others as they were ranked with ``totals`` of their scores,
        ``replays`` whether the receipt computes to the same again.
        """
        lead = await self._services.lead_queries.one(actor, lead_id)
        names = await self._names(actor)
        offers = (await self._services.offers.history(actor, lead_id)).items
        escalated = [one.data.get("code") for one in lead.activities if one.kind == Happening.ESCALATED.value]
        found = {
            "status": lead.status, "reason": lead.reason, "line": lead.line, "score": lead.score, "tier": lead.tier,
            "language": lead.language, "do_not_call": lead.do_not_call, "needs_review": lead.needs_review,
            "producer": names.get(lead.producer_id) if lead.producer_id else None, "duplicate": lead.duplicate_of is not None,
            "offers": [{"producer": names[one.producer_id], "state": one.state.value} for one in offers],
            "escalated": escalated,
        }  # fmt: skip
        return found | await self._receipt(actor, lead, names)

    async def _receipt(self, actor: Actor, lead: LeadDetail, names: Mapping[UUID, str]) -> dict[str, Any]:
        if lead.receipt_id is None:
            return {"receipt": False}
        services = self._services
        stored = await services.receipts.get(actor, lead.receipt_id)
        again = await services.receipts.replay(actor, lead.receipt_id)
        async with services.database.begin(actor) as uow:
            profiles = await uow.routing.profiles(sorted({one["profile"] for one in stored.body["candidates"]}))
        receipt = replay(stored.body, profiles)
        gates: dict[str, str] = {}
        if lead_gate(receipt.lead, receipt.tables) is None:
            for one in people_of(stored.body, profiles):
                stopped = first_failure(receipt.lead, Standing(one, receipt.as_of, receipt.tables))
                gates |= {} if stopped is None else {names[one.producer_id]: stopped.code}
        ranking = stored.body["ranking"]
        return {
            "receipt": True, "replays": again.same and again.producer_id == stored.producer_id,
            "code": stored.body["outcome"]["code"], "strategy": ranking["strategy"], "eligible": ranking["eligible"],
            "refused": ranking["refused"], "gates": gates, "rules": [one["rule"] for one in ranking["rules"]],
            "order": [names[one.producer_id] for one in receipt.ranking.order],
            "totals": [str(one.total) for one in receipt.ranking.order],
        }  # fmt: skip

    def _runner(self, variant: Variant) -> LeadRunner:
        how = str(variant.parameters["how"])
        if how not in self._runners:
            services = replace(self._services, llm=self._gateways[how])
            self._runners[how] = LeadRunner(services, specialists(services))
        return self._runners[how]

    async def _agency(self, case: Case, given: LeadCaseIn) -> Actor:
        try:
            return await self._founded(case, given)
        except Invalid as problem:
            fields = problem.fields or (FieldError("agency", problem.code, problem.detail),)
            named = tuple(replace(one, field=f"case {case.id}: {one.field}") for one in fields)
            raise Invalid("the agency of a case cannot be made", fields=named) from problem

    async def _founded(self, case: Case, given: LeadCaseIn) -> Actor:
        """A new agency for the case, with its policy."""
        slug = f"case-{new_id().hex[-12:]}"
        services, change = self._services, given.agency
        actor = await services.agencies.found(slug, case.id[:200])
        await services.agencies.load(actor, self._book.agency(slug, change))
        for kind in PolicyKind:
            if (body := getattr(change, kind.value)) is not None:
                await services.distribution.put(actor, kind, body, case.id[:200], expected=None)
        await services.projection.refresh(actor)
        return actor

    async def _worked(self, runner: LeadRunner, actor: Actor, lead: LeadIn) -> UUID | None:
        """Take a lead in and work it to its end; None where it has none in time."""
        taken = await self._services.intake.accept_one(actor, lead, key=None)
        lead_id = UUID(taken.body["lead_id"])
        return lead_id if await self._ended(runner, actor, lead_id) else None

    async def _ended(self, runner: LeadRunner, actor: Actor, lead_id: UUID) -> bool:
        began = perf_counter()
        while perf_counter() - began < _PATIENCE:
            while runs := await self._services.runs.claim(_WORKER, _AT_ONCE):
                for run in runs:
                    await runner.execute(run, RunControl())
            if Status((await self._services.lead_queries.one(actor, lead_id)).status) not in IN_PROGRESS:
                return True
            await asyncio.sleep(_PAUSE)
        return False

    async def _came_before(self, runner: LeadRunner, actor: Actor, earlier: Earlier) -> None:
        """Work the lead as any other; then a person gives it to the producer who is named and does not have it yet."""
        lead_id = await self._worked(runner, actor, earlier.lead)
        if lead_id is None or earlier.to is None:
            return
        (producer_id,) = [who for who, known in (await self._names(actor)).items() if known == earlier.to]
        if (await self._services.lead_queries.one(actor, lead_id)).producer_id == producer_id:
            return
        await self._services.assignments.assign(actor, lead_id, producer_id, expected=None)

    async def _answered(self, runner: LeadRunner, actor: Actor, lead_id: UUID | None, step: Answered) -> None:
        """Answer the open offer on behalf of the producer that the step names. Raises Invalid where another one is asked."""
        assert lead_id is not None
        names = await self._names(actor)
        offers: Sequence[Any] = (await self._services.offers.history(actor, lead_id)).items
        asked = next((one for one in reversed(offers) if one.state is OfferState.OFFERED), None)
        deps = ToolDeps(system_actor(actor.agency_id, "offers"), self._services, new_id(), lead_id)
        if asked is None or names[asked.producer_id] not in {step.accept, step.decline}:
            return  # the end state shows who was asked instead
        if step.accept is not None:
            await accept_offer(deps, asked.id)
        else:
            await decline_offer(deps, asked.id, step.reason)
        await self._ended(runner, actor, lead_id)

    async def _names(self, actor: Actor) -> dict[UUID, str]:
        async with self._services.database.begin(actor) as uow:
            return {who: name for name, who in (await uow.agencies.ids_by_external()).items()}
