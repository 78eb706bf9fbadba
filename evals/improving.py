"""Better words for an agent: drafts from the cases of dev that fail, measured on dev, and the chosen one once on holdout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from math import isnan

from agents.language_models import LanguageModels, NoAnswer
from agents.prompt_writer import PromptWriter
from evals.records import Case, FailureKind, Split
from evals.runs.progress import Progress
from evals.runs.result import RunResult
from evals.runs.running import Done, Wishes, run_suite
from evals.suite import Suite
from evals.targets.agent import LLM, AgentTarget
from evals.targets.means import EVALS, Means, Purse
from evals.targets.pinned import drafted
from evals.targets.prompt import PromptTarget
from evals.verdict import Decision, Limits, Verdict, verdict
from integrations.llm.errors import OverBudget
from kernel.clock import now
from kernel.errors import AppError, Conflict, FieldError, Invalid
from kernel.llm_settings import AgentModel
from kernel.settings import Settings
from prompts.registry import Library
from prompts.release import body_of, redraft
from store.evals.runs import RunStore

WRITER = "prompt_writer"
_SHOWN_FAILURES = 12
_LEAST_TOKENS, _LEAST_SECONDS = 8_000, 120.0
_TRIES = 2
"""How often a draft is asked for, where the first is refused."""


@dataclass(frozen=True, slots=True)
class Aims:
    """What is to be improved and how hard. ``budget`` is US dollars over everything, None as the settings say."""

    agent: str
    drafts: int = 3
    trials: int | None = None
    budget: Decimal | None = None
    concurrency: int | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that was measured. ``source`` is its file; ``variant`` what it is called in the run on dev."""

    variant: str
    why: str
    source: str
    on_dev: Verdict


@dataclass(frozen=True, slots=True)
class Improvement:
    """What came of it. ``decision`` is the holdout's where that was opened. ``chosen`` is the draft that dev would ship, under
    its final number ``version``; ``refused`` says which drafts were none, ``stopped`` what ended it early.
    """

    decision: Decision
    said: str
    failures: int
    drafts: tuple[Draft, ...] = ()
    refused: tuple[str, ...] = ()
    chosen: Draft | None = None
    version: int | None = None
    on_holdout: Verdict | None = None
    spent: Decimal = Decimal(0)
    runs: tuple[str, ...] = ()
    stopped: str | None = None

    @property
    def worth_writing(self) -> bool:
        """Dev would ship it, and the holdout does not speak against it."""
        return self.chosen is not None and self.decision is not Decision.KEEP


async def improve(
    suite: Suite, aims: Aims, settings: Settings, store: RunStore, prompts: Library, progress: Progress
) -> Improvement:
    """Draft, measure, choose, confirm. Writes no file. Raises Invalid without a model or for a suite that does not ask the agent,
    and Conflict where the holdout of these cases may not be opened again.
    """
    work = _Work(suite, aims, settings, store, prompts, progress)
    await work.require_possible()
    return await work.done()


