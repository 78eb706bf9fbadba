"""From a question to tool calls. Never raises, whatever the question is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rapidfuzz import fuzz, process

from domain.asking.catalogue import CATALOGUE, Effect
from domain.asking.understanding import lexicon
from domain.asking.understanding.ahead import Ahead, ahead_of, as_command, completed, divided, reported, wants_a_call
from domain.asking.understanding.correcting import corrected
from domain.asking.understanding.cues import DOCUMENTS
from domain.asking.understanding.following import goes_on, narrowed
from domain.asking.understanding.leads import lead_in, place_in, speaks_of_those
from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.likeness import LIKELY, POSSIBLE, SURE, is_guess, read_alike, speaks_for
from domain.asking.understanding.meaning import (
    LeadRef,
    Meaning,
    Missing,
    Reading,
    Refused,
    Setting,
    Social,
    Step,
    Unclear,
    Understood,
    Why,
)
from domain.asking.understanding.network_reads import read_network
from domain.asking.understanding.network_writes import (
    NETWORK_HEADS,
    asks_of_network,
    network_answered,
    read_network_write,
)
from domain.asking.understanding.phrase import QUOTED, Phrase, bare, language_of, phrase_of, request_of
from domain.asking.understanding.policy_reads import read_policies, read_policy_papers
from domain.asking.understanding.reads import read_question
from domain.asking.understanding.refusing import always, else_refused, is_bulk, is_for_several
from domain.asking.understanding.slots import producers_in, read_slots, take_ids
from domain.asking.understanding.times import Calendar
from domain.asking.understanding.writes import asks_to_write, channel_in, lacks, read_write

_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=\S)|\n+|;\s+")
_THEN = re.compile(
    (
        r"\s+(?:and then|then|after that|and after that|y luego|y despues|and also)\s+|\s+(?:and|y)\s+(?=(?:how|why|what|"
        r"show|list|draft|explain|tell|accept|decline|mark|remind|count|cuantos|redacta|muestra|recuerdame)\b)"
    ),
    re.IGNORECASE,
)
_REPORTS = re.compile(
    (
        r"\b(?:wrote|writes|says|said|reads|message|email|e-mail|note|document|reply|comment|form|text|prompt|dice|"
        r"escribio|mensaje|correo)\b[^.?!]{0,20}:"
    ),
    re.IGNORECASE,
)
_HELLO = re.compile(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|hola|buen[oa]s (?:dias|tardes|noches))(?: (?:there|copilot|"
    r"leadwright))?$"
)
_THANKS = any_of(
    r"^(?:(?:ok|okay|great|perfect|perfecto|awesome|nice|good|cool|super|wonderful|excellent|brilliant|that is all|all good|got it|genial|vale) )*"
    r"(?:thanks?(?: you)?|thank you|cheers|much appreciated|appreciate it|gracias|muchas gracias)(?: \w+){0,3}$"
)
_HELP = any_of(
    r"what (?:else )?can (?:you|i) (?:do|ask|help|say)|help(?: me)?$|^help(?: please)?$|how do(?:es)? (?:this|you) work|"
    r"what (?:are|do) you(?: able| do)?$|que puedes hacer|ayuda(?:me)?|que puedo preguntar|^(?:how (?:do|can|would|should) (?:i|we|you)|how to|como (?:puedo|se)) (?:mark|record|close|reopen|reassign|assign|move|"
    r"accept|decline|schedule|set|send|text|email|message|draft|remind|change|update|marco|marcar|acepto|aceptar)\b"
)
_YES = re.compile(
    r"^(?:(?:yes|yeah|yep|ok|okay|sure|please|si|dale|go ahead|do it|confirm(?:ed)?|i confirm|approve(?:d)?|i approve|"
    r"proceed|hazlo|confirmo|adelante|it|execute|run it|that) ?)+$"
)
_NO = re.compile(r"^(?:no|nope|cancel|never ?mind|forget it|do not|stop|cancela|olvidalo)(?: (?:it|that|thanks))?$")
_MOST_CLAUSES = 4
_LONGEST_ANSWER = 300
NEAREST: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Show my hot auto leads", "Leads I have not called since Monday", "How many leads per state this month", "Why is the first one mine?",
        "Explain the score of Maria Gomez", "What should I do next?", "Draft an email to the first one", "Which offers wait for me?",
        "My numbers this month", "Which producers have room in Texas?", "What does our handbook say about do-not-call?",
        "Conversion rate by source last quarter", "Mark the first one as contacted", "Remind me tomorrow at 3pm to call the first one",
        "Accept the first offer", "Leads like the first one",
    ),
    "es": (
        "Muéstrame mis leads de auto calientes", "Leads que no he llamado desde el lunes", "Cuántos leads hay por estado este mes",
        "Por qué es mío el primero", "Explica la puntuación del primero", "Qué debo hacer ahora", "Redacta un correo al primero",
        "Qué ofertas tengo", "Mis números de este mes", "Qué productores hablan español", "Marca el primero como contactado",
        "Recuérdame mañana a las 3 de la tarde llamar al primero",
    ),
}  # fmt: skip


def understand(question: str, setting: Setting) -> Reading:
    """What the question means, at the setting's moment and after what was said before."""
    whole = phrase_of(question, lexicon.KNOWN)
    language = language_of(whole.plain)
    if not whole.plain and setting.past:
        language = language_of(phrase_of(setting.past[-1].question).plain)
    return Reading(_meaning(question, whole, setting, language), language)


