"""One turn of a conversation: what the person wrote becomes a new state, replies, and what has to be done.

Nothing here recommends, quotes, negotiates or binds (DOMAIN T22): every reply is a fixed text of the word files, and a
question for a licensed person is written down for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from domain.chat.filling import Filling
from domain.chat.intents import Handover, abusive, handover_of, plain, says_minor, wants_email_only, wishes, yes_or_no
from domain.chat.medicare import Disclaimer, disclaimer
from domain.chat.questions import Terms, in_words, next_question, place_known, put, states_of
from domain.chat.reading import Heard, Reader
from domain.chat.second import Doubt, Second, completed, left_open
from domain.chat.slots import ADULT, Kind, kinds
from domain.chat.state import CONFIRM, CONSENT, LINES, WITHDRAWN, Effect, Note, Stage, State
from domain.chat.words import LANGUAGES, joined, language_of, say, word
from domain.lines import Line

_STRIKES = 3
_MISSES = 3
_LONGEST_QUESTION = 300
_MOST_QUESTIONS = 20
_SURE = 2
"""So many more words of another language make the chat change to it."""
MEDICARE = Line.MEDICARE.value
"""How a request about Medicare is marked that only a licensed person may take."""
_HANDOVER_WORDS = {Handover.CLAIM: "handover_claim", Handover.PERSON: "handover_person"}


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn leads to. ``note`` marks the person's message in the transcript; ``reach`` is how the person would have been
    reached who wishes it no more.
    """

    state: State
    says: tuple[str, ...]
    effects: frozenset[Effect] = frozenset()
    note: Note = field(default_factory=Note)
    reach: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def begin(language: str, reader: Reader, terms: Terms, at: datetime) -> Turn:
    """The greeting, which says what the machine is and is not, and the first question."""
    state = State(language=language if language in LANGUAGES else LANGUAGES[0])
    state, question = put(state, LINES, reader, terms, at)
    return Turn(state, (say(state.language, "greeting", agency=terms.agency), question))


def take(state: State, text: str, reader: Reader, terms: Terms, at: datetime, second: Second | None = None) -> Turn:
    """The turn after ``text``, which is data: what orders a machine in it is set aside before it is read. When the request has
    been sent, only a wish not to be contacted, or to be forgotten, is heard.

    ``second`` is what another reader takes the words to say. It counts only for what the rules leave open (:func:`doubt`).
    """
    if not text.strip() and state.stage is Stage.OPEN:
        talk = _Talk(state, reader, terms, at)
        talk.say("empty")
        return talk.asked()
    heard = reader.hear(text)
    turn = _turn(state, heard, reader, terms, at)
    left = left_open(state, heard, turn.state) if second is not None else None
    if second is None or left is None:
        return turn
    return _credited(turn, _turn(state, completed(heard, second, left, reader), reader, terms, at), state, second)


def doubt(state: State, text: str, reader: Reader, terms: Terms, at: datetime) -> Doubt | None:
    """What the rules leave open in ``text`` for a second reader; None where there is nothing to ask of one."""
    if not text.strip() or state.stage not in {Stage.OPEN, Stage.SENT}:
        return None
    heard = reader.hear(text)
    turn = _turn(state, heard, reader, terms, at)
    return left_open(state, heard, turn.state)


def _turn(state: State, heard: Heard, reader: Reader, terms: Terms, at: datetime) -> Turn:
    talk = _Talk(state, reader, terms, at)
    if state.stage is not Stage.OPEN:
        return talk.afterwards(heard)
    low = plain(heard.text)
    talk.note = replace(talk.note, instruction=heard.ordered, personal=bool({"phone", "email"} & set(heard.facts)))
    talk.settle_language(low)
    return talk.ended(heard, low) or talk.aside(heard, low) or talk.answered(heard, low)


def _credited(alone: Turn, turn: Turn, before: State, second: Second) -> Turn:
    """``turn`` with the second reader named where it made a difference to ``alone``, and what it filled told to the person."""
    if turn == alone:
        return alone
    state, language = turn.state, turn.state.language
    filled = tuple(slot for slot, value in state.slots.items() if value and value != alone.state.slots.get(slot))
    note = replace(turn.note, read_by=second.by, filled=filled)
    known = [
        f"{word(language, 'name', slot)}: {in_words(language, slot, state.slots[slot] or '')}"
        for slot in filled
        if not before.slots.get(slot)  # what was known before and is another now says so itself
    ]
    if state.lines and not alone.state.lines:
        lines = joined(language, [word(language, "line", line.value) for line in state.lines])
        known.insert(0, f"{word(language, 'name', 'lines')}: {lines}")
    told = (say(language, "understood", facts="; ".join(known)),) if known else ()
    return replace(turn, says=(*told, *turn.says), note=note)


