"""The policy clerk: reads what is wished of a policy into typed slots. Rules read first; a model reads what they leave open.

It has no tools and does nothing. What it hands over is held against the words of the request; days and amounts are read from
those words by the rules, and what may be done is decided by :mod:`domain.policies.asking.deciding`.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agents.language_models import LanguageModels, NoAnswer
from domain.policies.asking.reader import VERSION, understand
from domain.policies.asking.second import MEANINGS, OPEN_SLOTS, filled, left_open
from domain.policies.asking.words import Intent, Known, Reading
from kernel.telemetry.metrics import CASCADE
from prompts.quotes import find_quote
from prompts.registry import Library

_INFERRED = frozenset({"vehicle", "coverage"})
"""Slots whose value is one of a list; the quote proves it, and need not be it."""


class NamedWish(BaseModel):
    """Something wished for, and the words that say so."""

    model_config = ConfigDict(extra="forbid")

    wish: Intent
    quote: str = Field(max_length=400)


class StatedFact(BaseModel):
    """What fills an open slot, and the words it rests on."""

    model_config = ConfigDict(extra="forbid")

    slot: str = Field(max_length=40)
    value: str = Field(max_length=300)
    quote: str = Field(max_length=400)


class RequestReading(BaseModel):
    """What the prompt ``policy_clerk`` asks for."""

    model_config = ConfigDict(extra="forbid")

    wishes: list[NamedWish] = Field(max_length=6)
    facts: list[StatedFact] = Field(max_length=12)


@dataclass(frozen=True, slots=True)
class Read:
    """A reading, and who read it: the rules' version, or prompt and model as well."""

    reading: Reading
    by: str


class PolicyClerk:
    """Specialist ``policy_clerk``."""

    name = "policy_clerk"
    version = VERSION

    def __init__(self, models: LanguageModels, prompts: Library) -> None:
        self._models = models
        self._prompts = prompts

    async def read(self, agency_id: UUID, unit: UUID, words: str, known: Known) -> Read:
        """What it says. ``unit`` always sees the same version of the prompt; a model of no help leaves it to the rules."""
        first = understand(words, known)
        slots = left_open(first, known) if self._models.configured else None
        if slots is None:
            return Read(first, f"rules/{VERSION}")
        prompt = self._prompts.load(self.name, unit=unit)
        rendered = prompt.render(
            wishes={one.value: said for one, said in MEANINGS.items()} if not slots else {},
            slots={name: OPEN_SLOTS[name] for name in slots or OPEN_SLOTS},
            vehicles={one.key: one.name for one in known.vehicles}, coverages=sorted({one.code for one in known.deductibles}),
            request=words,
        )  # fmt: skip
        try:
            answer = await self._models.decide(agency_id, rendered, RequestReading)
        except NoAnswer as none:
            none.counted(self.name)
            return Read(first, f"rules/{VERSION}")
        CASCADE.labels(self.name, "llm_other").inc()
        return Read(_grounded(answer.output, first, known, words), rendered.read_by(answer.model))


def _grounded(read: RequestReading, first: Reading, known: Known, words: str) -> Reading:
    """What has words of the request behind it. A slot with two different values has none."""
    asks = tuple(
        dict.fromkeys(one.wish for one in read.wishes if one.wish in MEANINGS and find_quote(one.quote, words))
    )
    said: dict[str, set[str]] = {}
    for one in read.facts:
        if one.slot not in OPEN_SLOTS or find_quote(one.quote, words) is None:
            continue
        value = one.value if one.slot in _INFERRED else find_quote(one.value, words)
        if value is not None:
            said.setdefault(one.slot, set()).add(value)
    return filled(first, known, asks, {slot: values.pop() for slot, values in said.items() if len(values) == 1})
