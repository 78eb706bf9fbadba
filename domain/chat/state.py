"""Where a conversation stands, as one value that is stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from domain.chat.slots import CONTACT
from domain.lines import Line


class Stage(StrEnum):
    """``OPEN`` is a draft that can be taken up again; every other one is an end."""

    OPEN = "open"
    SENT = "sent"
    NOT_TAKEN = "not_taken"
    REFUSED = "refused"
    STOPPED = "stopped"
    ERASED = "erased"


class Effect(StrEnum):
    """What the caller has to do in the transaction of the turn.

    ``SUBMIT``: hand the request to the intake. ``WITHDRAW``: write down that the person wishes not to be contacted;
    ``WITHDRAW_CALLS``: not to be called or texted.
    ``FORGET_CONTACT``: remove how the person is reached from the transcript. ``ERASE``: remove all that the person wrote.
    """

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    WITHDRAW_CALLS = "withdraw_calls"
    FORGET_CONTACT = "forget_contact"
    ERASE = "erase"


LINES, CONSENT, CONFIRM = "lines", "consent", "confirm"
"""Questions that are no slots."""
WITHDRAWN = "withdrawn"
"""In ``told``: a wish against every contact was written down, and no conversation goes on behind it."""


@dataclass(frozen=True, slots=True)
class State:
    """One conversation. ``slots`` holds what was said, as text; None was left out by the person. ``asking`` is the question that
    stands, ``misses`` how often its answer could not be read. ``consent`` holds the words shown and the answer. ``readings``
    counts how often a second reader was asked; ``disclosed`` are the disclaimers that were shown, by key.
    """

    language: str = "en"
    stage: Stage = Stage.OPEN
    reason: str | None = None
    lines: tuple[Line, ...] = ()
    slots: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    asking: str = LINES
    misses: int = 0
    strikes: int = 0
    by_email_only: bool = False
    consent: Mapping[str, Any] | None = None
    opening: str = ""
    questions: tuple[tuple[str, str], ...] = ()
    told: frozenset[str] = frozenset()
    disclosed: tuple[str, ...] = ()
    readings: int = 0

    @property
    def granted(self) -> bool:
        """Whether the person agreed to the words shown."""
        return bool(self.consent) and (self.consent or {}).get("granted") is True

    @property
    def resumable(self) -> bool:
        """Whether an ended conversation can be taken up again: its person ended it, and wished nothing more by that."""
        return self.stage is Stage.STOPPED and WITHDRAWN not in self.told

    @property
    def reachable(self) -> bool:
        """Whether there is a way to reach the person."""
        return any(self.slots.get(slot) for slot in ("phone", "email"))

    def without_contact(self) -> dict[str, str | None]:
        """The slots but for who the person is and how they are reached."""
        return {slot: value for slot, value in self.slots.items() if slot not in CONTACT}

    def anew(self) -> State:
        """As it begins, but for the language, what was asked of a licensed person, and what no fresh start takes back."""
        return State(
            language=self.language, questions=self.questions, readings=self.readings, strikes=self.strikes,
            by_email_only=self.by_email_only,
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        shown = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            **shown, "stage": self.stage.value, "lines": [line.value for line in self.lines], "slots": dict(self.slots),
            "consent": dict(self.consent) if self.consent else None, "questions": [list(one) for one in self.questions],
            "told": sorted(self.told), "disclosed": list(self.disclosed),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> State:
        """Out of :meth:`as_dict`'s form."""
        return cls(**{
            **data, "stage": Stage(data["stage"]), "lines": tuple(Line(line) for line in data["lines"]),
            "slots": MappingProxyType(dict(data["slots"])), "consent": data["consent"],
            "questions": tuple((kind, words) for kind, words in data["questions"]), "told": frozenset(data["told"]),
            "disclosed": tuple(data.get("disclosed", ())),
        })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """What a turn of the transcript is marked with. ``read_by`` is the second reader that ``filled`` slots or heard a wish."""

    handover: str | None = None
    instruction: bool = False
    abuse: bool = False
    personal: bool = False
    consent: str | None = None
    read_by: str | None = None
    filled: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, without what is not marked."""
        marked = {name: value for name, value in asdict(self).items() if value}
        return {**marked, "filled": list(self.filled)} if self.filled else marked
