"""An agency's producers as routing weighs them, kept in memory; of a change only what it changed is read."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.lines import Line
from domain.routing.facts import ProducerLoad
from domain.routing.profile import ProducerProfile
from domain.routing.tables import Tables, standard_tables
from integrations.holiday_calendar import holiday_table
from kernel.ids import digest
from kernel.slices import slices
from store.sql.models import AgencyRow, ProducerRow
from store.sql.repositories.agencies import Seat
from store.sql.repositories.routing import LoadCounts
from store.uow import UnitOfWork

_KEPT = 64
_AT_ONCE = 1_000
"""Producers read in one statement: each is a kilobyte or two, and whoever else is served waits for no more than these."""


class Digests(Mapping[UUID, str]):
    """The digest of each profile, made when it is first asked for, and in ``bodies`` what was hashed: of a large agency the
    receipts name a few.
    """

    def __init__(self, profiles: Mapping[UUID, ProducerProfile]) -> None:
        self._profiles = profiles
        self._made: dict[UUID, str] = {}
        self.bodies: dict[str, dict[str, Any]] = {}

    def __getitem__(self, who: UUID) -> str:
        made = self._made.get(who)
        if made is None:
            body = self._profiles[who].as_dict()
            made = digest(body)
            self.bodies[made] = body  # first: another thread may find the digest at once
            self._made[who] = made
        return made

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._profiles)

    def __len__(self) -> int:
        return len(self._profiles)

    def among(self, profiles: Mapping[UUID, ProducerProfile]) -> Digests:
        """Of these profiles, with what was made of those that are the same."""
        found = Digests(profiles)
        for who, made in list(self._made.items()):
            if profiles.get(who) is self._profiles[who]:
                found.bodies[made] = self.bodies[made]
                found._made[who] = made
        return found


@dataclass(frozen=True, slots=True)
class AgencyRoster:
    """Profiles and their digests, as of one roster version. ``settings`` are the agency's own, ``lines`` those that active
    producers sell. ``profiles`` are the same mapping as long as no profile changes.
    """

    version: int
    profiles: Mapping[UUID, ProducerProfile]
    digests: Digests
    by_external: Mapping[str, UUID]
    settings: Mapping[str, Any]
    lines: frozenset[Line]
    _tables: dict[int, Tables] = field(default_factory=dict, compare=False, repr=False)

    @property
    def bodies(self) -> Mapping[str, dict[str, Any]]:
        """What was hashed, by the digests that were asked for."""
        return self.digests.bodies

    def tables(self, as_of: datetime) -> Tables:
        """The tables in force, with the holidays of the regions that producers name."""
        if as_of.year not in self._tables:
            regions = {profile.holiday_region for profile in self.profiles.values() if profile.holiday_region}
            age = self.settings.get("licence_max_age_days")
            self._tables[as_of.year] = standard_tables(holiday_table(regions, as_of.year), age)
        return self._tables[as_of.year]

    def profile(self, row: ProducerRow) -> ProducerProfile:
        """The row's profile; the one held here where it is the same."""
        held = self.profiles.get(row.id)
        tier = None if held is None else held.network_tier
        if row.active and held is not None and _with_tier(row.profile, tier) == self.bodies[self.digests[row.id]]:
            return held
        return profile_of(row, tier)

    def at(self, version: int, settings: Mapping[str, Any]) -> AgencyRoster:
        """The same profiles at another version, or under other settings: weights and the like change without any producer."""
        if self.settings == settings:
            return replace(self, version=version)
        return replace(self, version=version, settings=settings, _tables={})

    def changed(
        self, version: int, others: Sequence[Seat], gone: Collection[UUID], settings: Mapping[str, Any]
    ) -> AgencyRoster:
        """With these producers as they are now, and without those that are gone."""
        profiles = dict(self.profiles)
        profiles.update((seat.id, profile_of(seat, seat.tier)) for seat in others)
        for who in gone:
            del profiles[who]
        if profiles.keys() != self.profiles.keys():
            profiles = dict(sorted(profiles.items()))
        over = {*gone, *(seat.id for seat in others)}
        names = {name: who for name, who in self.by_external.items() if who not in over}
        names.update((seat.external_id, seat.id) for seat in others)
        lines = frozenset(line for profile in profiles.values() if profile.active for line in profile.lines or ())
        return AgencyRoster(version, profiles, self.digests.among(profiles), names, settings, lines)


