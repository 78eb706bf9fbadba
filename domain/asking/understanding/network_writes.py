"""Requests that would change something in the broker network. As with all writes, only the person's own verb at the head makes one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from domain.asking.understanding.colleagues import placed, take_colleagues
from domain.asking.understanding.leads import lead_in
from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.meaning import Meaning, Missing, Refused, Setting, Step, Understood, Why
from domain.asking.understanding.names import name_in
from domain.asking.understanding.network_words import KINDS
from domain.asking.understanding.phrase import GONE, Phrase
from domain.asking.understanding.refusing import is_bulk, is_for_several
from domain.asking.understanding.slots import take_ids
from domain.asking.understanding.times import Calendar
from domain.asking.understanding.writes import BECAUSE, POLITE, cut, filled

_REFERRAL = r"(?=.*\b(?:referrals?|referred|referidos?|refirio|passed (?:me|on))\b)"
_TIE = (
    r"(?=.*\b(?:connections?|connect|partnerships?|partners?|mentorships?|mentor|mentee|cross ?-? ?referrals?|ties?|requests?|conexion(?:es)?|"
    r"solicitud|sociedad|socios?|alianza)\b)"
)
_INVITED = r"(?=.*\b(?:invitations?|invites?|invitacion(?:es)?)\b)"
_TEAM = r"(?=.*\b(?:team|equipo)\b)"
_HEADS: tuple[tuple[str, str], ...] = (
    ("decline_invitation", rf"(?:decline|turn (?:.{{1,40}} )?down|reject|refuse|say no to|rechaza\w*|rechazo|declino){_INVITED}"),
    ("accept_invitation", rf"(?:(?:accept|take(?: up)?|say yes to|acepta\w*|acepto){_INVITED}|(?:have me )?join{_TEAM}|(?:quiero )?unirme{_TEAM}|me uno{_TEAM})"),
    ("invite_to_team", rf"(?:invite|add|bring|get|put|ask|want|have|send|invita\w*|anade|agrega){_TEAM}(?=.*\b(?:to|on|onto|into|join|in|a|al)\b)"),
    ("remind_receiver", r"(?:(?:remind|nudge|ping|chase|poke|prod|recuerdale)\b(?! me\b)|(?:give|send) (?!me\b)(?=.*\b(?:nudge|reminder|poke)\b)|recuerda a|follow up with)"
                         r"(?=.*\b(?:refer\w*|passed|sent|referid\w*)\b)"),
    ("withdraw_referral", rf"(?:withdraw|take back|pull(?: back)?|cancel|retract|recall|undo|call back|retira\w*|anula){_REFERRAL}"),
    ("decline_referral", rf"(?:decline|turn (?:.{{1,40}} )?down|reject|refuse|pass on|say no to|skip|rechaza\w*|rechazo|declino){_REFERRAL}"),
    ("accept_referral", rf"(?:accept|take|claim|grab|say yes to|acepta\w*|acepto|tomo){_REFERRAL}(?!.*\bto (?:the )?(?:handbook|manual)\b)"),
    ("accept_connection", rf"(?:accept|approve|say yes to|acepta\w*|acepto){_TIE}"),
    ("decline_connection", rf"(?:decline|turn (?:.{{1,40}} )?down|reject|refuse|say no to|rechaza\w*|rechazo){_TIE}"),
    ("end_connection", rf"(?:(?:end|stop|cut|break(?: off)?|break|sever|terminate|dissolve|drop|cancel|withdraw|termina\w*|corta\w*|rompe\w*|finaliza){_TIE}|disconnect(?: me)?\b)"),
    ("request_connection", r"(?:connect(?: me)?(?: with| to| up with)?|conectame(?: con)?|partner(?: me)? (?:up )?with|become partners with|team up with|"
                           rf"(?:ask|request|propose|send|offer|invite|see if|pide\w*|solicita\w*|propon\w*|make|set up|start){_TIE}(?!.*\b(?:team|equipo)\b))"),
    ("make_referral", r"(?:refer(?! to (?:the|our) (?:handbook|manual|documents?|docs))\b|make (?:a |the )?referral|(?:pass|hand|send|give) (?=.*\bas an? referral\b)|(?:pass|hand) "
                      r"(?=.{1,60}\bon to\b)|refiere\w*|refiero|referir|remite|remitir)"),
)  # fmt: skip
NETWORK_HEADS: Mapping[str, re.Pattern[str]] = {tool: re.compile(rf"{POLITE}{head}") for tool, head in _HEADS}
_WORDS = any_of(
    r"(?:the|this|that|my|our|an?|his|her|their) (?=(?:open |pending )?(?:referral|connection|partnership|mentorship|team|lead|request|cross))|referrals?|referred|refers?|leads?|sent(?: to)? me|"
    r"passed(?: on)?(?: to)?(?: me)?|connections?|connect|connected|partnerships?|partners?|mentorships?|cross ?-? ?referrals?|requests?|asking|whether|wants?|to be|be my|be|becomes?|nudge|reminder|about|"
    r"off|with|from|for|team|onto|into|join|on to|on|over|back|down|of|invitations?|invites?|invitacion(?:es)?|as|open|pending|i|me|my|he|she|they|el|la|los|mi|referidos?|conexion(?:es)?|equipo|de|con|al?|un|una|to|and|please|by|sent|one|it|that"
)
_UNTIL = re.compile(r"\b(?:open )?(?:until|by|before|hasta)\b ")
_NOTE = re.compile(r"\b(?:with (?:a|the|this) (?:note|message)|note|saying|con la nota|diciendo)\b ?(?:that|:)? ?:? ?")
_TO = re.compile(r"\b(?:on to|over to|to|a|al|with) (?=[a-z])")


def asks_of_network(plain: str) -> str | None:
    """The network's write whose verb stands at the head of the request."""
    return next((tool for tool, pattern in NETWORK_HEADS.items() if pattern.search(plain)), None)