def _meaning(question: str, whole: Phrase, setting: Setting, language: str) -> Meaning:
    told = _social(whole.plain, setting)
    if told is not None:
        return told
    # As it was written too: what a slip of the pen is put right to must not hide a word that is refused.
    why = always(whole.plain) or always(phrase_of(question).plain)
    if why is not None:
        return Refused(why)
    put_right = corrected(phrase_of(question, lexicon.KNOWN), setting, Calendar(setting.moment, setting.zone))
    if put_right is not None:
        return put_right
    pending = _pending(setting)
    if pending is not None:
        of_network = pending.step.tool in NETWORK_HEADS and pending.slot != "lead" and not asks_to_write(whole.plain)
        answer = network_answered if of_network else _answered
        answered = answer(pending, question, whole, setting)
        if answered is not None:
            return answered
    meanings: list[Meaning] = []
    topic: LeadRef | None = None
    for clause in _clauses(question):
        phrase = request_of(phrase_of(clause, lexicon.KNOWN))
        if phrase.plain:
            made = _clause(phrase, setting, meanings)
            if isinstance(made, Missing) and made.slot == "lead" and topic is not None:
                made = completed(made, Ahead(phrase, topic, None), Calendar(setting.moment, setting.zone)) or made
            topic = next((LeadRef(id=one) for one in take_ids(request_of(phrase_of(clause)))), topic)
            reason = _reason_for(meanings[-1] if meanings else None, made, clause)
            meanings[-1:] = [*meanings[-1:], made] if reason is None else [reason]
    return _together(meanings, whole, setting, language)


def _reason_for(before: Meaning | None, made: Meaning, clause: str) -> Meaning | None:
    """The write before with what this sentence gives as its reason, where it lacks one and this is no request."""
    waits = isinstance(before, Missing) and before.slot == "reason" and before.step.tool != "decline_offer"
    if not waits or not isinstance(made, Unclear) or "?" in clause:
        return None
    assert isinstance(before, Missing)
    step = replace(before.step, arguments={**before.step.arguments, "reason": clause.strip(" .!")})
    return Understood((step,))


def _social(plain: str, setting: Setting) -> Meaning | None:
    for kind, pattern in (("hello", _HELLO), ("thanks", _THANKS), ("help", _HELP)):
        if pattern.search(plain):
            return Social(kind)
    if _YES.search(plain) and setting.past and plain.strip():
        return Refused(Why.CONFIRM)
    return Social("never_mind") if _NO.search(plain) else None


def _clauses(question: str) -> list[str]:
    """The requests of a question. What follows a report of somebody's words is that person's, and no request."""
    found: list[str] = []
    for sentence in _cut(question, _SENTENCE):
        report = _REPORTS.search(sentence)
        asked = asks_to_write(request_of(phrase_of(sentence, lexicon.KNOWN)).plain)
        if report is None or asked == "send_message":
            found += _split(sentence)
            continue
        found += _split(sentence[: report.start()]) if asked else []
        if not any(mark in sentence[report.end() :] for mark in '"”»'):
            break  # nobody can tell where the report ends
    return [one for one in found if one.strip()][:_MOST_CLAUSES]


