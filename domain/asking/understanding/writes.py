"""Requests that change something. Only the person's own verb at the head of a request makes one; quoted words never do."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from domain.asking.understanding import lexicon
from domain.asking.understanding.leads import last_leads, lead_in, place_in
from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.meaning import (
    LeadRef,
    Meaning,
    Missing,
    Offered,
    Refused,
    Setting,
    Step,
    Understood,
    Why,
)
from domain.asking.understanding.names import name_in
from domain.asking.understanding.phrase import GONE, Phrase
from domain.asking.understanding.places import take_place
from domain.asking.understanding.refusing import is_bulk
from domain.asking.understanding.slots import producers_in, take_ids
from domain.asking.understanding.times import Calendar

POLITE = (
    r"^(?:(?:please|pls|kindly|can|could|would|will|you|i|want|need|would|like|to|go ahead and|ahead|let us|let|me|"
    r"and|then|also|now|ok|okay|"
    r"yes|hey|hi|hello|just|so|great|thanks|copilot|por favor|puedes|podrias|quiero|quisiera|necesito|y|luego|que|ahora|ok) )*"
)
_AT_HEAD = {
    "decline_offer": r"(?:decline|skip|not for me|i will pass|hard pass|no(?: thanks| thank you)? (?:to|on|for)|turn (?:it |that |this |them |the .{1,30}? )?down|do not want (?=.{0,30}\boffers?\b)|pass on|refuse|reject (?=.{0,40}\boffers?\b)|say no to|rechazo|rechaza(?=.{0,40}oferta)|"
r"rechazar|declino|declina|am passing on|i pass on)\b",
    "accept_offer": r"(?:accept|claim|grab|(?:i will |i would |let me )?take(?= (?:(?:it|this|that|the|lead|offer|number|her|him|on)\b|[0-9a-f]{8}-))|(?:say )?yes to|i want (?=.{0,25}\boffers?\b)|count me in|sign me up|"
r"i am (?:in|taking)|acepto|acepta|aceptar|tomo|me quedo con)\b",
    "schedule_follow_up": r"(?:remind me|remind|set (?:up )?an? (?:follow up|reminder|callback|task|alarm)|schedule|book|plan (?:a|an|to)|"
r"follow up (?:with|on)|(?:add|create|make|put(?: in| down)?|set me|i need|need) an? (?:reminder|follow up|task|callback|note to (?:call|follow))|"
r"do not let me forget|put me down|pencil (?:me )?in|book me|ping me|nudge me|wake me|alert me|buzz me|block (?:off )?time|recuerdame|avisame|programa|agenda|ponme un recordatorio|crea un recordatorio)\b",
    "send_message": r"(?:send|notify|text(?! me)|sms|email|e mail|mail|message|write to|shoot|drop (?=.{1,30}\b(?:an?|note|line|text|email)\b)|"
r"fire off|reply to|respond to|let (?!me|us)(?=.{1,40}\bknow\b)|tell (?!me|us)(?=\w+ )|envia(?:le)?|manda(?:le)?|enviar|dile a|avisa a)\b",
    "reassign_lead": r"(?:re ?assign|give(?! (?:me|us)\b)|transfer|hand(?: over)?|assign|re ?route|move(?=.{0,60}\bto\b)|pass(?! on)|route|switch|"
r"shift(?=.{0,60}\bto\b)|reallocate|reasigna|asigna|pasa(?:le)?|transfiere|dale)\b",
    "change_status": r"(?:mark|note that|set|change|move|update|record|log|put(?! me\b)|close|flag|reject|reopen|re open|release|return|marca|cambia|pon|"
r"cierra|registra|reabre|libera|rechaza|jot down|call (?=.{1,40}\b(?:won|lost|dead)$))\b",
}  # fmt: skip
HEADS = {tool: re.compile(POLITE + head) for tool, head in _AT_HEAD.items()}
COMMANDS = re.compile(rf"(?:{'|'.join(_AT_HEAD.values())})")
"""Any of the verbs, where a request may begin in the middle of a clause."""
_SAID_DONE = re.compile(
    r"^(?:(?:ok|hey|hi|great|news|good|update) )*(?:i|we|acabo de|just) (?:have )?(?:just )?(?P<v>won|lost|sold|"
    r"closed|called|spoke (?:to|with)|talked (?:to|with)|contacted|reached|llamar|llame|hable con|gane|vendi|perdi)\b"
)
TO_STATUS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("won", any_of(r"won|sold|bought|closed won|win|a win|ganad[oa]|vendid[oa]|sale|gane|vendi|bound")),
    ("lost", any_of(r"lost|closed lost|a loss|perdid[oa]|perdi|dead")),
    ("rejected", any_of(r"rejected|reject|junk|spam|invalid|bogus|fake|rechazad[oa]|rechaza")),
    ("queued", any_of(r"queued?|back (?:in|to|into) the queue|in the queue|to the queue|reopen(?:ed)?|re open|release|en (?:la )?cola|"
r"a la cola|reabre|libera|unassigned|open again")),
    ("contacted", any_of(r"contacted|called|reached|a call|spoken to|the call|call|contactad[oa]|llamad[oa]|spoke (?:to|with)|talked (?:to|"
r"with)|contact|una llamada|llamar|llame|hable con|phoned")),
)  # fmt: skip
BECAUSE = re.compile(
    r"(?:\b(?:because(?: of)?|since|due to|reason(?: is| was| being)?|as (?=she|he|they|the|it|i\b)|for being|porque|"
    r"por que|ya que|motivo|on account of)\b|[;:]) ?"
)
_SO = re.compile(
    r"\b(?=(?:he|she|they|i|it|el|ella) (?:is|has|have|was|am|will|can|can not|speaks|knows|needs?|wants?|asked|left|moved|already|does|did|es|tiene|habla)\b)"
)
_SAYING = re.compile(
    r"\b(?:saying(?: that)?|(?:that|which) says|with the (?:text|message)|to say(?: that)?|tell(?:ing)? (?:her|him|them)(?: that)?|"
    r"diciendo(?: que)?|que diga|con el texto|(?<=know) that|(?<=know)(?= (?:i|we|he|she|the|her|his|my|our)\b))\b ?:? ?|(?:\b(?:the )?(?:text|message) )?: ?"
)
_TO_NOTE = re.compile(
    r"\b(?:to (?=call|send|check|ask|discuss|talk|follow|review|email|text|see|get|bring|confirm|go over|write|ring|"
    r"phone|quote|offer)|about|regarding|re|with the note|note|para (?=llamar|enviar|hablar|revisar|preguntar)|sobre|"
    r"so i can|so that i) ?"
)
_CALLING = re.compile(
    r"^(?:to )?(?:call(?: back)?|ring|phone|follow up with|check in with|check on|talk to|speak (?:to|with)|text|email|meet(?: with)?|contact|llamar(?: a)?|hablar con) "
)


_IS_BAD = any_of(r"lost|rejected|reject|junk|spam|perdid[oa]|rechaza(?:d[oa])?|dead")
_THAT = re.compile(r"\b(?:that|que) (?!one\b|lead\b|person\b|offer\b)")


def lacks(step: Step) -> str | None:
    """The slot that a write has not got yet, besides its lead."""
    given = step.arguments
    if step.tool == "change_status":
        if "status" not in given:
            return "status"
        return "reason" if given["status"] in {"lost", "rejected"} and not given.get("reason") else None
    return next((name for name in _NEEDS.get(step.tool, ()) if not given.get(name)), None)


_NEEDS = {
    "decline_offer": ("reason",), "schedule_follow_up": ("at",), "reassign_lead": ("producer", "reason"),
    "send_message": ("channel", "text"),
}  # fmt: skip


def asks_to_write(plain: str) -> str | None:
    """The tool whose verb stands at the head of the request."""
    if _SAID_DONE.search(plain):
        return "change_status"
    return next((tool for tool, pattern in HEADS.items() if pattern.search(plain)), None)


def read_write(tool: str, phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """The write that is asked for, or what it lacks; None where the verb turns out to mean something else."""
    made = _READERS[tool](phrase, setting, calendar)
    if made is not None and is_bulk(phrase.plain):
        return Refused(Why.BULK)
    return made


def filled(step: Step, setting: Setting, lead: LeadRef | str | None, lacks: str | None = None) -> Meaning:
    """The step with its lead, or the question for it."""
    if lead is None and len(last_leads(setting)) == 1:
        lead = LeadRef(id=last_leads(setting)[0])
    if not isinstance(lead, LeadRef):
        return Missing(step, "lead", last_leads(setting))
    step = replace(step, lead=lead)
    return Missing(step, lacks) if lacks else Understood((step,))


def cut(phrase: Phrase, pattern: re.Pattern[str], after: int = 0, *, whole: bool = False) -> str | None:
    """The person's own words behind the pattern, taken out with it to the end; ``whole`` with the marks at their end."""
    match = pattern.search(phrase.plain, after)
    if match is None or not phrase.plain[match.end() :].replace(GONE, "").strip():
        return None
    end = len(phrase.plain.rstrip(f" {GONE}"))
    if whole and end >= len(phrase.plain.rstrip()):
        words = phrase.words_from(match.end()).strip(" \"'“”«»")
    else:
        words = phrase.own(match.end(), end if end < len(phrase.plain.rstrip()) else len(phrase.plain))
    phrase.drop(match.start(), len(phrase.plain))
    return words or None