_NOBODY = AgencyRoster(-1, {}, Digests({}), {}, {}, frozenset())


@dataclass(frozen=True, slots=True)
class _Kept:
    """A roster, and the marks of the rows that it was made of."""

    roster: AgencyRoster
    marks: Mapping[bytes, int]


class Rosters:
    """Rosters by agency; the version in the database says when one is old, and the rows' marks which of them are others."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()
        self._reading: dict[UUID, asyncio.Lock] = {}

    async def current(self, uow: UnitOfWork) -> AgencyRoster:
        """The roster of the unit of work's agency: one query when nothing changed, else one more, and the rows that did."""
        agency = await uow.agencies.mine()
        known = self._kept.get(agency.id)
        if known is not None and known.roster.version == agency.roster_version:
            if known.roster.settings != agency.settings:
                known = replace(known, roster=known.roster.at(agency.roster_version, dict(agency.settings)))
                self._kept[agency.id] = known
            self._kept.move_to_end(agency.id)
            return known.roster
        async with self._reading.setdefault(agency.id, asyncio.Lock()):
            known = self._kept.get(agency.id)
            if known is None or known.roster.version < agency.roster_version:
                known = self._kept[agency.id] = await _read(uow, agency, known)
                while len(self._kept) > _KEPT:
                    gone, _ = self._kept.popitem(last=False)
                    self._reading.pop(gone, None)
            return known.roster


def load_of(counts: LoadCounts) -> ProducerLoad:
    """A producer's counts as routing's load."""
    return ProducerLoad(
        open_leads=counts.open_leads, assigned_today=counts.today, assigned_this_month=counts.this_month,
        last_assigned_at=counts.last_assigned_at,
    )  # fmt: skip


class _Stated(Protocol):
    @property
    def active(self) -> bool: ...
    @property
    def profile(self) -> Mapping[str, Any]: ...


def profile_of(row: _Stated, tier: str | None = None) -> ProducerProfile:
    """A producer's row as a profile, with the tier that was counted; an inactive row wins over what its profile says."""
    profile = _with_tier(row.profile, tier)
    return ProducerProfile.from_dict(profile if row.active else {**profile, "active": False})


def _with_tier(profile: Mapping[str, Any], tier: str | None) -> Mapping[str, Any]:
    """The profile with the tier, whatever it says of one itself."""
    if tier is None and "network_tier" not in profile:
        return profile
    rest = {name: value for name, value in profile.items() if name != "network_tier"}
    return rest if tier is None else {**rest, "network_tier": tier}


async def _read(uow: UnitOfWork, agency: AgencyRow, known: _Kept | None) -> _Kept:
    """Marks are read before rows: what changes in between has another mark the next time."""
    before, settings = known or _Kept(_NOBODY, {}), dict(agency.settings)
    marks = await uow.agencies.marks()
    asked = [UUID(bytes=raw) for raw, mark in marks.items() if before.marks.get(raw) != mark]
    gone = {UUID(bytes=raw) for raw in before.marks.keys() - marks.keys()}
    if known is not None and not asked and not gone:
        return _Kept(known.roster.at(agency.roster_version, settings), marks)
    seats = [seat for part in slices(asked, _AT_ONCE) for seat in await uow.agencies.seats(part)]
    left = set(asked) - {seat.id for seat in seats}  # removed since their mark was read
    gone |= left & before.roster.profiles.keys()
    roster = await asyncio.to_thread(before.roster.changed, agency.roster_version, seats, gone, settings)
    return _Kept(roster, {raw: mark for raw, mark in marks.items() if not left or UUID(bytes=raw) not in left})
