"""ZIP codes: which states a ZIP may lie in, where it is, and what clock it keeps. Offline, around the `zipcodes` package."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any
from zoneinfo import available_timezones

import zipcodes

from domain.geo import STATES, StateSource, miles

_ZIP = re.compile(r"(\d{5})(?:-?\d{4})?", re.ASCII)
_NO_POINT = frozenset({"PO BOX", "MILITARY"})


@dataclass(frozen=True, slots=True)
class ZipPlace:
    """What is known of one ZIP.

    ``states`` holds every licensing jurisdiction the ZIP touches: two where it crosses a line, none for military mail and
    the freely associated states. ``lat`` and ``lon`` (degrees) are None for PO-box and military ZIPs, which cover no area.
    ``kind`` is the postal word: STANDARD, UNIQUE (one organisation), PO BOX, MILITARY.
    """

    zip: str
    states: tuple[str, ...]
    lat: float | None
    lon: float | None
    time_zone: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class City:
    """A city of the postal service: its ZIPs, and the middle of those that cover an area (degrees; None where none does)."""

    name: str
    state: str
    zips: tuple[str, ...]
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class StateAnswer:
    """The possible risk states and how they became known: one is an answer, none or several need a person."""

    states: tuple[str, ...]
    source: StateSource


def clean_zip(text: str | None) -> str | None:
    """Five digits out of ``12345``, ``12345-6789`` or ``123456789``; None for anything else, four digits included.

    A ZIP is text: ``2138`` may be 02138 that lost its zero or a typing error, and this does not guess.
    """
    found = _ZIP.fullmatch(text.strip()) if text else None
    return found.group(1) if found else None


class Geography:
    """Lookup by ZIP. The table (about 42,800 ZIPs) is built at first use, in about half a second, and kept."""

    @cached_property
    def version(self) -> str:
        """The table of ZIPs that cross a state line, by its version."""
        return str(self._crossing["version"])

    def place(self, zip_code: str | None) -> ZipPlace | None:
        """The place of a ZIP, or None when the text is no ZIP or the table does not know it."""
        code = clean_zip(zip_code)
        return None if code is None else self._places.get(code)

    def cities(self, name: str, state: str | None = None) -> list[City]:
        """Cities of this name, those with most ZIPs first; only in ``state`` where it is given."""
        found = self._cities.get(name.strip().casefold(), [])
        return [one for one in found if state is None or one.state == state]

    def states_for(self, zip_code: str | None, state: str | None) -> StateAnswer:
        """Risk states from the address's state and ZIP; never from a phone number, whose area code says nothing.

        A stated state decides when the ZIP agrees, is absent or is unknown. When they contradict each other both stand, and
        a person has to ask. A text that is no licensing jurisdiction's two letters (``AE``, ``Ontario``) counts as unsaid.
        """
        place = self.place(zip_code)
        said = state.strip().upper() if state else ""
        if said in STATES:
            if place is None or not place.states or said in place.states:
                return StateAnswer((said,), StateSource.ADDRESS)
            return StateAnswer(tuple(sorted({said, *place.states})), StateSource.ADDRESS)
        if place is None or not place.states:
            return StateAnswer((), StateSource.NONE)
        return StateAnswer(place.states, StateSource.ZIP)

    def zones_for(self, zip_code: str | None, states: Iterable[str]) -> tuple[str, ...]:
        """Every time zone in which somebody of this ZIP, or of these states where the ZIP is not known, may be; never from the
        area code of a number (T3). Empty where nothing is known.

        A ZIP counts with all zones of its county: the border of zones does not follow ZIPs, and a ZIP that crosses a state
        line, or that none of the states has, adds all zones of those states.
        """
        place = self.place(zip_code)
        wanted = set(states)
        if place is None or place.zip not in self._county_zones or not wanted <= set(place.states):
            return tuple(sorted({zone for state in wanted for zone in self._state_zones.get(state, ())}))
        found = set(self._county_zones[place.zip])
        if len(place.states) > 1:
            found |= {zone for state in wanted for zone in self._state_zones.get(state, ())}
        return tuple(sorted(found))

    def miles_between(self, one: str | None, other: str | None) -> float | None:
        """Great-circle miles between the centres of two ZIPs; None when either has no centre."""
        here, there = self.place(one), self.place(other)
        if here is None or there is None:
            return None
        return miles(here.lat, here.lon, there.lat, there.lon)

    @cached_property
    def _cities(self) -> dict[str, list[City]]:
        rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self._rows:
            if row["state"] in STATES:
                rows.setdefault((row["city"].casefold(), row["state"]), []).append(row)
        found: dict[str, list[City]] = {}
        for (name, state), own in rows.items():
            places = [self._places[row["zip_code"]] for row in own]
            points = [(one.lat, one.lon) for one in places if one.lat is not None and one.lon is not None]
            lat, lon = (sum(part) / len(points) for part in zip(*points, strict=True)) if points else (None, None)
            found.setdefault(name, []).append(City(own[0]["city"], state, tuple(one.zip for one in places), lat, lon))
        return {name: sorted(own, key=lambda one: (-len(one.zips), one.state)) for name, own in found.items()}

    @cached_property
    def _crossing(self) -> dict[str, Any]:
        text = files("integrations.data").joinpath("multi_state_zips.json").read_text(encoding="utf-8")
        table: dict[str, Any] = json.loads(text)
        return table

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = zipcodes.list_all()  # type: ignore[no-untyped-call]  # the package types only its core
        return rows

    @cached_property
    def _state_zones(self) -> dict[str, frozenset[str]]:
        return _zones_by(self._rows, lambda row: row["state"])

    @cached_property
    def _county_zones(self) -> dict[str, frozenset[str]]:
        """By ZIP, the zones of its county; ZIPs without a zone of their own are left out."""
        counties = _zones_by(self._rows, lambda row: (row["state"], row["county"]))
        return {
            row["zip_code"]: counties[row["state"], row["county"]]
            for row in self._rows
            if row["timezone"] in available_zones() and row["county"]
        }

    @cached_property
    def _places(self) -> dict[str, ZipPlace]:
        crossing: dict[str, list[str]] = self._crossing["rows"]
        return {row["zip_code"]: _place(row, crossing, available_zones()) for row in self._rows}


@cache
def available_zones() -> frozenset[str]:
    """The names of the IANA database. The package has a place's name where the zone should be, twice."""
    return frozenset(available_timezones())


def _zones_by(rows: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], Any]) -> dict[Any, frozenset[str]]:
    found: dict[Any, set[str]] = {}
    for row in rows:
        if row["timezone"] in available_zones():
            found.setdefault(key(row), set()).add(row["timezone"])
    return {name: frozenset(zones) for name, zones in found.items()}


def _place(row: Any, crossing: dict[str, list[str]], zones: frozenset[str]) -> ZipPlace:
    code, kind, zone = row["zip_code"], row["zip_code_type"], row["timezone"]
    own = [row["state"]] if row["state"] in STATES else []
    lat, lon = float(row["lat"] or 0), float(row["long"] or 0)
    # The package writes 0,0 where it has no point; left in, it would put those ZIPs in the Gulf of Guinea.
    known = kind not in _NO_POINT and (lat != 0 or lon != 0)
    return ZipPlace(
        zip=code,
        states=tuple(sorted(crossing.get(code, own))),
        lat=lat if known else None,
        lon=lon if known else None,
        time_zone=zone if zone in zones else None,
        kind=kind,
    )
