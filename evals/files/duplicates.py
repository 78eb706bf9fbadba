"""How well the duplicate rule finds the pairs of rows that are one person, in a file whose truth is known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from domain.leads.duplicates import same_person
from domain.leads.likeness import Described, likeness
from domain.leads.lookup import lookup_keys
from domain.leads.reading.dates import read_date
from domain.leads.reading.names import read_name, read_name_parts
from domain.leads.reading.place import place_key

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Pairs that are said to be one, those of them that are, and those there are."""

    said: int
    right: int
    true: int

    @property
    def precision(self) -> float:
        """Share of what is said that is right; 1 where nothing is said."""
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        """Share of what there is that is said; 1 where there is nothing."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.right else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of what the rule is certain of, of that with suspicions, of both once groups are joined, and of the lookup."""

    rows: int
    certain: PairFigures
    suspected: PairFigures
    certain_groups: PairFigures
    suspected_groups: PairFigures
    looked_at: PairFigures


def described_by(cells: Mapping[str, str]) -> Described:
    """A row as the rule sees it, by canonical fields.

    A phone counts as its digits, valid or not, since published sets replace phones by numbers.
    """
    text = {name: " ".join(value.split()) for name, value in cells.items()}
    parts = text.get("first_name", ""), text.get("last_name", "")
    name = read_name(text["full_name"]) if text.get("full_name") else read_name_parts(*parts)
    phone = "".join(char for char in text.get("phone", "") if char.isdigit()) or None
    email = text.get("email", "").casefold() or None
    street, zip_code, city = (text.get(field) or None for field in ("street", "zip", "city"))
    born = _born(text.get("date_of_birth", ""))
    place = place_key(street, zip_code, city, text.get("state"))
    shown, key = (name.display, name.key) if name else (None, None)
    return Described(shown, email, phone, street, zip_code, city, born, key, place)


def measure(people: Sequence[Described], entities: Sequence[str]) -> Measured:
    """Compare the rule on all pairs that its lookup would bring together with ``entities``, one for each row."""
    looked_at = _candidates(people)
    certain = {pair for pair in looked_at if same_person(people[pair[0]], people[pair[1]])}
    suspected = certain | {pair for pair in looked_at if likeness(people[pair[0]], people[pair[1]]).suspect}
    true = sum(count * (count - 1) // 2 for count in Counter(entities).values())

    def figures(pairs: Iterable[Pair]) -> PairFigures:
        held = list(pairs)
        return PairFigures(len(held), sum(entities[one] == entities[other] for one, other in held), true)

    return Measured(
        len(people), figures(certain), figures(suspected), figures(_joined(certain, len(people))),
        figures(_joined(suspected, len(people))), figures(looked_at),
    )  # fmt: skip


def _candidates(people: Sequence[Described]) -> set[Pair]:
    """Pairs that share one of the keys by which the store looks leads up."""
    blocks: dict[tuple[str, object], list[int]] = defaultdict(list)
    for place, person in enumerate(people):
        for key in lookup_keys(person).items():
            blocks[key].append(place)
    return {pair for members in blocks.values() for pair in combinations(members, 2)}


def _joined(pairs: Iterable[Pair], count: int) -> set[Pair]:
    """All pairs within the groups that ``pairs`` connect."""
    leader = list(range(count))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    for one, other in pairs:
        leader[find(other)] = find(one)
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(count):
        groups[find(place)].append(place)
    return {pair for members in groups.values() for pair in combinations(members, 2)}


def _born(text: str) -> date | None:
    if len(text) == 8 and text.isdigit():  # noqa: PLR2004 - YYYYMMDD, as registers write it
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return read_date(text).day if text else None