def stop(state: State, *, said: bool = True) -> Turn:
    """The conversation ends before the request was sent. Where the person ``said`` so, and has agreed to be contacted before,
    that takes the agreement back (T16): the words of the consent name this way to withdraw it.
    """
    withdraws = said and state.granted and state.reachable
    effects = {Effect.FORGET_CONTACT, *({Effect.WITHDRAW} if withdraws else ())}
    ended = replace(
        state, stage=Stage.STOPPED, reason="stop", slots=MappingProxyType(state.without_contact()),
        told=state.told | {WITHDRAWN} if withdraws else state.told,
    )  # fmt: skip
    words = word(state.language, "say", "stopped_for_good" if withdraws else "stopped")
    return Turn(ended, (words,), frozenset(effects), reach=_reach(state) if withdraws else MappingProxyType({}))


def resume(state: State, reader: Reader, terms: Terms, at: datetime) -> Turn:
    """A conversation that its person ended goes on (:attr:`State.resumable`): with what was said, but for how they are reached,
    and with nothing agreed to.
    """
    talk = _Talk(replace(state, stage=Stage.OPEN, reason=None, consent=None, misses=0), reader, terms, at)
    talk.say("resumed")
    return talk.asked()


def concluded(state: State, refusal: str | None, *, unconfirmed: bool = False) -> Turn:
    """After the intake's word: the request was taken, or refused with this code."""
    if refusal is not None:
        closed = replace(state, stage=Stage.NOT_TAKEN, reason=refusal)
        return Turn(closed, (word(state.language, "say", "not_taken"),), frozenset({Effect.FORGET_CONTACT}))
    sent = "sent_unconfirmed" if unconfirmed else "sent"
    return Turn(replace(state, stage=Stage.SENT), (word(state.language, "say", sent),))


def _clear(heard: Heard, low: str) -> bool | None:
    """Yes or no. A yes in whose message somebody gives orders to a machine is not the clear word of a person."""
    said = yes_or_no(low)
    return None if said and heard.ordered else said


def _reach(state: State, heard: Heard | None = None) -> Mapping[str, str]:
    """How the person can be reached by what they said, in this message too."""
    said = {**state.slots, **(heard.facts if heard is not None else {})}
    return MappingProxyType({slot: value for slot in ("phone", "email") if (value := said.get(slot))})


