"""Questions on insurance policies: which tool answers, and with what. What is not of them stays unread."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.meaning import Meaning, Setting, Step, Understood
from domain.asking.understanding.network_words import COMMISSION, POLICY_NUMBER
from domain.asking.understanding.phrase import Phrase
from domain.asking.understanding.slots import read_slots
from domain.asking.understanding.times import Calendar, Span, number_of
from domain.asking.understanding.writes import asks_to_write
from domain.policies.calendar import months_after

_POLICY = any_of(r"polic(?:y|ies)|polizas?")
_SEVERAL = any_of(r"policies|polizas")
_ELSEWHERE = any_of(
    r"sell|sold|selling|sells|won|wins?|quotes?|cheapest|cost|leads?|prospects?|drafts? (?:an?|the|me)|e ?mail|text|write|wrote|"
    r"vend\w+|cotiza\w*|commission|commissions|premium|premiums|documents?|handbook|manual"
)
"""What sounds of policies and is of leads, sales, prices or papers."""
_RISK = any_of(
    r"at risk|(?:about to|might|may|could|likely to|going to) (?:\w+ )?(?:lose|cancel|leave|lapse|be lost)|(?:lose|losing) (?:soon|next)|"
    r"en riesgo|podemos perder|retention list"
)
_IN_FORCE = any_of(r"in force|en vigor|vigentes?")
_COUNTED = any_of(r"how many|number of|count|cuantas")
_LISTED = any_of(r"which|what|show(?: me)?|list|find|any|give me|que|cuales|muestra\w*|lista\w*")
_BILL = re.compile(
    r"\b(?:why|how come|what (?:made|caused|happened)|explain|por que)\b.{0,60}?\b(?:bill|billed|billing|premium|price|payments?|instal?lments?|"
    r"amount|prima|factura|cuota|costs?|paying|pays?)\b"
)
_CHANGED = any_of(
    r"chang\w+|went up|go(?:es)? up|gone up|going up|r[oi]se|rising|rises|increas\w+|higher|more|drop\w*|went down|go(?:es)? down|lower|less|different|"
    r"sub\w+|cambi\w+|baj\w+|aument\w+|jump\w*"
)
_ENDING = any_of(r"expir\w+|renew\w*|end|ends|ending|up for renewal|run(?:s|ning)? out|venc\w+|renuev\w+")
_STATUSES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("non_renewing", "non_renewed"), any_of(r"non ?renew(?:ed|ing|al)|not (?:being )?renewed|not renewing")),
    (("cancelled",), any_of(r"cancel+ed|cancelad[oa]s?")),
    (("lapsed",), any_of(r"lapsed|caducad[oa]s?")),
    (("expired",), any_of(r"expired|vencid[oa]s?")),
    (
        ("pending_payment",),
        any_of(r"pending(?: payment)?|waiting for (?:the |a |their )?(?:first )?payment|pendientes?"),
    ),
    (("draft",), any_of(r"drafts?|borradores")),
    (("active",), any_of(r"active|activas?")),
)
_PREMIUM = any_of(
    r"unearned|(?:earned|written|in force) premiums?|premiums? (?:is |are |was |were )?(?:earned|written|in force|unearned)|primas? (?:no )?devengadas?"
)
_BY = re.compile(
    r"\b(?:by|per|for each|por) (?P<by>line|state|producer|source|carrier|linea|estado|productor|fuente|aseguradora)s?\b"
)
_BY_WORDS = {"linea": "line", "estado": "state", "productor": "producer", "fuente": "source", "aseguradora": "carrier"}
_OVERDUE = any_of(
    r"overdue|past due|behind (?:on|with) (?:the |their )?(?:payments?|instal?lments?)|in arrears|atrasad[oa]s?|impag[oa]d[oa]s?"
)
_INSURED = re.compile(
    r"\b(?i:insured (?:is |named |called )?|insuring |in the name of |a nombre de )(?P<n>[^\W\d_][\w'\u2019.-]*(?: [A-Z][\w'\u2019.-]*){0,3})"
)
_COVERS = any_of(r"in force|in effect|active|cover(?:s|ed|ing)?|good|valid|en vigor|vigente|activa|cubria|cubre")
_AHEAD = any_of(r"will|going to|still be|estara|sera")
_ENDED = any_of(r"cancel\w*|terminat\w+|end(?:ed|ing)?|anul\w+")
_BACK = any_of(
    r"return\w*|refund\w*|(?:get|gets|gives?|come|comes|coming|paid|pay) (?:\w+ ){0,2}?back|money back|owe[sd]?|devol\w+|devuelv\w+|reembols\w+"
)
_DOCUMENTS = any_of(r"documents?|docs?|papers?|paperwork|files?|documentos?|papeles")
_STATES = any_of(
    r"states?|says?|shows?|reads?|contains?|list(?:s|ed)?|tells?|what is (?:on|in)|what 's (?:on|in)|whats (?:on|in)|dice|muestra"
)
_PAPERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("declarations", any_of(r"dec(?:s|laration|larations)? ?-?(?:pages?|sheets?)|declarations|declaraciones|caratula")),
    ("cancellation_request", any_of(r"cancellation requests?")), ("endorsement_request", any_of(r"(?:endorsement|change) requests?")),
    ("renewal_offer", any_of(r"renewal offers?")), ("application", any_of(r"applications?|solicitud")),
    ("proof_of_mailing", any_of(r"proofs? of mailing")), ("notice", any_of(r"notices?|avisos?")),
    ("id_card", any_of(r"(?:id|insurance|identification) cards?")), ("receipt", any_of(r"receipts?|recibos?")),
    ("confirmation", any_of(r"confirmations?(?: letters?)?")), ("claim", any_of(r"claims? (?:forms?|reports?|documents?)")),
)  # fmt: skip
"""Types of documents by their words, the longer before what is within them."""
_TWO_DAYS = timedelta(hours=26)
_WEEKS, _MONTHS = frozenset({"week", "weeks", "semana", "semanas"}), frozenset({"month", "months", "mes", "meses"})
_WITHIN = re.compile(
    r"\b(?:in|within|over|during|en) (?:the |los |las )?(?:next |coming |proxim[oa]s )?(?P<n>\d{1,3}|two|three|four|six) "
    r"(?P<u>days|weeks|months|dias|semanas|meses)\b"
)
_PERIOD = re.compile(
    r"\b(?:(?P<a>next|coming)|this) (?P<u>week|month|year)\b|\b(?:la|el|este|esta) (?:(?P<b>proxim[oa]) )?(?P<v>semana|mes|ano)\b"
)


def read_policies(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """The reading; None where the question is none of policies. The phrase is left as it was in that case."""
    plain = phrase.plain
    if asks_to_write(plain) is not None:
        return None
    for read in (_bill, _premium, _returned, _on_day, _one, _risk, _in_force, _list):
        found = read(phrase, setting, calendar)
        phrase.plain = plain
        if found is not None:
            return found
    return None


def _which(phrase: Phrase, setting: Setting) -> dict[str, Any] | None:
    """The policy that is meant: by its number, or the one that was spoken of before."""
    number = POLICY_NUMBER.search(phrase.original) if phrase.has(_POLICY) else None
    if number:
        return {"number": number["n"] or number["m"]}
    before = setting.past[-1].cited.get("policy", ()) if setting.past else ()
    return {"policy_id": before[0]} if len(before) == 1 else None


def _bill(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    if not (_BILL.search(phrase.plain) and phrase.has(_CHANGED)) or phrase.has(COMMISSION):
        return None
    which = _which(phrase, setting)
    return Understood((Step("explain_bill", which),)) if which else None


def _premium(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del setting
    if not phrase.has(_PREMIUM) or phrase.has(COMMISSION):
        return None
    found = {}
    if match := _BY.search(phrase.plain):
        found["by"] = _BY_WORDS.get(match["by"], match["by"])
    if (on := _day_of(calendar.take_span(phrase), calendar)) is not None:
        found["on"] = on
    return Understood((Step("book_premium", found),))


def _day_of(span: Span | None, calendar: Calendar) -> str | None:
    """One day, or the day behind a longer time; None where it is not past."""
    if span is None:
        return None
    day = span.since is not None and span.until is not None and span.until - span.since <= timedelta(days=1)
    at = span.since if day else span.until or span.since
    return at.date().isoformat() if at is not None and at < calendar.now else None


def read_policy_papers(phrase: Phrase, setting: Setting) -> Meaning | None:
    """A question on the documents of one policy, which are not those of the agency; None where none is named."""
    plain = phrase.plain
    if not phrase.has(_POLICY) or POLICY_NUMBER.search(phrase.original) is None or asks_to_write(plain) is not None:
        return None
    which = _which(phrase, setting)
    assert which is not None, "it is named"
    written = phrase.original.casefold()  # in plain words "id" is "i would"
    kind = next((name for name, words in _PAPERS if phrase.has(words) or words.search(written)), None)
    if kind is not None and phrase.has(_STATES):
        return Understood((Step("read_policy_document", {**which, "type": kind}),))
    return Understood((Step("policy_documents", which),)) if phrase.has(_DOCUMENTS) else None


def _returned(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """What an end would return; a day without a year is the coming one, and none is today."""
    if not (phrase.has(_ENDED) and phrase.has(_BACK)) or (which := _which(phrase, setting)) is None:
        return None
    day, _ = calendar.take_day_and_clock(phrase)
    return Understood((Step("quote_cancellation", {**which, **({"on": day.isoformat()} if day else {})}),))


def _on_day(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    """Whether one policy covers on a day. A day without a year is the last one, or the coming one where it is asked ahead."""
    if not phrase.has(_COVERS) or phrase.has(_SEVERAL) or (which := _which(phrase, setting)) is None:
        return None
    if phrase.has(_AHEAD):
        day, _ = calendar.take_day_and_clock(phrase)
    else:
        span = calendar.take_span(phrase)
        one_day = span is not None and (span.until is None or span.since is None or span.until - span.since < _TWO_DAYS)
        day = span.since.date() if span is not None and span.since is not None and one_day else None
    return Understood((Step("policy_on_day", {**which, "on": day.isoformat()}),)) if day else None


def _one(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del calendar
    if not phrase.has(_POLICY) or phrase.has(COMMISSION) or phrase.has(_ELSEWHERE):
        return None
    if POLICY_NUMBER.search(phrase.original) is None:
        return None
    which = _which(phrase, setting)
    return Understood((Step("show_policy", which),)) if which else None


def _risk(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    del setting, calendar
    if not (phrase.has(_SEVERAL) and phrase.has(_RISK)):
        return None
    return Understood((Step("policies_at_risk"),))


def _in_force(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    if not (phrase.has(_SEVERAL) and phrase.has(_IN_FORCE)):
        return None
    if phrase.has(_LISTED) and not phrase.has(_COUNTED):
        return _list(phrase, setting, calendar)
    span = calendar.take_span(phrase)
    at = (
        None
        if span is None
        else span.since
        if span.until is None
        else min(span.until - timedelta(seconds=1), calendar.now)
    )
    asked = at is not None and at < calendar.now - timedelta(days=1)
    return Understood((Step("policies_in_force", {"at": at.isoformat()} if asked and at else {}),))


def _list(phrase: Phrase, setting: Setting, calendar: Calendar) -> Meaning | None:
    if not phrase.has(_SEVERAL) or phrase.has(_ELSEWHERE):
        return None
    found = _beside(phrase)
    statuses = [one for names, pattern in _STATUSES if phrase.has(pattern) for one in names]
    if phrase.has(_IN_FORCE):
        statuses = ["active", "non_renewing"]
    if statuses:
        found["status"] = statuses
        for _, pattern in _STATUSES:
            phrase.take(pattern)
    ending = phrase.has(_ENDING) or "expired" in statuses
    if ending and (days := _coming(phrase, calendar)) is not None:
        found |= days
    elif ending and (span := calendar.take_span(phrase)) is not None:
        found |= _ends(span, calendar, ahead="expired" not in statuses)
    slots = read_slots(phrase, calendar, setting)
    if slots.filters.get("line"):
        found["line"] = slots.filters["line"]
    if len(slots.filters.get("state") or ()) == 1:
        found["state"] = slots.filters["state"][0]
    if slots.producers and not setting.producer:
        found["producer"] = slots.producers[0]
    return Understood((Step("find_policies", found),)) if found else None


def _beside(phrase: Phrase) -> dict[str, Any]:
    """What is asked of payments and of the insured's name."""
    found: dict[str, Any] = {"overdue": True} if phrase.has(_OVERDUE) else {}
    if name := _INSURED.search(phrase.original):
        found["insured"] = name["n"]
    return found


