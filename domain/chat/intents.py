"""Wishes beside the answers: questions for a licensed person (DOMAIN T22), erasure, abuse, corrections, yes and no."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any


class Handover(StrEnum):
    """What only a licensed person may do."""

    BIND = "bind"
    ADVICE = "advice"
    PRICE = "price"
    COVERAGE = "coverage"
    CLAIM = "claim"
    PERSON = "person"


def plain(text: str) -> str:
    """Small letters without accents and with one kind of apostrophe and space."""
    bare = unicodedata.normalize("NFKD", text.replace("\u2019", "'").casefold())
    letters = "".join(one for one in bare if not unicodedata.combining(one))
    return " ".join(re.sub('[\u00bf\u00a1"]', "", letters).split())


def handover_of(low: str) -> Handover | None:
    """The first kind of question that ``low`` asks, if it asks one."""
    return next((kind for kind in Handover if _hears("handover", kind.value, low)), None)


def wishes(name: str, low: str) -> bool:
    """Whether ``low`` has the wish of this name."""
    return _hears("wishes", name, low)


def abusive(low: str) -> bool:
    """Whether ``low`` insults or threatens."""
    return _hears("abuse", "words", low)


def says_minor(low: str) -> bool:
    """Whether the person says that they are not of age, without a number."""
    return _hears("minor", "words", low)


def yes_or_no(low: str) -> bool | None:
    """An answer to a question of yes or no; None for anything else. A yes with a condition is none."""
    if _hears("answers", "part", low):
        return None
    if _hears("answers", "yes", low):
        return True
    return False if _hears("answers", "no", low) else None


def wants_email_only(low: str) -> bool:
    """Whether only e-mail is wished."""
    return _hears("answers", "email_only", low)


def named_slot(low: str) -> str | None:
    """The slot that ``low`` calls by name."""
    return next((slot for slot, pattern in _patterns()["names"].items() if pattern.search(low)), None)


def _hears(part: str, name: str, low: str) -> bool:
    return _patterns()[part][name].search(low) is not None


@cache
def _patterns() -> Mapping[str, Mapping[str, re.Pattern[str]]]:
    table: Mapping[str, Any] = tomllib.loads(files("domain.chat.data").joinpath("intents.toml").read_text("utf-8"))
    return {
        part: {name: re.compile(text) for name, text in given.items()}
        for part, given in table.items()
        if isinstance(given, dict)
    }