def _head(phrase: Phrase, tool: str) -> None:
    if match := HEADS[tool].search(phrase.plain):
        phrase.drop(0, match.end())


def _accept(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    _head(phrase, "accept_offer")
    return _offered("accept_offer", {}, phrase, setting)


def _offered(
    tool: str, arguments: dict[str, Any], phrase: Phrase, setting: Setting, lacks: str | None = None
) -> Meaning:
    offer = re.search(r"\boffer id (?P<id>[0-9a-f-]{36})\b", phrase.plain)
    if offer:
        step = Step(tool, {**arguments, "offer_id": offer["id"]})
        return Missing(step, lacks) if lacks else Understood((step,))
    phrase.take(
        any_of(
            r"(?:the|this|that|la|esta|my|an?) (?:(?:open|only|new|pending|current|latest) )?(?:offer|oferta)(?! \d)"
        )
    )
    place = place_in(phrase.plain)
    where: dict[str, Any] = {}
    take_place(phrase, where)
    line = next((line.value for line, pattern in lexicon.LINES if phrase.take(pattern)), None)
    named = not line and re.search(r"[A-Z]", phrase.original[1:]) is not None  # who is offered is not told by name
    lead = lead_in(phrase, setting, take_ids(phrase), names=named)
    if not isinstance(lead, LeadRef) and (line or where.get("state") or not last_leads(setting)):
        lead = LeadRef(offered=Offered(line, next(iter(where.get("state", ())), None), place))
    return filled(Step(tool, arguments), setting, lead, lacks)


def _decline(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    _head(phrase, "decline_offer")
    arguments: dict[str, Any] = {}
    for reason, pattern in lexicon.REASONS:
        if phrase.has(pattern):
            arguments["reason"] = reason.value
            phrase.take(pattern)
            cut(phrase, BECAUSE)
            phrase.take(BECAUSE)
            break
    else:
        if words := cut(phrase, BECAUSE):
            arguments |= {"reason": "other", "words": words[:300]}
    phrase.plain = re.sub(
        r"\b(?:is|am|are|i am|it is|im|estoy|muy|demasiado)\b", lambda match: " " * len(match[0]), phrase.plain
    )
    return _offered("decline_offer", arguments, phrase, setting, None if arguments else "reason")


def _status(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    said = _SAID_DONE.search(phrase.plain)
    bounds = BECAUSE.search(phrase.plain)
    reason = cut(phrase, BECAUSE) if bounds else None if said else _after_comma(phrase, _IS_BAD)
    found = None
    for status, pattern in TO_STATUS:
        matches = list(pattern.finditer(phrase.plain))
        if matches:
            found = (status, matches[0 if said else -1])
            break
    if found is None:
        return Missing(Step("change_status"), "status") if re.search(r"\bstatus|estado\b", phrase.plain) else None
    status, match = found
    if status in {"lost", "rejected"} and reason is None and not said:
        reason = _tail(phrase, match.end())
    phrase.drop(match.start(), match.end())
    if head := HEADS["change_status"].search(phrase.plain):
        phrase.drop(0, head.end())
    elif said:
        phrase.drop(0, max(said.end(), 1))
    arguments: dict[str, Any] = {"status": status}
    if reason:
        arguments["reason"] = reason
    lacks = "reason" if status in {"lost", "rejected"} and not reason else None
    phrase.take(any_of(r"(?:the )?status(?: of)?|el estado(?: de)?|with|con"))
    return filled(Step("change_status", arguments), setting, lead_in(phrase, setting, take_ids(phrase)), lacks)


def _after_comma(phrase: Phrase, where: re.Pattern[str] | None = None) -> str | None:
    """The person's own words behind the first comma, taken out; only where ``where`` stands before it."""
    begin = phrase.starts[0] if phrase.starts else 0
    comma = phrase.original.find(",", begin)
    place = next((at for at, start in enumerate(phrase.starts) if start > comma), None) if comma >= 0 else None
    if place is None or not phrase.plain[place:].replace(GONE, "").strip():
        return None
    if where is not None and not where.search(phrase.plain[:place]):
        return None
    words = phrase.own(place, len(phrase.plain))
    phrase.drop(max(place - 1, 0), len(phrase.plain))
    return words or None


def _tail(phrase: Phrase, start: int) -> str | None:
    """The words behind a status where a lead stands before it: ``mark Ann as lost went with a cousin``."""
    ahead, tail = phrase.plain[:start], phrase.plain[start:].strip()
    if not tail or not re.search(r"\b(?:as|to|como|a)\b", ahead) or GONE in tail:
        return None
    words = phrase.own(start + 1, len(phrase.plain))
    phrase.drop(start, len(phrase.plain))
    return words or None


def _follow_up(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    _head(phrase, "schedule_follow_up")
    at = calendar.take_instant(phrase)
    ids = take_ids(phrase)
    note = None
    if match := _TO_NOTE.search(phrase.plain):
        words = phrase.own(match.end(), len(phrase.plain))
        rest = phrase.plain[match.end() :]
        calling = _CALLING.match(rest)
        if calling:
            phrase.drop(match.start(), match.end() + calling.end())
            note = cut(phrase, _TO_NOTE)
        elif match.start() > 0 and (
            match[0].startswith(("about", "sobre", "re")) and not _has_lead(phrase.plain[: match.start()], setting)
        ):
            phrase.drop(match.start(), match.end())
            note = cut(phrase, _TO_NOTE)
        else:
            note = words.split(" " + GONE)[0] or None
            name_at = re.search(r"\b(?:her|him|them|she|he)\b", rest)
            if name_at or _has_lead(phrase.plain[: match.start()], setting):
                phrase.drop(match.start(), len(phrase.plain))
    phrase.take(
        any_of(
            r"(?:a |an |the )?(?:follow ?ups?|call ?back|call|reminder|task|meeting|appointment|seguimiento|llamada|"
            r"recordatorio|cita)(?: (?:with|for|to|on|con|para))?"
        )
    )
    arguments: dict[str, Any] = {} if at is None else {"at": at.isoformat()}
    if note:
        arguments["note"] = note
    return filled(Step("schedule_follow_up", arguments), setting, lead_in(phrase, setting, ids), None if at else "at")


def _has_lead(plain: str, setting: Setting) -> bool:
    probe = Phrase(plain, plain, list(range(len(plain) + 1)))
    probe.take(any_of(r"(?:a |an |the )?(?:follow ?ups?|call ?back|call|reminder|task|meeting|appointment)"))
    return lead_in(probe, setting, []) is not None


def _reassign(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    if re.search(POLITE + r"(?:give|pass|move|hand|switch) (?:me|us)\b", phrase.plain) or re.search(
        r"\b(?:queue|cola)\b", phrase.plain
    ):
        return None
    reason = cut(phrase, BECAUSE) or _after_comma(phrase) or cut(phrase, _SO)
    _head(phrase, "reassign_lead")
    ids = take_ids(phrase)
    to = producers_in(phrase, setting, exactly=True)
    producer = to[-1] if to else None
    if producer is None and (match := re.search(r"\b(?:to|a) (?P<w>[a-z][a-z .]+?)$", phrase.plain)):
        probe = Phrase(match["w"], match["w"], list(range(len(match["w"]) + 1)))
        producer = name_in(probe)
        phrase.drop(match.start(), match.end())
    if producer is None and not re.search(r"assign|asigna|transfer|transf", phrase.original, re.IGNORECASE):
        return None
    arguments: dict[str, Any] = {name: value for name, value in (("producer", producer), ("reason", reason)) if value}
    lacks = "producer" if producer is None else "reason" if reason is None else None
    return filled(Step("reassign_lead", arguments), setting, lead_in(phrase, setting, ids), lacks)


def channel_in(phrase: Phrase) -> str | None:
    """``email`` or ``sms`` as the words say."""
    if phrase.take(any_of(r"(?:an? |un |the )?(?:sms|texts?(?: messages?)?|mensajes?(?: de texto)?|whatsapp)")):
        return "sms"
    return (
        "email"
        if phrase.take(any_of(r"(?:an? |un |the )?(?:e ?mails?|mails?|letter|correos?(?: electronicos?)?|emails?)"))
        else None
    )


def _send(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    if re.search(POLITE + r"(?:send|mail|e ?mail|message|text) me\b", phrase.plain) or re.search(
        r"\b(?:send|move|pass) .{0,30}\bto (?:the )?queue", phrase.plain
    ):
        return None
    text = phrase.quotes[0] if phrase.quotes else cut(phrase, _SAYING, whole=True) or cut(phrase, _THAT, whole=True)
    if text and phrase.quotes:
        phrase.take(_SAYING)
    channel = channel_in(phrase)
    about = None if text else cut(phrase, re.compile(r"\b(?:about|regarding|on|sobre|acerca de) "))
    _head(phrase, "send_message")
    lead = lead_in(phrase, setting, take_ids(phrase))
    if channel is None:
        return Missing(
            Step("send_message", {"text": text} if text else {}, lead if isinstance(lead, LeadRef) else None), "channel"
        )
    if not text:
        step = Step("draft_message", {"channel": channel, "purpose": about or "your request"})
        return filled(step, setting, lead)
    return filled(Step("send_message", {"channel": channel, "text": text}), setting, lead)


_READERS = {
    "accept_offer": _accept, "decline_offer": _decline, "change_status": _status, "schedule_follow_up": _follow_up,
    "reassign_lead": _reassign, "send_message": _send,
}  # fmt: skip
