"""The port between a conversation and whoever answers: a language model, or rules on this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from domain.actor import Actor
from services.copilot.schemas import Begun, Past
from tools.copilot.toolbox import Toolbox

Emit = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Adds a piece to the stream: ``words`` with ``text`` to add, ``instead`` with ``text`` to show in place of all words so far."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what was said before, oldest first. ``asked_at`` is the present instant of the turn."""

    actor: Actor
    begun: Begun
    asked_at: datetime

    @property
    def question(self) -> str:
        """The person's own words."""
        return self.begun.question

    @property
    def past(self) -> tuple[Past, ...]:
        """Earlier turns of the conversation."""
        return self.begun.past


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer. What is to be written was handed to ``Toolbox.propose`` before and waits for its person's word. ``instead``: in
    place of what the turn before proposed, which is withdrawn.

    ``written_by`` names prompt and model, or the rules; ``source`` is ``llm`` or ``local``; ``cost`` in millionths of a dollar.
    """

    text: str
    written_by: str
    source: str
    understood: bool = True
    suggestions: tuple[str, ...] = field(default=())
    cost: int = 0
    instead: bool = False


class Answerer(Protocol):
    """Answers one question with the tools. Raises AppError where it cannot; the conversation goes on all the same."""

    async def answer(self, asked: Asked, tools: Toolbox, emit: Emit) -> Answered:
        """The answer; its words may be emitted as they come."""
        ...
