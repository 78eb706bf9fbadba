"""How alike two leads are, in bits: typing errors, a missing part and a household all leave something that agrees or does not.

Each part counts log2(m / u): ``m`` is how often it comes out so within one person, ``u`` how often between strangers (Fellegi
and Sunter 1969). The weights are fixed: u comes from counts of people and calendars, m is a judgement of how people write, and
neither is fitted to a set of leads. They are rounded down where a part agrees, since an agency's leads live closer together than
the nation does. See docs/decisions/0022-evidence-in-bits.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import OSA, JaroWinkler

from domain.leads.reading.names import fold, name_words
from domain.leads.reading.place import read_street

SUSPECT_BITS = 17.0
"""Where a suspicion begins. Of two leads taken from 10,000, about one pair in 2^13 is one person; 17 bits leave about 15 to 1."""
CERTAIN_BITS = 34.0
"""Where chance is ruled out: 20 bits for the one right lead among a million, 13.3 more for odds of 10,000 to 1. Relatives are
no chance, so this alone closes no lead; see domain.leads.duplicates."""

# An e-mail or phone belongs to one household or firm; carriers hand numbers on, so a phone is worth less.
_EMAIL, _PHONE = 20.0, 14.0
# The commonest full name of the USA, James Smith, is borne by 38,000 of 330 million: 13 bits. A family name behind the first
# hundred has at most one in 1,900 (10.9 bits), and no first name more than one in 70 (6.1). A name with a slip of the pen fits
# more names; with a part left out it is little more than a family name.
_NAME_RARE, _NAME_SAME, _NAME_TYPO, _NAME_NEAR = 15.0, 12.0, 7.0, 4.0
_COMMON_WORDS = (  # the hundred commonest family names of the US census of 2010
    "smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson thomas "
    "taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young allen king "
    "wright scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts gomez "
    "phillips evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers gutierrez ortiz "
    "morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson watson brooks chavez wood james bennett "
    "gray mendoza ruiz hughes price alvarez castillo sanders patel myers long ross foster jimenez"
)
_COMMON = frozenset(_COMMON_WORDS.split())
# A new family name speaks neither way, since an equal first name (6 bits) goes with it. Another first name beside the same
# family name is a relative, but with one birthday only a twin, and more people write a nickname than have twins that ask too.
# Both quite different are another person, be it one of the same house and birthday.
_NAME_REMARRIED, _NAME_RELATIVE, _NAME_NICKNAME, _NAME_STRANGER = 0.0, -8.0, 0.0, -14.0
# Sixty years of birth are 22,000 days, 14.4 bits. Some 30 of them are one slip away from a birthday (9.5 bits), and one birthday
# in 25 is written so; in some 100 two of day, month and year agree, and one in a hundred is written so, which says nothing; one
# in 30 is written quite wrong.
_BORN_SAME, _BORN_TYPO, _BORN_PART, _BORN_OTHER = 14.0, 5.0, 0.0, -5.0
# A town's streets and its house numbers are about a hundred each (6.6 bits), not quite independent. People move and give the
# address of their work: one in 20 within a window.
_HOUSE_SAME, _HOUSE_NEAR, _HOUSE_OTHER = 11.0, 8.0, -4.0
_STREET_ALONE, _STREET_SLIP, _STREET_SAME, _NUMBER_ALONE, _NUMBER_SAME = 6.0, 5.0, 2.0, 5.0, 1.0
# Leads of a local agency come from a few towns, of a dozen or more ZIPs.
_ZIP_SAME, _TOWN_SAME, _PLACE_OTHER = 4.0, 3.0, -2.0
# Jaro-Winkler: one typing error in a name of usual length leaves about 0.93, two about 0.86 (Winkler 1990).
_TYPO, _NEAR = 0.92, 0.85
_STREET_TYPO, _STREET_LIKE = 0.9, 0.78
_FIRM_WORDS = 5  # names of persons are shorter; a firm's says its place and trade too, in any order
_LETTERS_A_SLIP = 4  # a family name shorter than this for each slip is another name: Lee, Li
_GENERATION_YEARS = 14  # a slip of the pen never turns a child into a parent


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
    name_key: str | None = None
    place_key: str | None = None


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
    name, born = _of_names(one.name, other.name), _of_births(one.born, other.born)
    parts = {
        "e-mail": _EMAIL if one.email_key and one.email_key == other.email_key else 0.0,
        "phone": _PHONE if one.phone_key and one.phone_key == other.phone_key else 0.0,
        "name": _NAME_NICKNAME if name == _NAME_RELATIVE and born == _BORN_SAME else name,
        "date of birth": born,
        "street": _of_streets(one.street, other.street),
        "place": _of_places(one, other),
    }
    return Likeness(round(sum(parts.values()), 2), tuple(name for name, bits in parts.items() if bits > 0))


def names_differ(one: str | None, other: str | None) -> bool:
    """Whether both are known and tell two people apart, as those of a household do: another first name."""
    return _of_names(one, other) <= _NAME_RELATIVE


def birthdays_differ(one: date | None, other: date | None) -> bool:
    """Whether both are known and no slip of the pen (a digit, two neighbours, day for month) makes them one."""
    return one is not None and other is not None and one != other and not _slip(one, other)


def houses_differ(one: str | None, other: str | None) -> bool:
    """Whether both have a house number and are two houses, of one street or of two; a number with a slip is one house."""
    a, b = read_street(one), read_street(other)
    return bool(a.number and b.number and a.name and b.name) and _of_streets(one, other) <= _STREET_SAME


def one_name(one: str | None, other: str | None) -> bool:
    """Whether two spellings are one full name: the same words in any order, two neighbouring letters turned, a space too many,
    or slips in the last word alone.

    Another slip in a first name is not enough: twins are called Dan and Dana. Nor is one where the order was turned, since
    nobody can say then which of the words is the first name.
    """
    a, b = name_words(one), name_words(other)
    if min(len(a), len(b)) < 2:  # noqa: PLR2004 - a first and a family name
        return False
    if sorted(a) == sorted(b) or "".join(a) == "".join(b):
        return True
    changed = [(left, right) for left, right in zip(a, b, strict=False) if left != right]
    if len(a) != len(b) or len(changed) != 1:
        return False
    left, right = changed[0]
    slips = OSA.distance(left, right)
    turned = slips == 1 and sorted(left) == sorted(right)
    return turned or (a[-1] != b[-1] and slips * _LETTERS_A_SLIP <= min(len(left), len(right)))


def _of_names(one: str | None, other: str | None) -> float:
    mine, theirs = name_words(one), name_words(other)
    if not (mine and theirs):
        return 0.0
    a, b = " ".join(sorted(mine)), " ".join(sorted(theirs))
    if a == b and len(mine) > 1:
        return _NAME_SAME if _COMMON.intersection(mine) else _NAME_RARE
    alike = max(JaroWinkler.similarity(a, b), JaroWinkler.similarity(" ".join(mine), " ".join(theirs)))
    if alike >= _TYPO and len(mine) > 1:
        return _NAME_TYPO
    if alike >= _NEAR or _part_of(mine, theirs):
        return _NAME_NEAR
    if min(len(mine), len(theirs)) > 1 and JaroWinkler.similarity(mine[0], theirs[0]) >= _TYPO:
        return _NAME_REMARRIED
    near = any(JaroWinkler.similarity(left, right) >= _NEAR for left in mine for right in theirs)
    return _NAME_RELATIVE if near else _NAME_STRANGER


def _part_of(mine: list[str], theirs: list[str]) -> bool:
    """Whether a part was left out: "Camp" and "Isabella Camp", "Ann Lee" and "Ann Marie Lee"; of a firm's name any may be."""
    shared = set(mine) & set(theirs)
    firm = max(len(mine), len(theirs)) >= _FIRM_WORDS and len(shared) > 1
    return firm or shared in (set(mine), set(theirs))


