"""Which question comes next, and how it is put."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from domain.chat.medicare import MedicareOffers
from domain.chat.reading import Reader
from domain.chat.slots import Kind, kinds, slots_for
from domain.chat.state import CONFIRM, CONSENT, LINES, State
from domain.chat.words import joined, say, word
from domain.lines import Line
from kernel.ids import digest

_MEDICARE_AGE = 65
"""42 U.S.C. 1395c: entitlement by age begins at 65."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On whose behalf the chat speaks. ``consent_texts`` are the agency's own words by language; where it has none, the shipped
    ones name ``sellers``, or else ``agency``. ``medicare`` are its numbers for the disclaimer.
    """

    agency: str
    sellers: tuple[str, ...] = ()
    consent_texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    medicare: MedicareOffers = field(default_factory=MedicareOffers)


def next_question(state: State, reader: Reader) -> str:
    """The first thing that is not known yet; ``CONFIRM`` where all is."""
    if not state.lines:
        return LINES
    for slot in slots_for(state.lines):
        if slot not in state.slots:
            return slot
        if slot == "zip" and not place_known(state, reader):
            return "state"
    if _medicare_is_near(state, reader):
        return "about_medicare"
    if (state.consent or {}).get("granted") is None:
        return CONSENT
    wanted = ("full_name", "email") if state.by_email_only else ("full_name", "phone", "email")
    open_slots = [slot for slot in wanted if slot not in state.slots]
    return open_slots[0] if open_slots else CONFIRM


def states_of(state: State, reader: Reader) -> tuple[str, ...]:
    """The states in which the ZIP that was said lies; none where none was said."""
    zip_code = state.slots.get("zip")
    return (reader.states_of(zip_code) or ()) if zip_code else ()


def place_known(state: State, reader: Reader) -> bool:
    """Whether nothing more is asked about where the person lives, be it known or left out."""
    slots = state.slots
    return "zip" in slots and ("state" in slots or len(states_of(state, reader)) == 1)


def put(state: State, question: str, reader: Reader, terms: Terms, at: datetime) -> tuple[State, str]:
    """The question in words, and the state in which it stands. Whoever is asked for a consent is shown all of its words."""
    misses = state.misses if question == state.asking else 0
    state = replace(state, asking=question, misses=misses)
    language = state.language
    if question == LINES:
        return state, word(language, "say", "lines")
    if question == CONSENT:
        shown = consent_shown(state, terms, at)
        return replace(state, consent=shown), say(language, "consent", "ask", text=shown["text"])
    if question == CONFIRM:
        return state, say(language, "confirm", "ask", summary="\n".join(summary(state)))
    if question == "state":
        states = states_of(state, reader)
        if not states:
            return state, word(language, "ask", "state_any")
        zip_code = state.slots["zip"] or ""
        return state, say(language, "state", "ask", zip=zip_code, states=", ".join(states))
    needed = question == "email" and not state.slots.get("phone")
    return state, word(language, "ask", "email_needed" if needed else question)


def consent_shown(state: State, terms: Terms, at: datetime) -> dict[str, Any]:
    """The words to which the person is asked to agree, with the evidence of their showing (DOMAIN T20)."""
    scope = "email" if state.by_email_only else "all"
    named = joined(state.language, terms.sellers or (terms.agency,))
    own = terms.consent_texts.get(state.language) if scope == "all" else None
    text = own or say(state.language, scope, "consent", sellers=named)
    return {
        "scope": scope, "text": text, "text_hash": digest(text), "language": state.language, "granted": None,
        "version": "source" if own else word(state.language, "consent", "version"),
        "shown_at": at.astimezone(UTC).isoformat(),
    }  # fmt: skip


def summary(state: State) -> list[str]:
    """What was said, a line each, in the person's language."""
    language = state.language
    lines = joined(language, [word(language, "line", line.value) for line in state.lines])
    wanted = (*slots_for(state.lines), "full_name", "phone", "email", "state")
    known = [(slot, value) for slot in dict.fromkeys(wanted) if (value := state.slots.get(slot))]
    shown = [f"{word(language, 'name', slot)}: {in_words(language, slot, value)}" for slot, value in known]
    return [f"{word(language, 'name', 'lines')}: {lines}", *shown]


def in_words(language: str, slot: str, value: str) -> str:
    """A value as its person reads it."""
    return word(language, "value", value) if kinds()[slot] in {Kind.YES_NO, Kind.TENURE} else value


def _medicare_is_near(state: State, reader: Reader) -> bool:
    birth = state.slots.get("birth")
    if Line.HEALTH not in state.lines or Line.MEDICARE in state.lines or "about_medicare" in state.slots or not birth:
        return False
    return (reader.age_of(birth) or 0) >= _MEDICARE_AGE
