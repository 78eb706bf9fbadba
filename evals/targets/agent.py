"""A specialist by its name: the local side, the cascade as it runs in the product, or the language model's side alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any

from agents.base import LeadCase, Specialist
from agents.cascade import Cascade, SecondOpinion
from agents.classifier import Classifier
from agents.classifier_model import ClassifierModel
from agents.enricher import Enricher
from agents.extractor import Extractor
from agents.extractor_model import ExtractorModel
from agents.language_models import LanguageModels, NoAnswer
from agents.scorer import Scorer
from domain.decision import Decision
from domain.lines import Line
from evals.records import Answer, Case, Failure, Variant
from evals.targets.faults import failure_of
from evals.targets.lead_input import lead_case
from evals.targets.means import Means, Tally, tallied
from evals.targets.pinned import pinned
from evals.targets.port import Answering
from evals.targets.specs import Spec, read_spec
from integrations.enrichment import NoEnrichment
from integrations.geography import Geography
from kernel.errors import AppError, FieldError, Invalid
from prompts.registry import Library

LOCAL, CASCADE, LLM = "local", "cascade", "llm"
_LOCAL: Mapping[str, Callable[[], Specialist]] = {
    "classifier": cache(Classifier),
    "extractor": cache(Extractor),
    "enricher": cache(lambda: Enricher(Geography(), NoEnrichment())),
    "scorer": cache(lambda: Scorer(set(Line) - {Line.UNKNOWN})),
}
_SECOND: Mapping[str, Callable[[LanguageModels, Library], SecondOpinion]] = {
    "classifier": ClassifierModel,
    "extractor": ExtractorModel,
}
_TOLD: Mapping[str, tuple[str, ...]] = {
    "classifier": ("line", "intent", "urgency", "out_of_scope", "language"), "extractor": ("fields", "do_not_call"),
    "enricher": ("states", "time_zone", "findings", "conflicts"), "scorer": ("score", "tier"),
}  # fmt: skip
_BEFORE: Mapping[str, tuple[str, ...]] = {"enricher": ("extractor",), "scorer": ("classifier", "extractor", "enricher")}


@dataclass(frozen=True)
class AgentTarget:
    """Variants: ``local``, ``cascade`` and ``llm``, the last two also as ``llm/v2@model?temperature=0.3``.

    The output is the decision's value, with ``needs_review`` and ``evidence`` beside it; specialists that decide before this one
    run before it, and what they said is under ``before``. Answers depend on the code of this checkout, so none is taken over from
    an earlier run.
    """

    name: str
    keeps: bool = False

    def __post_init__(self) -> None:
        if self.name not in _LOCAL:
            msg = f"there is no specialist {self.name!r} to run alone; there are {', '.join(_LOCAL)}"
            raise ValueError(msg)

    def variant(self, spec: str, means: Means) -> Variant:
        """The arm; its parameters name rules and models by version."""
        read = self._spec(spec)
        version = _LOCAL[self.name]().version
        if read.how == LOCAL:
            return Variant(spec, "", "", {"how": LOCAL, "version": version})
        if self.name not in _SECOND:
            return Variant(spec, "", "", {"how": read.how, "version": version})
        prompt = pinned(self.name, read.version).load(self.name)
        settings = means.gateway(self.name, read.model, read.temperature).settings_for(self.name)
        return Variant(
            spec, prompt.hash, settings.model,
            {"how": read.how, "version": version, "temperature": settings.temperature, "max_tokens": settings.max_tokens},
        )  # fmt: skip

    def told(self, output: Any) -> Any:
        """The parts that the specialist is asked for; of facts their values."""
        said = {name: output.get(name) for name in _TOLD[self.name]}
        if isinstance(said.get("fields"), Mapping):
            said["fields"] = {name: fact.get("value") for name, fact in said["fields"].items()}
        return said

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Answering]:
        """Nothing has to be started."""
        yield _Agent(self, means)

    def _spec(self, spec: str) -> Spec:
        hows = (LOCAL, CASCADE, LLM) if self.name in _SECOND else (LOCAL, CASCADE)
        return read_spec(spec, hows)


class _Agent:
    def __init__(self, target: AgentTarget, means: Means) -> None:
        self._target = target
        self._means = means
        self._made: dict[str, tuple[Spec, Mapping[str, Specialist], SecondOpinion | None]] = {}

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        lead = lead_case(case)
        began = perf_counter()
        decision: Decision | None = None
        failure: Failure | None = None
        known: dict[str, Decision] = {}
        with tallied() as tally:
            try:
                decision = await self._decide(lead, variant, known)
            except NoAnswer as none:
                failure = failure_of(none.problem, none)
            except AppError as problem:
                failure = failure_of(problem)
        if tally.refused is not None:  # a cascade answers locally then, which is not what this variant is
            raise tally.refused
        return _answer(case, variant, trial, decision, known, failure, perf_counter() - began, tally)

    async def _decide(self, lead: LeadCase, variant: Variant, known: dict[str, Decision]) -> Decision:
        spec, specialists, second = self._of(variant)
        for name in _BEFORE.get(self._target.name, ()):
            known[name] = await specialists[name].decide(lead, known)
        decision = await specialists[self._target.name].decide(lead, known)
        if spec.how == LLM and second is not None:
            return await second.decide(lead, decision)
        return decision

    def _of(self, variant: Variant) -> tuple[Spec, Mapping[str, Specialist], SecondOpinion | None]:
        if variant.name not in self._made:
            spec = self._target._spec(variant.name)  # noqa: SLF001 - two halves of one thing
            names = (*_BEFORE.get(self._target.name, ()), self._target.name)
            second = None if spec.how == LOCAL else self._second(self._target.name, spec)
            made = {name: self._specialist(name, spec) for name in names}
            self._made[variant.name] = (spec, made, second)
        return self._made[variant.name]

    def _specialist(self, name: str, spec: Spec) -> Specialist:
        local = _LOCAL[name]()
        second = self._second(name, spec) if spec.how == CASCADE else None
        return local if second is None else Cascade(local, second, self._models(name, spec))

    def _second(self, name: str, spec: Spec) -> SecondOpinion | None:
        if name not in _SECOND:
            return None
        models = self._models(name, spec)
        if not models.configured:
            remedy = "set LEADWRIGHT_LLM__API_KEY or LLM__BASE_URL, run local, or replay what was recorded"
            fault = FieldError("variant", "no_model", "asks a language model, and none is configured", remedy, spec.how)
            raise Invalid("the variant cannot be run", fields=(fault,), code="llm_not_configured")
        return _SECOND[name](models, pinned(name, spec.version if name == self._target.name else None))

    def _models(self, name: str, spec: Spec) -> LanguageModels:
        own = name == self._target.name
        return LanguageModels(self._means.gateway(name, spec.model if own else None, spec.temperature if own else None))


def _answer(
    case: Case, variant: Variant, trial: int, decision: Decision | None, known: Mapping[str, Decision],
    failure: Failure | None, seconds: float, tally: Tally,
) -> Answer:  # fmt: skip
    output: dict[str, Any] | None = None
    if decision is not None:
        evidence = [item.as_dict() for item in decision.evidence]
        output = {**decision.value, "needs_review": decision.needs_review, "evidence": evidence}
        output |= {"before": {name: one.value for name, one in known.items()}} if known else {}
    return Answer(
        case.id, variant.name, trial, output, failure, seconds, tally.cost, tally.tokens_in, tally.tokens_out,
        source=decision.source.value if decision else "", confidence=decision.confidence if decision else None,
    )  # fmt: skip
