"""Money, yes and no, whole numbers and languages as people type them. Dates are in :mod:`domain.leads.reading.dates`."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

from kernel.money import Money

_YES_WORDS = (
    "yes y true t 1 on x ok okay opt-in optin opted-in optedin agreed agree i-agree accepted accept checked consented granted "
    "consent given subscribed si s verdadero acepto de-acuerdo \u2713 \u2714 \u2611"
)
_YES = frozenset(_YES_WORDS.split())
_NO_WORDS = (
    "no n false f 0 off opt-out optout opted-out optedout declined decline refused disagree unchecked none revoked "
    "withdrawn unsubscribed do-not-contact do-not-call dnc falso never not-given \u2717 \u2718 \u2610"
)
_NO = frozenset(_NO_WORDS.split())
_SYMBOLS = {
    "us$": "USD", "ca$": "CAD", "c$": "CAD", "mx$": "MXN", "$": "USD", "\u20ac": "EUR", "\u00a3": "GBP", "\u20b9": "INR",
    "\u00a5": "JPY", "usd": "USD", "cad": "CAD", "eur": "EUR", "gbp": "GBP", "inr": "INR", "jpy": "JPY", "mxn": "MXN",
    "dollars": "USD", "dollar": "USD", "dolares": "USD", "euros": "EUR", "euro": "EUR", "pounds": "GBP", "rs": "INR",
}  # fmt: skip
_CURRENCY = re.compile("|".join(re.escape(word) for word in sorted(_SYMBOLS, key=len, reverse=True)))
_PERIOD = re.compile(
    r"\s*(?:/|per\s|a\s|each\s|every\s|al\s|por\s)?\s*"
    r"(monthly|month|mo|mes|yearly|annually|annual|year|yr|ano|pa|6 months|six months|6mo)\.?$"
)
_PERIODS = {"m": "month", "y": "year", "a": "year", "p": "year", "6": "half_year", "s": "half_year"}
_SCALES = {"k": 1_000, "thousand": 1_000, "mil": 1_000, "m": 1_000_000, "mm": 1_000_000, "million": 1_000_000}
_AMOUNT = re.compile(r"(\d[\d.,' ]*)\s*(k|thousand|mil|mm|m|million)?\+?")
_RANGE = re.compile(r"\d\s*[kKmM]?\s*(?:-|\u2013|\u2014|to|a)\s*[^\d\s]{0,4}\s*\d")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}")
_LARGEST = Decimal(10) ** 12  # no premium; a policy or account number in the wrong column
_ONE_GROUP = re.compile(r"\d{1,3}[.,]\d{3}")
_GROUPED_DOT = re.compile(r"\d{1,3}(?:\.\d{3}){2,}")
_LANGUAGES = {
    "en": "english ingles eng", "es": "spanish espanol castellano spa", "zh": "chinese mandarin cantonese zho",
    "vi": "vietnamese", "ko": "korean", "tl": "tagalog filipino", "fr": "french francais", "pt": "portuguese portugues",
    "ru": "russian", "ar": "arabic", "ht": "creole haitian", "pl": "polish", "de": "german deutsch", "it": "italian",
    "hi": "hindi", "ja": "japanese", "fa": "farsi persian", "uk": "ukrainian", "gu": "gujarati", "pa": "punjabi",
    "ur": "urdu", "bn": "bengali", "hy": "armenian", "ta": "tamil", "te": "telugu",
}  # fmt: skip
_LANGUAGE_WORDS = {word: code for code, words in _LANGUAGES.items() for word in (code, *words.split())}


class MoneyReading(NamedTuple):
    """``value`` or None with the code of a ``problem``; ``period`` is month, half_year or year where it was written."""

    value: Money | None
    period: str | None = None
    problem: str | None = None


def read_money(text: str, *, currency: str = "USD") -> MoneyReading:
    """Read one amount (``$1,234.50``, ``1.2k``, ``1.234,50 €``, ``500/mo``); ``currency`` is assumed where none is named."""
    plain = _plain(text)
    period = None
    if match := _PERIOD.search(plain):
        word = match.group(1)
        period, plain = _PERIODS[word[0]], plain[: match.start()].strip()
    negative = plain.startswith("-") or (plain.startswith("(") and plain.endswith(")"))
    plain = plain.strip("()-~").strip()
    if _RANGE.search(plain):
        return MoneyReading(None, period, "money_range")
    named = _CURRENCY.findall(plain)
    body = _CURRENCY.sub(" ", plain).strip(" -")
    match = _AMOUNT.fullmatch(body)
    if match is None or len({_SYMBOLS[word] for word in named}) > 1:
        return MoneyReading(None, period, "money_unreadable")
    currency = _SYMBOLS[named[0]] if named else currency
    number = _number(match.group(1).replace("'", "").replace(" ", ""), currency)
    if isinstance(number, str):
        return MoneyReading(None, period, number)
    if number >= _LARGEST:
        return MoneyReading(None, period, "money_unreadable")
    amount = number * _SCALES.get(match.group(2) or "", 1)
    return MoneyReading(Money.of(-amount if negative else amount, currency), period)


def read_yes_no(text: str) -> bool | None:
    """Yes, no, or None where the text says neither; blank is None. Unknown must never be taken for a yes."""
    plain = _plain(text).strip(".! ")
    word = re.sub(r"[\s_]+", "-", plain)
    if word in _YES:
        return True
    return False if word in _NO else None


def read_whole(text: str) -> int | None:
    """A whole number of 0 or more (``12``, ``1,200``, ``12.0``, ``50+``), or None."""
    match = re.fullmatch(r"(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.0+)?\+?", text.strip())
    return int(match.group(1).replace(",", "")) if match else None


def read_language(text: str) -> str | None:
    """ISO 639-1 code of a language written as code, tag (``en-US``) or name, or None."""
    plain = _plain(text)
    return _LANGUAGE_WORDS.get(plain) or _LANGUAGE_WORDS.get(re.split(r"[-_ (/]", plain)[0])


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.strip())
    return " ".join("".join(char for char in bare if not unicodedata.combining(char)).casefold().split())


def _number(text: str, currency: str) -> Decimal | str:
    # The amount, or the code of the problem. Whichever of comma and full stop comes last holds the decimals.
    text = text.rstrip(".,")
    comma, dot = text.rfind(","), text.rfind(".")
    if comma >= 0 and dot >= 0:
        whole, point, cents = text.rpartition("," if comma > dot else ".")
        digits = whole.replace("." if point == "," else ",", "")
        return Decimal(f"{digits}.{cents}") if digits.isdigit() and cents.isdigit() else "money_unreadable"
    return _with_commas(text, currency) if comma >= 0 else _with_stops(text, currency)


def _with_commas(text: str, currency: str) -> Decimal | str:
    if currency == "EUR" and _ONE_GROUP.fullmatch(text):
        return "money_ambiguous"
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return Decimal(text.replace(",", ".")) if re.fullmatch(r"\d+,\d{1,2}", text) else "money_unreadable"


def _with_stops(text: str, currency: str) -> Decimal | str:
    if _GROUPED_DOT.fullmatch(text) or (currency == "EUR" and _ONE_GROUP.fullmatch(text)):
        return Decimal(text.replace(".", ""))
    if _ONE_GROUP.fullmatch(text):
        return "money_ambiguous"
    return Decimal(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else "money_unreadable"
