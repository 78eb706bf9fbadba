"""What is asked for each line, and in which order."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from domain.lines import Line


class Kind(StrEnum):
    """How an answer is read."""

    ZIP = "zip"
    STATE = "state"
    COUNT = "count"
    VEHICLES = "vehicles"
    CARRIER = "carrier"
    TENURE = "tenure"
    YEAR = "year"
    BIRTH = "birth"
    YES_NO = "yes_no"
    TEXT = "text"
    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"


CONTACT = ("full_name", "phone", "email")
"""Asked after the consent, and removed where it is withheld."""
ADULT = 18
"""Whole years from which a person may ask for insurance here."""


@cache
def kinds() -> Mapping[str, Kind]:
    """Every slot and how its answer is read."""
    return {name: Kind(given["kind"]) for name, given in _table()["slots"].items()}


def slots_for(lines: Sequence[Line]) -> tuple[str, ...]:
    """The slots of these lines before the consent, each once, in the order in which they are asked."""
    wanted: Mapping[str, list[str]] = _table()["lines"]
    return tuple(dict.fromkeys(slot for line in lines for slot in wanted[line.value]))


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = tomllib.loads(files("domain.chat.data").joinpath("slots.toml").read_text("utf-8"))
    return table
