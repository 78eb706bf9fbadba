"""What stands ahead of a request, and what is only reported: ``Priya Shah signed today, mark her won``, ``lost Tom, too expensive``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from domain.asking.understanding.leads import lead_in
from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.meaning import LeadRef, Meaning, Missing, Setting, Step, Understood
from domain.asking.understanding.phrase import Phrase
from domain.asking.understanding.slots import producers_in, take_ids
from domain.asking.understanding.times import Calendar
from domain.asking.understanding.writes import COMMANDS, lacks

_QUESTION = re.compile(
    r"^(?:who|which|what|why|when|where|how|is|are|was|were|do|does|did|has|have|had|can|could|should|would|will|if|any|"
    r"show|list|find|count|que|cual|cuales|quien|cuando|donde|como|por que|cuant[oa]s)\b"
)
_JOINED = frozenset(["so", "and", "then", "please", "y", "just"])
_REPORTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("rejected", any_of(
        r"(?:is |was |had )?(?:an? |the )?(?:wrong|disconnected|dead|bad|fake|bogus) (?:number|phone|email|lead|person)|(?:is |was )?(?:spam|fake|bogus|junk)|"
        r"numero equivocado|es falso")),
    ("lost", any_of(
        r"(?:is |was |are )?(?:not|no longer) (?:really )?(?:interested|buying|going (?:ahead|forward)|moving forward)|went with (?!us\b|me\b)\w+|"
        r"bought (?:it )?(?:elsewhere|somewhere else|from|through)|(?:chose|picked|found) (?:another|someone|somebody|something)|"
        r"signed with (?!us\b|me\b)|backed out|pulled out|fell through|changed (?:his|her|their) mind|stayed with|is staying with|said no|"
        r"turned us down|do(?:es)? not want|lost|perdid[oa]|ya no quiere|no le interesa|se fue con")),
    ("won", any_of(
        r"signed|bought|purchased|is sold|said yes|went with (?:us|me)|came on board|is on board|took the policy|paid (?:the|her|his)|is a client now|"
        r"closed|won|compro|firmo|ganad[oa]|acepto la poliza")),
    ("contacted", any_of(
        r"(?:i |we )?(?:just )?(?:spoke (?:to|with)|talked (?:to|with)|called|reached|phoned|rang)|called (?:me|us) back|returned my call|picked up|"
        r"answered|(?:i )?left (?:her|him|them|a) (?:voicemail|message)|hable con|llame a|contest[oa]")),
)  # fmt: skip
_NO_SUBJECT = re.compile(
    r"^(?:(?:i|we|have|just|finally) )*(?:spoke (?:to|with)|talked (?:to|with)|called|reached|phoned|lost|won|sold|closed|hable con|llame a|perdi a)\b"
)
_LONGEST_REPORT = 14
_NO_REASON = frozenset(["lost", "perdido", "perdida"])


@dataclass(frozen=True, slots=True)
class Ahead:
    """What stands before a request: the lead that it speaks of, and what it reports of it."""

    phrase: Phrase
    lead: LeadRef | None
    status: str | None


def divided(phrase: Phrase, calendar: Calendar) -> tuple[Phrase, Phrase] | None:
    """What stands ahead and the request behind it; None where the phrase is a question or has no request behind anything."""
    if _QUESTION.search(phrase.plain):
        return None
    for place in _words(phrase.plain):
        if _begins(phrase, place, calendar) and _parted(phrase, place, calendar):
            first = Phrase(phrase.original[: phrase.starts[place]], phrase.plain[: place - 1], phrase.starts[:place])
            verb = "" if COMMANDS.match(phrase.plain, place) else "schedule "
            starts = [phrase.starts[place]] * len(verb) + phrase.starts[place:]
            return first, Phrase(phrase.original, verb + phrase.plain[place:], starts, phrase.quotes)
    return None


_NOUNS = re.compile(r"(?:callback|call back|follow ?up|reminder|call|meeting|appointment)\b")


def _begins(phrase: Phrase, place: int, calendar: Calendar) -> bool:
    """Whether a request begins at the place: with its verb, or with a noun like ``callback`` where a time follows."""
    if COMMANDS.match(phrase.plain, place):
        return True
    if not _NOUNS.match(phrase.plain, place):
        return False
    rest = Phrase(phrase.original, phrase.plain[place:], phrase.starts[place:])
    return calendar.take_instant(rest) is not None


def _words(plain: str) -> Iterator[int]:
    return (match.start() for match in re.finditer(r"(?<= )[a-z]", plain))


def _parted(phrase: Phrase, place: int, calendar: Calendar) -> bool:
    """Whether a comma, a dash, a joining word or nothing but a time stands before the place."""
    before = phrase.plain[:place].split()
    if before[-1] in _JOINED or before[-1] in {";", ":"}:
        return True
    last = phrase.starts[place - 2]
    if re.search(r"[,;:\u2013\u2014\n]|\s-\s", phrase.original[last : phrase.starts[place]]):
        return True
    probe = Phrase(phrase.original, phrase.plain[: place - 1], phrase.starts[:place])
    return calendar.take_instant(probe) is not None and not probe.left


_SHOULD = re.compile(
    r"\b(?:should|needs to|has to|must|ought to|belongs) (?:now )?(?:go|be (?:re ?assigned|given|moved|handed|transferred|passed|with)|move|get moved)? ?(?:over )?(?:to|with)\b|"
    r"\bdebe(?:ria)? (?:ir|pasar) a\b"
)


def as_command(phrase: Phrase) -> Phrase | None:
    """``Omar should go to Ana`` as the request that it is."""
    match = _SHOULD.search(phrase.plain)
    if match is None or _QUESTION.search(phrase.plain):
        return None
    head = "reassign "
    plain = head + phrase.plain[: match.start()] + "to" + phrase.plain[match.end() :]
    starts = phrase.starts
    kept = [starts[0]] * len(head) + starts[: match.start()] + [starts[match.start()]] * 2 + starts[match.end() :]
    return Phrase(phrase.original, plain, kept, phrase.quotes)


def ahead_of(phrase: Phrase, setting: Setting) -> Ahead:
    """What is said ahead of a request."""
    status = next((status for status, pattern in _REPORTS if phrase.has(pattern)), None)
    probe = Phrase(phrase.original, phrase.plain, phrase.starts)
    for _, pattern in _REPORTS:
        probe.take(pattern)
    producers_in(probe, setting, exactly=True)
    lead = lead_in(probe, setting, take_ids(probe))
    return Ahead(phrase, lead if isinstance(lead, LeadRef) else None, status)


def completed(made: Meaning | None, ahead: Ahead, calendar: Calendar) -> Meaning | None:
    """The request with what was said ahead of it, where it lacks that itself."""
    if not isinstance(made, Missing):
        return made
    step = made.step
    arguments = dict(step.arguments)
    if step.lead is None and ahead.lead is not None:
        step = replace(step, lead=ahead.lead)
    if step.tool == "change_status" and "status" not in arguments and ahead.status:
        arguments["status"] = ahead.status
    if step.tool == "schedule_follow_up" and "at" not in arguments:
        at = calendar.take_instant(Phrase(ahead.phrase.original, ahead.phrase.plain, ahead.phrase.starts))
        if at is not None:
            arguments["at"] = at.isoformat()
    needs_reason = step.tool == "reassign_lead" or arguments.get("status") in {"lost", "rejected"}
    if needs_reason and not arguments.get("reason") and (ahead.status or step.tool == "reassign_lead"):
        arguments["reason"] = ahead.phrase.original.strip(" ,;:.-\u2013\u2014")
    step = replace(step, arguments=arguments)
    if step.lead is None:
        return Missing(step, "lead", made.choices)
    slot = lacks(step)
    return Missing(step, slot) if slot else Understood((step,))


_WANTS_CALL = re.compile(
    r"\b(?:wants|wanted|asked (?:me )?(?:for|to)|needs|requested|would like|expects|prefers|quiere|pidio)(?: me to)? (?:an? |be )?"
    r"(?:call(?:ed)? ?back|call(?:ed)?|follow ?up|callback|phone call|to talk|to speak|llamada|que la llame|que lo llame)\b"
)


def wants_a_call(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """``Omar wants a call back Friday at 3``: a reminder of it."""
    match = _WANTS_CALL.search(phrase.plain)
    if match is None or _QUESTION.search(phrase.plain):
        return None
    lead = lead_in(Phrase(phrase.original, phrase.plain[: match.start()], phrase.starts), setting, [])
    rest = Phrase(phrase.original, phrase.plain[match.end() :], phrase.starts[match.end() :])
    at = calendar.take_instant(rest)
    if at is None or not isinstance(lead, LeadRef):
        return None
    return Understood((Step("schedule_follow_up", {"at": at.isoformat()}, lead),))


def reported(phrase: Phrase, setting: Setting) -> Meaning | None:
    """The status that a short report of one lead amounts to: a name with what it did, or ``lost`` and ``spoke with`` a name."""
    if "?" in phrase.original or _QUESTION.search(phrase.plain) or len(phrase.plain.split()) > _LONGEST_REPORT:
        return None
    if phrase.has(any_of(r"leads|prospects|clients|customers|everyone|all|prospectos|clientes|offers?|ofertas?")):
        return None
    for status, pattern in _REPORTS:
        match = pattern.search(phrase.plain)
        if match is None:
            continue
        bare = _NO_SUBJECT.search(phrase.plain)
        probe = Phrase(phrase.original, phrase.plain, phrase.starts)
        if not bare:
            probe.plain = probe.plain[: match.start()]
        else:
            probe.drop(0, bare.end())
            if tail := re.search(r" ; | because ", probe.plain):
                probe.plain = probe.plain[: tail.start()]
        lead = lead_in(probe, setting, take_ids(probe))
        if not isinstance(lead, LeadRef) or (not bare and probe.plain[: match.start()].replace("·", "").split()):
            return None
        return _recorded(Step("change_status", {"status": status}, lead), phrase, match, bare=bare is not None)
    return None


def _recorded(step: Step, phrase: Phrase, match: re.Match[str], *, bare: bool) -> Meaning:
    """The step, with its reason where it needs one: the words behind the lead, or the report itself."""
    if step.arguments["status"] in {"lost", "rejected"} and (words := _why(phrase, match, bare=bare)):
        step = replace(step, arguments={**step.arguments, "reason": words})
    slot = lacks(step)
    return Missing(step, slot) if slot else Understood((step,))


def _why(phrase: Phrase, match: re.Match[str], *, bare: bool) -> str | None:
    if not bare:
        words = phrase.own(match.start(), len(phrase.plain))
        return None if words.casefold() in _NO_REASON else words.strip(" .")
    if tail := re.search(r"(?:[;:]|because|porque) (?=\S)", phrase.plain):
        return phrase.own(tail.end(), len(phrase.plain)).strip(" .") or None
    comma = re.search(r",\s*(?=\w)", phrase.original)
    return phrase.original[comma.end() :].strip(" .") if comma else None
