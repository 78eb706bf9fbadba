"""Who works for the sample agency and where: name, place, team, trade and standing."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from cli.samples.desks import DESKS, ROTA, SPECIALITIES
from cli.samples.draws import number
from cli.samples.people import NAMES, SPOKEN
from cli.samples.places import OFFICES, POPULATION, TEAM_OF, Office
from domain.lines import Authority, Line
from domain.routing.profile import Shift
from kernel.money import apportion

HOST = "lanternfield.example"
_PROPERTY = frozenset({Authority.PROPERTY, Authority.CASUALTY})
_PEOPLE = frozenset({Authority.LIFE, Authority.HEALTH})
_PARTNER = 5  # the highest standing


@dataclass(frozen=True, slots=True)
class Trade:
    """What somebody sells: the authorities on their licences, and the lines they know best."""

    name: str
    authorities: frozenset[Authority]
    lines: tuple[Line, ...]

    @property
    def property_side(self) -> bool:
        """Whether things are insured rather than people."""
        return not self.authorities & _PEOPLE


_ALL = Trade("all", _PROPERTY | _PEOPLE, (Line.AUTO, Line.HOME, Line.LIFE))
_TRADES = (
    _ALL,
    Trade("personal", frozenset({Authority.PERSONAL}), (Line.AUTO, Line.HOME, Line.RENTERS, Line.PET)),
    Trade("health", _PEOPLE, (Line.HEALTH, Line.DISABILITY)),
    Trade("commercial", _PROPERTY, (Line.COMMERCIAL, Line.UMBRELLA)),
    Trade("life", _PEOPLE | {Authority.VARIABLE}, (Line.LIFE, Line.ANNUITY, Line.DISABILITY)),
    Trade("property", _PROPERTY, (Line.HOME, Line.AUTO, Line.UMBRELLA)),
    Trade("medicare", _PEOPLE, (Line.MEDICARE, Line.LONG_TERM_CARE, Line.HEALTH)),
)
"""By turns within a state, so that a state with one producer has one who sells everything."""


@dataclass(frozen=True, slots=True)
class Person:
    """One producer before licences, hours and record. ``desk_states`` and ``rota`` are set for the national desks only."""

    external_id: str
    name: str
    languages: tuple[str, ...]
    state: str
    office: Office
    phone: str
    team: str
    trade: Trade
    rank: int
    desk_states: tuple[str, ...] = ()
    rota: tuple[Shift, ...] = ()

    @property
    def email(self) -> str:
        """First and last name in plain letters at the agency's host."""
        plain = unicodedata.normalize("NFKD", self.name.casefold()).encode("ascii", "ignore").decode()
        return f"{'.'.join(plain.split())}@{HOST}"


def staff() -> list[Person]:
    """All two hundred: by state first, then the desks."""
    left = {language: list(names) for language, names in NAMES.items()}
    used: dict[str, Iterator[int]] = {}
    desks = sum(len(ROTA) for _ in DESKS)
    free = sum(map(len, NAMES.values())) - desks - len(POPULATION)
    extra = apportion(free, list(POPULATION.values()))
    people: list[Person] = []
    # The desks choose first, so that each of their shifts has a Spanish speaker; the file lists them last.
    on_desks = [
        (desk, place, _named(left, ("es" if place % 3 == 0 else "",))) for desk in DESKS for place in range(len(ROTA))
    ]
    for state, more in zip(sorted(POPULATION), _by_name(extra), strict=True):
        for turn in range(1 + more):
            # Every second person speaks a language in demand, by turns; the empty one is English alone.
            demand = SPOKEN.get(state, ())
            wanted = (*demand[turn // 2 % len(demand) :], *demand, "") if demand and turn % 2 else ("",)
            name, language = _named(left, wanted)
            people.append(_local(len(people) + 1, name, language, state, turn, used))
    for desk, place, (name, language) in on_desks:
        state, office = desk.offices[place % len(desk.offices)]
        lines = SPECIALITIES[place % len(SPECIALITIES)]
        people.append(
            Person(
                _id(len(people) + 1), name, _languages(language), state, office, _phone(office, used), desk.team,
                Trade("desk", _ALL.authorities, lines), _PARTNER if place == 0 else number(2, 4, "rank", name),
                desk.states, ROTA[place],
            )
        )  # fmt: skip
    return people


def _local(number_: int, name: str, language: str, state: str, turn: int, used: dict[str, Iterator[int]]) -> Person:
    office = OFFICES[state][turn % len(OFFICES[state])]
    partner = turn == 0 and state in {"MA", "NY", "PA", "GA", "FL", "IL", "MN", "TX", "CO", "CA"}
    return Person(
        _id(number_), name, _languages(language), state, office, _phone(office, used), TEAM_OF[state],
        _TRADES[turn % len(_TRADES)], _PARTNER if partner else number(1, 4, "rank", name),
    )  # fmt: skip


def _by_name(extra: list[int]) -> list[int]:
    return [more for _, more in sorted(zip(POPULATION, extra, strict=True))]


def _named(left: dict[str, list[str]], wanted: tuple[str, ...]) -> tuple[str, str]:
    # The first name left in the languages wanted, else wherever most names are left.
    language = next((one for one in wanted if left[one]), max(left, key=lambda one: (len(left[one]), one)))
    return left[language].pop(0), language


def _languages(language: str) -> tuple[str, ...]:
    return ("en", language) if language else ("en",)


def _id(place: int) -> str:
    return f"P-{place:03d}"


def _phone(office: Office, used: dict[str, Iterator[int]]) -> str:
    line = next(used.setdefault(office.area_code, count(100 + number(0, 20, "line", office.area_code))))
    return f"+1{office.area_code}555{line:04d}"
