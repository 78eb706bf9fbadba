"""Which field a printed label means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from domain.documents.specs import FieldSpec, by_label, coverages, fold

BULLET = re.compile(r"^\s*(?:[\u2022\u2023\u25aa\u25a0\u25cf\u25e6\u2043\u00b7*\u2013-]|\(?\d{1,2}[.)]|[a-z][.)])\s+")
_LEADING = re.compile(
    r"^(?:(?:the|your|our|insured s|applicant s|client s|policy holder s|item|section|part|\d{1,2}|[a-z])\s)+(?=\w)"
)
_TRAILING = re.compile(
    r"(?:\s(?:usd|gbp|eur|us|information|info|details|if any|required|optional|s|\d{4}|m d y|mm dd yyyy))+$"
)
_COVERAGE_PART = re.compile(
    r"^(?P<cover>.+?)\s(?P<part>deductible|ded|excess|limit|limits|sum insured|premium|coverage limit)$"
)
_PARTS = {
    "ded": "deductible",
    "excess": "deductible",
    "limits": "limit",
    "sum insured": "limit",
    "coverage limit": "limit",
}
_MOST_WORDS = 9
_FUZZY_FROM = 7


@dataclass(frozen=True, slots=True)
class Label:
    """``spec`` of a known field, or ``coverage`` with the ``part`` of it that the value is (limit, deductible, premium).

    ``sure`` is 1 for a printed form that is in the tables and less for a near one.
    """

    spec: FieldSpec | None = None
    coverage: str | None = None
    part: str = "limit"
    sure: float = 1.0


def label_of(text: str, group: str | None = None, *, fuzzy: bool = False) -> Label | None:
    """The field that ``text`` labels, in a section of ``group``. ``fuzzy`` also takes one wrong letter, for words that were
    recognised in a picture.
    """
    if not text or len(text) > 90 or len(text.split()) > _MOST_WORDS:  # noqa: PLR2004 - no label, a sentence
        return None
    return _known(fold(BULLET.sub("", text)), group, fuzzy)


def prefix_label(text: str, group: str | None = None) -> tuple[Label, str, str] | None:
    """The longest known label that ``text`` begins with, its words, and the rest."""
    words = text.split(" ")
    for count in range(min(_MOST_WORDS, len(words) - 1), 0, -1):
        head = " ".join(words[:count])
        found = _known(fold(BULLET.sub("", head)), group, False)  # noqa: FBT003
        if found is not None:
            return found, head, " ".join(words[count:]).lstrip(" :.-\u2013")
    return None


def suffix_label(text: str, group: str | None = None) -> tuple[Label, str, str] | None:
    """The longest known label that ``text`` ends with: (label, its words, what stands before it)."""
    words = text.split(" ")
    for count in range(min(5, len(words) - 1), 0, -1):
        tail = " ".join(words[-count:])
        if not tail[:1].isupper():
            continue
        found = _known(fold(tail), group, False)  # noqa: FBT003
        if found is not None:
            return found, tail, " ".join(words[:-count])
    return None


@lru_cache(maxsize=8192)
def _known(plain: str, group: str | None, fuzzy: bool) -> Label | None:  # noqa: FBT001 - a cache key
    if not plain:
        return None
    short = _TRAILING.sub("", plain)
    forms = dict.fromkeys((plain, short, _LEADING.sub("", plain), _LEADING.sub("", short)))
    known, covers = by_label(group), coverages()
    for form in forms:
        if form in known:
            return Label(known[form])
    for form in forms:
        if form in covers:
            return Label(coverage=covers[form])
        match = _COVERAGE_PART.match(form)
        if match and match.group("cover") in covers:
            part = match.group("part")
            return Label(coverage=covers[match.group("cover")], part=_PARTS.get(part, part))
    return _near(plain, group) if fuzzy else None


def _near(plain: str, group: str | None) -> Label | None:
    if len(plain) < _FUZZY_FROM:
        return None
    allowed = 1 if len(plain) < 2 * _FUZZY_FROM else 2
    solid = plain.replace(" ", "")
    for label, spec in by_label(group).items():
        near = len(label) >= _FUZZY_FROM and OSA.distance(plain, label, score_cutoff=allowed) <= allowed
        if near or (len(label) >= _FUZZY_FROM and label.replace(" ", "") == solid):
            return Label(spec, sure=0.85)
    return None