def _split(sentence: str) -> list[str]:
    plain = request_of(phrase_of(sentence, lexicon.KNOWN)).plain
    if asks_to_write(plain) in {"schedule_follow_up", "send_message"} or DOCUMENTS.search(plain):
        return [sentence]
    return _cut(sentence, _THEN)


def _cut(text: str, between: re.Pattern[str]) -> list[str]:
    """The parts of a text; what is quoted is never divided, so that no part of it loses its marks."""
    quoted = [match.span() for match in QUOTED.finditer(text)]
    parts, start = [], 0
    for match in between.finditer(text):
        if not any(begin < match.end() and match.start() < end for begin, end in quoted):
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def _clause(phrase: Phrase, setting: Setting, earlier: list[Meaning]) -> Meaning:
    calendar = Calendar(setting.moment, setting.zone)
    plain = phrase.plain
    if (made := read_policy_papers(phrase, setting)) is not None:
        return made
    if DOCUMENTS.search(plain):
        return read_question(phrase, setting, calendar) or Unclear()
    made = read_policies(phrase, setting, calendar) or _network(phrase, setting, calendar)
    if made is not None:
        return _of_earlier(made, earlier, plain)
    phrase.plain = plain
    tool = asks_to_write(plain)
    made = _told_ahead(phrase, setting, calendar, earlier) if tool is None else _write(tool, phrase, setting, calendar)
    if made is not None:
        return made if tool is None else _of_earlier(made, earlier, plain)
    phrase.plain = plain
    refused = else_refused(plain)
    return Refused(refused) if refused else _read(phrase, setting, calendar, earlier)


