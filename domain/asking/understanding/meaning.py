"""What a question may mean, and what must be known to read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any


class Why(StrEnum):
    """Why a question is refused, whoever asks it."""

    QUOTE = "quote"
    ADVICE = "advice"
    LEGAL = "legal"
    FOREIGN = "foreign"
    QUERY = "query"
    ERASE = "erase"
    BULK = "bulk"
    SECRETS = "secrets"
    PERSONA = "persona"
    PROTECTED = "protected"
    EDIT = "edit"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Offered:
    """The open offer that is meant: the only one, the only one of a line or a state, or the one at a place (from 0) of them."""

    line: str | None = None
    state: str | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class LeadRef:
    """Which lead: by id, by a part of its person's name, the n-th (from 0) of what the step before it finds, or by its offer."""

    id: str | None = None
    name: str | None = None
    earlier: int | None = None
    offered: Offered | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One tool call. ``lead`` becomes its ``lead_id`` when it is known which is meant."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    lead: LeadRef | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """Tool calls, in order. ``instead``: in place of what the turn before proposed."""

    steps: tuple[Step, ...]
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A step that lacks one thing: ``slot`` is ``lead``, ``reason``, ``at``, ``status``, ``text``, ``producer``, ``channel``
    or ``kind``.
    """

    step: Step
    slot: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing that is answered here."""

    why: Why


@dataclass(frozen=True, slots=True)
class Social:
    """A greeting, thanks, or a question what may be asked: ``kind`` is ``hello``, ``thanks`` or ``help``."""

    kind: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not understood. ``partly`` names what was, ``nearest`` are questions that would be."""

    partly: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()


Meaning = Understood | Missing | Refused | Social | Unclear


@dataclass(frozen=True, slots=True)
class Before:
    """The turn before: its question, the lead ids of its answer in order, and its last call."""

    question: str = ""
    leads: tuple[str, ...] = ()
    tool: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    cited: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids of the answer's other records by kind (``producer``, ``referral``), in order."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Who asks, when and where. ``producers`` are keys with names; ``producer`` says whether the asking person is one.

    ``past`` is the turns before, oldest first. ``colleagues`` are the agency's producers, keys with names, as the network shows
    them to anybody.
    """

    moment: datetime
    zone: tzinfo
    producers: tuple[tuple[str, str], ...] = ()
    producer: bool = True
    past: tuple[Before, ...] = ()
    colleagues: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A question with its language (``en`` or ``es``)."""

    meaning: Meaning
    language: str = "en"