class _Work:
    def __init__(
        self, suite: Suite, aims: Aims, settings: Settings, store: RunStore, prompts: Library, progress: Progress
    ) -> None:
        self._suite = suite
        self._aims = aims
        self._settings = settings
        self._store = store
        self._prompts = prompts
        self._progress = progress
        self._left = settings.evals.budget_usd if aims.budget is None else aims.budget
        self._spent = Decimal(0)
        self._runs: list[str] = []
        self._present = prompts.load(aims.agent)
        self._next = prompts.versions(aims.agent)[-1] + 1

    async def require_possible(self) -> None:
        agent, target = self._aims.agent, self._suite.target
        if not isinstance(target, AgentTarget | PromptTarget) or target.name != agent:
            remedy = f"name a suite whose target is {agent}; `leadwright eval list` shows them"
            fault = FieldError("suite", "other", f"does not ask the prompt {agent}", remedy, self._suite.name)
            raise Invalid("the prompt cannot be improved", fields=(fault,))
        if not LanguageModels(self._means().gateway(WRITER)).configured:
            remedy = "set LEADWRIGHT_LLM__API_KEY or LEADWRIGHT_LLM__BASE_URL"
            fault = FieldError("model", "no_model", "drafts are a language model's, and none is configured", remedy)
            raise Invalid("the prompt cannot be improved", fields=(fault,), code="llm_not_configured")
        uses, most = (
            await self._store.uses(self._suite.cases.hash, Split.HOLDOUT.value),
            self._settings.evals.holdout_openings,
        )
        if uses >= most:
            raise Conflict(
                f"the holdout cases of {self._suite.name} were used {uses} times and may be used {most} times, so"
                " nothing could be confirmed; write new cases",
                code="holdout_spent",
            )

    async def done(self) -> Improvement:
        present = self._spec(self._present.version)
        first = await self._run((present,), Split.DEV)
        failures = failed_cases(first.result, present)
        if first.ended.stopped is not None:
            return self._ended(Decision.INCONCLUSIVE, "dev was not worked off", len(failures), first.ended.stopped)
        if not failures:
            return self._ended(Decision.KEEP, f"no case of dev fails {self._present.name}; there is nothing to mend", 0)
        sources, refused, stopped = await self._drafts(failures)
        if not sources:
            decision = Decision.INCONCLUSIVE if stopped else Decision.KEEP
            return self._ended(decision, "no draft could be used", len(failures), stopped, refused=tuple(refused))
        with drafted({(self._aims.agent, version): source for version, (_, source) in sources.items()}):
            second = await self._run((present, *map(self._spec, sources)), Split.DEV)
        drafts = tuple(
            Draft(self._spec(version), why, source, self._verdict(second.result, version))
            for version, (why, source) in sources.items()
        )
        stopped = second.ended.stopped or stopped
        chosen = best(drafts)
        found = self._ended(
            Decision.KEEP, "dev would ship no draft", len(failures), stopped, drafts=drafts, refused=tuple(refused)
        )
        if chosen is None or second.ended.stopped is not None:
            open_ = second.ended.stopped or any(one.on_dev.decision is Decision.INCONCLUSIVE for one in drafts)
            return replace(found, decision=Decision.INCONCLUSIVE if open_ else Decision.KEEP)
        return await self._confirmed(replace(found, chosen=chosen, version=self._next))

    async def _confirmed(self, found: Improvement) -> Improvement:
        """The chosen draft under its final number, byte for byte as it would be written, once on holdout."""
        assert found.chosen is not None
        source = self._redraft(
            self._next, found.chosen.why, _body(found.chosen.source), now().date()
        )  # the run on dev knew it by a number of its own
        found = replace(found, chosen=replace(found.chosen, source=source))
        if not self._suite.cases.of(Split.HOLDOUT):
            return replace(
                found, decision=Decision.INCONCLUSIVE, said="dev would ship it; there is no holdout to confirm it"
            )
        with drafted({(self._aims.agent, self._next): source}):
            try:
                last = await self._run((self._spec(self._present.version), self._spec(self._next)), Split.HOLDOUT)
            except Conflict as refused:  # another process opened it meanwhile
                return replace(found, decision=Decision.INCONCLUSIVE, said="not confirmed", stopped=refused.detail)
        said = self._verdict(last.result, self._next)
        return replace(
            found, decision=said.decision, on_holdout=said, said=f"dev would ship it, holdout says {said.decision}",
            stopped=last.ended.stopped or found.stopped, spent=self._spent, runs=tuple(self._runs),
        )  # fmt: skip

    async def _drafts(self, failures: Sequence[str]) -> tuple[dict[int, tuple[str, str]], list[str], str | None]:
        """Drafts by the number that they are measured under, why others were refused, and what ended the drafting early."""
        kept: dict[int, tuple[str, str]] = {}
        refused: list[str] = []
        earlier: list[str] = []
        purse = Purse(self._left)
        means = self._means(purse)
        try:
            writer = PromptWriter(LanguageModels(means.gateway(WRITER)), self._prompts)
            body = body_of(self._prompts, self._aims.agent, self._present.version)
            for _ in range(self._aims.drafts * _TRIES):
                if len(kept) == self._aims.drafts:
                    break
                try:
                    made = (await writer.draft(EVALS, self._present, body, failures, earlier)).draft
                    number = self._next + len(kept)
                    drawn = f"=== system ===\n{made.system.strip()}\n=== user ===\n{made.user.strip()}\n"
                    source = self._redraft(number, made.why, drawn, now().date())
                    if any(_body(one).split() == drawn.split() for _, one in kept.values()):
                        raise _same_again()
                except NoAnswer as none:
                    if isinstance(none.problem, OverBudget):
                        return kept, refused, none.problem.detail
                    refused.append(f"no draft came: {none.problem.detail}")
                except Invalid as problem:
                    refused.append(_faults(problem))
                    earlier.append(f"refused: {refused[-1]}")
                else:
                    kept[number] = (made.why, source)
                    earlier.append(f"measured: {made.why}")
            return kept, refused, None
        finally:
            self._pay(purse.spent)
            await means.close()

    def _redraft(self, version: int, why: str, body: str, changed: date) -> str:
        return redraft(self._prompts, self._present, version, why=why, changed=changed, body=body)

    async def _run(self, variants: Sequence[str], split: Split) -> Done:
        wishes = Wishes(
            variants, self._aims.trials, split, budget=self._left, concurrency=self._aims.concurrency
        )  # each run takes what is left
        done = await run_suite(self._suite, wishes, self._settings, self._store, self._progress)
        self._pay(done.spent)
        self._runs.append(done.result.run_id)
        return done

    def _pay(self, dollars: Decimal) -> None:
        self._spent += dollars
        self._left = max(Decimal(0), self._left - dollars)

    def _verdict(self, result: RunResult, version: int) -> Verdict:
        return verdict(result, self._spec(self._present.version), self._spec(version), self._aims.limits)

    def _spec(self, version: int) -> str:
        return f"{LLM}/v{version}" if isinstance(self._suite.target, AgentTarget) else f"v{version}"

    def _means(self, purse: Purse | None = None) -> Means:
        """With room for a whole prompt as an answer, where the settings of the writer do not say otherwise."""
        llm = self._settings.llm
        own = llm.agents.get(WRITER, AgentModel())
        own = own.model_copy(update={
            "max_tokens": own.max_tokens or max(_LEAST_TOKENS, llm.max_tokens),
            "timeout_seconds": own.timeout_seconds or max(_LEAST_SECONDS, llm.timeout_seconds),
        })  # fmt: skip
        patient = {"agents": {**llm.agents, WRITER: own}, "deadline_seconds": max(_LEAST_SECONDS, llm.deadline_seconds)}
        settings = self._settings.model_copy(update={"llm": llm.model_copy(update=patient)})
        return Means(settings, purse or Purse(self._left))

    def _ended(
        self, decision: Decision, said: str, failures: int, stopped: str | None = None, *,
        drafts: tuple[Draft, ...] = (), refused: tuple[str, ...] = (),
    ) -> Improvement:  # fmt: skip
        return Improvement(
            decision, said, failures, drafts, refused, spent=self._spent, runs=tuple(self._runs), stopped=stopped
        )


