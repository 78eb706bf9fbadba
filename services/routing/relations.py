"""How each producer stands to a lead: from the agency's network, and from the leads that producers had before.

Whatever is missing is unknown and counts as nothing, for nor against. Consumers are not in the network: what would tie them there
is personal, and Postgres holds it under its keys already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from domain.routing.facts import LeadFacts, Relations
from domain.routing.profile import Tally
from services.routing.roster import AgencyRoster
from store.sql.models import LeadRow
from store.sql.repositories.producers import StandingRow
from store.uow import UnitOfWork

_HOUSEHOLD, _EMPLOYER = 0.8, 0.4
"""Strength of the tie to whoever serves the lead's household, or somebody else at its employer. Points of reference."""
_DEGREES = 3
_UNKNOWN = Relations()


@dataclass(frozen=True, slots=True)
class Tie:
    """How many steps away another producer is, and the strength of the way there. ``together``: the two work together, by a
    partnership or as mentor and pupil.
    """

    degrees: int
    strength: float
    together: bool


class Ties(Protocol):
    """What routing asks of the network, in its own words: contexts do not know each other."""

    async def around(self, uow: UnitOfWork, origin: UUID, degrees: int) -> Mapping[UUID, Tie]:
        """Everybody within so many steps of the producer, in a number of statements that does not grow with theirs."""


async def relations_of(
    uow: UnitOfWork, network: Ties, roster: AgencyRoster, row: LeadRow, lead: LeadFacts, run_id: UUID
) -> dict[UUID, Relations]:
    """By producer, of those of whom anything is known: one statement, and the network's where the lead has an origin.

    The origin is who referred the lead, else who serves its household.
    """
    standings = [one for one in await uow.producers.standings(row, run_id) if one.producer_id in roster.profiles]
    found = _from_leads(standings)
    served = [one for one in standings if one.what == "household"]
    origin = lead.referred_by
    if origin is None and served:
        origin = min(served, key=lambda one: (-one.won, -one.worked, one.producer_id)).producer_id
    if origin is None:
        return found
    ties = await network.around(uow, origin, _DEGREES)
    return _in_team(_with_ties(found, roster, origin, ties, referred=lead.referred_by is not None), roster, origin)


def _from_leads(standings: list[StandingRow]) -> dict[UUID, Relations]:
    """What the leads of the past say: similar ones, referrals, the household, the employer."""
    found: dict[UUID, Relations] = {}
    for one in standings:
        before = found.get(one.producer_id, _UNKNOWN)
        tally = Tally(one.won, one.worked)
        if one.what == "similar":
            now = replace(before, similar=tally)
        elif one.what == "referral":
            now = replace(before, referrals=tally)
        else:
            strength = _HOUSEHOLD if one.what == "household" else _EMPLOYER
            now = replace(before, social=max(strength, before.social or 0.0))
        found[one.producer_id] = now
    return found


def _with_ties(
    found: Mapping[UUID, Relations], roster: AgencyRoster, origin: UUID, ties: Mapping[UUID, Tie], *, referred: bool
) -> dict[UUID, Relations]:
    """Those near the origin in the network, too; who is not is known to have no tie, which is worth what unknown is."""
    known = dict(found)
    alike: dict[tuple[float, float], Relations] = {}  # of thousands who are near, most stand as somebody else does
    for who, tie in ties.items():
        if who not in roster.profiles:
            continue
        social, together = tie.strength / tie.degrees, tie.strength if tie.together else 0.0
        before = found.get(who)
        if before is not None:
            known[who] = replace(before, social=max(social, before.social or 0.0), collaboration=together)
            continue
        if (social, together) not in alike:
            alike[social, together] = Relations(social=social, collaboration=together)
        known[who] = alike[social, together]
    if referred:
        known[origin] = replace(known.get(origin, _UNKNOWN), social=1.0)
    return known


def _in_team(found: Mapping[UUID, Relations], roster: AgencyRoster, origin: UUID) -> dict[UUID, Relations]:
    """Whether each producer is of the origin's team; nobody knows where either team is not known."""
    known, home = dict(found), roster.profiles[origin].team_id
    if home is not None:
        for who, profile in roster.profiles.items():
            if profile.team_id is not None:
                known[who] = replace(known.get(who, _UNKNOWN), same_team=profile.team_id == home)
    return known
