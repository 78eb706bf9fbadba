"""Can the producer act now: workload, habit of answering, hours left."""

from __future__ import annotations

from domain.lines import Urgency
from domain.routing.factors.score import FactorScore, neutral, scored, smoothed
from domain.routing.facts import Candidate, LeadFacts

USUAL_MINUTES = 60.0
"""First contact within this many minutes is worth half; it is also what a producer without history is presumed to need."""
_RESPONSE_STRENGTH = 5
_BUSY = 10
_NEEDED = {Urgency.IMMEDIATE: 30.0, Urgency.SOON: 60.0}
_NEEDED_OTHERWISE = 120.0


def workload(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Half the share of today's capacity still free, half how few leads are open (ten open ones halve it)."""
    del lead
    room, daily, waiting = producer.room, producer.profile.capacity_daily, producer.load.open_leads
    if room is None or daily is None:
        return neutral("capacity not known")
    free = min(1.0, room / max(1, daily))
    return scored((free + _BUSY / (_BUSY + waiting)) / 2, f"room for {room} more, {waiting} open")


def response_time(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Median minutes to first contact, pulled to the usual hour while there are few observations."""
    del lead
    seen = producer.profile.response
    if seen is None or seen.n == 0:
        return neutral("no record of response times")
    minutes = smoothed(seen.value * seen.n, seen.n, USUAL_MINUTES, _RESPONSE_STRENGTH)
    return scored(
        USUAL_MINUTES / (USUAL_MINUTES + minutes), f"usually answers in {seen.value:.0f} minutes (n={seen.n})"
    )


def availability(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Whether the shift leaves the time this lead needs: 30 minutes when it is urgent, an hour when soon, else two."""
    left = producer.minutes_left
    if left is None:
        return neutral("working hours not known")
    needed = _NEEDED.get(lead.urgency, _NEEDED_OTHERWISE)
    return scored(left / needed, f"{left:.0f} minutes of the shift left")
