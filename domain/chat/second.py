"""A second reader of what a person wrote: what is left for it after the rules, and how far its word goes.

It completes and never takes back. It fills what the rules left open, with values that the same rules can read; it may hear a
wish not to be contacted, or a question for a licensed person, that no pattern hears. It has no say in a consent, a confirmation,
a stop or a minor's age, is shown nothing of how the person is reached, and has no words of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from domain.chat.intents import Handover, abusive, plain, wishes, yes_or_no
from domain.chat.reading import Heard, Reader
from domain.chat.slots import ADULT, CONTACT, Kind, kinds, slots_for
from domain.chat.state import Stage, State
from domain.lines import Line

_LEAST_WORDS = 3
"""Fewer words hide nothing from the rules."""
_LONG = 6
"""From so many words on, facts may stand beside the answer that the rules have read."""
_SETTLED = ("erase", "again", "skip", "why", "greeting")
_NAME_LETTERS = 2
FORMS: Mapping[Kind, str] = MappingProxyType({
    Kind.ZIP: "five digits, as written", Kind.STATE: "the state, as written", Kind.COUNT: "a number in digits",
    Kind.VEHICLES: "year, make and model, as written", Kind.CARRIER: "the insurer's name, as written",
    Kind.TENURE: "own or rent", Kind.YEAR: "four digits, as written", Kind.BIRTH: "the date or the age, as written",
    Kind.YES_NO: "yes or no", Kind.TEXT: "the sender's own words, as written",
})  # fmt: skip
"""How a value of each kind is written down; kinds that are not here are never asked of a second reader."""
INFERRED = frozenset({Kind.COUNT, Kind.TENURE, Kind.YES_NO})
"""Values of these kinds need not stand in the message, only the words that they rest on."""
ASKS: Mapping[Handover, str] = MappingProxyType({
    Handover.BIND: "wants cover to start, to enrol, or to pay", Handover.ADVICE: "asks what to choose or to buy",
    Handover.PRICE: "asks for a price, a discount or a quote now",
    Handover.COVERAGE: "asks whether something is or would be covered",
    Handover.CLAIM: "wants to report a claim, or service of a policy they have",
    Handover.PERSON: "wants to speak with a person, or asks whether this is one",
})  # fmt: skip


class Wish(StrEnum):
    """What a second reader may hear beside the answers."""

    NONE = "none"
    NO_CALLS = "no_calls"
    NO_CONTACT = "no_contact"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What the rules leave open in a message. ``text`` is what may be shown, ``asked`` the question that stood, ``slots`` those
    that are open; ``lines`` says that the kind of insurance is.
    """

    text: str
    language: str
    asked: str
    slots: tuple[str, ...] = ()
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Second:
    """What a second reader takes a message to say, each part held against the words of the message. ``by`` names it."""

    by: str
    lines: tuple[Line, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    wish: Wish = Wish.NONE
    asks: Handover | None = None


def left_open(before: State, heard: Heard, after: State) -> Doubt | None:
    """What the rules, which came from ``before`` to ``after``, leave for another to read; None where they have settled it."""
    low = plain(heard.text)
    shown = _without_name(heard.shown, before)
    words = len(shown.split())
    settled = (
        heard.pasted or words < _LEAST_WORDS or before.asking in CONTACT or after.stage is not before.stage
        or heard.stops or heard.forbids or heard.refuses_calls or abusive(low)
        or yes_or_no(low) is not None or any(wishes(wish, low) for wish in _SETTLED)
    )  # fmt: skip
    if settled:
        return None
    if before.stage is Stage.SENT:
        return Doubt(shown, before.language, before.asking)
    missed = (after.slots, after.lines) == (before.slots, before.lines)
    if not missed and words < _LONG:
        return None
    corrects = wishes("correction", low)
    return Doubt(shown, before.language, before.asking, _open(before, heard, after, corrects=corrects), not after.lines)


def completed(heard: Heard, second: Second, left: Doubt, reader: Reader) -> Heard:
    """``heard`` with what the second reader adds. What the rules heard stands; a minor's age is asked, not taken from it."""
    facts = {slot: value for slot in left.slots if (value := _read(slot, second.facts.get(slot), reader)) is not None}
    return replace(
        heard, lines=heard.lines or (second.lines if left.lines else ()),
        facts=MappingProxyType({**facts, **heard.facts}), asks=second.asks,
        leaves=second.wish is Wish.ENDS, forbids=heard.forbids or second.wish is Wish.NO_CONTACT,
        refuses_calls=heard.refuses_calls or second.wish is Wish.NO_CALLS,
    )  # fmt: skip


def _read(slot: str, value: str | None, reader: Reader) -> str | None:
    """A value as our own rules read it, or None."""
    kind = kinds()[slot]
    found = reader.answer(kind, value).value if value is not None and kind in FORMS else None
    minor = found is not None and kind is Kind.BIRTH and (reader.age_of(found) or 0) < ADULT
    return None if minor else found


def _open(before: State, heard: Heard, after: State, *, corrects: bool) -> tuple[str, ...]:
    """Slots that nobody has filled or left out; where the person corrects something, also those that were filled before."""
    lines = after.lines or tuple(line for line in Line if line not in {Line.UNKNOWN, Line.OTHER})
    asked = (before.asking,) if before.asking in kinds() else ()
    wanted = [slot for slot in dict.fromkeys((*asked, *slots_for(lines))) if kinds()[slot] in FORMS]

    def is_open(slot: str) -> bool:
        if slot in before.slots:
            return corrects and slot not in heard.facts and after.slots.get(slot) == before.slots[slot] is not None
        return after.slots.get(slot) is None

    return tuple(slot for slot in wanted if is_open(slot))


def _without_name(text: str, state: State) -> str:
    for part in (state.slots.get("full_name") or "").split():
        if len(part) >= _NAME_LETTERS:
            text = re.sub(rf"\b{re.escape(part)}\b", "[name]", text, flags=re.IGNORECASE)
    return text