def _network(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """What is asked of the broker network; a likeness to its questions counts only where nothing else reads it."""
    tool = asks_of_network(phrase.plain)
    if tool is None:
        return read_network(phrase, setting, calendar)
    return read_network_write(tool, phrase, setting, calendar)


def _write(tool: str, phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """What a verb at the head asks to write; None where it turns out to mean something else."""
    plain = phrase.plain
    if tool == "change_status" and else_refused(plain) is Why.EDIT:
        return Refused(Why.EDIT)
    if tool != "schedule_follow_up" and (is_bulk(plain) or is_for_several(plain)):
        return Refused(Why.BULK)
    return read_write(tool, phrase, setting, calendar)


def _told_ahead(phrase: Phrase, setting: Setting, calendar: Calendar, earlier: list[Meaning]) -> Meaning | None:
    """A request behind its lead, its time or a report; or a report alone, which asks to be recorded."""
    command = as_command(phrase)
    if command is not None and (made := _write("reassign_lead", command, setting, calendar)):
        return made
    if (made := wants_a_call(phrase, setting, calendar)) is not None:
        return made
    parts = divided(phrase, calendar)
    if parts is None:
        return reported(phrase, setting)
    ahead = ahead_of(parts[0], setting)
    alone = replace(setting, past=()) if ahead.lead else setting
    made = completed(_clause(request_of(parts[1]), alone, earlier), ahead, calendar)
    return made if isinstance(made, Understood | Missing | Refused) else None


def _read(phrase: Phrase, setting: Setting, calendar: Calendar, earlier: list[Meaning]) -> Meaning:
    plain = phrase.plain
    those = bool(setting.past) and speaks_of_those(phrase)
    if those or goes_on(plain, setting):
        again = narrowed(phrase, setting, calendar, those=those)
        phrase.plain = plain
        if again is not None and not _asks_of_a_lead(plain):
            return again
    found = read_question(phrase, setting, calendar)
    phrase.plain = plain
    if is_guess(found, phrase):
        found = read_alike(phrase, setting, calendar, LIKELY) or found
    elif not speaks_for(phrase, setting, calendar, found):
        found = read_alike(phrase, setting, calendar, SURE) or found
    if found is not None:
        return _of_earlier(found, earlier, plain)
    again = narrowed(phrase, setting, calendar, those=False)
    if again is not None:
        return again
    phrase.plain = plain
    lead = lead_in(phrase, setting, [], names=False)
    if isinstance(lead, LeadRef):
        return Understood((Step("show_lead", {}, lead),))
    return read_alike(phrase, setting, calendar, POSSIBLE) or Unclear()


def _asks_of_a_lead(plain: str) -> bool:
    return (
        re.search(
            r"\b(?:why|draft|write (?:an?|me|her|him|them|up)|explain|similar|like (?:this|that|her|him)|por que|redacta)\b",
            plain,
        )
        is not None
    )


def _of_earlier(meaning: Meaning, earlier: list[Meaning], plain: str) -> Meaning:
    """The lead of the request before, or the one at the place that is said in what it finds; the first where a read says none.

    A write is of a list only where its place is said: ``it`` may be anything.
    """
    last = earlier[-1] if earlier else None
    if not isinstance(meaning, Missing) or meaning.slot != "lead" or not isinstance(last, Understood):
        return meaning
    before = last.steps[-1]
    place = place_in(plain)
    if before.lead is None and place is None and CATALOGUE[meaning.step.tool].effect is Effect.WRITE:
        return meaning
    step = replace(meaning.step, lead=before.lead or LeadRef(earlier=place or 0))
    slot = lacks(step)
    return Missing(step, slot) if slot else Understood((step,))


def _pending(setting: Setting) -> Missing | None:
    """What the turn before asked for, where it was a question back."""
    if not setting.past or setting.past[-1].tool is not None:
        return None
    reading = understand(setting.past[-1].question, replace(setting, past=setting.past[:-1]))
    return reading.meaning if isinstance(reading.meaning, Missing) else None


def _answered(pending: Missing, question: str, phrase: Phrase, setting: Setting) -> Meaning | None:
    """The step that waited, with what this turn says of it; None where this turn says something else."""
    if (
        asks_to_write(phrase.plain)
        or len(question) > _LONGEST_ANSWER
        or phrase.plain.startswith(("how", "why", "what", "show", "which"))
    ):
        return None
    step, arguments = pending.step, dict(pending.step.arguments)
    calendar = Calendar(setting.moment, setting.zone)
    if pending.slot == "lead":
        lead = lead_in(phrase, replace(setting, past=setting.past[:-1]), [])
        if not isinstance(lead, LeadRef):
            return None
        slot = lacks(step)
        return Missing(replace(step, lead=lead), slot) if slot else Understood((replace(step, lead=lead),))
    value = _slot(pending, question, phrase, setting, calendar)
    if value is None:
        return None
    made = replace(step, arguments=arguments | value)
    if made.tool == "send_message" and "text" not in made.arguments:
        made = replace(made, tool="draft_message", arguments={"purpose": "your request", **made.arguments})
    slot = lacks(made)
    if made.lead is None and "offer_id" not in made.arguments:
        return Missing(made, "lead")
    return Missing(made, slot) if slot else Understood((made,))


def _slot(
    pending: Missing, question: str, phrase: Phrase, setting: Setting, calendar: Calendar
) -> dict[str, Any] | None:
    if pending.slot == "reason":
        if pending.step.tool != "decline_offer":
            return {"reason": question.strip()}
        found = next((reason for reason, pattern in lexicon.REASONS if phrase.has(pattern)), None)
        return {"reason": found.value} if found else {"reason": "other", "words": question.strip()[:300]}
    if pending.slot == "at":
        at = calendar.take_instant(phrase)
        return {"at": at.isoformat()} if at else None
    if pending.slot == "status":
        statuses = read_slots(phrase, calendar, setting).filters.get("status")
        return (
            {"status": statuses[0]}
            if statuses and statuses[0] in {"won", "lost", "contacted", "rejected", "queued"}
            else None
        )
    if pending.slot == "producer":
        names = producers_in(phrase, setting)
        return {"producer": names[0]} if names else None
    channel = channel_in(phrase)
    return {"channel": channel} if channel else None


def _together(meanings: list[Meaning], whole: Phrase, setting: Setting, language: str) -> Meaning:
    """One meaning of several requests: a refusal or question back stands before all, what is not understood gives way."""
    for kind in (Refused, Missing):
        for one in meanings:
            if isinstance(one, kind):
                return one
    steps = [step for one in meanings if isinstance(one, Understood) for step in one.steps]
    if steps:
        return Understood(tuple(steps))
    if social := next((one for one in meanings if isinstance(one, Social)), None):
        return social
    slots = read_slots(
        Phrase(whole.original, whole.plain, whole.starts), Calendar(setting.moment, setting.zone), setting
    )
    partly = [*slots.filters, *(["time"] if slots.span else []), *(["producer"] if slots.producers else [])]
    examples = NEAREST[language]
    near = process.extract(whole.plain, [bare(one) for one in examples], scorer=fuzz.token_set_ratio, limit=3)
    return Unclear(tuple(partly), tuple(examples[place] for _, _, place in near))
