"""Questions that change nothing: which tool answers, and with what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from domain.asking.understanding import cues
from domain.asking.understanding.leads import last_leads, lead_in
from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.meaning import LeadRef, Meaning, Setting, Social, Step, Understood
from domain.asking.understanding.names import name_in
from domain.asking.understanding.network_reads import read_network_as
from domain.asking.understanding.phrase import Phrase, bare
from domain.asking.understanding.slots import Slots, between, read_slots, received
from domain.asking.understanding.times import Calendar
from domain.asking.understanding.writes import channel_in, cut, filled

_TIMES = {"received_from", "received_until"}
_CAME_IN = re.compile(r"\b(?:did|have) (?:we|the agency|our team|the team) (?:get|got|receive|received)\b")
ROOM = any_of(
    r"room|capacity|bandwidth|available|availability|free|open slots?|not full|take (?:another|one|more|an?|on)|espacio|lugar|capacidad|disponibles?"
)
_TOWARDS = "to|over|than|with|instead of|a|go to|and not|not"


def read_question(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """The reading that answers, or None where none fits."""
    plain = phrase.plain
    if cues.DOCUMENTS.search(plain):
        return Understood((Step("ask_documents", {"question": phrase.said}),))
    for read in (_about_a_lead, _certain, _figures, _leads):
        found = read(phrase, setting, calendar)
        if found is not None:
            return found
        phrase.plain = plain
    return None


def _about_a_lead(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    if phrase.has(cues.DRAFT):
        return _draft(phrase, setting)
    for tool, pattern in (
        ("explain_score", cues.SCORE),
        ("explain_route", cues.ROUTE),
        ("similar_leads", cues.SIMILAR),
    ):
        if phrase.has(pattern):
            if tool == "explain_score" and phrase.has(any_of(r"mine|assigned|routed|por que .{0,30}mi[oa]")):
                continue
            return _of_one(tool, phrase, setting)
    return _next(phrase, setting) if phrase.has(cues.NEXT) else None


def _of_one(tool: str, phrase: Phrase, setting: Setting) -> Meaning:
    """A tool of one lead. Producers whom the question names besides are not the lead."""
    for _, name in setting.producers:
        whole, first = bare(name), bare(name).split()[0]
        phrase.take(re.compile(rf"\b(?:{_TOWARDS}) {re.escape(whole)}\b"))
        phrase.take(re.compile(rf"\b(?:{_TOWARDS}|did|does|has|tiene) {re.escape(first)}\b"))
    return filled(Step(tool), setting, lead_in(phrase, setting, []))


def _next(phrase: Phrase, setting: Setting) -> Meaning:
    phrase.take(cues.NEXT)
    lead = lead_in(phrase, setting, [])
    if isinstance(lead, LeadRef) and not phrase.has(any_of(r"today 's|day")):
        return Understood((Step("next_best_action", {}, lead),))
    return Understood((Step("next_best_action"),))


def _draft(phrase: Phrase, setting: Setting) -> Meaning:
    slots = read_slots(Phrase(phrase.original, phrase.plain, phrase.starts), _timeless(setting), setting)
    phrase.take(any_of(r"(?:in|en) (?:spanish|espanol|english|ingles|french|frances)"))
    purpose = cut(
        phrase,
        re.compile(
            r"\b(?:about|regarding|to (?=remind|ask|thank|introduce|follow|confirm|invite|tell|offer|set|say|schedule|check)|"
            r"sobre|acerca de|thanking|asking|inviting|para (?=agradecer|preguntar|confirmar|recordar)) ?"
        ),
    )
    channel = channel_in(phrase) or "email"
    phrase.take(cues.DRAFT)
    phrase.take(
        any_of(
            r"draft|compose|write|prepare|word|redacta|escribe|prepara|borrador|reply|response|intro\w*|follow ?up|short|"
            r"quick|friendly"
        )
    )
    arguments = {"channel": channel, "purpose": purpose or "your request"}
    if slots.language:
        arguments["language"] = slots.language
    return filled(Step("draft_message", arguments), setting, lead_in(phrase, setting, slots.ids))


def _timeless(setting: Setting) -> Calendar:
    return Calendar(setting.moment, setting.zone)


def _certain(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del setting, calendar
    topic = next((topic for topic, pattern in cues.LOOKUP_FIRST if phrase.has(pattern)), None)
    return Understood((Step("lookup", {"what": topic}),)) if topic else None


def _figures(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    plain = phrase.plain
    for metric, pattern in cues.METRICS:
        if pattern.search(plain) and not (metric == "assigned" and _CAME_IN.search(plain)):
            return _measure(metric, phrase, setting, calendar)
    if phrase.has(cues.OFFERS) and not phrase.has(any_of(r"offered leads|leads offered")):
        return _offers(phrase, setting)
    if phrase.has(cues.NUMBERS) and (found := _numbers(phrase, setting, calendar)) is not None:
        return found
    phrase.plain = plain
    for topic, pattern in cues.LOOKUP:
        if pattern.search(plain) and not re.search(r"\bleads? from\b|\bfrom referrals?\b", plain):
            return Understood((Step("lookup", {"what": topic}),))
    return _producers(phrase, setting, calendar) if _asks_for_producers(phrase) else None


def _asks_for_producers(phrase: Phrase) -> bool:
    return phrase.has(cues.PRODUCERS) and (
        phrase.has(cues.TAKES) or not phrase.has(any_of(r"leads?|prospects?|has (?:the )?(?:best|most)"))
    )


def _offers(phrase: Phrase, setting: Setting) -> Meaning:
    mine = setting.producer and not phrase.has(any_of(r"everyone|everybody|all|team|agency|whole|todas|equipo"))
    return Understood((Step("open_offers", {} if mine else {"mine": False}),))


def _numbers(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    slots = read_slots(phrase, calendar, setting)
    arguments = between(slots) | ({"producer": slots.producers[0]} if slots.producers else {})
    whose = slots.producers or "mine" in slots.filters or phrase.has(any_of(r"my|mis|i|me|voy|va|we|our|the"))
    return Understood((Step("my_numbers", arguments),)) if whose else None


def _producers(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning:
    room = phrase.has(ROOM)
    slots = read_slots(phrase, calendar, setting)
    arguments: dict[str, Any] = {}
    if lines := slots.filters.get("line"):
        arguments["line"] = lines[0]
    if states := slots.filters.get("state"):
        arguments["state"] = states[0]
    if room:
        arguments["has_room"] = True
    if slots.language:
        arguments["language"] = slots.language
    return Understood((Step("find_producers", arguments),))


def _measure(metric: str, phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning:
    who = phrase.has(any_of(r"who|quien")) and not phrase.has(any_of(r"who are"))
    slots = read_slots(phrase, calendar, setting)
    filters = filters_of(slots) | {}
    for name in ("status", "not_contacted_since", "contacted_since", "received_from", "received_until"):
        filters.pop(name, None)
    arguments: dict[str, Any] = {"metric": metric} | between(slots)
    if by := slots.by or ("producer" if who else None):
        arguments["by"] = by
        if by == "producer":
            filters.pop("mine", None)
    if not setting.producer:
        filters.pop("mine", None)
    if filters:
        arguments["filters"] = filters
    return Understood((Step("measure", arguments),))


def filters_of(slots: Slots) -> dict[str, Any]:
    """The filters of leads that the slots say."""
    filters = dict(slots.filters) | received(slots)
    if slots.producers:
        filters["producer"] = slots.producers[0]
    return filters


def _leads(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    plain = phrase.plain
    counting, finding = phrase.has(cues.COUNT), phrase.has(cues.FIND)
    of_leads, named = phrase.has(cues.LEADS_WORD), phrase.take(cues.NAMED)
    one = None if counting else _one(phrase, setting, of_leads=of_leads, named=named is not None)
    if one is not None:
        return one
    phrase.plain = plain if named is None else phrase.plain
    slots = read_slots(phrase, calendar, setting)
    filters = filters_of(slots)
    if not setting.producer:
        filters.pop("mine", None)
    if name := name_in(phrase) if named or (finding and not filters and not counting) or _has_owner(phrase) else None:
        if not (named or of_leads or counting or slots.by or filters):
            return Understood((Step("show_lead", {}, LeadRef(name=name)),))
        filters["name"] = name
    if counting or slots.by:
        return Understood((Step("count_leads", filters | ({"by": slots.by} if slots.by else {})),))
    scored = {"score_at_least", "score_at_most"} & set(filters)
    if not (of_leads or scored or (finding and (set(filters) - _TIMES or slots.sort))):
        return None
    return Understood((Step("find_leads", filters | ordered(slots)),))


def _has_owner(phrase: Phrase) -> bool:
    return phrase.has(re.compile(r"\b(?!who|what)[a-z]+ 's (?:leads?|prospects?|pipeline)\b"))


def _one(phrase: Phrase, setting: Setting, *, of_leads: bool, named: bool) -> Meaning | None:
    """One lead's record: by id, by place in the last answer, by pronoun or by name."""
    if named or not phrase.has(cues.SHOW_ONE):
        return None
    probe = Phrase(phrase.original, phrase.plain, phrase.starts)
    while probe.take(cues.SHOW_ONE):
        pass
    several = re.search(
        r"\b(?:leads|prospects|clients|customers|ones|those|these|prospectos|clientes|mine|my)\b", probe.plain
    )
    producer = any(
        re.search(rf"\b{re.escape(name.casefold().split()[0])}\b", phrase.plain) for _, name in setting.producers
    )
    if several or producer:
        return None
    del of_leads
    slots = read_slots(Phrase(probe.original, probe.plain, probe.starts), _timeless(setting), setting)
    if (
        set(slots.filters) - {"mine", "place"}
        or (slots.sort and not re.search(r"\b(?:last|top|best) one\b|\blast lead\b", probe.plain))
        or slots.by
    ):
        return None
    lead = lead_in(probe, setting, [])
    if lead is None or (lead == "ambiguous" and not last_leads(setting)):
        return None
    return filled(Step("show_lead"), setting, lead)