def _of_births(one: date | None, other: date | None) -> float:
    if one is None or other is None:
        return 0.0
    if one == other:
        return _BORN_SAME
    if _slip(one, other):
        return _BORN_TYPO
    agree = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    return _BORN_PART if agree == 2 else _BORN_OTHER  # noqa: PLR2004 - of three


def _slip(one: date, other: date) -> bool:
    if abs(one.year - other.year) >= _GENERATION_YEARS:
        return False
    turned = (one.year, one.month, one.day) == (other.year, other.day, other.month)
    return turned or OSA.distance(f"{one:%Y%m%d}", f"{other:%Y%m%d}") == 1


def _of_streets(one: str | None, other: str | None) -> float:
    a, b = read_street(one), read_street(other)
    if not (a.name and b.name):
        same = a.number and a.number == b.number
        return _NUMBER_ALONE if same else 0.0
    # Numbered streets are alike to the eye only: 18th and 19th.
    numbered = any(char.isdigit() for char in a.name + b.name)
    alike = float(a.name == b.name) if numbered else JaroWinkler.similarity(a.name, b.name)
    if not (a.number and b.number):
        return _STREET_ALONE if alike >= _STREET_TYPO else 0.0
    if a.number == b.number:
        return _HOUSE_SAME if alike >= _STREET_TYPO else _HOUSE_NEAR if alike >= _STREET_LIKE else _NUMBER_SAME
    if alike >= _STREET_TYPO:
        return _STREET_SLIP if OSA.distance(a.number, b.number) == 1 else _STREET_SAME
    return 0.0 if alike >= _STREET_LIKE else _HOUSE_OTHER


def _of_places(one: Described, other: Described) -> float:
    """By ZIP and town: one that agrees is enough, since the other may be mistyped; both must differ to speak against."""
    said: list[float] = []
    if one.zip_code and other.zip_code:
        said.append(_ZIP_SAME if one.zip_code[:5] == other.zip_code[:5] else _PLACE_OTHER)
    if one.city and other.city:
        said.append(_TOWN_SAME if JaroWinkler.similarity(fold(one.city), fold(other.city)) >= _TYPO else _PLACE_OTHER)
    return max(said, default=0.0)
