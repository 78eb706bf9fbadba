"""The cover a person has now: the carrier, what it costs, and what they would spend."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from domain.leads.extraction.found import FAIR, LIKELY, WEAK, Found, found
from domain.leads.extraction.text import Text
from domain.leads.reading.values import MoneyReading, read_money

_HAVE = re.compile(
    r"\b(?:with|have|has|had|through|insured by|covered by|insured with|currently|"
    r"current carrier is|current insurer is|carrier:|insurer:|paying|pay|"
    r"switch from|switching from|leaving|leave|my|our|tengo|estoy con|con|pago a|"
    r"pagando a|mi|cambiar de|cambiarme de|aseguradora es|actual es)\s"
    r"(?:from\s|the\s|currently\s|an?\s|to\s|old\s)?$"
)
_STAY = re.compile(
    r"^\s(?:now|currently|for \d|since|policy|insurance|went up|raised|wants|is dropping|"
    r"dropping|non[\s-]?renew|renewal|desde|ahora|me subio|customer)\b"
)
_NOT_CURRENT = re.compile(
    r"\b(?:quoted? (?:by|from)|quoted? me|got a quote from|cotizacion de|instead of|"
    r"versus|vs|compared? (?:to|with)|better than|cheaper than|beat|was with|used to (?:be with|"
    r"have)|"
    r"previously (?:with|had)|dropped by|cancell?ed by|denied by|declined by|turned down by|"
    r"hit by|other driver(?:'s)?|their insurance|his insurance|her insurance|"
    r"estaba con|antes tenia|me cancelo|work (?:for|at)|switch to|switching to|move to|"
    r"not with|never had|about|like|between|from)\s(?:an?\s|is\s|has\s|had\s|the\s|"
    r"with\s)?$"
)
_STILL = re.compile(r"\b(?:switch(?:ing)?|leav(?:e|ing)|moving|mov(?:e|ing) away|policy) from\s$")
_DROPPED = re.compile(
    r"^\s(?:quoted|offered|denied|declined|turned me down|cancell?ed|dropped|me cancelo|"
    r"me ofrece|better|any good|good)\b"
)
_CAPITAL = re.compile(r"[A-Z]")

_AMOUNT = r"\$?\s?\d{1,3}(?:,\d{3}){1,3}(?:\.\d{2})?|\$?\s?\d{1,7}(?:\.\d{2})?"
_PER = (
    r"(?:\s?(?:/|per\s|a\s|every\s|each\s|al\s|por\s|cada\s)\s?(?:6 months|six months|"
    r"6mo|months?|mo|mes|year|yr|ano|annum)\b|\s(?:monthly|yearly|annually|mensual(?:es)?|"
    r"anual(?:es)?|mensualmente)\b)"
)
_MONEY = re.compile(
    rf"(?<![\w.,$])({_AMOUNT})(\s?k\b|\sgrand\b|\smil\b)?(\s(?:dollars|bucks|usd|dolares|pesos))?({_PER})?(?![\d%])"
)
_UNIT_AFTER = re.compile(
    r"^(?:[-/]\d|\s(?:years?|yrs?|months?|miles?|kids|people|employees|anos|meses|"
    r"drivers?|cars?|days?|deductible|sq|percent|coverage|in coverage|dollar policy|"
    r"term|face)\b|\s?(?:%|k\b))"
)
_PAYS = re.compile(
    r"\b(?:pay|paying|paid|premium is|premium of|premium:|premiums? (?:went|go|going|jumped) (?:up )?to|raised (?:it )?to|"
    r"rate is|went up to|beat|pago|pagando|pagamos|prima de|prima es|cuesta mi seguro)\s(?:about\s|"
    r"around\s|over\s|almost\s|only\s|nearly\s|like\s|is\s|a\s|me\s|now\s|unos\s|"
    r"como\s|casi\s|mas de\s|currently\s){0,2}$"
)
# Words that may be about anything ("under 25", "the hospital charges me") need a period beside the amount.
_PERHAPS_PAYS = re.compile(
    r"\b(?:costs? me|costing|costing me|charge me|charging me|charges me|bill is|"
    r"me cobra|me cobran|cuesta)\s(?:about\s|around\s|over\s|unos\s|casi\s){0,2}$"
)
_SPENDS = re.compile(
    r"\b(?:budget(?: is| of|:)?|afford|spend|spending|looking to pay|want to pay|"
    r"willing to pay|can pay|presupuesto(?: es| de|:)?|puedo pagar|quiero pagar)\s"
    r"(?:about\s|around\s|only\s|is\s|of\s|es\s|de\s|unos\s|up to\s|under\s|less than\s|"
    r"no more than\s|hasta\s|menos de\s){0,2}$"
)
_PERHAPS_SPENDS = re.compile(
    r"\b(?:under|up to|no more than|less than|max(?:imum)?(?: of)?|keep it (?:under|"
    r"below)|below|hasta|no mas de|menos de|maximo)\s(?:about\s|unos\s){0,2}$"
)
_BUDGET_AFTER = re.compile(r"^\s(?:budget|max|maximum|or less|de presupuesto|maximo)\b")


@cache
def _carriers() -> tuple[re.Pattern[str], dict[str, tuple[str, bool]]]:
    data = json.loads(files("domain.leads.extraction.data").joinpath("carriers.json").read_text(encoding="utf-8"))
    names: dict[str, tuple[str, bool]] = {}
    for part, doubtful in (("ambiguous", True), ("carriers", False)):
        for name, aliases in data[part].items():
            names |= dict.fromkeys((name.lower(), *aliases), (name, doubtful))
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(r"(?<![\w@.])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w@]|\.com)"), names


def carrier_spans(text: Text) -> tuple[tuple[int, int], ...]:
    """Where names of carriers stand, so that "New York Life" is not read as a state."""
    pattern, names = _carriers()
    return tuple(match.span() for match in pattern.finditer(text.low) if not names[match.group()][1])


def carriers(text: Text) -> Iterator[Found]:
    """The carrier a person is insured with; one that quoted, refused, dropped them or insures somebody else is not it."""
    pattern, names = _carriers()
    for match in pattern.finditer(text.low):
        name, doubtful = names[match.group()]
        before, after = text.before(match.start(), 50), text.after(match.end(), 30)
        has = bool(_HAVE.search(before) or _STILL.search(before) or _STAY.match(after))
        labelled = bool(re.match(r"\s(?:insurance|ins|auto|policy)\b", after)) or match.group().endswith("insurance")
        if (_NOT_CURRENT.search(before) and not _STILL.search(before)) or _DROPPED.match(after):
            continue
        capital = bool(_CAPITAL.match(text.cased[match.start()])) and not text.shouted
        if doubtful and not (labelled or (has and capital)):
            continue
        yield found(text, "current_carrier", name, match.span(), LIKELY + 0.05 if has else WEAK + 0.1)


def amounts(text: Text) -> Iterator[Found]:
    """``premium`` paid now and ``budget``: minor units, currency and period (month, half_year, year or null where unsaid)."""
    for match in _MONEY.finditer(text.low):
        amount, scale, words, per = match.groups()
        before, after = text.before(match.start(), 50), text.after(match.end(), 24)
        marked = "$" in amount or bool(words) or bool(per)
        if (
            (not marked and _UNIT_AFTER.match(after))
            or _UNIT_AFTER.match(after[:2] + " ")
            or re.match(r"\s(?:in\s)?(?:coverage|deductible|policy|of cover)", after)
        ):
            continue
        reading = read_money(amount.strip() + (" k" if scale else ""))
        if reading.value is None or reading.value.minor == 0:
            continue
        pays = _PAYS.search(before) or (per and _PERHAPS_PAYS.search(before))
        spends = _SPENDS.search(before) or _BUDGET_AFTER.match(after) or (per and _PERHAPS_SPENDS.search(before))
        if pays and not (_SPENDS.search(before) or _BUDGET_AFTER.match(after)):
            yield found(text, "premium", _money(reading, per), match.span(), LIKELY if marked else FAIR)
        elif spends:
            yield found(text, "budget", _money(reading, per), match.span(), LIKELY if marked else FAIR)
        elif per and "$" in amount and re.search(r"\b(?:premium|rate|bill|prima)\b", before):
            yield found(text, "premium", _money(reading, per), match.span(), WEAK)


def _money(reading: MoneyReading, per: str | None) -> dict[str, Any]:
    assert reading.value is not None
    return {"minor": reading.value.minor, "currency": reading.value.currency, "period": _period(per)}


def _period(per: str | None) -> str | None:
    if not per:
        return None
    if "6" in per or "six" in per:
        return "half_year"
    return "month" if re.search(r"mo|mes|mens", per) else "year"
