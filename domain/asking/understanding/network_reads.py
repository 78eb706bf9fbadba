"""Questions on the broker network and on one commission: which tool answers, and with what. What is not of it stays unread."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from domain.asking.understanding import network_words as say
from domain.asking.understanding.colleagues import take_colleagues, take_one
from domain.asking.understanding.leads import lead_in
from domain.asking.understanding.lexicon import LANGUAGE, LANGUAGE_ALONE, LANGUAGES
from domain.asking.understanding.meaning import Meaning, Setting, Step, Understood
from domain.asking.understanding.phrase import Phrase
from domain.asking.understanding.slots import take_ids
from domain.asking.understanding.times import Calendar, Span
from domain.asking.understanding.writes import filled

_SOON = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_SHORT = 7
_OF_BROKER = frozenset([
    "network_standing", "raise_score", "network_value", "network_growth", "leaderboard", "network_advice", "my_connections",
    "network_reach", "referral_counts",
])  # fmt: skip
_LIST_ASKED = re.compile(r"\b(?:show|list|give|which|what|any|are|do|did|who|que|cuales|muestra\w*|tengo)\b")


def read_network(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """The network's reading; None where the question is none of it. The phrase is left as it was in that case."""
    plain = phrase.plain
    if say.ELSEWHERE.search(plain):
        return None
    for read in (_again, _commission, _known, _draft, _partners, _raise, _figures, _list, _team, _connections):
        found = read(phrase, setting, calendar)
        if found is not None:
            return found
        phrase.plain = plain
    return None


def _probe(phrase: Phrase) -> Phrase:
    return Phrase(phrase.original, phrase.plain, phrase.starts, phrase.quotes)


def _named(phrase: Phrase, setting: Setting) -> str | None:
    """Whom a question on a producer names; a name that nobody of the agency has counts only where it is written as one."""
    known = take_colleagues(phrase, setting)
    return known[0].words if known else None


def _about(tool: str, phrase: Phrase, setting: Setting, **more: Any) -> Meaning:
    who = _named(phrase, setting)
    return Understood((Step(tool, more | ({"producer": who} if who else {})),))


