"""The chat's second reader: a language model reads what the rules left open in a visitor's message.

It has no tools and no words of its own. What it may add is decided by :mod:`domain.chat.second`; here, what it hands over is held
against the words of the message, and what does not stand there is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agents.language_models import LanguageModels, NoAnswer
from domain.chat.intents import Handover
from domain.chat.second import ASKS, FORMS, INFERRED, Doubt, Second, Wish
from domain.chat.slots import kinds
from domain.chat.words import word
from domain.leads.meanings import LINES
from domain.lines import Line
from kernel.telemetry.metrics import CASCADE
from prompts.quotes import find_quote
from prompts.registry import Library

_WORDING = "en"
"""Questions are put to the model in this language, whatever the person's is."""


class NamedLine(BaseModel):
    """A kind of insurance, and the words that name it."""

    model_config = ConfigDict(extra="forbid")

    line: Line
    quote: str = Field(max_length=400)


class StatedSlot(BaseModel):
    """The answer to one open question as the visitor gives it, and the words it rests on."""

    model_config = ConfigDict(extra="forbid")

    slot: str = Field(max_length=40)
    value: str = Field(max_length=300)
    quote: str = Field(max_length=400)


class ChatReading(BaseModel):
    """What the prompt ``chat_reader`` asks for."""

    model_config = ConfigDict(extra="forbid")

    lines: list[NamedLine] = Field(max_length=8)
    facts: list[StatedSlot] = Field(max_length=40)
    wish: Wish
    wish_quote: str = Field(max_length=400)
    asks: Handover | Literal["none"]
    asks_quote: str = Field(max_length=400)


class ChatReader:
    """Specialist ``chat_reader``."""

    name = "chat_reader"

    def __init__(self, models: LanguageModels, prompts: Library) -> None:
        self._models = models
        self._prompts = prompts

    @property
    def configured(self) -> bool:
        """Whether there is a model to ask."""
        return self._models.configured

    @property
    def ready(self) -> bool:
        """Whether it can be asked without seconds of preparing first."""
        return self._models.ready

    async def prepare(self) -> None:
        """Become ready, where there is a model."""
        await self._models.prepare()

    async def read(self, agency_id: UUID, unit: UUID, doubt: Doubt) -> Second | None:
        """What the message says; None where the model is of no help. ``unit`` always sees the same version of the prompt."""
        prompt = self._prompts.load(self.name, unit=unit)
        questions = {slot: f"{_question(slot)} ({FORMS[kinds()[slot]]})" for slot in doubt.slots}
        rendered = prompt.render(
            asked=_question(doubt.asked), questions=questions, lines=LINES if doubt.lines else {}, asks=ASKS,
            message=doubt.text,
        )  # fmt: skip
        try:
            answer = await self._models.decide(agency_id, rendered, ChatReading)
        except NoAnswer as none:
            none.counted(self.name)
            return None
        CASCADE.labels(self.name, "llm_other").inc()
        return _grounded(answer.output, doubt, rendered.read_by(answer.model))


def _question(name: str) -> str:
    """The question of a slot, or of the kind of insurance, the consent or the confirmation, in a few words."""
    if name in kinds():
        return word(_WORDING, "ask", "state_any" if name == "state" else name)
    return word(_WORDING, "asked", name)


def _grounded(read: ChatReading, doubt: Doubt, by: str) -> Second:
    facts = dict(_stated(read, doubt))
    lines = tuple(
        dict.fromkeys(
            one.line for one in read.lines if one.line is not Line.UNKNOWN and find_quote(one.quote, doubt.text)
        )
    )
    asks = read.asks if isinstance(read.asks, Handover) and find_quote(read.asks_quote, doubt.text) else None
    wish = read.wish if find_quote(read.wish_quote, doubt.text) else Wish.NONE
    return Second(by, lines, MappingProxyType(facts), wish, asks)


def _stated(read: ChatReading, doubt: Doubt) -> Iterator[tuple[str, str]]:
    """Answers to open questions whose words stand in the message. A slot with two different answers has none."""
    said: dict[str, set[str]] = {}
    for one in read.facts:
        quote = find_quote(one.quote, doubt.text)
        if one.slot not in doubt.slots or quote is None:
            continue
        value = one.value if kinds()[one.slot] in INFERRED else find_quote(one.value, doubt.text)
        if value is not None:
            said.setdefault(one.slot, set()).add(value)
    yield from ((slot, values.pop()) for slot, values in said.items() if len(values) == 1)
