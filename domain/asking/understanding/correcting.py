"""A turn that puts the one before right: ``actually Friday at 10``, ``no, to Ben``, ``I meant Walt``, ``make it a text``."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from domain.asking.understanding import lexicon
from domain.asking.understanding.leads import lead_in
from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.meaning import Before, LeadRef, Meaning, Setting, Step, Understood
from domain.asking.understanding.network_writes import NETWORK_HEADS, network_corrected
from domain.asking.understanding.phrase import Phrase
from domain.asking.understanding.slots import producers_in, take_ids
from domain.asking.understanding.times import Calendar
from domain.asking.understanding.writes import TO_STATUS, channel_in

_OPENING = re.compile(
    r"^(?:(?:no|nope|sorry|oops|whoops|wait|hold on|actually|hmm|scratch that|correction|rather|my (?:mistake|bad)|"
    r"i (?:meant|mean|said|want)|i would rather(?: have)?|make (?:it|that|this)|change (?:it|that|this)(?: to)?|"
    r"(?:change|set) the (?:reason|time|date|day|text|message|status|producer)(?: to)?|let us (?:do|say|make it|try)|(?:can|could) (?:we|you|i) (?:do|make it|say|try|move it to|change it to)|how about|what about|better|but|it should be|"
    r"not (?:her|him|them|that|this|it)(?: one)?|not the (?:first|second|third|last)(?: one)?|perdon|mejor|digo|quise decir|en realidad|que sea) ?)+(?=\S|$)"
)
_CLOSING = re.compile(r" (?:instead|rather|please|mejor)$")
_OTHER = re.compile(r"\b(?:the )?other (?:one|lead|person)?\b|\bel otro\b|\bla otra\b")
_SAY = re.compile(r"\b(?:say(?:ing|s)?|text|message|words?|diga|que diga)\b(?: (?:that|this|to))?:? ?")
_SAYS = re.compile(
    r"^(?:(?:just )?(?:saying|say|that says|tell (?:her|him|them)|diciendo|dile)(?: that| que)?)(?: :)? ?"
)
_REASON = re.compile(r"\b(?:reason|because|since|due to|porque|motivo)\b(?: (?:is|to|was|of))? ?")
_OF_A_LEAD = frozenset([
    "change_status", "schedule_follow_up", "reassign_lead", "send_message", "draft_message", "show_lead", "explain_score",
    "explain_route", "similar_leads", "next_best_action", "accept_offer", "decline_offer",
])  # fmt: skip


def corrected(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """The call before with what this turn puts right; None where it is no correction or changes nothing that the call has."""
    last = setting.past[-1] if setting.past else None
    if last is not None and last.tool == "draft_message" and "lead_id" in last.arguments:
        told = _SAYS.match(phrase.plain)
        words = phrase.quotes[0] if phrase.quotes else phrase.words_from(told.end()) if told else ""
        if told and words:
            sent = {"channel": last.arguments.get("channel", "email"), "text": words}
            return Understood((Step("send_message", sent, LeadRef(id=str(last.arguments["lead_id"]))),))
    if last is not None and last.tool is not None and last.tool in NETWORK_HEADS and _OPENING.match(phrase.plain):
        changed = network_corrected(phrase, last.tool, setting)
        lead_id = last.arguments.get("lead_id")
        kept = {name: value for name, value in last.arguments.items() if name != "lead_id"}
        step = Step(last.tool, kept | changed, LeadRef(id=str(lead_id)) if lead_id else None)
        return Understood((step,), instead=True) if changed else None
    opening = _OPENING.match(phrase.plain)
    closing = _CLOSING.search(phrase.plain)
    if last is None or last.tool not in _OF_A_LEAD or not (opening or closing):
        return None
    # What was to be changed may be named in the opening itself, so only the words of a correction go.
    begin, end = opening.end() if opening else 0, closing.start() if closing else len(phrase.plain)
    part = Phrase(phrase.original, phrase.plain[begin:end], phrase.starts[begin : end + 1], phrase.quotes)
    lead = _other(part, last, setting)
    changes = _changes(part, opening[0] if opening else "", last, setting, calendar)
    if lead is None and not (set(changes) - {"channel"} and last.tool == "send_message"):
        found = lead_in(part, setting, take_ids(part)) if part.left else None
        lead = found if isinstance(found, LeadRef) else None
    arguments = {name: value for name, value in last.arguments.items() if name != "lead_id"} | changes
    before = LeadRef(id=str(last.arguments["lead_id"])) if "lead_id" in last.arguments else None
    if not changes and (lead is None or lead == before):
        return None
    return Understood((Step(str(last.tool), arguments, lead or before),), instead=True)


def _other(phrase: Phrase, last: Before, setting: Setting) -> LeadRef | None:
    """The one of two leads that the call before was not about."""
    if phrase.take(_OTHER) is None:
        return None
    listed = next((one.leads for one in reversed(setting.past) if len(one.leads) > 1), ())
    left = [one for one in listed if one != last.arguments.get("lead_id")]
    return LeadRef(id=left[0]) if len(left) == 1 else None


def _changes(phrase: Phrase, opening: str, last: Before, setting: Setting, calendar: Calendar) -> dict[str, Any]:
    match last.tool:
        case "schedule_follow_up":
            at = _moved(phrase, str(last.arguments.get("at", "")), calendar)
            return {"at": at.isoformat()} if at else {}
        case "send_message" | "draft_message":
            return _message(phrase, opening, str(last.tool))
        case "change_status":
            return _status(phrase, opening)
        case "reassign_lead":
            names = producers_in(phrase, setting, exactly=True)
            phrase.take(any_of(r"to|a"))
            return ({"producer": names[0]} if names else {}) | _reason(phrase, opening)
        case "decline_offer":
            found = next((reason.value for reason, pattern in lexicon.REASONS if phrase.take(pattern)), None)
            return {"reason": found} if found else {}
    return {}


def _moved(phrase: Phrase, before: str, calendar: Calendar) -> datetime | None:
    """The instant with another day, another hour, or both."""
    if re.fullmatch(r"\s*\d{1,2}\s*", phrase.plain):  # an hour by itself
        phrase.plain = f"at {phrase.plain.strip()}"
        phrase.starts = [0] * (len(phrase.plain) + 1)
    day, clock = calendar.take_day_and_clock(phrase)
    if day is None and clock is None:
        return calendar.take_instant(phrase)
    try:
        was = calendar.local(datetime.fromisoformat(before))
    except ValueError:
        return None
    return calendar.at(day or was.date(), clock or was.time())


def _message(phrase: Phrase, opening: str, tool: str) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if tool == "draft_message" and (match := phrase.take(lexicon.LANGUAGE) or phrase.take(lexicon.LANGUAGE_ALONE)):
        changes["language"] = lexicon.LANGUAGES[match["l"]]
    told = _SAY.search(phrase.plain) or _SAY.search(opening)
    words = phrase.quotes[0] if phrase.quotes else None
    if words is None and told and told.string == phrase.plain and phrase.plain[told.end() :].strip():
        words = phrase.own(told.end(), len(phrase.plain))
    if words and (told or phrase.quotes) and tool == "send_message":
        return changes | {"text": words}
    channel = channel_in(phrase)
    return changes | ({"channel": channel} if channel else {})


def _status(phrase: Phrase, opening: str) -> dict[str, Any]:
    reason = _reason(phrase, opening)
    if reason:
        return reason
    found = next((status for status, pattern in TO_STATUS if phrase.take(pattern)), None)
    return {"status": found} if found else {}


def _reason(phrase: Phrase, opening: str) -> dict[str, Any]:
    if _REASON.search(opening):
        words = phrase.own(0, len(phrase.plain)) if phrase.plain.strip() else ""
        phrase.drop(0, len(phrase.plain))
    elif match := _REASON.search(phrase.plain):
        words = phrase.own(match.end(), len(phrase.plain)) if phrase.plain[match.end() :].strip() else ""
        phrase.drop(match.start(), len(phrase.plain))
    else:
        return {}
    return {"reason": words} if words else {}