def ordered(slots: Slots) -> dict[str, Any]:
    """Order and length of a list, as they were said."""
    found: dict[str, Any] = {}
    if slots.sort:
        found["sort"] = slots.sort[0]
        if not slots.sort[1]:
            found["descending"] = False
    if slots.limit:
        found["limit"] = slots.limit
    return found


def _documents(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning:
    del setting, calendar
    return Understood((Step("ask_documents", {"question": phrase.said}),))


_OF_ONE = frozenset(["show_lead", "explain_score", "explain_route", "similar_leads"])
_READERS: Mapping[str, Callable[[Phrase, Setting, Calendar], Meaning | None]] = {
    "next_best_action": lambda phrase, setting, _: _next(phrase, setting),
    "open_offers": lambda phrase, setting, _: _offers(phrase, setting),
    "draft_message": lambda phrase, setting, _: _draft(phrase, setting),
    "my_numbers": _numbers,
    "find_producers": _producers,
    "ask_documents": _documents,
}


def read_as(label: str, phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """The phrase as a question of a kind of the phrasebook; None where it lacks what such a question needs, or would write."""
    tool, _, about = label.partition(":")
    if tool == "measure":
        return _measure(about, phrase, setting, calendar)
    if tool == "lookup":
        return Understood((Step("lookup", {"what": about}),))
    if tool == "social":
        return Social(about)
    if tool in _OF_ONE:
        made = _of_one(tool, phrase, setting)
        return made if isinstance(made, Understood) or last_leads(setting) or tool != "show_lead" else None
    if tool in {"find_leads", "count_leads"}:
        return _listed(tool, phrase, setting, calendar)
    reader = _READERS.get(tool) or partial(read_network_as, tool)
    return reader(phrase, setting, calendar)


def _listed(tool: str, phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning:
    slots = read_slots(phrase, calendar, setting)
    filters = filters_of(slots)
    if not setting.producer:
        filters.pop("mine", None)
    if tool == "count_leads":
        return Understood((Step("count_leads", filters | ({"by": slots.by} if slots.by else {})),))
    return Understood((Step("find_leads", filters | ordered(slots)),))