def read_network_write(tool: str, phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """The write that is asked for, or what it lacks; None where the verb turns out to mean something else."""
    if is_bulk(phrase.plain) or (tool.endswith("referral") and is_for_several(phrase.plain)):
        return Refused(Why.BULK)
    head = NETWORK_HEADS[tool].search(phrase.plain)
    kind = next((kind for kind, pattern in KINDS if pattern.search(phrase.plain)), None)
    if head:
        phrase.drop(0, head.end())
    return _READERS[tool](tool, phrase, setting, calendar, kind)


def lacks_in_network(step: Step) -> str | None:
    """What a network's write has not got yet, besides its lead."""
    needs = {
        "withdraw_referral": ("reason",), "request_connection": ("producer", "kind"), "invite_to_team": ("producer",),
        "accept_connection": ("producer",), "decline_connection": ("producer",), "end_connection": ("producer",),
    }.get(step.tool, ())  # fmt: skip
    given = step.arguments
    return next((name for name in needs if not given.get(name) and not given.get("connection_id")), None)


def network_answered(pending: Missing, question: str, phrase: Phrase, setting: Setting) -> Meaning | None:
    """The network's write that waited for one thing, with what this turn says of it; None where it says something else."""
    step = pending.step
    if pending.slot == "reason":
        given: dict[str, Any] = {"reason": question.strip()}
    else:
        given = network_corrected(phrase, step.tool, setting)
        if pending.slot == "producer" and "producer" not in given and (name := _unknown(phrase)):
            given["producer"] = name
    return _made(step.tool, {**step.arguments, **given}) if pending.slot in given else None


def network_corrected(phrase: Phrase, tool: str, setting: Setting) -> dict[str, Any]:
    """What a correction changes of a network's write: to whom, or which kind."""
    people = take_colleagues(phrase, setting)
    changes: dict[str, Any] = {"producer": people[-1].words} if people else {}
    if tool == "request_connection":
        kind = next((kind for kind, pattern in KINDS if pattern.search(phrase.plain)), None)
        changes |= {"kind": kind} if kind else {}
    return changes


def _made(tool: str, arguments: dict[str, Any]) -> Meaning:
    step = Step(tool, arguments)
    slot = lacks_in_network(step)
    return Missing(step, slot) if slot else Understood((step,))


def _refer(tool: str, phrase: Phrase, setting: Setting, calendar: Calendar, kind: str | None) -> Meaning | None:
    del kind
    arguments: dict[str, Any] = {}
    note = phrase.quotes[0] if phrase.quotes else cut(phrase, _NOTE, whole=True)
    if note:
        arguments["note"] = note
        phrase.take(_NOTE)
    if match := _UNTIL.search(phrase.plain):
        tail = Phrase(phrase.original, phrase.plain[match.end() :], phrase.starts[match.end() :])
        at = calendar.take_instant(tail)
        if at is not None:
            arguments["expires_at"] = at.isoformat()
            phrase.drop(match.start(), len(phrase.plain))
    cut(phrase, BECAUSE)
    people = take_colleagues(phrase, setting)
    if len(people) > 1:
        return Refused(Why.BULK)
    known = bool(people) or _BEST.search(phrase.plain) is not None
    whom = people[0].words if people else _receiver(phrase, setting)
    if whom is not None:
        arguments["producer"] = whom
    elif not known:
        return None
    phrase.take(any_of(r"(?:the |my )?leads?(?! \d)|on to|on|over|please|as an? referral|for|of|a"))
    lead = lead_in(phrase, setting, take_ids(phrase))
    return filled(Step(tool, arguments), setting, lead)


_BEST = re.compile(r"\b(?:best|whoever|anybody|anyone|somebody|someone|mejor)\b|^\W*(?!.*\bto\b)")


def _receiver(phrase: Phrase, setting: Setting) -> str | None:
    """Whom words behind ``to`` mean: the one at a place of the answer before, or a name that nobody here has; taken out."""
    to = list(_TO.finditer(phrase.plain))
    if not to:
        return None
    last = to[-1]
    tail = Phrase(phrase.original, phrase.plain[last.end() :], phrase.starts[last.end() :])
    found = placed(tail.plain, setting) or name_in(tail)
    if found or _BEST.search(phrase.plain):
        phrase.drop(last.start(), len(phrase.plain))
    return found


def _referral(tool: str, phrase: Phrase, setting: Setting, calendar: Calendar, kind: str | None) -> Meaning | None:
    """Which open referral: by id, by its place in the answer before, or by the other side."""
    del calendar, kind
    reason = cut(phrase, BECAUSE) or _after_comma(phrase)
    arguments: dict[str, Any] = (
        {"reason": reason} if reason and tool in {"decline_referral", "withdraw_referral"} else {}
    )
    listed = setting.past[-1].cited.get("referral", ()) if setting.past else ()
    ids = take_ids(phrase)
    people = take_colleagues(phrase, setting)
    if ids:
        arguments["referral_id"] = ids[0]
    elif people:
        arguments["producer"] = people[0].words
    elif listed and (place := _place(phrase.plain, len(listed))) is not None:
        arguments["referral_id"] = listed[place]
    else:
        name = _unknown(phrase)
        if name:
            arguments["producer"] = name
    return _made(tool, arguments)


_PLACES = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "last": -1,
    "primero": 0,
    "segundo": 1,
    "ultimo": -1,
}


