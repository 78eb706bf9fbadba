"""What routing did, told so that it can be done again: leads as they were ranked, what people did, and who held what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from domain.routing.facts import LeadFacts, Relations
from domain.routing.policy import Terms
from domain.routing.profile import ProducerProfile
from domain.routing.strategies import Turns
from domain.routing.tables import Tables
from domain.routing.weights import Weights


@dataclass(frozen=True, slots=True)
class PastLead:
    """One decision of the pipeline: facts as they were stored, terms and seed in force, and who got the lead (None: nobody).

    ``ranked_at`` is when the facts were looked at, ``claimed_at`` when the lead was given. ``roster`` names the producers as
    they were then. ``turns`` are those remembered at the decision, given with the first of each pool.
    ``won`` is how it ended, None where it has not.
    """

    lead: LeadFacts
    ranked_at: datetime
    claimed_at: datetime
    seed: str
    terms: Terms
    roster: str
    given_to: UUID | None
    code: str
    relations: Mapping[UUID, Relations] = field(default_factory=dict)
    won: bool | None = None
    turns: Turns | None = None

    @property
    def weights(self) -> Weights:
        """Those in force for it."""
        return self.terms.weights


@dataclass(frozen=True, slots=True)
class ByPerson:
    """A person gave the lead to a producer. ``moved``: it was somebody's before; else it had waited for a person."""

    lead_id: UUID
    at: datetime
    producer_id: UUID
    moved: bool


@dataclass(frozen=True, slots=True)
class Before:
    """A lead that was given before the time that is played again: it fills days and months, and is held until it is left."""

    lead_id: UUID
    producer_id: UUID
    at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class Past:
    """A stretch of an agency's routing.

    ``left`` holds, by lead, the instants at which it stopped being work of its holder (closed, released, returned, merged), in
    order; a lead that nobody ever held has none. ``held`` are the leads that somebody did hold. ``rosters`` are the producers by
    the name that decisions give; ``tables`` the tables of a day. ``notes`` say what is not as it was.
    """

    leads: Sequence[PastLead]
    people: Sequence[ByPerson]
    before: Sequence[Before]
    left: Mapping[UUID, Sequence[datetime]]
    held: frozenset[UUID]
    rosters: Mapping[str, Sequence[ProducerProfile]]
    tables: Callable[[datetime], Tables]
    notes: tuple[str, ...] = ()
    usual_hold: timedelta | None = None

    def leaves(self, lead_id: UUID, given_at: datetime) -> datetime | None:
        """When a lead given at the instant stops being work: as it really did, else after the usual time; None while unknown."""
        real = next((at for at in self.left.get(lead_id, ()) if at > given_at), None)
        if real is not None or lead_id in self.held:
            return real
        return None if self.usual_hold is None else given_at + self.usual_hold


def usual_hold(given: Mapping[UUID, datetime], left: Mapping[UUID, Sequence[datetime]]) -> timedelta | None:
    """The median time from being given a lead to being done with it; None where no lead was."""
    took = [
        (first - at).total_seconds()
        for lead_id, at in given.items()
        if (first := next((end for end in left.get(lead_id, ()) if end > at), None)) is not None
    ]
    return timedelta(seconds=median(took)) if took else None
