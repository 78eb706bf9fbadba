"""Does a person ask not to be called? Any reasonable wording is a revocation (47 CFR 64.1200(a)(10)); doubt counts as yes.

The rule is built from parts, since wishes are worded without end: a word that forbids or ends, a few harmless words, a word for
calling. What is then left out are complaints about silence ("you never call me"), other people's calls, and words of forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.leads.extraction import refusal_words as words
from domain.leads.extraction.found import CERTAIN, LIKELY, WEAK
from domain.leads.extraction.text import Text
from domain.leads.reading.values import read_yes_no

_REFUSAL_COLUMN = re.compile(r"do_?not_?(?:call|contact)|dnc|no_?llamar|no_?calls?|opt_?out|opted_?out|unsubscribed?")
_FORM_TEXT = re.compile(r"consent|disclosure|tcpa|source|url|agent")


@dataclass(frozen=True, slots=True)
class Refusal:
    """``refused``: no calls at all. ``limited``: only at certain times or places. ``confidence`` that it is meant so."""

    refused: bool
    limited: bool
    confidence: float
    quotes: tuple[str, ...] = ()


def read_refusal(text: Text) -> Refusal:
    """Whether the text asks not to be called, in English or Spanish. A wish we do not understand counts as a refusal."""
    for alone, confidence in ((words.ALONE, CERTAIN), (words.ALONE_UNSURE, WEAK)):
        if alone.fullmatch(text.low):
            return Refusal(refused=True, limited=False, confidence=confidence, quotes=(text.source.strip(),))
    full: list[tuple[int, float, str]] = []
    partial: list[tuple[int, float, str]] = []
    for match, confidence in _wishes(text):
        before, after = text.before(match.start(), 60), text.after(match.end(), 40)
        if words.BOILERPLATE.search(before) or words.NOT_ME.match(after):
            continue
        limited = words.LIMIT.match(after)
        end = match.end() + (len(after) if limited else 0)
        (partial if limited else full).append((match.start(), confidence, text.quote(match.start(), end)))
    hits = sorted(full or partial)
    if not hits:
        return Refusal(refused=False, limited=False, confidence=LIKELY)
    quotes = _longest(quote for _, _, quote in hits)
    return Refusal(bool(full), not full, max(sure for _, sure, _ in hits), quotes)


def refusals_in_columns(fields: Mapping[str, str]) -> Iterator[Refusal]:
    """Wishes in the sender's further columns, by name: a column that says do-not-call counts like the text."""
    # A wish in a further column of notes counts; the wording of a consent form does not, since forms explain how to opt out.
    for name, value in fields.items():
        column = re.sub(r"[^a-z]+", "_", name.lower())
        if _REFUSAL_COLUMN.search(column) and value.strip():
            if read_yes_no(value) is not False:
                yield Refusal(refused=True, limited=False, confidence=0.95, quotes=(f"{name}: {value}",))
        elif not _FORM_TEXT.search(column):
            yield read_refusal(Text.of(value))


def _longest(quotes: Iterable[str]) -> tuple[str, ...]:
    # One wish is often found twice, once with fewer of its words.
    unique = tuple(dict.fromkeys(quotes))
    return tuple(quote for quote in unique if not any(quote != other and quote in other for other in unique))


def _wishes(text: Text) -> Iterator[tuple[re.Match[str], float]]:
    for match in _every(words.FORBIDS, text.low):
        confidence = _forbids(match, text.before(match.start(), 60), text.after(match.end(), 40))
        if confidence:
            yield match, confidence
    for match in _every(words.ENDS, text.low):
        if _ends(match, text.after(match.end(), 40)):
            yield match, WEAK if words.KEEP_ON.search(text.before(match.start(), 20)) else LIKELY
    for match in _every(words.FORBIDS_ES, text.low):
        before, between = text.before(match.start(), 20), match.group(1).split()
        told = unicodedata.normalize("NFC", text.quote(*match.span()).casefold())
        fails_to = match.group().startswith(("dej", "evit")) and before.endswith("no ")
        about_me = not words.OTHERS.search(before) or match.group(2)[-1] in "en"
        if words.BETWEEN_ES.issuperset(between) and about_me and not fails_to and not words.PAST_ES.search(told):
            yield match, LIKELY
    for pattern, confidence in words.OUTRIGHT:
        yield from ((match, confidence) for match in pattern.finditer(text.low))


def _every(pattern: re.Pattern[str], low: str) -> Iterator[re.Match[str]]:
    # Overlapping matches too: in "I don't answer strangers so don't call" the second wish begins inside the first try.
    match = pattern.search(low)
    while match:
        yield match
        match = pattern.search(low, match.start() + 1)


def _ends(match: re.Match[str], after: str) -> bool:
    between, call = match.group(1).split(), match.group(2)
    if not words.BETWEEN.issuperset(between) or words.SILENT.match(after) or between[:1] == ["by"]:
        return False
    if call == "my phone":
        return any(word.endswith("ing") for word in between)
    # "over the phone" says how, not that it should end.
    return not (match.group().startswith("over") and call.endswith("phone"))


def _forbids(match: re.Match[str], before: str, after: str) -> float:
    # 0 where "not ... call" forbids nothing: a complaint, a report of what happened, or a sentence about something else.
    word, between, call = match.group(1), match.group(2).split(), match.group(3)
    permits = bool(words.PERMITS.intersection(between))
    if _about_else(between, call, after):
        return 0.0
    if word == "no":
        silent = (
            (words.GOT.search(before) and not permits)
            or words.NO_BACK.match(after)
            or call in {"called", "bother", "ring"}
        )
        return 0.0 if silent else LIKELY
    if permits:
        return WEAK if word.startswith(("can", "una", "won")) else LIKELY
    reports = word.startswith(("did", "can", "una", "won")) or (word == "never" and call in {"called", "contacted"})
    complains = words.OTHERS.search(before) and not words.ASKING.search(before) and not words.SAID.search(before)
    return 0.0 if reports or complains or words.BE.search(before) else LIKELY


def _about_else(between: list[str], call: str, after: str) -> bool:
    if not words.BETWEEN.issuperset(between) or words.SILENT.match(after):
        return True
    if between[:1] in (["get"], ["i"], ["you"]) and "dare" not in between:
        return True
    if call == "bother" and not words.ME_AFTER.match(after):
        return True
    return "have" in between and not words.HAVE_THEM & set(between)
