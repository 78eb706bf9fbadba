"""Tells a finished decision in a paragraph: a language model's where there is one and it agrees, else the template's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import structlog

from agents.language_models import LanguageModels, NoAnswer
from domain.explanation import Explanation
from prompts.registry import Library

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_log = structlog.get_logger("leadwright.agents.explainer")


class Told(StrEnum):
    """What a piece is: words to add, or a paragraph to show instead of all words so far."""

    WORDS = "words"
    INSTEAD = "instead"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the paragraph. ``written_by`` is a prompt and model, or ``template``."""

    kind: Told
    text: str
    written_by: str


class Explainer:
    """Hands out a model's words sentence by sentence, each compared with the decision before anybody sees it.

    A sentence with a number or line that is not the decision's, an answer that leaves out the score or the producer, and a model
    that fails all end in the template's paragraph; so what is shown last never disagrees with the numbers.
    """

    name = "explainer"

    def __init__(self, models: LanguageModels, prompts: Library) -> None:
        self._models = models
        self._prompts = prompts

    async def tell(self, agency_id: UUID, explanation: Explanation, language: str = "English") -> AsyncIterator[Piece]:
        """The paragraph in pieces. Without a model: the template's sentences, in English."""
        if not self._models.configured:
            for sentence in explanation.sentences:
                yield Piece(Told.WORDS, f"{sentence} ", "template")
            return
        prompt = self._prompts.load(self.name).render(
            language=language, told=explanation.unquoted, keep=list(explanation.must)
        )
        author = prompt.read_by(self._models.model_of(self.name))
        said, waiting, problem = "", "", None
        try:
            async with aclosing(self._models.stream(agency_id, prompt)) as stream:
                async for words in stream:
                    *whole, waiting = _SENTENCE_END.split(waiting + words)
                    for sentence in whole:
                        problem = problem or explanation.contradiction(sentence, whole=False)
                        if not problem:
                            said += f"{sentence} "
                            yield Piece(Told.WORDS, f"{sentence} ", author)
                    if problem:
                        break
        except NoAnswer as failed:
            problem = failed.problem.code
        problem = problem or explanation.contradiction(said + waiting)
        if problem:
            _log.warning("explanation by template", problem="disagrees" if " " in problem else problem)
            yield Piece(Told.INSTEAD, explanation.text, "template")
        else:
            yield Piece(Told.WORDS, waiting, author)