def _again(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """The question before for another producer, or with another number of steps: ``and Ben Okafor's?``."""
    last = setting.past[-1] if setting.past else None
    if last is None or last.tool not in {*_OF_BROKER, "list_referrals"} or len(phrase.plain.split()) > _SHORT:
        return None
    if not re.match(r"(?:and|what about|how about|only|just|y|solo|within|in|those|the ones)\b", phrase.plain):
        return None
    changes: dict[str, Any] = {}
    if last.tool == "network_reach" and (match := say.DEGREES.search(phrase.plain)):
        changes["degrees"] = _degrees(match["n"])
    if last.tool == "list_referrals":
        changes |= {
            name: value for name, value in _which(_probe(phrase), setting, calendar).items() if name != "counterpart"
        }
    who = _named(phrase, setting)
    if who:
        changes["counterpart" if last.tool == "list_referrals" else "producer"] = who
    return Understood((Step(str(last.tool), {**last.arguments, **changes}),)) if changes else None


def _commission(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    if not (phrase.has(say.COMMISSION) and phrase.has(say.EXPLAIN)):
        return None
    ids = take_ids(phrase)
    if ids:
        return Understood((Step("explain_commission", {"commission_id": ids[0]}),))
    number = say.POLICY_NUMBER.search(phrase.original)
    if number:
        return Understood((Step("explain_commission", {"policy_number": number["n"] or number["m"]}),))
    listed = setting.past[-1].cited.get("commission", ()) if setting.past else ()
    if len(listed) == 1:
        return Understood((Step("explain_commission", {"commission_id": listed[0]}),))
    return Understood((Step("lookup", {"what": "commissions"}),))  # names each with its policy, to be asked about


def _known(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """Two times: when it stood, and when that was known. A day or a month stands for its last second."""
    if not phrase.has(say.CONNECTED):
        return None
    cue = say.KNOWN_CUE.search(phrase.plain)
    known = None
    if cue:
        tail = Phrase(phrase.original, phrase.plain[cue.end() :], phrase.starts[cue.end() :])
        known = _last(calendar.take_span(tail), calendar)
        phrase.drop(cue.start(), len(phrase.plain))
    at = _last(calendar.take_span(phrase), calendar)
    if at is None or (cue is None and not re.search(r"\b(?:was|were|had|used to|estaba|estuve)\b", phrase.plain)):
        return None
    return _about("connections_known", phrase, setting, at=at, **({"known_at": known} if known else {}))


def _last(span: Span | None, calendar: Calendar) -> str | None:
    if span is None:
        return None
    until = calendar.now if span.until is None or span.until > calendar.now else span.until - _SECOND
    return until.isoformat()


def _draft(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    if not phrase.has(say.DRAFT):
        return None
    language = phrase.take(LANGUAGE) or phrase.take(LANGUAGE_ALONE)
    people = take_colleagues(phrase, setting)
    _leave_out(phrase, say.DRAFT)
    arguments: dict[str, Any] = {}
    if people:
        arguments["producer"] = people[-1].words
    elif match := re.search(r"\b(?:to|with|for|a|para) (?=[a-z]+(?: [a-z]+)?$)", phrase.plain):
        tail = Phrase(phrase.original, phrase.plain[match.end() :], phrase.starts[match.end() :])
        if (name := take_one(tail, setting)) is not None:
            arguments["producer"] = name
            phrase.drop(match.start(), len(phrase.plain))
    if language:
        arguments["language"] = LANGUAGES[language["l"]]
    made = filled(Step("draft_referral", arguments), setting, lead_in(phrase, setting, take_ids(phrase)))
    return made if "producer" in arguments else None


def _partners(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    if not phrase.has(say.PARTNER):
        return None
    probe = _probe(phrase)
    take_colleagues(probe, setting)
    while probe.take(say.PARTNER):
        pass
    return filled(Step("find_partners"), setting, lead_in(probe, setting, take_ids(probe)))


def _raise(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    if not phrase.has(say.RAISE) or phrase.has(re.compile(r"\bleads?\b(?! to)|\bconver")):
        return None
    return _about("raise_score", phrase, setting)


def _figures(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    probe = _probe(phrase)
    who = _named(probe, setting)
    whole = probe.plain
    for tool, pattern in (
        ("network_value", say.VALUE), ("network_reach", say.REACH), ("network_growth", say.GROWTH),
        ("leaderboard", say.PLACE), ("network_standing", say.STANDING), ("network_advice", say.ADVICE),
    ):  # fmt: skip
        if not pattern.search(whole):
            continue
        if (
            tool == "network_standing"
            and who is None
            and not re.search(r"\bmy|\bi\b|\bam\b|network|broker|mi|tengo|estoy|soy", whole)
        ):
            continue
        if re.search(r"\b(?:lead|leads|prospect|client|customer)\b", whole) and tool != "network_advice":
            continue
        more: dict[str, Any] = {}
        if tool == "network_reach" and (match := say.DEGREES.search(whole)):
            more["degrees"] = _degrees(match["n"])
        return Understood((Step(tool, more | ({"producer": who} if who else {})),))
    return None


def _degrees(word: str) -> int:
    return say.DEGREE.get(word) or int(word)


def _list(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    if not phrase.has(say.REFERRALS) or re.match(r"(?:who|whom|quien)\b", phrase.plain):
        return None
    states = [name for name, pattern in say.STATES if phrase.has(pattern)]
    if phrase.has(say.HOW_MANY) and states != ["pending"] and not phrase.has(say.ENDING):
        return _about("referral_counts", phrase, setting)
    return Understood((Step("list_referrals", _which(phrase, setting, calendar)),))


def _which(phrase: Phrase, setting: Setting, calendar: Calendar) -> dict[str, Any]:
    """Direction, states, the other side, and before when they end."""
    found: dict[str, Any] = {}
    people = take_colleagues(phrase, setting)
    if people:
        found["counterpart" if setting.producer else "producer"] = people[0].words
        before = phrase.plain[: people[0].start]
        found["direction"] = "sent" if re.search(r"\b(?:to|with|for|a) ?$", before) else "received"
        if not setting.producer or not re.search(r"\b(?:to|with|for|a|from|by|did|has|have|de) ?$", before):
            found.pop("direction")
    sent, received = phrase.has(say.SENT), phrase.has(say.RECEIVED)
    if received and "direction" not in found:
        found["direction"] = "received"
    elif sent and "direction" not in found:
        found["direction"] = "sent"
    ending = phrase.has(say.ENDING) and not re.search(r"\bexpired\b", phrase.plain)
    states = [name for name, pattern in say.STATES if phrase.has(pattern)]
    if (
        "pending" in states and len(states) > 1
    ):  # ``did anybody answer``, ``still waiting`` beside another word for how they ended
        states.remove("pending")
    if ending:
        span = calendar.take_span(phrase)
        found |= {"state": ["pending"], "expires_before": _end_of(span, phrase, calendar)}
    elif states:
        found["state"] = states
    return found


def _end_of(span: Span | None, phrase: Phrase, calendar: Calendar) -> str:
    if span is not None and span.until is not None and span.until > calendar.now:
        return span.until.isoformat()
    if span is not None and span.since is not None:
        day = span.since if span.since > calendar.now else calendar.midnight(calendar.today)
        week = timedelta(days=7 - calendar.today.weekday()) if span.since < calendar.midnight(calendar.today) else _SOON
        return (calendar.midnight((day if week == _SOON else calendar.now).date() + week)).isoformat()
    del phrase
    return (calendar.now + _SOON).isoformat()


def _team(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar, setting
    if not phrase.has(say.TEAM):
        return None
    match = re.search(
        r"\b(?:the|team) (?P<n>[A-Z][\w']*(?: [A-Z][\w']*)*) team\b|\bteam (?P<m>[A-Z][\w']*(?: [A-Z][\w']*)*)",
        phrase.original,
    )
    name = (match["n"] or match["m"]) if match else None
    return Understood((Step("show_team", {"team": name} if name else {}),))


def _connections(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    if not phrase.has(say.CONNECTED) or not (
        _LIST_ASKED.search(phrase.plain) or phrase.has(re.compile(r"\b(?:my|mis?)\b"))
    ):
        return None
    who = _named(phrase, setting)
    mine = setting.producer and re.search(r"\b(?:i|my|me|mis?|estoy|tengo)\b", phrase.plain)
    if who is None and not mine:
        return None  # the agency's network as a whole is looked up
    arguments: dict[str, Any] = {"producer": who} if who and not mine else {}
    if phrase.has(say.ASKED):
        arguments["state"] = ["requested"]
    elif re.search(r"\b(?:connected|hooked|linked|tied|conectad)", phrase.plain) and phrase.has(say.STANDS):
        arguments["state"] = ["active"]
    return Understood((Step("my_connections", arguments),))


def _leave_out(phrase: Phrase, pattern: re.Pattern[str]) -> None:
    """Take the words of a cue out, so that none of them is somebody's name."""
    phrase.take(pattern)
    phrase.plain = re.sub(
        r"\b(?:draft|write|compose|prepare|word|note|message|words?|text|go|goes|along|referral|referring|refer|passing|with|to go with|that|"
        r"accompan\w+|redacta\w*|escribe\w*|mensaje|nota|referido|acompane|short|nice|email|lines?|a few|few)\b",
        lambda match: " " * len(match[0]), phrase.plain,
    )  # fmt: skip


_READERS: Mapping[str, Callable[[Phrase, Setting, Calendar], Meaning | None]] = {
    "list_referrals": lambda phrase, setting, calendar: Understood(
        (Step("list_referrals", _which(phrase, setting, calendar)),)
    ),
    "connections_known": _known,
    "show_team": lambda *_: Understood((Step("show_team"),)),
}


def read_network_as(tool: str, phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """The phrase as a question of the phrasebook's kind; None where it lacks what such a question needs."""
    if tool in _OF_BROKER:
        if tool == "my_connections" and not setting.producer and not take_colleagues(_probe(phrase), setting):
            return None
        more = {}
        if tool == "network_reach" and (match := say.DEGREES.search(phrase.plain)):
            more["degrees"] = _degrees(match["n"])
        return _about(tool, phrase, setting, **more)
    if tool == "find_partners":
        take_colleagues(phrase, setting)
        made = filled(Step("find_partners"), setting, lead_in(phrase, setting, take_ids(phrase)))
        return made if isinstance(made, Understood) else None
    reader = _READERS.get(tool)
    return reader(phrase, setting, calendar) if reader else None
