"""Specialist ``document_reader`` on the pages of a case: the rules alone, the cascade, or the language model's side alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from agents.document_reader import DocumentReaderAgent
from agents.language_models import LanguageModels, NoAnswer
from domain.documents.evidence import DocumentEvidence
from domain.documents.extract import VERSION, Extracted, extract
from domain.documents.kind import Kind
from domain.documents.opinion import Opinion, by_rules
from evals.records import Answer, Case, Failure, Variant
from evals.targets.faults import failure_of
from evals.targets.means import EVALS, Means, tallied
from evals.targets.pinned import pinned
from evals.targets.port import Answering
from evals.targets.specs import Spec, read_spec
from integrations.documents.limits import Limits
from integrations.documents.read import read_document
from kernel.errors import AppError, FieldError, Invalid
from kernel.ids import derived_id

_AGENT = "document_reader"
_HOWS = ("local", "cascade", "llm")
_UNREAD = Extracted(Kind("other", "the rules were not asked", 0.0), ())


@dataclass(frozen=True)
class DocumentTarget:
    """Variants: ``local``, ``cascade`` and ``llm``, the last two also as ``llm/v2@model?temperature=0.3``.

    The input is ``{"name": file name, "pages": [text, ...]}``; a CSV has one page. The output has ``kind``, ``fields`` by name
    (``vehicle.vin#2`` is the second vehicle's) with ``value``, ``page``, ``quote`` and ``read_by``, ``evidence`` (each quote with
    its page), ``notes`` (codes) and ``needs_review``. Money is in major units, an address its text. Answers depend on the code of
    this checkout, so none is taken over from an earlier run.
    """

    name: str = _AGENT
    keeps: bool = False

    def variant(self, spec: str, means: Means) -> Variant:
        """The arm; its parameters name the rules by version."""
        read = read_spec(spec, _HOWS)
        if read.how == "local":
            return Variant(spec, "", "", {"how": read.how, "version": VERSION})
        prompt = pinned(_AGENT, read.version).load(_AGENT)
        settings = means.gateway(_AGENT, read.model, read.temperature).settings_for(_AGENT)
        return Variant(
            spec, prompt.hash, settings.model,
            {"how": read.how, "version": VERSION, "temperature": settings.temperature, "max_tokens": settings.max_tokens},
        )  # fmt: skip

    def told(self, output: Any) -> Any:
        """The kind, and the value of each field."""
        return {"kind": output["kind"], "fields": {name: one["value"] for name, one in output["fields"].items()}}

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Answering]:
        """Nothing has to be started."""
        yield _Reader(means)


class _Reader:
    def __init__(self, means: Means) -> None:
        self._means = means

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        name, text = _document(case)
        spec = read_spec(variant.name, _HOWS)
        began = perf_counter()
        opinion: Opinion | None = None
        failure: Failure | None = None
        with tallied() as tally:
            reading = await asyncio.to_thread(read_document, text.encode(), name, Limits(), with_ocr=False)
            pages, local = DocumentEvidence.of(reading), await asyncio.to_thread(extract, reading)
            try:
                opinion = await self._opinion(spec, case, name, pages, local)
            except NoAnswer as none:
                failure = failure_of(none.problem, none)
            except AppError as problem:
                failure = failure_of(problem)
        if tally.refused is not None:
            raise tally.refused
        return Answer(
            case.id, variant.name, trial, None if opinion is None else _output(opinion), failure, perf_counter() - began,
            tally.cost, tally.tokens_in, tally.tokens_out, source=opinion.source.value if opinion else "",
            confidence=opinion.kind.confidence if opinion else None,
        )  # fmt: skip

    async def _opinion(self, spec: Spec, case: Case, name: str, pages: DocumentEvidence, local: Extracted) -> Opinion:
        if spec.how == "local":
            return by_rules(local, pages)
        models = LanguageModels(self._means.gateway(_AGENT, spec.model, spec.temperature))
        if not models.configured:
            remedy = "set LEADWRIGHT_LLM__API_KEY or LLM__BASE_URL, run local, or replay what was recorded"
            fault = FieldError("variant", "no_model", "asks a language model, and none is configured", remedy, spec.how)
            raise Invalid("the variant cannot be run", fields=(fault,), code="llm_not_configured")
        agent = DocumentReaderAgent(models, pinned(_AGENT, spec.version))
        unit = derived_id("eval", case.input_hash)
        if spec.how == "cascade":
            return await agent.read(EVALS, unit, name, pages, local)
        return await agent.ask(EVALS, unit, name, pages, _UNREAD)


def _document(case: Case) -> tuple[str, str]:
    """Name and text; a form feed ends a page. Raises Invalid naming the case."""
    given = case.input if isinstance(case.input, Mapping) else {}
    name, pages = given.get("name"), given.get("pages")
    if not isinstance(name, str) or not isinstance(pages, Sequence) or isinstance(pages, str) or not pages:
        remedy = "write {name: policy.txt, pages: [text, ...]}"
        fault = FieldError(f"case {case.id}: input", "case", "is no document", remedy)
        raise Invalid("a case cannot be put to the document reader", fields=(fault,))
    return name, "\f".join(map(str, pages))


def _output(opinion: Opinion) -> dict[str, Any]:
    first = [field for field in opinion.fields if field.rank == 0]
    return {
        "kind": opinion.kind.name,
        "fields": {
            field.name if field.item is None else f"{field.name}#{field.item}": {
                "value": plain(field.value), "page": field.page, "quote": field.quote, "read_by": field.read_by,
            }
            for field in first
        },
        "evidence": [{"quote": field.quote, "page": field.page} for field in opinion.fields],
        "notes": sorted({note.code for note in opinion.notes}), "needs_review": opinion.needs_review,
    }  # fmt: skip


def plain(value: Any) -> Any:
    """A value as a person would write it into a case: money in major units, a percentage as ``2%``, an address as its text."""
    if not isinstance(value, Mapping):
        return value
    if value.get("amounts"):
        return [plain(one) for one in value["amounts"]]
    if value.get("percent") is not None:
        return f"{value['percent']:g}%"
    if "minor" in value:
        return int(value["minor"]) / 100
    if "text" in value:
        return value["text"]
    left = {name: plain(one) for name, one in value.items() if one is not None}
    return next(iter(left.values())) if len(left) == 1 else left
