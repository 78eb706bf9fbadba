"""The words of the chat in each language; nothing that a person reads is written in code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "es")
DEFAULT_LANGUAGE = "en"
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


@cache
def table(language: str) -> Mapping[str, Any]:
    """Every word of a language, by part and name."""
    text = files("domain.chat.data").joinpath(f"{language}.toml").read_text("utf-8")
    found: Mapping[str, Any] = tomllib.loads(text)
    return found


def word(language: str, part: str, name: str) -> str:
    """One text. Raises KeyError for a name that the language does not have."""
    found: str = table(language)[part][name]
    return found


def say(language: str, name: str, part: str = "say", /, **values: str) -> str:
    """A text with its values put in. Braces in a value stay what they are."""
    return re.sub(r"\{(\w+)\}", lambda gap: values.get(gap.group(1), gap.group()), word(language, part, name))


def joined(language: str, parts: Sequence[str]) -> str:
    """``a, b and c``."""
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word(language, 'value', 'joined')} {parts[-1]}"


def language_of(plain: str) -> tuple[str, int] | None:
    """The language that ``plain`` (small letters, no accents) is in, with how many words more speak for it; None for a tie."""
    said = _WORD.findall(plain)
    counts = sorted(((sum(one in words for one in said), name) for name, words in _telling().items()), reverse=True)
    (best, name), (second, _) = counts[0], counts[1]
    return (name, best - second) if best > second else None


@cache
def _telling() -> Mapping[str, frozenset[str]]:
    text = files("domain.chat.data").joinpath("languages.toml").read_text("utf-8")
    return {name: frozenset(words) for name, words in tomllib.loads(text).items()}