def _place(plain: str, count: int) -> int | None:
    match = re.search(rf"\b(?P<o>{'|'.join(_PLACES)})\b", plain)
    place = _PLACES[match["o"]] if match else 0 if count == 1 else None
    return place if place is not None and -count <= place < count else None


def _after_comma(phrase: Phrase) -> str | None:
    comma = re.search(r",\s*(?=\w)", phrase.original)
    if comma is None:
        return None
    place = next((at for at, start in enumerate(phrase.starts) if start >= comma.end()), None)
    if place is None or place == 0 or not phrase.plain[place:].replace(GONE, "").strip():
        return None
    words = phrase.original[comma.end() :].strip(" .!")
    phrase.drop(place, len(phrase.plain))
    return words or None


def _unknown(phrase: Phrase) -> str | None:
    """A name that nobody of the agency has, only where it is written as one: it is told that nobody is called so."""
    probe = Phrase(phrase.original, _WORDS.sub(lambda match: " " * len(match[0]), phrase.plain), phrase.starts)
    name = name_in(probe)
    return name if name and name in phrase.original and name[0].isupper() else None


def _tie(tool: str, phrase: Phrase, setting: Setting, calendar: Calendar, kind: str | None) -> Meaning | None:
    del calendar
    arguments: dict[str, Any] = {"kind": kind} if kind else {}
    if ids := take_ids(phrase):
        return _made(tool, arguments | {"connection_id": ids[0]})
    people = take_colleagues(phrase, setting)
    name = people[-1].words if people else _unknown(phrase)
    if not setting.producer and len(people) > 1:
        arguments["of"] = people[0].words
    return _made(tool, arguments | ({"producer": name} if name else {}))


_TEAM_NAMED = re.compile(r"\b(?P<n>[A-Z]\w*(?: [A-Z]\w*)*) team\b|\b(?:team|equipo) (?P<m>[A-Z]\w*(?: [A-Z]\w*)*)")


def _invited(tool: str, phrase: Phrase, setting: Setting, calendar: Calendar, kind: str | None) -> Meaning | None:
    """Which invitation: by id, by the team's name, by who leads it, or for a manager by who was invited."""
    del calendar, kind
    if ids := take_ids(phrase):
        return _made(tool, {"invitation_id": ids[0]})
    match = _TEAM_NAMED.search(phrase.original)
    arguments: dict[str, Any] = {"team": match["n"] or match["m"]} if match else {}
    people = take_colleagues(phrase, setting)
    if not people and not match and (name := _unknown(phrase)):
        arguments["team"] = name  # who is nobody of the agency
    for one in people:
        arguments["producer" if setting.producer else "of"] = one.words
    return _made(tool, arguments)


def _invite(tool: str, phrase: Phrase, setting: Setting, calendar: Calendar, kind: str | None) -> Meaning | None:
    del calendar, kind
    match = re.search(
        r"\b(?:the )(?P<n>[A-Z][\w']*(?: [A-Z][\w']*)*) team\b|\bteam (?P<m>[A-Z][\w']*(?: [A-Z][\w']*)*)",
        phrase.original,
    )
    team = (match["n"] or match["m"]) if match else None
    people = take_colleagues(phrase, setting)
    name = people[0].words if people else _unknown(phrase)
    return _made(tool, ({"producer": name} if name else {}) | ({"team": team} if team else {}))


_READERS: Mapping[str, Callable[[str, Phrase, Setting, Calendar, str | None], Meaning | None]] = {
    "make_referral": _refer, "accept_referral": _referral, "decline_referral": _referral, "withdraw_referral": _referral,
    "remind_receiver": _referral, "request_connection": _tie, "accept_connection": _tie, "decline_connection": _tie,
    "end_connection": _tie, "invite_to_team": _invite, "accept_invitation": _invited, "decline_invitation": _invited,
}  # fmt: skip
