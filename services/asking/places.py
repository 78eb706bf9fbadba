"""Places in plain words: a ZIP, a city, a city with its state."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.geo import STATES
from integrations.geography import City, Geography, clean_zip
from kernel.errors import FieldError, Invalid

_OUTWEIGHS = 3
"""A city that has so many times the ZIPs of the next one of its name is meant when no state is said."""
_WITH_STATE = re.compile(r"^(?P<city>.+?)[\s,]+(?P<state>[A-Za-z]{2})$")


@dataclass(frozen=True, slots=True)
class Place:
    """A place as it was understood. ``city`` is None for a ZIP."""

    label: str
    city: str | None
    state: str | None
    zips: tuple[str, ...]
    lat: float | None
    lon: float | None


def place_of(words: str, geography: Geography) -> Place:
    """The place meant. Raises Invalid for one that is not known, or that several states have."""
    code = clean_zip(words)
    if code is not None:
        found = geography.place(code)
        if found is None:
            raise _refused(words, "unknown", "is no ZIP in use", "check the five digits")
        return Place(code, None, None, (code,), found.lat, found.lon)
    with_state = _WITH_STATE.match(words.strip())
    state = with_state["state"].upper() if with_state and with_state["state"].upper() in STATES else None
    name = with_state["city"] if with_state and state else words
    cities = geography.cities(name, state)
    if not cities:
        raise _refused(words, "unknown", "is no city that the postal service knows", "give a ZIP, or 'Austin, TX'")
    one = cities[0]
    if len(cities) > 1 and len(one.zips) < _OUTWEIGHS * len(cities[1].zips):
        states = ", ".join(each.state for each in cities[:6])
        raise _refused(
            words, "ambiguous", f"lies in several states: {states}", f"say which, as in '{name}, {one.state}'"
        )
    return _city(one)


def _city(one: City) -> Place:
    return Place(f"{one.name}, {one.state}", one.name, one.state, one.zips, one.lat, one.lon)


def _refused(words: str, code: str, message: str, remedy: str) -> Invalid:
    return Invalid(
        f"{words[:60]!r} {message}; {remedy}", fields=(FieldError("place", code, message, remedy, words[:80]),)
    )
