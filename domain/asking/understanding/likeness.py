"""A question that is worded in no known way, read as the phrase of the phrasebook that it is most like."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.asking.understanding.leads import last_leads
from domain.asking.understanding.lexicon import LINES
from domain.asking.understanding.meaning import Meaning, Missing, Setting, Understood
from domain.asking.understanding.names import name_in
from domain.asking.understanding.phrase import Phrase, bare
from domain.asking.understanding.phrasebook import LEAD, PRODUCER, Near, nearest
from domain.asking.understanding.places import take_place
from domain.asking.understanding.reads import read_as
from domain.asking.understanding.times import Calendar

SURE, LIKELY, POSSIBLE = 0.6, 0.4, 0.3
"""From where on a phrase says more than a known wording; more than a guess of one; and more than nothing."""
_WELL_KNOWN = frozenset(["find_leads", "count_leads", "show_lead", "measure:leads"])
"""Kinds that filters tell better than words do."""
_BACKED, _SAME = 0.33, 0.85
_AHEAD = 0.04
"""How far the nearest kind must be ahead of the next."""
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_HER = re.compile(
    r"\b(?:her|him|she|he|hers|his|(?:this|that|the (?:first|second|third|last|top|same)) (?:one|lead|person|client|prospect)|"
    r"(?:el|la) (?:primer[oa]|segund[oa]|ultim[oa]))\b"
)
_POSSESSIVE = re.compile(
    r"\b(?:her|his) (?=score|rating|tier|phone|number|e ?mail|history|file|details|status|record|points)"
)
_BOUNDS = frozenset(["score_at_least", "score_at_most", "not_contacted_since", "contacted_since"])
_Mark = tuple[int, str]


def read_alike(phrase: Phrase, setting: Setting, calendar: Calendar, least: float) -> Meaning | None:
    """The reading of the kind that the phrase is most like, from a nearness on; None where two kinds are as near."""
    found = kinds_of(phrase, setting, calendar)
    if (
        not found
        or found[0].nearness < least
        or (least == SURE and found[0].label in _WELL_KNOWN and found[0].nearness < _SAME)
    ):
        return None
    if len(found) > 1 and found[0].nearness - found[1].nearness < _AHEAD:
        return None
    if found[0].label == "show_lead" and found[0].nearness < SURE and not _has_capital(phrase):
        return None
    plain = phrase.plain
    made = read_as(found[0].label, phrase, setting, calendar)
    phrase.plain = plain
    return made


def speaks_for(phrase: Phrase, setting: Setting, calendar: Calendar, meaning: Meaning | None) -> bool:
    """Whether a known wording that was found stands, as the phrase is like the questions of its kind too."""
    if not isinstance(meaning, Understood | Missing):
        return meaning is not None
    tool = (meaning.steps[-1] if isinstance(meaning, Understood) else meaning.step).tool
    near = next((one for one in kinds_of(phrase, setting, calendar) if one.label.partition(":")[0] == tool), None)
    return near is not None and near.nearness >= _BACKED


def _has_capital(phrase: Phrase) -> bool:
    return any(
        phrase.capital(match.start(), anywhere=True) for match in re.finditer(r"[a-z]+", phrase.plain) if match.start()
    )


def kinds_of(phrase: Phrase, setting: Setting, calendar: Calendar) -> Sequence[Near]:
    """The kinds of questions by how near the phrase is, whatever names, places, lines and times it has."""
    return nearest(_bare_of_names(phrase, setting, calendar))


def _bare_of_names(phrase: Phrase, setting: Setting, calendar: Calendar) -> str:
    probe = Phrase(phrase.original, phrase.plain, phrase.starts)
    marks: list[_Mark] = []
    for match in _ID.finditer(probe.plain):
        marks.append((match.start(), LEAD))
        probe.drop(match.start(), match.end())
    for key, name in setting.producers:
        for part in (bare(name), bare(key), bare(name).split()[0]):
            for match in re.finditer(rf"\b{re.escape(part)}\b", probe.plain):
                marks.append((match.start(), PRODUCER))
                probe.drop(match.start(), match.end())
    take_place(probe, {})
    calendar.take_span(probe)
    for _, pattern in LINES:
        probe.take(pattern)
    before = probe.plain
    if name_in(probe):
        marks.append((next(at for at, one in enumerate(before) if one != probe.plain[at]), LEAD))
    if last_leads(setting):
        for match in [*_POSSESSIVE.finditer(probe.plain)]:
            marks.append((match.start(), f"{LEAD} s"))
            probe.drop(match.start(), match.end())
        for match in [*_HER.finditer(probe.plain)]:
            marks.append((match.start(), LEAD))
            probe.drop(match.start(), match.end())
    words = [(match.start(), match[0]) for match in re.finditer(r"[a-z]+", probe.plain)]
    return " ".join(word for _, word in sorted([*words, *marks]))


def is_guess(meaning: Meaning | None, phrase: Phrase) -> bool:
    """Whether a reading rests on little: a list or a record that no word of the question named as such."""
    if meaning is None:
        return True
    if isinstance(meaning, Understood) and _BOUNDS & set(meaning.steps[-1].arguments):
        return False
    if not isinstance(meaning, Understood) or meaning.steps[-1].tool not in {
        "find_leads",
        "show_lead",
        "find_producers",
    }:
        return False
    return not re.search(
        r"\b(?:leads?|prospects?|clients?|customers?|producers?|agents?|prospectos?|clientes)\b", phrase.plain
    )