def failed_cases(result: RunResult, variant: str) -> list[str]:
    """The cases that the variant does not do as well as can be, the most missed first, in words for a writer of prompts.

    What the infrastructure or a judge failed to tell is no failure of the words.
    """
    tops = {one.name: one.most if one.higher_is_better else one.least for one in result.metrics}
    found: list[tuple[int, str]] = []
    for case in result.cases:
        wrong: list[str] = []
        output: object = None
        for answer in result.answers:
            if answer.case == case.id and answer.variant == variant:
                output = answer.output if output is None else output
                if answer.failure is not None and answer.failure.kind is FailureKind.MODEL:
                    wrong.append(f"no usable answer: {answer.failure.message}")
        for score in result.scores:
            if score.case == case.id and score.variant == variant and score.value is not None:
                top = tops.get(score.metric)
                if score.passed is False or (score.passed is None and top is not None and score.value != top):
                    wrong.append(f"{score.metric} {score.value:g}: {score.reason}".rstrip(": "))
        if wrong:
            found.append((-len(wrong), _told(case, output, wrong)))
    return [text for _, text in sorted(found, key=lambda one: one[0])][:_SHOWN_FAILURES]


def best(drafts: Sequence[Draft]) -> Draft | None:
    """Of the drafts that dev would ship, the one that gains most over all metrics of quality and safety; the earlier in a tie."""
    shipped = [one for one in drafts if one.on_dev.decision is Decision.SHIP]
    return max(shipped, key=_gain, default=None)


def _gain(one: Draft) -> float:
    signed = (
        compared.difference.value if compared.metric.higher_is_better else -compared.difference.value
        for compared in one.on_dev.comparisons
        if compared.metric.role in {"quality", "safety"}
    )  # fmt: skip
    return sum(value for value in signed if not isnan(value))


def _told(case: Case, output: object, wrong: Sequence[str]) -> str:
    parts: Mapping[str, object] = {"input": case.input, "wanted": case.expected, "given": output}
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False, sort_keys=True)}" for name, value in parts.items()]
    return "\n".join([*lines, f"wrong: {'; '.join(wrong)}"])


def _body(source: str) -> str:
    return source[source.index("\n---\n") + len("\n---\n") :]


def _same_again() -> Invalid:
    return Invalid(
        "the draft is no new one", fields=(FieldError("body", "same", "says what an earlier draft says", "change it"),)
    )


def _faults(problem: AppError) -> str:
    return "; ".join(f"{one.field} {one.message}" for one in problem.fields) or problem.detail
