"""The words that the product ships with, by kind and language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from domain.messages.kinds import KINDS
from domain.messages.words import Words

DEFAULT_LANGUAGE = "en"
LANGUAGES = ("en", "es")
SHIPPED_VERSION = 0


@cache
def shipped() -> Mapping[tuple[str, str], Words]:
    """Words by (kind, language); every kind has them in every shipped language."""
    found: dict[tuple[str, str], Words] = {}
    for language in LANGUAGES:
        table = tomllib.loads(files("domain.messages.data").joinpath(f"{language}.toml").read_text("utf-8"))
        found |= {(name, language): Words(**table[name]) for name in KINDS}
    return found
