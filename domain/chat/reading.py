"""How the conversation reads: a port, since the rules that read leads belong to another context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from domain.chat.intents import Handover
from domain.chat.slots import Kind
from domain.lines import Line


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says by itself, whatever was asked.

    ``text`` is what a person sees, without orders to machines (``ordered`` says that there were some) and without pasted data
    (``pasted``). ``facts`` are values by slot, ``rest`` the text without the words they came from. ``age`` is the person's own.
    ``stops`` is a stop word alone, ``leaves`` ends the conversation in other words, ``forbids`` forbids every contact as well;
    ``refuses_calls`` forbids calls and texts only.
    ``shown`` is the text without how the person is reached and who they are: all that leaves this machine. ``asks`` is a question
    for a licensed person that the patterns of the chat do not hear.
    """

    text: str
    rest: str
    lines: tuple[Line, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    age: int | None = None
    ordered: bool = False
    pasted: bool = False
    stops: bool = False
    leaves: bool = False
    forbids: bool = False
    refuses_calls: bool = False
    shown: str = ""
    asks: Handover | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A value, or the code of what is wrong with it (a text of the part ``say``)."""

    value: str | None = None
    problem: str | None = None


class Reader(Protocol):
    """Pure: the same words on the same day are read alike."""

    def hear(self, text: str) -> Heard:
        """What a message says by itself."""
        ...

    def answer(self, kind: Kind, text: str) -> Answer:
        """A message as the answer to a question of this kind."""
        ...

    def age_of(self, birth: str) -> int | None:
        """Whole years of a value of kind ``BIRTH``."""
        ...

    def states_of(self, zip_code: str) -> tuple[str, ...] | None:
        """The states in which a ZIP lies; None for a ZIP that is not known."""
        ...
