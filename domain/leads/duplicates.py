"""Is this lead already here? The same person asking for the same line within a window of days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.leads.likeness import (
    CERTAIN_BITS,
    Described,
    birthdays_differ,
    houses_differ,
    likeness,
    names_differ,
    one_name,
)
from domain.leads.reading.names import compatible, generations_differ, read_name
from domain.lines import Line

DEFAULT_WINDOW_DAYS = 30


@dataclass(frozen=True, slots=True)
class Identity:
    """A lead as one that may repeat another: whom it describes, what is asked for, and whether that may still change."""

    lead_id: UUID
    received_at: datetime
    who: Described
    lines: tuple[Line, ...] = ()
    settled: bool = True

    @property
    def order(self) -> tuple[datetime, UUID]:
        """Which of two came first; a lead can only repeat an earlier one."""
        return self.received_at, self.lead_id


@dataclass(frozen=True, slots=True)
class Match:
    """An earlier lead of the same person, and why it is thought so."""

    earlier: Identity
    why: str


def windows(default_days: int, by_line: Mapping[str, int]) -> dict[Line, timedelta]:
    """Length of the window for each line, from the agency's settings."""
    return {line: timedelta(days=by_line.get(line.value, default_days)) for line in Line}


def same_person(one: Described, other: Described) -> str | None:
    """Why the two are certainly one person, or None. What is only alike is :mod:`domain.leads.likeness`.

    An equal e-mail is enough, unless the names tell two members of a household apart. An equal phone needs names that could
    belong to one person, and where these are not equal no other house. An equal name needs an equal address, or an equal date
    of birth and ZIP. Else the evidence together must rule out chance, and the full names be one but for slips of the pen.
    Birthdays that differ speak against everything else: father and son share all the rest.
    """
    if birthdays_differ(one.born, other.born):
        return None
    return next((why for rule in _RULES if (why := rule(one, other))), None)


def _by_email(one: Described, other: Described) -> str | None:
    if not one.email_key or one.email_key != other.email_key:
        return None
    mine, theirs = read_name(one.name or ""), read_name(other.name or "")
    if generations_differ(mine, theirs) or (names_differ(one.name, other.name) and not compatible(mine, theirs)):
        return None
    return "same e-mail"


def _by_phone(one: Described, other: Described) -> str | None:
    if not one.phone_key or one.phone_key != other.phone_key:
        return None
    if not _same_name(one, other) and houses_differ(one.street, other.street):
        return None
    return "same phone" if compatible(read_name(one.name or ""), read_name(other.name or "")) else None


def _by_place(one: Described, other: Described) -> str | None:
    same = _same_name(one, other) and one.place_key and one.place_key == other.place_key
    return "same name and address" if same else None


def _by_birth(one: Described, other: Described) -> str | None:
    same = _same_name(one, other) and one.born and one.born == other.born
    if not same or not one.zip_code or one.zip_code[:5] != (other.zip_code or "")[:5]:
        return None
    return "same name, date of birth and ZIP"


def _by_evidence(one: Described, other: Described) -> str | None:
    if not one_name(one.name, other.name):
        return None
    like = likeness(one, other)
    return f"alike in {', '.join(like.why)}" if like.bits >= CERTAIN_BITS else None


_RULES = (_by_email, _by_phone, _by_place, _by_birth, _by_evidence)


def _same_name(one: Described, other: Described) -> bool:
    return bool(one.name_key) and one.name_key == other.name_key


def matches(lead: Identity, others: Iterable[Identity]) -> list[Match]:
    """Earlier leads of the same person, latest first."""
    found = [
        Match(other, why)
        for other in others
        if other.lead_id != lead.lead_id and other.order < lead.order and (why := same_person(lead.who, other.who))
    ]
    return sorted(found, key=lambda match: match.earlier.order, reverse=True)


def settle(
    lines: Sequence[Line], received_at: datetime, found: Iterable[Match], window: Mapping[Line, timedelta]
) -> Match | None:
    """The earlier lead that this one repeats: a line in common, within that line's window.

    A lead that names no line repeats any open request of the same person, and is repeated by one that names none.
    """
    unknown: frozenset[Line] = frozenset({Line.UNKNOWN})
    wanted = frozenset(lines) - unknown
    for match in found:
        had = frozenset(match.earlier.lines) - unknown
        common = wanted & had if wanted and had else (wanted | had) or unknown
        age = received_at - match.earlier.received_at
        if any(age <= window[line] for line in common):
            return match
    return None
