"""Vehicles named by year, make and model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files

from domain.leads.extraction.found import CERTAIN, FAIR, LIKELY, Found, found
from domain.leads.extraction.text import Text

_OLDEST_YEAR = 1900
_YEAR_BEFORE = re.compile(r"(?<!\w)(19\d{2}|20\d{2}|'\d{2})\s(?:a\s)?$")
_YEAR_AFTER = re.compile(r"^,?\s(?:del\s|de\s|ano\s|\()?(19\d{2}|20\d{2})\b")
_WORD_AFTER = re.compile(r"^\s([a-z0-9][a-z0-9-]{0,14})(?![a-z0-9@])")
_OWNED = re.compile(
    r"\b(?:my|our|a|an|the|leased|financed|used|new|old|drive|driving|own|mi|un|una|nuestro|tengo)\s(?:\w{1,10}\s)?$"
)


@cache
def _tables() -> tuple[re.Pattern[str], dict[str, str], dict[str, tuple[str, str]], frozenset[str]]:
    data = json.loads(files("domain.leads.extraction.data").joinpath("vehicles.json").read_text(encoding="utf-8"))
    makes = {alias: row["make"] for row in data["makes"] for alias in (row["make"].lower(), *row.get("aliases", ()))}
    models = {
        name.lower(): (row["make"], name) for row in data["makes"] for name in row["models"]
    } | {alias: (row["make"], name) for row in data["makes"] for alias, name in row.get("model_aliases", {}).items()}  # fmt: skip
    words = sorted({*makes, *data["standalone"]}, key=len, reverse=True)
    dated = sorted((model for model in models if not model.isdigit()), key=len, reverse=True)
    alone, after_year = ("|".join(map(re.escape, names)) for names in (words, dated))
    pattern = re.compile(rf"(?<![\w@.])(?:(?:{alone})|(?<=(?:19|20)\d\d\s)(?:{after_year}))(?![\w@])")
    return pattern, makes, models, frozenset(data["ambiguous"])


def vehicles(text: Text, today: date) -> Iterator[Found]:
    """Each vehicle as ``{"year", "make", "model"}``, parts that were not said left out.

    A make that is also a name or a word (Lincoln, Ford, Mini) counts only beside a year or one of its own models.
    """
    pattern, makes, models, doubtful = _tables()
    reached = 0
    for match in pattern.finditer(text.low):
        if match.start() < reached:
            continue
        word, end = match.group(), match.end()
        make = makes[word] if word in makes else models[word][0]
        model = None if word in makes else models[word][1]
        known = model is not None
        if model is None:
            model, known, end = _model(text, end, make)
        year, start, end = _year(text, match.start(), end, today)
        if word in doubtful and year is None and not known:
            continue
        if year is None and not known and not _OWNED.search(text.before(match.start(), 30)):
            continue
        parts = {"year": year, "make": make, "model": model}
        sure = CERTAIN if year and known else LIKELY if year or known else FAIR
        yield found(text, "vehicles", {key: part for key, part in parts.items() if part}, (start, end), sure)
        reached = end


def _model(text: Text, end: int, make: str) -> tuple[str | None, bool, int]:
    # The model after a make: from the table, or a capitalised or numbered word that is no year.
    _, _, models, _ = _tables()
    rest = text.low[end : end + 24]
    two = re.match(r"\s([a-z0-9-]{1,14}\s[a-z0-9-]{1,10})\b", rest)
    one = _WORD_AFTER.match(rest)
    for match in (two, one):
        if match and models.get(match.group(1), ("",))[0] == make:
            return models[match.group(1)][1], True, end + match.end()
    if one is None or re.fullmatch(r"(?:19|20)\d{2}", one.group(1)):
        return None, False, end
    cased = text.cased[end + 1 : end + 1 + len(one.group(1))]
    mixed = any(char.isdigit() for char in cased) and any(char.isalpha() for char in cased)
    if not text.shouted and (mixed or (cased[0].isupper() and len(cased) > 2)):  # noqa: PLR2004 - "I" and "To" are no models
        return cased, False, end + one.end()
    return None, False, end


def _year(text: Text, start: int, end: int, today: date) -> tuple[int | None, int, int]:
    before = _YEAR_BEFORE.search(text.low[max(0, start - 8) : start])
    after = _YEAR_AFTER.match(text.low[end : end + 12])
    word = before.group(1) if before else after.group(1) if after else ""
    if not word:
        return None, start, end
    year = int(word) if word[0] != "'" else _century(int(word[1:]), today)
    if not _OLDEST_YEAR <= year <= today.year + 2:
        return None, start, end
    if before:
        return year, max(0, start - 8) + before.start(), end
    return year, start, end + (after.end() if after else 0)


def _century(short: int, today: date) -> int:
    year = today.year - today.year % 100 + short
    return year if year <= today.year + 2 else year - 100
