"""Reading an agency's past decisions for the domain: what to play again, and what to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.routing.factors.registry import FACTORS
from domain.routing.facts import LeadFacts, Relations
from domain.routing.logged import Decided, Option, drawn_chances
from domain.routing.past import Before, ByPerson, Past, PastLead, usual_hold
from domain.routing.policy import Memory, Terms
from domain.routing.profile import ProducerProfile
from domain.routing.weights import Weights
from kernel.errors import FieldError, Invalid
from kernel.ids import canonical_json
from services.routing.roster import AgencyRoster
from store.sql.repositories.trials import AssignmentRead, ReceiptRead, WorkedRead
from store.uow import UnitOfWork

TODAY = "today"
_NAMES = [factor.name for factor in FACTORS]


async def read_past(uow: UnitOfWork, roster: AgencyRoster, since: datetime, until: datetime, at_most: int) -> Past:
    """The decisions made from ``since`` to before ``until``. Raises Invalid where there are more than ``at_most``."""
    receipts = await uow.trials.receipts(since, until, at_most + 1)
    if len(receipts) > at_most:
        remedy = "take a later since, or an earlier until"
        fault = FieldError("since", "too_many", f"there were more than {at_most} decisions", remedy, since.isoformat())
        raise Invalid("so long a time cannot be played again here", fields=(fault,))
    named = await uow.trials.rosters(since, until)
    bodies = await uow.routing.profiles(sorted({digest for digests in named.values() for digest in digests}))
    assignments = await uow.trials.assignments(since, until)
    left = await uow.trials.left(sorted({one.lead_id for one in assignments} | {one.lead_id for one in receipts}))
    return _past(roster, receipts, named, bodies, assignments, left, since)


async def read_decided(uow: UnitOfWork, since: datetime, until: datetime, at_most: int) -> list[Decided]:
    """Closed leads whose chosen producer their receipts explain, oldest first."""
    found = (_decided(one) for one in await uow.trials.worked(since, until, at_most))
    return [one for one in found if one is not None]


def _past(
    roster: AgencyRoster,
    receipts: Sequence[ReceiptRead],
    named: Mapping[str, Sequence[str]],
    bodies: Mapping[str, Mapping[str, object]],
    assignments: Sequence[AssignmentRead],
    left: Mapping[UUID, Sequence[datetime]],
    since: datetime,
) -> Past:
    profiles = {digest: ProducerProfile.from_dict(body) for digest, body in bodies.items()}
    rosters: dict[str, Sequence[ProducerProfile]] = {
        name: [profiles[digest] for digest in digests]
        for name, digests in named.items()
        if all(digest in profiles for digest in digests)
    }
    rosters[TODAY] = list(roster.profiles.values())
    known: dict[str, Terms] = {}
    leads = [_lead(one, one.roster if one.roster in rosters else TODAY, known) for one in receipts]
    now_known = sum(one.roster == TODAY for one in leads)
    notes = (
        [f"profiles of today for {now_known} of {len(leads)} leads: their receipts do not hold everybody"]
        if now_known
        else []
    )
    played = {(one.lead.lead_id, one.given_to) for one in leads}
    during = [one for one in assignments if one.at >= since]
    return Past(
        leads=leads,
        # What no receipt of the time tells of was done by somebody else, and is taken as it was.
        people=[
            ByPerson(one.lead_id, one.at, one.producer_id, one.moved)
            for one in during
            if one.by_person or (one.lead_id, one.producer_id) not in played
        ],
        before=[_before(one, left) for one in assignments if one.at < since],
        left=left,
        held=frozenset(one.lead_id for one in assignments),
        rosters=rosters,
        tables=roster.tables,
        notes=(*notes, "holidays and authorities as the tables have them today"),
        usual_hold=usual_hold({one.lead_id: one.at for one in assignments}, left),
    )  # fmt: skip


def _before(one: AssignmentRead, left: Mapping[UUID, Sequence[datetime]]) -> Before:
    end = next((at for at in left.get(one.lead_id, ()) if at > one.at), None)
    return Before(one.lead_id, one.producer_id, one.at, end)


def _lead(one: ReceiptRead, roster: str, known: dict[str, Terms]) -> PastLead:
    return PastLead(
        lead=LeadFacts.from_dict(one.lead),
        ranked_at=datetime.fromisoformat(one.as_of),
        claimed_at=one.at,
        seed=one.seed,
        terms=_terms(one, known),
        roster=roster,
        given_to=one.producer_id,
        code=one.code,
        relations={UUID(who): Relations.from_dict(relations) for who, relations in one.relations.items()},
        turns=None if one.memory is None else Memory.from_dict(one.memory).turns,
    )


def _terms(one: ReceiptRead, known: dict[str, Terms]) -> Terms:
    """Terms of a receipt; few differ, and reading rules costs more than all the rest."""
    key = canonical_json([one.policy, one.weights])
    if key not in known:
        weights = Weights.from_dict(one.weights)
        known[key] = Terms(weights) if one.policy is None else Terms.from_dict(one.policy, weights)
    return known[key]


def _decided(one: WorkedRead) -> Decided | None:
    """None where the receipt explains another release's factors, or not the producer who got the lead."""
    if one.factors != _NAMES:
        return None
    width = len(_NAMES)
    rows = [tuple(map(float, one.values[place * width :][:width])) for place in range(len(one.best))]
    # Who was full by the time of the claim could not have had the lead: they were not in the draw.
    able = [place for place, who in enumerate(one.best) if who not in one.refused]
    chosen = next((number for number, place in enumerate(able) if one.best[place] == str(one.producer_id)), None)
    if chosen is None:
        return None
    likely = drawn_chances([one.totals[place] for place in able], [one.waiting.get(one.best[place]) for place in able])
    options = tuple(Option(UUID(one.best[place]), rows[place], odds) for place, odds in zip(able, likely, strict=True))
    return Decided(one.lead_id, one.at, one.line, one.tier, one.score, options, chosen, one.won)
