"""What documents of the policy add to a request: values for slots that its words left open, each with where it stands.

A document's words are data: whatever stands in one, it wishes nothing, decides nothing and takes nothing from what was said.
Where it is in doubt, or against the words, the slot is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.policies.asking.cues import MAKES
from domain.policies.asking.text import fold, read_text
from domain.policies.asking.words import NEW_VEHICLE, Doubt, Fault, Intent, Known, Reading, Slot, Source, Vehicle
from domain.policies.papers import Verdict

SURE = 0.7
"""Confidence from which a value counts without a person who verified its document."""
_NAME = re.compile(r"[^\W\d_][^\W\d_'.\u2019-]*(?:[ ,]{1,2}[^\W\d_][^\W\d_'.\u2019-]*){0,5}")
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .&/+'-]{0,39}")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_OLDEST = 1900
_YEARS_AHEAD = 2
_OWN_END = frozenset({"licence", "registration"})
"""Kinds that are good until the day they state themselves."""
_PARTS = ("year", "make", "model", "vin")


@dataclass(frozen=True, slots=True)
class PaperValue:
    """One value as the reader of documents kept it: ``item`` numbers things of a group, ``rank`` 0 is the one to use."""

    name: str
    item: int | None
    value: object
    page: int | None
    confidence: float
    rank: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of the policy as far as a request may use it."""

    id: str
    kind: str | None
    status: str
    verdict: str
    needs_review: bool
    expires_on: date | None
    replaced: bool
    values: tuple[PaperValue, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether a person, or the platform that wrote it, stands behind it."""
        return self.verdict in {Verdict.VERIFIED, Verdict.MADE}

    def of(self, name: str) -> list[PaperValue]:
        """The values of a field that are to be used, one for each thing."""
        return [one for one in self.values if one.name == name and one.rank == 0]

    def sure_of(self, one: PaperValue) -> bool:
        """Whether a value counts: nothing in the document contradicts it, and it was read plainly or a person verified it."""
        against = any((other.name, other.item) == (one.name, one.item) and other.rank for other in self.values)
        return not against and (self.verified or one.confidence >= SURE)


Found = tuple[Mapping[str, Slot], int | None]
"""Slots with their values, and the page."""


def from_papers(reading: Reading, known: Known, words: str, papers: Sequence[Paper]) -> Reading:
    """The reading with what the documents fill in and what speaks against it. What is wished for is not theirs to say."""
    if reading.forbidden is not None or not papers:
        return reading
    slots, day = dict(reading.slots), reading.day
    sources: list[Source] = []
    faults: list[Fault] = []
    for slot in _wanted(reading):
        found: dict[str, tuple[Found, Paper]] = {}
        doubts: list[Fault] = []
        for paper in papers:
            what = standing(paper, known.today) or _READ[slot](paper, reading, known)
            if isinstance(what, Doubt):
                doubts.append(Fault(slot, what, paper.id))
            else:
                found.setdefault(repr(sorted(what[0].items())), (what, paper))
        if _open(slot, reading):
            if len(found) != 1:
                doubts = [Fault(slot, Doubt.SEVERAL, paper.id) for _, paper in found.values()] or doubts
                faults += doubts
                continue
        else:
            against = [paper for what, paper in found.values() if not _agrees(what[0], reading)]
            faults += [Fault(slot, Doubt.DIFFERS, paper.id) for paper in against]
            if against or len(found) != 1 or not _fuller(slot, reading, next(iter(found.values()))[0][0]):
                continue
        (what, paper) = next(iter(found.values()))
        if slot == "new_vehicle" and _other_car(words, what[0], reading, known):
            faults.append(Fault(slot, Doubt.DIFFERS, paper.id))
            continue
        if slot == "day":
            day = date.fromisoformat(str(what[0]["day"]))
        else:
            slots |= what[0]
        sources.append(Source(slot, paper.id, what[1]))
    return replace(reading, slots=slots, day=day, sources=tuple(sources), faults=tuple(faults))


def standing(paper: Paper, today: date) -> Doubt | None:
    """What speaks against the document as a whole; None where its values may count."""
    if paper.verdict == Verdict.REJECTED:
        return Doubt.REJECTED
    if paper.replaced:
        return Doubt.REPLACED
    if paper.status != "read":
        return Doubt.UNREAD if paper.status == "waiting" else Doubt.UNREADABLE
    ends = [paper.expires_on] if paper.expires_on else []
    if paper.kind in _OWN_END:
        ends += [day for one in paper.of("expiration_date") if (day := _day(one.value)) is not None]
    if any(day < today for day in ends):
        return Doubt.EXPIRED
    return Doubt.REVIEW if paper.needs_review and not paper.verified else None


def _wanted(reading: Reading) -> Iterator[str]:
    """Slots of what is wished for that a document may state."""
    asks = set(reading.asks)
    if Intent.ADD_DRIVER in asks and Intent.REMOVE_DRIVER not in asks:
        yield "driver"
    if Intent.ADD_VEHICLE in asks:
        yield "new_vehicle"
    elif Intent.REMOVE_VEHICLE in asks:
        yield "vehicle"
    if Intent.CANCEL in asks and reading.day is None and not reading.several:
        yield "day"
    if Intent.REINSTATE in asks and reading.slots.get("lapse") is False:
        yield "no_loss_on"


def _open(slot: str, reading: Reading) -> bool:
    return slot in {"new_vehicle", "day"} or not reading.slots.get(slot)


def _agrees(found: Mapping[str, Slot], reading: Reading) -> bool:
    return all(
        set(fold(str(reading.slots[name])).split()) <= set(fold(str(value)).split())
        for name, value in found.items() if name in reading.slots
    )  # fmt: skip


def _fuller(slot: str, reading: Reading, found: Mapping[str, Slot]) -> bool:
    """Whether the document says the name of a new driver more fully than the words: ``Mia`` of ``Mia Lee``."""
    return slot == "driver" and fold(str(reading.slots[slot])) != fold(str(found[slot]))


def _driver(paper: Paper, reading: Reading, known: Known) -> Found | Doubt:
    del reading, known
    names = paper.of("driver.name")
    if len(names) > 1:
        return Doubt.SEVERAL
    if not names:
        return Doubt.NOT_STATED
    (one,) = names
    if not isinstance(one.value, str) or len(one.value) > 80 or not _NAME.fullmatch(one.value):  # noqa: PLR2004
        return Doubt.UNSURE
    return ({"driver": one.value}, one.page) if paper.sure_of(one) else Doubt.UNSURE


def _car(paper: Paper, parts: Sequence[str], today: date) -> tuple[dict[str, Slot], int | None] | Doubt:
    """The one vehicle that the document states, part by part."""
    items = {one.item for one in paper.values if one.name.startswith("vehicle.")}
    if len(items) > 1:
        return Doubt.SEVERAL
    held = {part: found[0] for part in parts if (found := paper.of(f"vehicle.{part}"))}
    if len(held) < len(parts):
        return Doubt.NOT_STATED
    if not all(paper.sure_of(one) and _fits(part, one.value, today) for part, one in held.items()):
        return Doubt.UNSURE
    values: dict[str, Slot] = {}
    for part, one in held.items():
        assert isinstance(one.value, str | int), "it fits"
        values[part] = one.value
    return values, next(iter(held.values())).page


def _fits(part: str, value: object, today: date) -> bool:
    if part == "year":
        return isinstance(value, int) and not isinstance(value, bool) and _OLDEST <= value <= today.year + _YEARS_AHEAD
    return isinstance(value, str) and (_VIN if part == "vin" else _PART).fullmatch(value) is not None


def _new_vehicle(paper: Paper, reading: Reading, known: Known) -> Found | Doubt:
    del reading
    found = _car(paper, _PARTS, known.today)
    if isinstance(found, Doubt):
        return found
    return {slot: found[0][part] for slot, part in zip(NEW_VEHICLE, _PARTS, strict=True)}, found[1]


def _vehicle(paper: Paper, reading: Reading, known: Known) -> Found | Doubt:
    """The policy's vehicle that the document is about."""
    del reading
    found = _car(paper, _PARTS[:3], known.today)
    if isinstance(found, Doubt):
        return found
    said, vins = _named(found[0]), [str(one.value) for one in paper.of("vehicle.vin")]
    fits = [one for one in known.vehicles if _named_as(one) == said and (one.vin is None or vins in ([], [one.vin]))]
    if len(fits) != 1:
        return Doubt.SEVERAL if fits else Doubt.NO_MATCH
    return {"vehicle": fits[0].key}, found[1]


def _named(parts: Mapping[str, Slot]) -> tuple[str, ...]:
    return tuple(fold(str(parts[part])) for part in _PARTS[:3])


def _named_as(one: Vehicle) -> tuple[str, ...]:
    return tuple(fold(str(part)) for part in (one.year, one.make, one.model))


def _closing(paper: Paper, reading: Reading, known: Known) -> Found | Doubt:
    found = _dated(paper, "closing_date", "day")
    del reading
    if not isinstance(found, Doubt) and date.fromisoformat(str(found[0]["day"])) < known.today:
        return Doubt.PAST
    return found


def _signed(paper: Paper, reading: Reading, known: Known) -> Found | Doubt:
    del reading
    if paper.kind != "no_loss":
        return Doubt.NOT_STATED
    numbers = {_bare(str(one.value)) for one in paper.of("policy_number")}
    if known.number and numbers and numbers != {_bare(known.number)}:
        return Doubt.OTHER_POLICY
    found = _dated(paper, "signed_on", "no_loss_on")
    if not isinstance(found, Doubt) and date.fromisoformat(str(found[0]["no_loss_on"])) > known.today:
        return Doubt.AHEAD
    return found


def _dated(paper: Paper, name: str, slot: str) -> Found | Doubt:
    found = paper.of(name)
    if len(found) != 1:
        return Doubt.SEVERAL if found else Doubt.NOT_STATED
    day = _day(found[0].value)
    if day is None or not paper.sure_of(found[0]):
        return Doubt.UNSURE
    return {slot: day.isoformat()}, found[0].page


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _bare(number: str) -> str:
    return re.sub(r"[^a-z0-9]", "", number.lower())


def _other_car(words: str, found: Mapping[str, Slot], reading: Reading, known: Known) -> bool:
    """Whether the words name a year or a make for the new vehicle that is not the document's. Those of a vehicle that is taken
    off in the same breath are not meant.
    """
    gone = next((one for one in known.vehicles if one.key == reading.slots.get("vehicle")), None)
    aside = {str(gone.year), fold(gone.make)} if gone else set()
    plain = read_text(words.replace(reading.said or "\x00", " "), ()).plain
    said = ({*_YEAR.findall(plain)} | ({*plain.split()} & {*MAKES})) - aside
    return any(one not in {str(found["new_year"]), *fold(str(found["new_make"])).split()} for one in said)


_READ: Mapping[str, Callable[[Paper, Reading, Known], Found | Doubt]] = {
    "driver": _driver, "new_vehicle": _new_vehicle, "vehicle": _vehicle, "day": _closing, "no_loss_on": _signed,
}  # fmt: skip