class _Talk:
    """A turn in the making."""

    def __init__(self, state: State, reader: Reader, terms: Terms, at: datetime) -> None:
        self.state, self.reader, self.terms, self.at = state, reader, terms, at
        self.says: list[str] = []
        self.effects: set[Effect] = set()
        self.note = Note()
        self.reach: Mapping[str, str] = MappingProxyType({})

    def say(self, name: str, /, **values: str) -> None:
        self.says.append(say(self.state.language, name, **values))

    def done(self) -> Turn:
        return Turn(self.state, tuple(self.says), frozenset(self.effects), self.note, self.reach)

    def asked(self) -> Turn:
        """The turn, with the question that comes now. Who asks about Medicare is told what the law wants told, or handed over."""
        if Line.MEDICARE in self.state.lines and (ended := self._medicare()) is not None:
            return ended
        question = next_question(self.state, self.reader)
        self.state, words = put(self.state, question, self.reader, self.terms, self.at)
        self.says.append(words)
        return self.done()

    def _medicare(self) -> Turn | None:
        """The disclaimer, once for each of its wordings and as soon as the place is known; without one that may be shown,
        Medicare is left to a licensed person, and a request about nothing else ends here.
        """
        if self.terms.medicare.areas and not place_known(self.state, self.reader):
            return None  # the ZIP is what is asked first
        found = self._disclaimer()
        if found is not None:
            if found.key not in self.state.disclosed:
                self.says.append(found.text)
                self.state = replace(self.state, disclosed=(*self.state.disclosed, found.key))
            return None
        self.note = replace(self.note, handover=MEDICARE)
        left = tuple(line for line in self.state.lines if line is not Line.MEDICARE)
        if not left:
            return self.end(Stage.NOT_TAKEN, MEDICARE, "medicare_ends", Effect.FORGET_CONTACT)
        self.say("medicare_left")
        asked = (MEDICARE, word(self.state.language, "line", MEDICARE))
        known = self.state.questions
        self.state = replace(self.state, lines=left, questions=known if asked in known else (*known, asked))
        return None

    def _disclaimer(self) -> Disclaimer | None:
        states = states_of(self.state, self.reader)
        state = self.state.slots.get("state") or (states[0] if len(states) == 1 else None)
        day = self.at.astimezone(UTC).date()
        numbers = self.terms.medicare.at(self.state.slots.get("zip"), state, day)
        return disclaimer(numbers, self.state.language, day) if numbers is not None else None

    def end(self, stage: Stage, reason: str, words: str, *effects: Effect) -> Turn:
        kept = self.state.without_contact() if Effect.FORGET_CONTACT in effects else self.state.slots
        self.say(words)
        self.effects |= set(effects)
        self.state = replace(self.state, stage=stage, reason=reason, slots=MappingProxyType(dict(kept)))
        return self.done()

    def settle_language(self, low: str) -> None:
        """Go on in the language that the person writes or asks for."""
        if wishes("english", low) or wishes("spanish", low):
            wanted = "en" if wishes("english", low) else "es"
        else:
            found = language_of(low)
            first = self.state.asking == LINES and not self.state.opening
            sure = found is not None and found[1] >= (1 if first else _SURE)
            wanted = found[0] if found and sure else self.state.language
        self.state = replace(self.state, language=wanted)

    def ended(self, heard: Heard, low: str) -> Turn | None:
        """The turn, where these words end the conversation."""
        withdraws = (
            self.withdraw(Effect.WITHDRAW, heard) if heard.forbids or (heard.stops and self.state.granted) else False
        )
        if wishes("erase", low):
            return self.end(Stage.ERASED, "person", "erased", Effect.ERASE)
        if heard.stops or heard.forbids or heard.leaves:
            # A stop word ends the chat. It is a wish for ever only from who has agreed to be contacted before (decision 34).
            return self.end(
                Stage.STOPPED, "stop", "stopped_for_good" if withdraws else "stopped", Effect.FORGET_CONTACT
            )
        if says_minor(low) or (heard.age is not None and heard.age < ADULT):
            return self.end(Stage.REFUSED, "minor", "minor", Effect.ERASE)
        if abusive(low):
            self.note = replace(self.note, abuse=True)
            self.state = replace(self.state, strikes=self.state.strikes + 1)
            if self.state.strikes >= _STRIKES:
                return self.end(Stage.REFUSED, "abuse", "rude_end", Effect.FORGET_CONTACT)
            self.say("rude")
            return self.asked()
        return None

    def aside(self, heard: Heard, low: str) -> Turn | None:
        """The turn, where these words answer nothing."""
        if heard.ordered:
            self.say("instruction")
            if not (heard.text.strip() or heard.facts):
                return self.asked()
        if wishes("again", low):
            self.state = self.state.anew()
            self.say("again")
            return self.asked()
        if heard.refuses_calls:
            self.withdraw(Effect.WITHDRAW_CALLS, heard)
            return self.by_email_only()
        if wishes("why", low):
            self.say("why")
            return self.asked()
        if wishes("greeting", low) and self._takes_words():
            self.say("hello")
            return self.asked()
        return None

    def answered(self, heard: Heard, low: str) -> Turn:
        """The turn after words that say something of the request."""
        kind = handover_of(low) or heard.asks
        if kind is not None:
            self._hand_over(kind, heard)
        filling = Filling(self.state, self.reader, heard, low, question=kind is not None)
        before, self.state = self.state, filling.state
        self.says += filling.says
        minor = (age := self._age()) is not None and age < ADULT
        if minor:
            return self.end(Stage.REFUSED, "minor", "minor", Effect.ERASE)
        if filling.personal:
            self.note = replace(self.note, personal=True)
        if before.asking == CONSENT and not filling.changed:
            return self._agree(heard, low, kind)
        if before.asking == CONFIRM and not filling.changed:
            return self._confirm(heard, low, kind)
        return self._unreachable() or self.asked()

    def afterwards(self, heard: Heard) -> Turn:
        """A message when the request has been sent."""
        all_contact = heard.stops or heard.forbids
        if all_contact or heard.refuses_calls:
            self.withdraw(Effect.WITHDRAW if all_contact else Effect.WITHDRAW_CALLS, heard)
        if wishes("erase", plain(heard.text)):
            return self.end(Stage.ERASED, "person", "erased_sent", Effect.ERASE)
        self.say("wish_kept" if all_contact else "consent_withdrawn" if heard.refuses_calls else "closed")
        return self.done()

    def withdraw(self, effect: Effect, heard: Heard) -> bool:
        """Have a wish written down; False where nobody could be reached by what was said, so that there is nothing to write."""
        reach = dict(_reach(self.state, heard))
        if effect is Effect.WITHDRAW_CALLS:
            reach.pop("email", None)
        if reach:
            told = self.state.told | ({WITHDRAWN} if effect is Effect.WITHDRAW else set())
            self.state = replace(self.state, told=told)
            self.effects.add(effect)
            self.reach = MappingProxyType(reach)
        return bool(reach)

    def by_email_only(self) -> Turn:
        """No calls and no texts: what is left to ask is a consent to e-mail."""
        slots = {slot: value for slot, value in self.state.slots.items() if slot != "phone"}
        self.effects.add(Effect.FORGET_CONTACT)
        self.state = replace(self.state, by_email_only=True, consent=None, slots=MappingProxyType(slots), misses=0)
        self.say("consent_withdrawn")
        return self.asked()

    def _agree(self, heard: Heard, low: str, kind: Handover | None) -> Turn:
        """The answer to the words of the consent. What is no clear yes is none, nor is one beside an order to a machine."""
        shown = self.state.consent
        if shown is None or shown["language"] != self.state.language:
            return self.asked()  # the words have to be read first, in the language of the answer
        said = _clear(heard, low)
        if wants_email_only(low) and not self.state.by_email_only:
            return self.by_email_only()
        if said is False and not self.state.by_email_only:
            return self.by_email_only()
        misses = self.state.misses + (said is None and kind is None)
        if said is False or misses >= _MISSES:
            return self._refuse_consent()
        if said is None:
            self.state = replace(self.state, misses=misses)
            self.say("consent_unclear")
            return self.asked()
        granted = {**shown, "granted": True, "at": self.at.astimezone(UTC).isoformat()}
        self.note = replace(self.note, consent="granted")
        self.state = replace(self.state, consent=MappingProxyType(granted))
        return self.asked()

    def _refuse_consent(self) -> Turn:
        self.note = replace(self.note, consent="refused")
        refused = {**(self.state.consent or {}), "granted": False, "at": self.at.astimezone(UTC).isoformat()}
        self.state = replace(self.state, consent=MappingProxyType(refused))
        return self.end(Stage.REFUSED, "consent", "consent_refused", Effect.FORGET_CONTACT)

    def _confirm(self, heard: Heard, low: str, kind: Handover | None) -> Turn:
        said = _clear(heard, low)
        if said is True and self.state.granted and self.state.reachable and self._told():
            self.effects.add(Effect.SUBMIT)
            return self.done()
        if said is False:
            self.say("what_change")
            return self.done()
        if kind is None and said is None:
            self.say("unclear")
        return self.asked()

    def _told(self) -> bool:
        """Whether what Medicare wants told has been told as it is to be told now: numbers and rows may have changed meanwhile."""
        if Line.MEDICARE not in self.state.lines:
            return True
        found = self._disclaimer()
        return found is not None and found.key in self.state.disclosed

    def _unreachable(self) -> Turn | None:
        """Nobody can answer whom nobody can reach: asked once more, then it ends."""
        contact = {"email"} if self.state.by_email_only else {"phone", "email"}
        if self.state.reachable or not contact <= set(self.state.slots):
            return None
        if "one_contact" in self.state.told:
            return self.end(Stage.REFUSED, "no_contact", "no_contact", Effect.FORGET_CONTACT)
        slots = {slot: value for slot, value in self.state.slots.items() if slot != "email"}
        self.state = replace(self.state, slots=MappingProxyType(slots), told=self.state.told | {"one_contact"})
        self.say("one_contact")
        return self.asked()

    def _hand_over(self, kind: Handover, heard: Heard) -> None:
        asked = (kind.value, heard.rest.strip()[:_LONGEST_QUESTION])
        known = self.state.questions
        self.note = replace(self.note, handover=kind.value)
        self.state = replace(self.state, questions=known if asked in known else (*known, asked)[:_MOST_QUESTIONS])
        self.say(_HANDOVER_WORDS.get(kind, "handover"))

    def _age(self) -> int | None:
        birth = self.state.slots.get("birth")
        return self.reader.age_of(birth) if birth else None

    def _takes_words(self) -> bool:
        """Whether a mere "ok" is no answer to what is asked."""
        asking = self.state.asking
        return asking == LINES or (asking in kinds() and kinds()[asking] is not Kind.YES_NO)
