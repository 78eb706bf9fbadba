"""An agency's producers as routing weighs them, kept in memory until the roster changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.lines import Line
from domain.routing.facts import ProducerLoad
from domain.routing.profile import ProducerProfile
from domain.routing.tables import Tables, standard_tables
from integrations.holiday_calendar import holiday_table
from kernel.ids import digest
from store.sql.models import ProducerRow
from store.sql.repositories.routing import LoadCounts
from store.uow import UnitOfWork

_KEPT = 64


@dataclass(frozen=True, slots=True)
class AgencyRoster:
    """Profiles, their digests and bodies, as of one roster version. ``settings`` are the agency's own, ``lines`` those that
    active producers sell.
    """

    version: int
    profiles: Mapping[UUID, ProducerProfile]
    digests: Mapping[UUID, str]
    bodies: Mapping[str, dict[str, Any]]
    by_external: Mapping[str, UUID]
    settings: Mapping[str, Any]
    lines: frozenset[Line]
    _tables: dict[int, Tables] = field(default_factory=dict, compare=False, repr=False)

    def tables(self, as_of: datetime) -> Tables:
        """The tables in force, with the holidays of the regions that producers name."""
        if as_of.year not in self._tables:
            regions = {profile.holiday_region for profile in self.profiles.values() if profile.holiday_region}
            age = self.settings.get("licence_max_age_days")
            self._tables[as_of.year] = standard_tables(holiday_table(regions, as_of.year), age)
        return self._tables[as_of.year]

    def profile(self, row: ProducerRow) -> ProducerProfile:
        """The row's profile; the one held here where it is the same."""
        known, held = self.digests.get(row.id), self.profiles.get(row.id)
        tier = None if held is None else held.network_tier
        if (
            row.active
            and known is not None
            and held is not None
            and _with_tier(row.profile, tier) == self.bodies[known]
        ):
            return held
        return profile_of(row, tier)


class Rosters:
    """Rosters by agency; the version in the database says when one is old."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, AgencyRoster] = OrderedDict()
        self._reading = asyncio.Lock()

    async def current(self, uow: UnitOfWork) -> AgencyRoster:
        """The roster of the unit of work's agency: one query when nothing changed, two when it did."""
        agency = await uow.agencies.mine()
        known = self._kept.get(agency.id)
        if known is not None and known.version == agency.roster_version:
            if known.settings != agency.settings:  # weights and the like change without any producer changing
                known = self._kept[agency.id] = replace(known, settings=dict(agency.settings), _tables={})
            self._kept.move_to_end(agency.id)
            return known
        async with self._reading:
            known = self._kept.get(agency.id)
            if known is None or known.version < agency.roster_version:
                rows, tiers = await uow.agencies.producers(), await uow.effects.every_tier()
                known = await asyncio.to_thread(_built, agency.roster_version, rows, tiers, dict(agency.settings))
                self._kept[agency.id] = known
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return known


def load_of(counts: LoadCounts) -> ProducerLoad:
    """A producer's counts as routing's load."""
    return ProducerLoad(
        open_leads=counts.open_leads, assigned_today=counts.today, assigned_this_month=counts.this_month,
        last_assigned_at=counts.last_assigned_at,
    )  # fmt: skip


def profile_of(row: ProducerRow, tier: str | None = None) -> ProducerProfile:
    """A producer's row as a profile, with the tier that was counted; an inactive row wins over what its profile says."""
    profile = _with_tier(row.profile, tier)
    return ProducerProfile.from_dict(profile if row.active else {**profile, "active": False})


def _with_tier(profile: Mapping[str, Any], tier: str | None) -> Mapping[str, Any]:
    """The profile with the tier, whatever it says of one itself."""
    if tier is None and "network_tier" not in profile:
        return profile
    rest = {name: value for name, value in profile.items() if name != "network_tier"}
    return rest if tier is None else {**rest, "network_tier": tier}


def _built(
    version: int, rows: list[ProducerRow], tiers: Mapping[UUID, str], settings: Mapping[str, Any]
) -> AgencyRoster:
    profiles = {row.id: profile_of(row, tiers.get(row.id)) for row in rows}
    bodies, digests = {}, {}
    for who, profile in profiles.items():
        body = profile.as_dict()
        digests[who] = digest(body)
        bodies[digests[who]] = body
    lines = frozenset(line for profile in profiles.values() if profile.active for line in profile.lines or ())
    return AgencyRoster(version, profiles, digests, bodies, {row.external_id: row.id for row in rows}, settings, lines)
