"""Is this lead already here? The same person asking for the same line within a window of days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from domain.leads.reading.names import compatible, read_name
from domain.lines import Line

DEFAULT_WINDOW_DAYS = 30


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one person from another. Keys come from domain.leads.reading; None where nothing usable was given."""

    lead_id: UUID
    received_at: datetime
    name: str | None = None
    name_key: str | None = None
    email_key: str | None = None
    phone_key: str | None = None
    place_key: str | None = None
    born: date | None = None
    zip_code: str | None = None
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


def same_person(one: Identity, other: Identity) -> str | None:
    """Why the two are one person, or None.

    An equal e-mail is enough. An equal phone needs names that could belong to one person, since households share phones.
    An equal name needs an equal address, or an equal date of birth and ZIP. What is only alike is
    :mod:`domain.leads.likeness`.
    """
    if one.email_key and one.email_key == other.email_key:
        return "same e-mail"
    if (
        one.phone_key
        and one.phone_key == other.phone_key
        and compatible(read_name(one.name or ""), read_name(other.name or ""))
    ):
        return "same phone"
    if not one.name_key or one.name_key != other.name_key:
        return None
    if one.place_key and one.place_key == other.place_key:
        return "same name and address"
    if one.born and one.born == other.born and one.zip_code and one.zip_code[:5] == (other.zip_code or "")[:5]:
        return "same name, date of birth and ZIP"
    return None


def matches(lead: Identity, others: Iterable[Identity]) -> list[Match]:
    """Earlier leads of the same person, latest first."""
    found = [
        Match(other, why)
        for other in others
        if other.lead_id != lead.lead_id and other.order < lead.order and (why := same_person(lead, other))
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
