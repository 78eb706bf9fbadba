"""How and when a person wants to be reached, and in which language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.leads.extraction.found import FAIR, LIKELY, WEAK, Found, found
from domain.leads.extraction.text import Text
from domain.leads.reading.values import read_language

_NOT = re.compile(r"\b(?:don't|dont|do not|never|not|no|stop|quit|without|rather than|instead of)\s(?:\w{1,8}\s)?$")
_CHANNELS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("text", re.compile(
        r"\b(?:text me|text is (?:best|better|fine)|texting is (?:best|better)|prefer (?:a\s)?text(?:s|"
        r"ing)?|(?:by|via|through) text|send (?:me )?a text|sms|(?:text|texts) only|"
        r"only text|mandame(?: un)? (?:texto|mensaje)|(?:por|un) (?:mensaje|texto)|mensaje de texto|"
        r"(?:mandeme|envieme|enviame) un (?:texto|mensaje))\b"
    )),
    ("email", re.compile(
        r"\b(?:e-?mail me|(?:by|via|through|over) e-?mail|prefer (?:an\s)?e-?mail|e-?mail is (?:best|"
        r"better|fine)|e-?mail only|only e-?mail|reach me (?:at|by) e-?mail|send (?:it|"
        r"the quote|a quote|quotes|info|me (?:an?\s)?(?:quote\s|info\s)?)?\s?(?:to my|"
        r"by|via|an) e-?mail|por (?:correo|e-?mail)|(?:mandame|enviame|mandeme|envieme) un (?:correo|"
        r"e-?mail))\b"
    )),
    ("whatsapp", re.compile(r"\b(?:whats\s?app)\b")),
    ("phone", re.compile(
        r"\b(?:call me|give me a (?:call|ring|buzz)|phone me|ring me|prefer (?:a\s)?(?:phone\s)?calls?|"
        r"by phone|call (?:is|would be) (?:best|better)|please call|llamame|llameme|"
        r"llamenme|por telefono|me (?:puede|pueden|podria|podrian) llamar)\b"
    )),
)  # fmt: skip
_THEY = re.compile(
    r"\b(?:they|he|she|it|that|who|guys|when will (?:the |an )?\w{1,12}|people|friends|you)\s(?:all\s|always\s)?$"
)
_ONLY = re.compile(r"\b(?:only|best|prefer|better|solo|prefiero|mejor)\b")

_REACHING = re.compile(
    r"\b(?:call|reach|contact|text|phone|available|free|best time|time to (?:call|"
    r"reach|talk)|talk|ring|e-?mail|llame|llamen|llamame|llamar|llameme|llamenme|"
    r"contactar|disponible|hora|comuni\w{1,8})\b"
)
_CLOCK = r"(\d{1,2})(?::(\d{2}))?\s?([ap])?\.?(?:m\.?)?\b|(noon|mediodia)"
_AFTER = re.compile(rf"\b(?:after|past|from|despues de|a partir de|no earlier than)\s(?:las?\s)?(?:{_CLOCK})")
_BEFORE = re.compile(rf"\b(?:before|until|till|by|antes de|hasta)\s(?:las?\s)?(?:{_CLOCK})")
_BETWEEN = re.compile(
    r"\b(?:between|from|entre|de)\s(?:las?\s)?(\d{1,2})(?::(\d{2}))?\s?([ap])?\.?m?\.?\s?(?:and|"
    r"to|-|y|a|until)\s?(?:las?\s)?(\d{1,2})(?::(\d{2}))?\s?([ap])?\.?m?\b"
)
_PARTS = (
    ("morning", re.compile(r"\b(?:mornings?|por la manana|en la manana|mananas|a\.?m\.? only)\b")),
    ("afternoon", re.compile(r"\b(?:afternoons?|por la tarde|en la tarde|tardes|lunch(?: time|time| hour)?)\b")),
    (
        "evening",
        re.compile(r"\b(?:evenings?|at night|after work|por la noche|en la noche|noches|despues del trabajo)\b"),
    ),
    ("weekend", re.compile(r"\b(?:weekends?|saturdays?|sundays?|fin(?:es)? de semana|sabados?|domingos?)\b")),
    (
        "weekday",
        re.compile(r"\b(?:weekdays?|during the week|entre semana|monday (?:to|through|-) friday|lunes a viernes)\b"),
    ),
    ("any time", re.compile(r"\b(?:any\s?time|a cualquier hora|cualquier momento)\b")),
)
_EXCLUDED = re.compile(r"\b(?:not|don't|dont|never|no|except|but not|no me)\s(?:\w{1,9}\s){0,3}$")
_EVENING_FROM = 8  # "after 5" means the afternoon; "after 9" the morning

_LANGUAGE_NAMES = (
    "english|ingles|spanish|espanol|castellano|chinese|mandarin|cantonese|vietnamese|"
    "korean|tagalog|french|portuguese|portugues|russian|"
    "arabic|creole|polish|german|italian|hindi|japanese|farsi|persian|ukrainian|"
    "gujarati|punjabi|urdu|bengali|armenian|tamil|telugu"
)
_LANGUAGE = re.compile(
    r"\b(?:speaks?|speaking|spoken|prefer|in|habla|hablo|hablan|hable|hablamos|en|"
    rf"prefiero)\s(?:only\s|mostly\s|solo\s|mainly\s)?({_LANGUAGE_NAMES})\b(?!\s(?:shepherd|"
    rf"town|food|restaurant|church))|\b({_LANGUAGE_NAMES})[\s-](?:speaking|speaker|"
    r"please|only|por favor)\b"
)
_SPEAKS_NOT = re.compile(r"\b(?:don't|dont|do not|doesn't|not|no)\s(?:\w{1,10}\s)?$")
_LITTLE = re.compile(r"\b(?:no hablo(?: mucho)?|no hablamos|hablo poco) ingles\b")


def preferences(text: Text) -> Iterator[Found]:
    """``contact_channel`` (phone, text, email, whatsapp), ``contact_time`` in words, and ``language`` (ISO 639-1)."""
    yield from _channels(text)
    yield from _times(text)
    yield from _languages(text)


def _channels(text: Text) -> Iterator[Found]:
    for channel, pattern in _CHANNELS:
        for match in pattern.finditer(text.low):
            before = text.before(match.start(), 24)
            if _NOT.search(before) or (channel == "phone" and _THEY.search(before)):
                continue
            stressed = _ONLY.search(match.group()) or _ONLY.search(before)
            yield found(text, "contact_channel", channel, match.span(), LIKELY + 0.05 if stressed else FAIR)


def _times(text: Text) -> Iterator[Found]:
    for start, end in text.sentences():
        sentence = text.low[start:end]
        if not _REACHING.search(sentence):
            continue
        for value, match, confidence in _readings(sentence):
            yield found(text, "contact_time", value, (start + match.start(), start + match.end()), confidence)


def _readings(sentence: str) -> Iterator[tuple[str, re.Match[str], float]]:
    between = _BETWEEN.search(sentence)
    if between and (span := _between(between)):
        yield span, between, LIKELY
        return
    for pattern, word, other in ((_AFTER, "after", "before"), (_BEFORE, "before", "after")):
        match = pattern.search(sentence)
        clock = _hour(match.group(1), match.group(2), match.group(3), noon=match.group(4)) if match else None
        if match and clock:
            turned = bool(_EXCLUDED.search(sentence[: match.start()]))
            yield f"{other if turned else word} {clock}", match, LIKELY if match.group(3) or match.group(4) else FAIR
            return
    for part, pattern in _PARTS:
        match = pattern.search(sentence)
        if match and not _EXCLUDED.search(sentence[: match.start()]):
            yield part, match, LIKELY if part != "any time" else WEAK
            return


def _hour(hour: str | None, minute: str | None, half: str | None, *, noon: str | None = None) -> str | None:
    if noon:
        return "12:00"
    number = int(hour or 99)
    if half:
        if not 1 <= number <= 12:  # noqa: PLR2004 - a twelve-hour clock
            return None
        number = number % 12 + (12 if half == "p" else 0)
    elif 1 <= number < _EVENING_FROM:
        number += 12
    if number > 23 or int(minute or 0) > 59:  # noqa: PLR2004 - no such clock time
        return None
    return f"{number:02d}:{int(minute or 0):02d}"


def _between(match: re.Match[str]) -> str | None:
    first, last = _hour(match.group(1), match.group(2), match.group(3) or match.group(6)), _hour(*match.group(4, 5, 6))
    if first and last and first > last:
        first = _hour(match.group(1), match.group(2), "a" if match.group(6) else match.group(3))
    return f"{first} to {last}" if first and last and first < last else None


def _languages(text: Text) -> Iterator[Found]:
    for match in _LANGUAGE.finditer(text.low):
        code = read_language(match.group(1) or match.group(2))
        if code and not _SPEAKS_NOT.search(text.before(match.start(), 16)):
            yield found(text, "language", code, match.span(), LIKELY)
    for match in _LITTLE.finditer(text.low):
        yield found(text, "language", "es", match.span(), FAIR)
