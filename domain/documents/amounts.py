"""Money, limits and deductibles inside the words of documents; amounts are read by ``domain.leads.reading.values``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from domain.leads.reading.values import read_money
from kernel.money import Money

_SIGN = r"(?:US\$|CA\$|C\$|\$|\u00a3|\u20ac|\u20b9|USD|GBP|EUR|CAD)"
_DIGITS = r"\d{1,3}(?:[, ]\d{3})+(?:\.\d{1,2})?|\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d{1,2})?|\d+(?:\.\d{1,3})?"
_SCALE = r"(?:\s?(?:k|m|mm|mn|million|thousand|bn|billion)\b)"
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<minus>-\s?)?(?P<sign>{_SIGN})?\s?(?P<digits>{_DIGITS})(?P<scale>{_SCALE})?\s?(?P<after>{_SIGN}(?!\w))?"
    rf"(?!\s?%|,?\d|[-\u2013]\d|(?:st|nd|rd|th)\b)(?P<close>\))?",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"[\w#.-]$|(?<!,\d{3})/$")
_PERIOD = re.compile(
    r"^\s?(?:/|per\s|a\s|each\s)?\s?(month|monthly|mo|year|yr|annum|annually|annual|6 months|six months)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s?%(?:\s?(?:of\s[\w .]{2,40}))?")
_TERMS = re.compile(
    r"\b(included|statutory|actual cash value|acv|replacement cost|required|not covered|excluded|no coverage|rejected|declined|"
    r"unlimited|nil|(?:as per|see|per)(?: the| our| attached)* schedule)\b", re.IGNORECASE,
)  # fmt: skip
_HOURS = re.compile(r"\b(\d{1,3})\s?(hours?|days?)\b", re.IGNORECASE)
_SPLIT = re.compile(
    r"\s*(?:(?:per|each|ea\.?) (?:person|accident|occurrence|acc\w*|occ\w*)|aggregate)?\s*[/|,&]\s*|"
    r"\s*(?:each|per|ea\.?)\s\w+\s*/?\s*",
    re.IGNORECASE,
)
_BILLION = 1_000


@dataclass(frozen=True, slots=True)
class Amount:
    """Money with the period it is for (month, half_year, year, or None where unsaid) and the words it was read from."""

    money: Money
    period: str | None
    words: str
    sure: float
    start: int
    end: int

    def as_json(self) -> dict[str, Any]:
        """Minor units, currency and period."""
        return {"minor": self.money.minor, "currency": self.money.currency, "period": self.period}


def read_amount(text: str, currency: str) -> Amount | None:
    """The likeliest amount in ``text``: the first with a currency sign, else the first number that looks like money and fills
    the text. ``currency`` is assumed where no sign stands.
    """
    return _likeliest(amounts_in(text, currency), text)


def _likeliest(found: list[Amount], text: str) -> Amount | None:
    signed = [item for item in found if item.sure == 1.0]
    if signed:
        return signed[0]
    if not found or not text.lstrip(" (-~").startswith(found[0].words.lstrip(" (-")):
        return None
    words = sum(char.isalpha() for char in text[found[0].end :])
    return found[0] if words <= len(text) / 2 else None


def amounts_in(text: str, currency: str) -> list[Amount]:
    """Every amount in ``text`` in order; ``sure`` is 1 with a currency sign and less for a bare number."""
    found = []
    for match in _AMOUNT.finditer(text):
        before = text[: match.start()]
        if not match.group("sign") and (_BEFORE.search(before) or _part_of_date(match, text)):
            continue
        amount = _read(match, currency)
        if amount is None:
            continue
        signed = bool(match.group("sign") or match.group("after"))
        period = _PERIOD.match(text[match.end() :])
        end = match.end() + (period.end() if period else 0)
        words = text[match.start() : end].strip()
        start = match.start() + (len(match.group()) - len(match.group().lstrip()))
        found.append(Amount(amount, _period(period), words, 1.0 if signed else 0.9, start, end))
    return found


def read_limit(text: str, currency: str) -> tuple[dict[str, Any], str, float] | None:
    """A limit as ``{"amounts": [...], "terms": ...}``, its words and how sure: split limits (``$100,000/$300,000``) give two
    amounts; ``Included`` or ``Statutory`` give terms and no amount.
    """
    found = amounts_in(text, currency)
    first = _likeliest(found, text)
    if first is None:
        terms = _TERMS.search(text) or _HOURS.search(text)
        return ({"amounts": [], "terms": terms.group().lower()}, terms.group(), 0.9) if terms else None
    place = next(index for index, item in enumerate(found) if item is first)
    several = [first]
    for item in found[place + 1 :]:
        gap = text[several[-1].end : item.start]
        if len(several) > 2 or not (gap.strip() in {"/", ""} or _SPLIT.fullmatch(gap)):  # noqa: PLR2004
            break
        several.append(item)
    value = {"amounts": [item.as_json() for item in several], "terms": None}
    return value, text[first.start : several[-1].end].strip(), several[0].sure


def read_deductible(text: str, currency: str) -> tuple[dict[str, Any], str, float] | None:
    """A deductible as ``{"amount": money or null, "percent": number or null}``, its words and how sure."""
    percent = _PERCENT.search(text)
    amount = read_amount(text, currency)
    if percent and (amount is None or percent.start() < text.find(amount.words)):
        return {"amount": None, "percent": float(percent.group(1))}, percent.group().strip(), 1.0
    if amount is None:
        return None
    return {"amount": amount.as_json(), "percent": None}, amount.words, amount.sure


def _read(match: re.Match[str], currency: str) -> Money | None:
    scale = (match.group("scale") or "").strip().lower()
    billion = scale in {"bn", "billion"}
    short = {"mn": "m", "mm": "m", "bn": "m", "billion": "m"}.get(scale, scale)
    sign = match.group("sign") or match.group("after") or ""
    reading = read_money(f"{sign}{match.group('digits').replace(' ', ',')} {short}".strip(), currency=currency)
    if reading.value is None:
        return None
    minor = reading.value.minor * (_BILLION if billion else 1)
    negative = bool(match.group("minus")) or bool(match.group("open") and match.group("close"))
    return Money(-minor if negative else minor, reading.value.currency)


def _part_of_date(match: re.Match[str], text: str) -> bool:
    return text[match.end() : match.end() + 1] == "/" and "," not in match.group("digits")


def _period(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    word = match.group(1).lower()
    if word.startswith(("6", "six")):
        return "half_year"
    return "month" if word.startswith("mo") else "year"
