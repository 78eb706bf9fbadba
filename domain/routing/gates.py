"""Hard gates, asked before any score: whoever fails one is not ranked, however good. Unknown is not permitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import cached_property

from domain.lines import Authority
from domain.routing.availability import Off, On, day_begins, local_day, shift_now, zone
from domain.routing.capacity import available
from domain.routing.facts import Candidate, LeadFacts, ProducerFacts
from domain.routing.profile import Licence, LicenceStatus
from domain.routing.tables import Tables

_EARLIEST, _LATEST = timezone(timedelta(hours=-12)), timezone(timedelta(hours=14))


class Gate(StrEnum):
    """The gates in the order they are asked; ``LEAD`` is about the lead alone, the rest about one producer."""

    LEAD = "lead"
    ACTIVE = "active"
    LICENCE = "licence"
    APPOINTMENT = "appointment"
    ERRORS_AND_OMISSIONS = "errors_and_omissions"
    SCHEDULE = "schedule"
    CAPACITY = "capacity"
    DECLINED = "declined"


PASSING = frozenset({Gate.SCHEDULE, Gate.CAPACITY})
"""Gates that waiting can open; the others need a change of facts."""
MOVING = PASSING | {Gate.DECLINED}
"""Gates whose answer changes from lead to lead or hour to hour; the others rest on profile and date."""


@dataclass(frozen=True, slots=True)
class GatePassed:
    """The gate let the producer through."""

    gate: Gate


@dataclass(frozen=True, slots=True)
class GateFailed:
    """The gate refused; ``code`` never changes once released, ``reason`` is for people."""

    gate: Gate
    code: str
    reason: str


def date_changes(zone_name: str | None, as_of: datetime) -> datetime:
    """The next instant at which the date changes for a producer in the zone; in an unknown one, any date it can be there."""
    place = zone(zone_name)
    if place is None:
        return min(_next_date(as_of, edge) for edge in (_EARLIEST, _LATEST))
    return day_begins(as_of.astimezone(place).date() + timedelta(days=1), place)


def _next_date(as_of: datetime, edge: timezone) -> datetime:
    return datetime.combine(as_of.astimezone(edge).date() + timedelta(days=1), time(), edge).astimezone(UTC)


class Standing:
    """One producer at one instant. What several gates and factors ask is worked out once, when first asked."""

    def __init__(self, producer: ProducerFacts, as_of: datetime, tables: Tables) -> None:
        self.profile = producer.profile
        self.producer = producer
        self.as_of = as_of
        self.tables = tables

    @cached_property
    def days(self) -> tuple[date, ...]:
        """Today for the producer; every date it can be anywhere when their zone is unknown, so that each must hold."""
        today = local_day(self.profile, self.as_of)
        if today is not None:
            return (today,)
        return self.as_of.astimezone(_EARLIEST).date(), self.as_of.astimezone(_LATEST).date()

    @cached_property
    def shift(self) -> On | Off:
        """On shift and until when, or why not."""
        return shift_now(self.profile, self.as_of, self.tables.holidays)

    @cached_property
    def room(self) -> int | None:
        """Leads the producer can still take; None when unknown."""
        return available(self.profile, self.producer.load, self.as_of)

    def candidate(self) -> Candidate:
        """The producer as the factors see them."""
        shift = self.shift
        if isinstance(shift, On):
            left: float | None = (shift.until - self.as_of).total_seconds() / 60
        else:
            left = None if shift.code.endswith("_unknown") else 0.0
        return Candidate(self.profile, self.producer.load, self.producer.relations, self.room, left)


NOT_YET = "not_callable_yet"
"""Why a lead waits whose person may not be called before an hour that is known."""
Rule = Callable[[LeadFacts, Standing], GateFailed | None]


def lead_gate(lead: LeadFacts, tables: Tables) -> GateFailed | None:
    """What keeps a lead from being routed at all and needs a person: a hold, or the risk state or the line is open."""
    if lead.hold is not None:
        waits = lead.hold == NOT_YET
        reason = "waits until the person may be called" if waits else "held for a person before routing"
        return GateFailed(Gate.LEAD, lead.hold, reason)
    if not lead.risk_states:
        return GateFailed(Gate.LEAD, "state_unknown", "the state of the risk is not known; ask for the address or ZIP")
    if len(set(lead.risk_states)) > 1:
        states = " or ".join(lead.risk_states)
        return GateFailed(Gate.LEAD, "state_ambiguous", f"the risk may lie in {states}; ask which")
    if lead.line not in tables.authorities.rows:
        return GateFailed(
            Gate.LEAD, "line_without_rule", f"no rule says which authority the line {lead.line.value} needs"
        )
    return None


BY_PERSON = frozenset({Gate.SCHEDULE, Gate.DECLINED})
"""Gates that a person's own choice of producer passes over; authority and capacity bind everybody."""


def first_failure(lead: LeadFacts, standing: Standing, *, skip: frozenset[Gate] = frozenset()) -> GateFailed | None:
    """The first gate that refuses this producer for this lead, or None when all but those in ``skip`` let them through."""
    for gate, rule in GATES.items():
        failed = None if gate in skip else rule(lead, standing)
        if failed is not None:
            return failed
    return None


def check(
    lead: LeadFacts, producer: ProducerFacts, as_of: datetime, tables: Tables
) -> tuple[GatePassed | GateFailed, ...]:
    """Every gate's answer in order, for the question why somebody was not considered."""
    standing = Standing(producer, as_of, tables)
    answers: list[GatePassed | GateFailed] = [lead_gate(lead, tables) or GatePassed(Gate.LEAD)]
    answers += [rule(lead, standing) or GatePassed(gate) for gate, rule in GATES.items()]
    return tuple(answers)


