"""The parts of a question that narrow it: who, where, which line, how good, since when; each taken out as it is understood."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from domain.asking.understanding import lexicon
from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.meaning import Setting
from domain.asking.understanding.phrase import Phrase, bare
from domain.asking.understanding.places import take_place
from domain.asking.understanding.times import IN_FOR, Calendar, Span, number_of

_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_LEAST = re.compile(
    r"\b(?:scores?|scored|scoring|points|puntuacion)?(?: (?:of|is|are|with|de))? ?(?P<w>over|above|at least|minimum|"
    r"more than|greater than|better than|higher than|from|mas de|por encima de|al menos|mayor (?:a|de|"
    r"que)) (?P<n>\d{1,3})(?P<plus> (?:or (?:more|better|higher|above)|points|o mas))?\b(?! ?(?:miles?|days?|weeks?|"
    r"months?|hours?|minutes?|/|dias|semanas|meses))"
)
_PLUS = re.compile(
    r"\b(?:scores?|scored|scoring|puntuacion)(?: (?:of|is|are|with|de))? (?P<n>\d{1,3}) (?:or (?:more|better|higher|"
    r"above)|o mas|plus|and (?:up|above))\b"
)
_AT_LEAST = re.compile(
    r"\b(?P<n>\d{2,3}) (?:plus|(?:or|and) (?:more|better|higher|above|up|over|greater)|o mas|y mas)\b"
    r"(?! ?(?:miles?|days?|weeks?|months?|hours?|minutes?|years?|dias|semanas|meses))"
)
_MOST = re.compile(
    r"\b(?:scores?|scored|scoring|points|puntuacion)?(?: (?:of|is|are|with|de))? ?(?P<w>under|below|at most|less than|"
    r"lower than|worse than|maximum|up to|menos de|por debajo de|"
    r"como maximo) (?P<n>\d{1,3})(?: points)?\b(?! ?(?:miles?|days?|weeks?|months?|hours?|minutes?|dias))"
)
_RANGE = re.compile(
    r"\b(?:scores?|scored|scoring|puntuacion)?(?: (?:of|is|are))? ?(?:between|entre) (?P<a>\d{1,3}) (?:and|y) (?P<b>\d{1,3})\b"
)
_FEW = "two|three|four|five|six|seven|ten|dos|tres|cinco|diez"
_LIMIT = re.compile(
    r"\b(?:top|first|best|primeros|mejores|last|latest|newest|oldest|los|list|show me|give me|which|the) (?P<n>\d{1,2})\b"
    r"(?! (?:days?|weeks?|months?|hours?|dias|semanas|meses|miles?|pm|am))"
    r"|\b(?P<n2>\d{1,2}) (?:best|top|hottest|hot|warm|newest|latest|oldest|leads|prospects|mejores)\b"
    rf"|\b(?:top|first|latest|newest|oldest|primeros|mejores) (?P<w>{_FEW})\b(?! (?:days?|weeks?|months?|hours?|dias|semanas|meses))"
    rf"|\b(?P<w2>{_FEW}) (?=(?:\w+ )?(?:best|newest|hottest|oldest|latest|hot|warm|leads|prospects|mejores)\b)"
)
_SORTS: tuple[tuple[str, bool, re.Pattern[str]], ...] = (
    (
        "last_contact",
        False,
        any_of(
            r"(?:longest|oldest) (?:since )?(?:last )?contact|least recently (?:contacted|called)|(?:ordered|"
            r"sorted) by last contact|longest (?:untouched|without contact|waiting for a call)|neglected|por ultimo contacto"
        ),
    ),
    (
        "received",
        False,
        any_of(
            r"oldest(?: first)?|longest waiting|waiting (?:the )?longest|earliest|mas (?:antigu[oa]s?|"
            r"viej[oa]s?)(?: primero)?|(?:sorted|ordered) (?:from )?oldest(?: to newest)?"
        ),
    ),
    (
        "received",
        True,
        any_of(
            r"newest(?: first)?|latest|most recent|recent|freshest|new(?= leads| prospects)|mas (?:nuev[oa]s?|recientes?)|"
            r"ultim[oa]s|nuev[oa]s|(?:by|por) (?:date|fecha)"
        ),
    ),
    (
        "value",
        True,
        any_of(
            r"most valuable|biggest|largest|highest (?:premium|value)|by (?:premium|value)|highest value|mas valios[oa]s?|"
            r"por prima"
        ),
    ),
    ("score", False, any_of(r"worst|lowest (?:score|scored|scoring|first)|lowest|weakest|peores|mas baj[oa]s?")),
    (
        "score",
        True,
        any_of(
            r"best(?: first| ones?)?|top|highest (?:score|scored|scoring|first)|highest|(?:sorted |ordered |ranked )?by score|"
            r"mejores|mas alt[oa]s?|por puntuacion|strongest|(?:look )?(?:the )?most promising"
        ),
    ),
)
_BY: tuple[tuple[str, str], ...] = (
    ("line", r"lines?(?: of business)?|product|coverage type|linea|ramo|producto"),
    ("status", r"status(?:es)?|stage|estado del lead|etapa"),
    ("state", r"states?|estados?"),
    ("tier", r"tiers?|temperature|quality|nivel"),
    ("producer", r"producers?|agents?|salespersons?|team members?|person|people|reps?|productor(?:es)?|agentes?"),
    ("source", r"(?:lead )?sources?|channel|vendors?|campaign|fuentes?|origen"),
)
_BYS = tuple(
    (
        name,
        re.compile(
            rf"\b(?:by|per|for each|in each|each|every|broken down by|split by|grouped by|by each|for every|across|por|por cada|cada) (?:the )?(?:{words})\b|\b(?:which|what|que|cual) (?:{words})\b(?= (?:has|have|had|is|are|gives?|brings?|brought|won|converts?|closes?|tiene|do|does|sells?|get|gets|responds?))"
        ),
    )
    for name, words in _BY
)
_COME_FROM = re.compile(r"\b(?:where (?:do|did|are|have) .{0,40}?(?:come|came|coming)(?: in)? from|de donde vienen)\b")
_TEAM = any_of(
    r"(?:my|our|the) (?:whole )?team(?: 's)?|everyone(?: 's)?|everybody(?: 's)?|whole agency|the agency|agency wide|"
    r"(?:de )?mi equipo|all producers|we"
)
_LONG_NAME = 8
_SHORTEST_NAME = 3


@dataclass(slots=True)
class Slots:
    """What narrows a question. ``filters`` are arguments as the tools take them, in JSON."""

    filters: dict[str, Any] = field(default_factory=dict)
    span: Span | None = None
    by: str | None = None
    sort: tuple[str, bool] | None = None
    limit: int | None = None
    ids: list[str] = field(default_factory=list)
    producers: list[str] = field(default_factory=list)
    language: str | None = None
    contact: str = ""
    """``not`` or ``yes`` where contact is asked about."""


def producers_in(phrase: Phrase, setting: Setting, *, exactly: bool = False) -> list[str]:
    """Keys of producers whom the phrase names, in order; taken out. Slips of the pen are forgiven, but not ``exactly``."""
    found: list[tuple[int, str]] = []
    for key, name in setting.producers:
        plain = bare(name)
        parts = [plain, bare(key), *(part for part in plain.split() if len(part) >= _SHORTEST_NAME)]
        for part in parts:
            match = re.search(rf"\b{re.escape(part)}\b(?: 's)?", phrase.plain)
            if match:
                whole = phrase.plain[match.start() :]
                long = re.match(rf"{re.escape(plain)}\b(?: 's)?", whole)
                phrase.drop(match.start(), match.start() + (long.end() if long else len(match[0])))
                found.append((match.start(), key))
                break
    return [key for _, key in sorted(found)] or ([] if exactly else _mistyped(phrase, setting))


def _mistyped(phrase: Phrase, setting: Setting) -> list[str]:
    names = {part: key for key, name in setting.producers for part in bare(name).split() if len(part) > _SHORTEST_NAME}
    for match in re.finditer(r"[a-z]{4,}", phrase.plain):
        if match[0] in lexicon.FUNCTION or match[0] in lexicon.CORRECT:
            continue
        near = process.extractOne(
            match[0], list(names), scorer=OSA.distance, score_cutoff=1 if len(match[0]) < _LONG_NAME else 2
        )
        if near:
            phrase.drop(match.start(), match.end())
            return [names[near[0]]]
    return []


def take_ids(phrase: Phrase) -> list[str]:
    """Ids of records, taken out."""
    found = []
    while match := phrase.take(_ID):
        found.append(match[0])
    return found


def read_slots(phrase: Phrase, calendar: Calendar, setting: Setting) -> Slots:
    """Everything that narrows, taken out of the phrase."""
    slots = Slots(ids=take_ids(phrase))
    take_place(phrase, slots.filters)
    _contact_and_time(phrase, calendar, slots)
    _scores(phrase, slots)
    slots.producers = producers_in(phrase, setting)
    _grouping(phrase, slots)
    _kinds(phrase, slots)
    if phrase.take(_TEAM):
        slots.filters.pop("mine", None)
    elif phrase.has(lexicon.MINE) and not slots.producers:
        slots.filters["mine"] = True
    return slots


def _contact_and_time(phrase: Phrase, calendar: Calendar, slots: Slots) -> None:
    if match := phrase.take(lexicon.NOT_CONTACTED):
        slots.contact = "not"
        if re.search(r"\bi\b", match[0]):
            slots.filters["mine"] = True
        since: datetime | None = None
        if match := phrase.take(IN_FOR):  # not in three weeks
            since = calendar.back(number_of(match["n"]), match["u"])
        elif (span := calendar.take_span(phrase)) is not None:
            since = span.since or span.until
        if since is not None:
            slots.filters["not_contacted_since"] = since.isoformat()
        else:
            slots.filters["status"] = ["assigned"]
        return
    slots.span = calendar.take_span(phrase)
    if slots.span and (match := phrase.take(lexicon.CONTACTED)):
        slots.contact = "yes"
        if re.search(r"\bi\b", match[0]):
            slots.filters["mine"] = True
        if slots.span.since:
            slots.filters["contacted_since"] = slots.span.since.isoformat()
        slots.span = None


def received(slots: Slots) -> dict[str, Any]:
    """The span as bounds of when leads came in."""
    if slots.span is None:
        return {}
    ends = {"received_from": slots.span.since, "received_until": slots.span.until}
    return {name: at.isoformat() for name, at in ends.items() if at is not None}


def between(slots: Slots) -> dict[str, Any]:
    """The span as bounds of a measure."""
    if slots.span is None:
        return {}
    ends = {"since": slots.span.since, "until": slots.span.until}
    return {name: at.isoformat() for name, at in ends.items() if at is not None}


def _scores(phrase: Phrase, slots: Slots) -> None:
    if match := phrase.take(_RANGE):
        _bound(slots, int(match["a"]), int(match["b"]))
    if match := phrase.take(_LEAST) or phrase.take(_PLUS) or phrase.take(_AT_LEAST):
        word = match.groupdict().get("w") or "at least"
        strict = word not in {"at least", "minimum", "from", "al menos"} and not match.groupdict().get("plus")
        _bound(slots, int(match["n"]) + strict, None)
    if match := phrase.take(_MOST):
        strict = match["w"] not in {"at most", "maximum", "up to", "como maximo"}
        _bound(slots, None, int(match["n"]) - strict)


def _bound(slots: Slots, least: int | None, most: int | None) -> None:
    for name, value in (("score_at_least", least), ("score_at_most", most)):
        if value is not None:
            slots.filters[name] = min(max(value, 0), 100)


def _grouping(phrase: Phrase, slots: Slots) -> None:
    for name, pattern in _BYS:
        if phrase.take(pattern):
            slots.by = name
            break
    if phrase.take(_COME_FROM):
        slots.by = "source"
    if match := phrase.take(_LIMIT):
        number = next(value for value in match.groupdict().values() if value)
        slots.limit = min(max(number_of(number), 1), 50)
        slots.sort = _sort_of(match[0])
    for name, descending, pattern in _SORTS:
        if phrase.take(pattern):
            slots.sort = (name, descending)
            break


def _sort_of(words: str) -> tuple[str, bool] | None:
    return next(((name, down) for name, down, pattern in _SORTS if pattern.search(words)), None)


def _kinds(phrase: Phrase, slots: Slots) -> None:
    for name, table in (("line", lexicon.LINES), ("tier", lexicon.TIERS), ("status", lexicon.STATUSES)):
        found = [value.value for value, pattern in table if phrase.take(pattern)]
        if found:
            slots.filters[name] = [*slots.filters.get(name, ()), *found]
    if "status" not in slots.filters:
        if phrase.take(lexicon.OPEN_WORDS):
            slots.filters["status"] = [one.value for one in lexicon.OPEN_STATUS]
        elif phrase.take(lexicon.CLOSED_WORDS):
            slots.filters["status"] = ["won", "lost"]
    if match := phrase.take(lexicon.SOURCES):
        source = match["s"] or match["s2"] or match["s3"]
        slots.filters["source"] = {"website": "web", "referrals": "referral"}.get(source, source)
    if match := phrase.take(lexicon.LANGUAGE) or phrase.take(lexicon.LANGUAGE_ALONE):
        slots.language = lexicon.LANGUAGES[match["l"]]
