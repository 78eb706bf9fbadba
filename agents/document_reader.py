"""The document reader: what rules leave in doubt on a document's pages is put to a language model, and checked by rules."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from agents.language_models import LanguageModels, NoAnswer
from domain.documents.evidence import DocumentEvidence, EvidencePage
from domain.documents.extract import Extracted
from domain.documents.opinion import Opinion, Stated, asked_for, by_rules, completed, unhelped
from domain.documents.specs import form_meanings, kind_meanings
from kernel.telemetry.metrics import CASCADE
from prompts.prompt import Part, Rendered
from prompts.quotes import find_quote
from prompts.registry import Library

_MOST_FIELDS = 400


class PrintedField(BaseModel):
    """One value as it is printed, with its page and words."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=60)
    value: str = Field(max_length=400)
    page: int = Field(ge=1)
    quote: str = Field(max_length=600)
    item: int | None = Field(ge=1, le=1000)
    confidence: float = Field(ge=0, le=1)


class DocumentAnswer(BaseModel):
    """What the prompt ``document_reader`` asks for."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=40)
    fields: list[PrintedField] = Field(max_length=_MOST_FIELDS)

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in kind_meanings():
            msg = f"must be one of {', '.join(kind_meanings())}"
            raise ValueError(msg)
        return kind


class DocumentReaderAgent:
    """Specialist ``document_reader``: the rules' reading of a document, completed by a language model where that is in doubt.

    It has no tools. What it may add is decided by :func:`domain.documents.opinion.completed`.
    """

    name = "document_reader"

    def __init__(self, models: LanguageModels, prompts: Library) -> None:
        self._models = models
        self._prompts = prompts

    async def read(
        self, agency_id: UUID, unit: UUID, file_name: str, pages: DocumentEvidence, local: Extracted
    ) -> Opinion:
        """The opinion on a document that the rules read as ``local``. ``unit`` always sees the same version of the prompt.

        Without a model, or with one that is of no help, it is the rules' own, marked for review where something is in doubt.
        """
        opinion = by_rules(local, pages)
        if not opinion.unsettled:
            return self._counted("local", opinion)
        if not self._models.configured:
            return self._counted("no_model", opinion)
        try:
            done = await self.ask(agency_id, unit, file_name, pages, local)
        except NoAnswer as none:
            return self._unhelped(opinion, none)
        same = done.fields == local.fields and done.kind.name == local.kind.name
        return self._counted("llm_same" if same else "llm_other", done)

    async def ask(
        self, agency_id: UUID, unit: UUID, file_name: str, pages: DocumentEvidence, local: Extracted
    ) -> Opinion:
        """The model's answer laid over ``local``, whether or not the rules are in doubt. Raises NoAnswer where there is none."""
        rendered = self._rendered(unit, file_name, pages)
        answer = await self._models.extract(agency_id, rendered, DocumentAnswer)
        stated = list(_stated(answer.output, pages))
        return completed(local, pages, answer.output.kind, stated, rendered.read_by(answer.model), answer.cost)

    def _rendered(self, unit: UUID, file_name: str, pages: DocumentEvidence) -> Rendered:
        fields = [
            {
                "name": spec.name,
                "form": form_meanings()[spec.kind],
                "meaning": spec.meaning,
                "many": spec.group is not None,
            }
            for spec in asked_for()
        ]
        parts = [Part(f"page {page.number}", _text(page)) for page in pages.pages if page.lines]
        prompt = self._prompts.load(self.name, unit=unit)
        return prompt.render(kinds=kind_meanings(), fields=fields, file_name=file_name, pages=parts)

    def _unhelped(self, opinion: Opinion, none: NoAnswer) -> Opinion:
        return unhelped(opinion, f"{none.counted(self.name)}; the rules' reading stands", none.cost)

    def _counted(self, outcome: str, opinion: Opinion) -> Opinion:
        CASCADE.labels(self.name, outcome).inc()
        return opinion


def _text(page: EvidencePage) -> str:
    return "\n".join(page.lines)


def _stated(answer: DocumentAnswer, pages: DocumentEvidence) -> Iterator[Stated]:
    """The model's values in the document's own words: what it quotes is looked up on the page it names, then on the others."""
    for one in answer.fields:
        in_order = sorted(pages.pages, key=lambda page: page.number != one.page)
        found = ((page, quote) for page in in_order if (quote := find_quote(one.quote, _text(page))))
        page, quote = next(found, (None, one.quote))
        value = find_quote(one.value, quote) or one.value
        yield Stated(one.name, value, page.number if page else None, quote, one.item, one.confidence)
