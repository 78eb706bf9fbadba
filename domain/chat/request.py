"""A finished conversation as the fields of a lead, by the names under which every door sends them."""

from __future__ import annotations

from typing import Any

from domain.chat.questions import in_words
from domain.chat.slots import CONTACT, Kind, kinds, slots_for
from domain.chat.state import State
from domain.chat.words import word
from domain.lines import Line

_DIRECT = frozenset({"zip", "state", "current_carrier", "street", "employees", "company", *CONTACT})
"""Slots that a lead has a field of the same name for."""
_SPOKEN = frozenset({"zip", "state", "street", *CONTACT})
"""What stands in fields of its own needs no sentence."""


def fields_of(state: State) -> dict[str, str]:
    """The lead: canonical fields, and every other answer as a further column. Answers about other lines than those wished are
    left out.
    """
    wanted = {*slots_for(state.lines), *CONTACT, "state", "about_medicare"}
    known = {slot: value for slot, value in state.slots.items() if value and slot in wanted}
    if state.by_email_only:
        known.pop("phone", None)
    fields = {slot: value for slot, value in known.items() if slot in _DIRECT}
    fields |= {slot: value for slot, value in known.items() if slot not in _DIRECT and slot != "birth"}
    if birth := known.get("birth"):
        fields["age" if birth.isdigit() else "date_of_birth"] = birth
    lines = [line.value for line in state.lines if line is not Line.UNKNOWN]
    if lines:
        fields["line"] = ", ".join(lines)
    return {**fields, "language": state.language, "message": message_of(state)}


def message_of(state: State) -> str:
    """What the person wrote at first, the answers in their language, and the questions for whoever serves them."""
    language, slots = state.language, state.slots
    said = [
        f"{word(language, 'name', slot)}: {in_words(language, slot, value)}."
        for slot in slots_for(state.lines)
        if (value := slots.get(slot)) and slot not in _SPOKEN and kinds()[slot] is not Kind.BIRTH
    ]
    asked = [words for _, words in state.questions if words]
    questions = [f"{word(language, 'name', 'questions')}: {' / '.join(asked)}"] if asked else []
    return "\n".join(part for part in (state.opening, " ".join(said), *questions) if part)


def consent_of(state: State) -> dict[str, Any] | None:
    """What is kept beside the evidence of every consent: how, in which language and when the words were shown."""
    given = state.consent
    if not given or given.get("granted") is None:
        return None
    disclosed = {"disclosed": list(state.disclosed)} if state.disclosed else {}
    return {
        "channel": "chat",
        **disclosed,
        **{name: given[name] for name in ("version", "language", "shown_at", "scope")},
    }