def _active(lead: LeadFacts, standing: Standing) -> GateFailed | None:
    profile = standing.profile
    if profile.agency_id != lead.agency_id:
        return GateFailed(Gate.ACTIVE, "other_agency", "belongs to another agency than the lead")
    if profile.active is None:
        return GateFailed(Gate.ACTIVE, "active_unknown", "whether this producer is active is not known")
    return None if profile.active else GateFailed(Gate.ACTIVE, "inactive", "not active")


def _licence(lead: LeadFacts, standing: Standing) -> GateFailed | None:
    # An empty list is what a new licence subscription returns until its first cycle: unknown, not "none".
    if not standing.profile.licences:
        return GateFailed(Gate.LICENCE, "licence_unknown", "no licence data; refresh it from the licence database")
    if len(lead.risk_states) != 1:
        return GateFailed(Gate.LICENCE, "licence_state_unknown", "the state of the risk is not settled")
    state = lead.risk_states[0]
    here = [licence for licence in standing.profile.licences if licence.state == state]
    if not here:
        return GateFailed(Gate.LICENCE, "licence_missing", f"holds no licence in {state}")
    days = standing.days
    faults = [_licence_fault(licence, days, standing.as_of, standing.tables.licence_max_age_days) for licence in here]
    valid = [licence for licence, fault in zip(here, faults, strict=True) if fault is None]
    if not valid:
        code, reason = next(fault for fault in faults if fault is not None)
        return GateFailed(Gate.LICENCE, code, f"licence in {state} {reason}")
    # A state may issue one licence for each authority, so what they allow together counts.
    held: frozenset[Authority] = frozenset().union(*(licence.authorities for licence in valid))
    if any(needed <= held for needed in standing.tables.authorities.rows.get(lead.line, ())):
        return None
    return GateFailed(Gate.LICENCE, "licence_authority", f"licence in {state} does not cover {lead.line.value}")


def _licence_fault(
    licence: Licence, days: tuple[date, ...], as_of: datetime, max_age_days: int | None
) -> tuple[str, str] | None:
    if licence.status is LicenceStatus.UNKNOWN:
        return "licence_unknown", "has an unknown status"
    if licence.status is not LicenceStatus.ACTIVE:
        return "licence_inactive", f"is {licence.status.value}"
    if min(days) < licence.effective:
        return "licence_not_effective", f"takes effect on {licence.effective.isoformat()}"
    if licence.expires is not None and max(days) > licence.expires:
        return "licence_expired", f"expired on {licence.expires.isoformat()}"
    if max_age_days is not None and as_of - licence.checked_at > timedelta(days=max_age_days):
        return "licence_unknown", f"was last checked on {licence.checked_at.date().isoformat()}"
    return None


def _appointment(lead: LeadFacts, standing: Standing) -> GateFailed | None:
    if lead.carrier is None:
        return None
    if standing.profile.appointments is None:
        return GateFailed(Gate.APPOINTMENT, "appointment_unknown", "carrier appointments are not known")
    wanted, days = lead.carrier.strip().casefold(), standing.days
    for held in standing.profile.appointments:
        runs = held.effective <= min(days) and (held.expires is None or max(days) <= held.expires)
        if runs and held.carrier.strip().casefold() == wanted and lead.risk_states == (held.state,):
            return None
    return GateFailed(
        Gate.APPOINTMENT, "appointment_missing", "holds no appointment of the carrier in the state of the risk"
    )


def _errors_and_omissions(lead: LeadFacts, standing: Standing) -> GateFailed | None:
    del lead
    ends = standing.profile.eo_expires
    if ends is None:
        return GateFailed(Gate.ERRORS_AND_OMISSIONS, "eo_unknown", "errors-and-omissions cover is not known")
    if max(standing.days) >= ends:
        return GateFailed(
            Gate.ERRORS_AND_OMISSIONS, "eo_expired", f"errors-and-omissions cover ended {ends.isoformat()}"
        )
    return None


def _schedule(lead: LeadFacts, standing: Standing) -> GateFailed | None:
    del lead
    shift = standing.shift
    return GateFailed(Gate.SCHEDULE, shift.code, shift.reason) if isinstance(shift, Off) else None


def _capacity(lead: LeadFacts, standing: Standing) -> GateFailed | None:
    del lead
    room = standing.room
    if room is None:
        return GateFailed(Gate.CAPACITY, "capacity_unknown", "daily or monthly capacity is not known")
    return None if room > 0 else GateFailed(Gate.CAPACITY, "capacity_full", "has no room left for now")


def _declined(lead: LeadFacts, standing: Standing) -> GateFailed | None:
    if standing.profile.producer_id in lead.declined_by:
        return GateFailed(Gate.DECLINED, "declined", "turned this lead down")
    return None


GATES: dict[Gate, Rule] = {
    Gate.ACTIVE: _active,
    Gate.LICENCE: _licence,
    Gate.APPOINTMENT: _appointment,
    Gate.ERRORS_AND_OMISSIONS: _errors_and_omissions,
    Gate.SCHEDULE: _schedule,
    Gate.CAPACITY: _capacity,
    Gate.DECLINED: _declined,
}
"""Each gate's rule, in the order asked: facts in, None or the refusal out."""
