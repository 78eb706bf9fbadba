"""How alike two leads are, in bits: typing errors, a missing part and a household all leave something that agrees or does not.

Each part that agrees counts by how seldom it agrees between strangers, each that differs by how seldom it differs within one
person (Fellegi and Sunter 1969; weights are base-2 logarithms). What this finds is a suspicion for a person to look at. It
never closes a lead: twins share a birth date, an address and most letters of their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import OSA, JaroWinkler

from domain.leads.reading.names import fold

SUSPECT_BITS = 17.0
"""Where a suspicion begins. Of two leads taken from 10,000, about one pair in 2^13 is one person; 17 bits leave about 15 to 1."""

# A phone number is one household's or firm's; an address is worth a little less than a phone, since houses have several flats.
_EMAIL, _PHONE = 20.0, 14.0
# A full name is shared by about one in a thousand, a birth date by one in 20,000.
_NAME_SAME, _NAME_TYPO, _NAME_NEAR, _NAME_OTHER, _NAME_STRANGER = 10.0, 7.0, 4.0, -8.0, -14.0
_BORN_SAME, _BORN_TYPO, _BORN_OTHER = 13.0, 8.0, -6.0
_STREET_SAME, _STREET_NEAR, _NUMBER_ONLY, _STREET_OTHER = 10.0, 6.0, 1.0, -4.0
_PLACE_SAME, _PLACE_OTHER = 3.0, -2.0
# Jaro-Winkler: one typing error in a name of usual length leaves about 0.93, two about 0.86 (Winkler 1990).
_TYPO, _NEAR = 0.92, 0.85
_STREET_TYPO, _STREET_LIKE = 0.9, 0.78
_KINDS = frozenset(
    ("st", "street", "ave", "avenue", "av", "blvd", "boulevard", "rd", "road", "dr", "drive", "ln", "lane", "ct", "court", "pl",
     "place", "ter", "terrace", "way", "pkwy", "parkway", "cir", "circle", "hwy", "highway", "sq", "square", "n", "s", "e", "w",
     "ne", "nw", "se", "sw", "north", "south", "east", "west", "apt", "unit", "suite", "ste", "fl", "floor")
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Described:
    """What a lead says of who and where; None where it does not. Keys are those of domain.leads.reading."""

    name: str | None = None
    email_key: str | None = None
    phone_key: str | None = None
    street: str | None = None
    zip_code: str | None = None
    city: str | None = None
    born: date | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """``bits`` for one person, and which parts speak for it."""

    bits: float
    why: tuple[str, ...]

    @property
    def suspect(self) -> bool:
        """Whether a person should look."""
        return self.bits >= SUSPECT_BITS


def likeness(one: Described, other: Described) -> Likeness:
    """How alike two leads are; the same in both directions."""
    parts = {
        "e-mail": _EMAIL if one.email_key and one.email_key == other.email_key else 0.0,
        "phone": _PHONE if one.phone_key and one.phone_key == other.phone_key else 0.0,
        "name": _of_names(one.name, other.name),
        "date of birth": _of_births(one.born, other.born),
        "street": _of_streets(one.street, other.street),
        "place": _of_places(one, other),
    }
    return Likeness(round(sum(parts.values()), 2), tuple(name for name, bits in parts.items() if bits > 0))


def _of_names(one: str | None, other: str | None) -> float:
    if not one or not other:
        return 0.0
    a, b = fold(one), fold(other)
    if a == b:
        return _NAME_SAME
    a, b = " ".join(sorted(_WORD.findall(a))), " ".join(sorted(_WORD.findall(b)))
    alike = max(JaroWinkler.similarity(a, b), JaroWinkler.similarity(fold(one), fold(other)))
    if a == b or alike >= _TYPO:
        return _NAME_TYPO
    # A part that was left out: "Camp" and "Isabella Camp", "Ann Lee" and "Ann Marie Lee".
    mine, theirs = set(a.split()), set(b.split())
    if mine <= theirs or theirs <= mine:
        return _NAME_NEAR
    if alike >= _NEAR:
        return _NAME_NEAR
    # Nicknames and marriages change one of the names, hardly ever both at once.
    shared = any(JaroWinkler.similarity(left, right) >= _NEAR for left in mine for right in theirs)
    return _NAME_OTHER if shared else _NAME_STRANGER


def _of_births(one: date | None, other: date | None) -> float:
    if one is None or other is None:
        return 0.0
    if one == other:
        return _BORN_SAME
    return _BORN_TYPO if OSA.distance(f"{one:%Y%m%d}", f"{other:%Y%m%d}") == 1 else _BORN_OTHER


def _of_streets(one: str | None, other: str | None) -> float:
    a, b = _street(one), _street(other)
    if not (a[0] and b[0]):
        return 0.0
    alike = JaroWinkler.similarity(a[1], b[1]) if a[1] and b[1] else 0.0
    if a[0] == b[0]:
        return _STREET_SAME if alike >= _STREET_TYPO else _STREET_NEAR if alike >= _STREET_LIKE else _NUMBER_ONLY
    return 0.0 if alike >= _STREET_TYPO else _STREET_OTHER


def _street(text: str | None) -> tuple[str, str]:
    """House number and name, without the kind of street and the direction."""
    words = _WORD.findall(fold(text or ""))
    number = next((word for word in words if word[0].isdigit()), "")
    return number, " ".join(word for word in words if word != number and word not in _KINDS)


def _of_places(one: Described, other: Described) -> float:
    """By ZIP and town: one that agrees is enough, since the other may be mistyped; both must differ to speak against."""
    said: list[bool] = []
    if one.zip_code and other.zip_code:
        said.append(OSA.distance(one.zip_code[:5], other.zip_code[:5]) == 0)
    if one.city and other.city:
        said.append(JaroWinkler.similarity(fold(one.city), fold(other.city)) >= _TYPO)
    return 0.0 if not said else _PLACE_SAME if any(said) else _PLACE_OTHER
