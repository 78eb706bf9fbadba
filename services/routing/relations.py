"""How each producer stands to a lead: from the agency's network, and from the leads that producers had before.

Whatever is missing is unknown and counts as nothing, for nor against. Consumers are not in the graph: what would tie them there
is personal, and Postgres holds it under its keys already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import structlog

from domain.routing.facts import LeadFacts, Relations
from domain.routing.profile import Tally
from kernel.errors import Unavailable
from services.routing.roster import AgencyRoster
from store.graph.network import Network, Tie
from store.sql.models import LeadRow
from store.sql.repositories.producers import StandingRow
from store.uow import UnitOfWork

_HOUSEHOLD, _EMPLOYER = 0.8, 0.4
"""Strength of the tie to whoever serves the lead's household, or somebody else at its employer. Points of reference."""
_DEGREES = 3
_UNKNOWN = Relations()
_log = structlog.get_logger("leadwright.services.relations")


async def relations_of(
    uow: UnitOfWork, network: Network, roster: AgencyRoster, row: LeadRow, lead: LeadFacts, run_id: UUID
) -> dict[UUID, Relations]:
    """By producer, of those of whom anything is known: one statement, and one question to the graph where the lead has an origin.

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
    try:
        ties = await network.ties_from(lead.agency_id, origin, max_degrees=_DEGREES)
    except Unavailable:
        _log.warning("graph away, ties and shared work count as unknown")
        return _in_team(found, roster, origin)
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
    for who, tie in ties.items():
        if who not in roster.profiles:
            continue
        before = known.get(who, _UNKNOWN)
        together = tie.degrees == 1 and not {"partnership", "mentorship"}.isdisjoint(tie.kinds)
        known[who] = replace(
            before,
            social=max(tie.strength / tie.degrees, before.social or 0.0),
            collaboration=tie.strength if together else 0.0,
        )
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
