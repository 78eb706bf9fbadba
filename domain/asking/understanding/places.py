"""Places in a question: states by name or code, cities after a preposition, ZIPs, and how far around."""

from __future__ import annotations

import re
from typing import Any

from domain.asking.understanding import lexicon
from domain.asking.understanding.phrase import Phrase
from domain.geo import STATES
from domain.leads.reading.states import CODES, read_state

_MILES = re.compile(
    r"\b(?:within|inside|less than|under|en un radio de|a menos de|a) (?P<n>\d{1,3}) (?:miles?|mi|millas?)(?: (?:of|"
    r"from|around|de|radius(?: of)?))?\b|\b(?P<n2>\d{1,3}) (?:miles?|mi|mile radius|millas?) (?:of|from|around|"
    r"radius (?:of|around)|de)\b"
)
_NEAR = re.compile(r"\b(?:near(?:by)?(?: to)?|around|close to|next to|cerca de|alrededor de) (?=[a-z0-9])")
_ZIP = re.compile(r"\b(?:in |near |zip(?: code)? |around |en |codigo postal )*(?P<z>\d{5})\b")
_PREP = r"(?:in|from|near|around|of|for|at|within|en|de|cerca de|only in|just in|solo en|to)"
_CITY_STOP_WORDS = (
    "one two three four five six seven eight ten few couple llamar vender house home car me him her them us detail general "
    "are is since not that who which with received last before after sorted ordered by per score scored assigned "
    "contacted this month week year day morning afternoon and or my the queue general total order spanish english "
    "detail person case mind time work area territory office system pipeline book list documents handbook manual "
    "policy guide state town than numbers fact short progress pasado pasada semana mes ordenado desde sin ayer hoy "
    "espanol ingles orden total one two three four five six seven ten days hours weeks months miles marketing compliance question ahead front touch room "
    "today yesterday "
)
_CITY_STOP = lexicon.FUNCTION | frozenset(_CITY_STOP_WORDS.split())


def take_place(phrase: Phrase, filters: dict[str, Any]) -> None:
    """Where, taken out of the phrase into the filters: a ZIP, a city with a distance, or states."""
    miles = phrase.take(_MILES)
    distance = int(miles["n"] or miles["n2"]) if miles else None
    near = _NEAR.search(phrase.plain)
    found: str | None = None
    if match := phrase.take(_ZIP):
        found = match["z"]
    elif place := _city(phrase, sure=miles is not None):
        found = place
    if found:
        filters["place"] = found
        if distance or near:
            filters["within_miles"] = min(max(distance or 25, 1), 500)
        return
    states = _states(phrase)
    if states:
        filters["state"] = states


def _states(phrase: Phrase) -> list[str]:
    states: list[str] = []
    for long in (3, 2, 1):
        for match in re.finditer(r"[a-z]+", phrase.plain):
            words = re.match(rf"[a-z]+(?: [a-z]+){{{long - 1}}}(?= |$)", phrase.plain[match.start() :])
            if not words or GAP in words[0]:
                continue
            code = read_state(words[0]) if long > 1 or len(words[0]) > 2 else _code(phrase, match.start(), words[0])  # noqa: PLR2004
            if code in STATES and words[0] not in {
                "miss",
                "mass",
                "wash",
                "ill",
                "cal",
                "ind",
                "ore",
                "del",
                "tex mex",
                "conn",
                "penn",
            }:
                phrase.drop(match.start(), match.start() + len(words[0]))
                states.append(str(code))
    return list(dict.fromkeys(states))


GAP = "·"
_SURE_WORDS = "tx fl il ga nc sc tn ky az ny nj mn wi wv ks wa md va ct nh vt ri nv ut wy nm nd sd dc "
_SURE = frozenset(_SURE_WORDS.split())


def _code(phrase: Phrase, start: int, word: str) -> str | None:
    """A two-letter code; those that are also words only after a preposition or another state."""
    code = word.upper()
    if code not in CODES or (
        word in {"me", "de", "la", "hi", "ok", "in", "or", "oh", "id", "al"}
        and not re.search(r"(?:\bin|\bfrom|· (?:and|or)|·) $", phrase.plain[:start])
    ):
        return None
    before = re.search(rf"(?:\b{_PREP}|·|\b(?:and|or|y|o)) $", phrase.plain[:start])
    after = re.match(r"(?: (?:leads|prospects|licen|auto|home|life))", phrase.plain[start + 2 :])
    if word in {"me", "de", "la", "in", "or", "hi", "ok", "oh"}:
        return code if before and not re.match(r" [a-z]", phrase.plain[start + 2 :]) else None
    return code if word in _SURE or before or after else None


def _city(phrase: Phrase, *, sure: bool) -> str | None:
    """A city after a preposition, up to three words, with its state where one follows."""
    start_at = rf"(?:{GAP}|\b{_PREP})" if sure else rf"\b{_PREP}"
    for match in re.finditer(rf"{start_at} +(?=(?P<c>[a-z]+(?: [a-z]+)*))", phrase.plain):
        words = match["c"].split()
        taken: list[str] = []
        state = None
        for word in words[:4]:
            rest = [" ".join(words[len(taken) : len(taken) + long]) for long in (2, 1)]
            code = next((read_state(one) for one in rest if one and read_state(one) in STATES), None) if taken else None
            if code:
                state = code
                break
            if (
                word in _CITY_STOP
                or word in lexicon.CORRECT
                or any(pattern.fullmatch(word) for _, pattern in lexicon.LINES)
            ):
                break
            taken.append(word)
        name = " ".join(taken)
        prep = match[0].split()[0]
        if re.search(r"\b(?:close|next) to +$", phrase.plain[: match.end()]):
            prep = "near"
        if not taken or (len(name) < 3) or (read_state(name) in STATES and not state):  # noqa: PLR2004
            continue
        if (
            prep in {"of", "for", "de", "to", "at"}
            and not (state or (sure and match[0].startswith(GAP)))
            and prep != "de"
        ):
            continue
        if prep in {"de", "from"} and not state and not _known_city(name):
            continue
        start = match.start("c")
        phrase.drop(start, start + len(name) + (len(words[len(taken)]) + 1 if state else 0))
        return f"{name.title()}, {state}" if state else name.title()
    return None


_CITIES_WORDS = (
    "austin houston dallas chicago miami tampa orlando atlanta denver phoenix boston seattle portland detroit "
    "columbus nashville charlotte raleigh memphis cleveland naperville springfield evanston plano "
)
_CITIES = frozenset(_CITIES_WORDS.split())


def _known_city(name: str) -> bool:
    return name in _CITIES or name in {
        "san antonio",
        "san diego",
        "fort worth",
        "el paso",
        "los angeles",
        "new orleans",
    }