def _coming(phrase: Phrase, calendar: Calendar) -> dict[str, str] | None:
    """Days that are told from today ahead: ``next month``, ``this week``, ``in the next 30 days``."""
    today = calendar.today
    if match := phrase.take(_WITHIN):
        count = number_of(match["n"])
        unit = match["u"]
        until = (
            months_after(today, count)
            if unit in _MONTHS
            else today + timedelta(days=count * (7 if unit in _WEEKS else 1))
        )
        return {"ends_from": today.isoformat(), "ends_before": (until + timedelta(days=1)).isoformat()}
    match = phrase.take(_PERIOD)
    if match is None:
        return None
    ahead = 1 if (match["a"] or match["b"]) else 0
    unit = match["u"] or match["v"]
    if unit in _WEEKS:
        first = today - timedelta(days=today.weekday()) + timedelta(days=7 * ahead)
        last = first + timedelta(days=7)
    elif unit in _MONTHS:
        first = months_after(today.replace(day=1), ahead)
        last = months_after(first, 1)
    else:
        first = today.replace(month=1, day=1, year=today.year + ahead)
        last = first.replace(year=first.year + 1)
    return {"ends_from": first.isoformat(), "ends_before": last.isoformat()}


def _ends(span: Span, calendar: Calendar, *, ahead: bool) -> dict[str, str]:
    """Days between which terms end. A month is the coming one where nothing says that it is past."""
    since, until = span.since, span.until
    if ahead and until is not None and until <= calendar.now:
        since, until = (None if one is None else _year_on(one) for one in (since, until))
    found = {}
    if since is not None:
        found["ends_from"] = since.date().isoformat()
    if until is not None:
        found["ends_before"] = until.date().isoformat()
    return found


def _year_on(at: datetime) -> datetime:
    try:
        return at.replace(year=at.year + 1)
    except ValueError:  # 29 February
        return at.replace(year=at.year + 1, day=28)
