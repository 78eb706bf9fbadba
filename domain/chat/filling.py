"""What a message adds to what is known: facts wherever they stand, corrections, and the answer to what was asked."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType

from domain.chat.intents import named_slot, wishes
from domain.chat.questions import in_words, states_of
from domain.chat.reading import Heard, Reader
from domain.chat.slots import CONTACT, Kind, kinds
from domain.chat.state import CONFIRM, CONSENT, LINES, State
from domain.chat.words import joined, say, word
from domain.lines import Line

_MISSES = 3
_OPENING = 1_000
_WANTS = re.compile(
    r"\b(?:also|too|as well|add|need|want|looking|quote|insure|instead|tambien|ademas|necesito|quiero|busco|agreg\w+|mejor)\b"
)
_ONLY = re.compile(r"\b(?:instead|only|just|not|actually|changed my mind|en realidad|solo|mejor|en vez)\b")
_LETTER = re.compile(r"\w")


class Filling:
    """The state after a message, and what is said of it. ``changed``: something is known now that was not, or is another."""

    def __init__(self, state: State, reader: Reader, heard: Heard, low: str, *, question: bool) -> None:
        self.state = state
        self.says: list[str] = []
        self.changed = False
        self._wished = False
        self.personal = bool({"phone", "email"} & set(heard.facts))
        self._reader, self._heard, self._low = reader, heard, low
        self._corrects = wishes("correction", low)
        asking = state.asking
        self._open()
        self._lines()
        self._facts()
        if heard.pasted:
            self.says.append(self._word("pasted"))
        if self._clear() or asking in {CONSENT, CONFIRM}:
            return
        if asking == LINES:
            self._first(question=question)
        elif asking not in heard.facts:
            self._answer(asking, question=question)

    def _word(self, name: str, /, **values: str) -> str:
        return say(self.state.language, name, **values)

    def _open(self) -> None:
        """The words with which the person came are kept for whoever serves them."""
        if not self.state.opening and self.state.asking == LINES:
            self.state = replace(self.state, opening=self._heard.rest.strip()[:_OPENING])

    def _lines(self) -> None:
        heard, known = self._heard.lines, self.state.lines
        if not heard or set(heard) <= set(known):
            return
        if self.state.asking != LINES and not (_WANTS.search(self._low) or self._heard.pasted or self._corrects):
            return
        another = bool(known) and (self._corrects or _ONLY.search(self._low) is not None)
        lines = heard if another or not known else (*known, *(line for line in heard if line not in known))
        self._set_lines(lines)

    def _set_lines(self, lines: tuple[Line, ...]) -> None:
        self.changed = self._wished = True
        self.state = replace(self.state, lines=lines, misses=0)
        names = [word(self.state.language, "line", line.value) for line in lines]
        if len(lines) > 1:
            self.says.append(self._word("two_lines", lines=joined(self.state.language, names)))

    def _facts(self) -> None:
        for slot, value in self._heard.facts.items():
            if slot == "state" and value not in (states_of(self.state, self._reader) or (value,)):
                continue  # it contradicts the ZIP: asked, where it matters
            if slot == "zip" and self._reader.states_of(value) is None:
                self._unknown_zip(value)
                continue
            if slot == "phone" and self.state.by_email_only:
                continue
            self._put(slot, value)

    def _unknown_zip(self, value: str) -> None:
        """A ZIP that we do not know may be new: asked a few times, then the state is asked instead."""
        if self.state.asking == "zip":
            self._miss_of("zip", value, "zip_unknown")
        else:
            self.says.append(self._word("zip_unknown", value=value))

    def _put(self, slot: str, value: str | None) -> None:
        slots, before = dict(self.state.slots), self.state.slots.get(slot)
        if slot in slots and before == value:
            return
        slots[slot] = value
        if slot == "zip":
            slots.pop("state", None)
        self.changed = True
        self.state = replace(self.state, slots=MappingProxyType(slots))
        if before and value:
            name = word(self.state.language, "name", slot)
            self.says.append(self._word("changed", name=name, value=in_words(self.state.language, slot, value)))
        if slot == "about_medicare" and value == "yes":
            kept = tuple(line for line in self.state.lines if line is not Line.HEALTH)
            self._set_lines((*kept, Line.MEDICARE))

    def _clear(self) -> bool:
        """Whether the person wants to change something without saying into what."""
        slot = named_slot(self._low)
        if not self._corrects or slot is None or self.changed or slot == self.state.asking:
            return False
        if slot == LINES:
            self.state, self.changed = replace(self.state, lines=()), True
        elif slot in self.state.slots:
            left = {name: value for name, value in self.state.slots.items() if name != slot}
            if slot == "zip":
                left.pop("state", None)
            self.state, self.changed = replace(self.state, slots=MappingProxyType(left)), True
        if self.changed:
            self.says.append(self._word("cleared", name=word(self.state.language, "name", slot)))
        return self.changed

    def _first(self, *, question: bool) -> None:
        if self.state.lines:
            return
        if wishes("skip", self._low):
            self._set_lines((Line.UNKNOWN,))
        elif not question and not self.changed:
            self._miss("unclear")
            if self.state.misses >= _MISSES:
                self._set_lines((Line.UNKNOWN,))

    def _answer(self, asking: str, *, question: bool) -> None:
        kind = kinds()[asking]
        if wishes("skip", self._low):
            self.says.append(self._word("skipped"))
            self._put(asking, None)
            return
        text = self._heard.text if kind in {Kind.TEXT, Kind.STATE} and not self.personal else self._heard.rest
        silent = not _LETTER.search(text)
        if silent or (self._corrects and self.changed):
            if silent and not self.changed and not question:
                self._miss("unclear")
            return
        if kind is Kind.TEXT and (question or self._wished):
            return
        found = self._reader.answer(kind, text)
        if found.value is None and kind is Kind.COUNT:
            found = self._reader.answer(kind, self._heard.text)  # a number that says more than one thing
        if found.value is not None and self._fits(asking, found.value):
            self._put(asking, found.value)
            self.state = replace(self.state, misses=0)
            self.personal = self.personal or asking in CONTACT
        elif not (question or self.changed):
            self._miss_of(asking, found.value, found.problem or "unclear")

    def _fits(self, asking: str, value: str) -> bool:
        if asking == "zip":
            return self._reader.states_of(value) is not None
        states = states_of(self.state, self._reader) if asking == "state" else ()
        return not states or value in states

    def _miss_of(self, asking: str, value: str | None, problem: str) -> None:
        states = ", ".join(states_of(self.state, self._reader))
        if asking == "zip" and value is not None:
            problem = "zip_unknown"
        elif asking == "state":
            problem = "state_invalid" if states else "unclear"
        self._miss(problem, value=value or "", states=states)
        if self.state.misses >= _MISSES:
            self.says.append(self._word("skipped"))
            self._put(asking, None)

    def _miss(self, problem: str, /, **values: str) -> None:
        self.says.append(self._word(problem, **values))
        self.state = replace(self.state, misses=self.state.misses + 1)
