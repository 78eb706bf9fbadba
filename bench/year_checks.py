"""What happened in a simulated year, held against the world by rules written a second time: minute by minute, from the file that
the agency was loaded with. Nothing here asks the code that routes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays

from bench.year_world import TERMS, Outage, World
from store.sql.repositories.books import Fate, Given

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_OWNED = frozenset({"assigned", "offered", "contacted", "won", "lost"})
_EXPLAINED = frozenset({"queued", "rejected", "duplicate"})
_HORIZON = timedelta(days=21)
_SAMPLE = 400


@dataclass(frozen=True, slots=True)
class Checks:
    """Numbers that must be zero, and of how many timers they are; a timer that is wrong says what it was and should be."""

    unowned: int
    without_authority: int
    off_shift: int
    over_capacity: int
    timers: int
    timers_wrong: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether nothing is amiss and timers were seen at all."""
        wrong = (self.unowned, self.without_authority, self.off_shift, self.over_capacity, len(self.timers_wrong))
        return not any(wrong) and self.timers > 0


def check(
    given: World, people: Mapping[UUID, dict[str, Any]], leads: Sequence[Fate], offers: Sequence[Given],
    handed_over: Mapping[UUID, Sequence[datetime]], over: int,
) -> Checks:  # fmt: skip
    """Hold every lead and offer, and a sample of timers, against the world. ``people`` are profiles as loaded, by id;
    ``handed_over`` is when a lead's search ended with a person, who may have it begin anew.
    """
    by_lead = {lead.id: lead for lead in leads}
    asked = [offer for offer in offers if offer.by.startswith("system:")]
    expired = [offer for offer in asked if offer.state == "expired"]
    made: dict[UUID, list[datetime]] = {}
    for offer in sorted(offers, key=lambda one: one.at):
        made.setdefault(offer.lead_id, []).append(offer.at)

    def search_began(offer: Given) -> datetime:
        over = [at for at in handed_over.get(offer.lead_id, ()) if at < offer.at]
        return min(at for at in made[offer.lead_id] if not over or at >= over[-1])

    sample = expired[:: max(1, len(expired) // _SAMPLE)]
    return Checks(
        unowned=sum(not _cared_for(lead) for lead in leads),
        without_authority=sum(
            not authorised(people[offer.producer_id], by_lead[offer.lead_id].state, offer.at) for offer in asked
        ),
        off_shift=sum(not on_shift(people[offer.producer_id], offer.at) for offer in asked),
        over_capacity=over + _over_monthly(people, offers),
        timers=len(sample),
        timers_wrong=tuple(
            wrong
            for offer in sample
            if (wrong := _amiss(given, people[offer.producer_id], by_lead[offer.lead_id], offer, search_began(offer)))
        ),
    )


def authorised(profile: Mapping[str, Any], state: str | None, at: datetime) -> bool:
    """Whether a licence for the state and the E&O cover hold on the producer's own date (DOMAIN T1)."""
    today = at.astimezone(ZoneInfo(profile["time_zone"])).date().isoformat()
    held = [one for one in profile["licences"] if one["state"] == state and one["status"] == "active"]
    return profile["eo_expires"] >= today and any(one["effective"] <= today <= one["expires"] for one in held)


def on_shift(profile: Mapping[str, Any], at: datetime) -> bool:
    """Whether the producer works in that minute: a shift over midnight is that of the day it began on; an absence or a holiday
    takes the whole local day.
    """
    local = at.astimezone(ZoneInfo(profile["time_zone"])).replace(tzinfo=None)
    if _closed(profile, local.date()):
        return False
    for shift in profile["schedule"]:
        begins, ends = time.fromisoformat(shift["start"]), time.fromisoformat(shift["end"])
        today, before = local.weekday(), (local.date() - _DAY)
        if begins < ends:
            if shift["weekday"] == today and begins <= local.time() < ends:
                return True
            continue
        began_today = shift["weekday"] == today and local.time() >= begins
        if began_today or (
            shift["weekday"] == before.weekday() and local.time() < ends and not _closed(profile, before)
        ):
            return True
    return False


def may_be_called(state: str | None, at: datetime) -> bool:
    """Whether calls are allowed where the person is: from 8 to 21, or as a stricter state says (DOMAIN T12, T13)."""
    local = at.astimezone(_ZONES[state or ""])
    if state in _NO_HOLIDAYS and local.date() in _holidays(f"US-{state}"):
        return False
    first, last = _HOURS.get(state or "", (8, 21))
    if state == "TX" and local.weekday() == _SUNDAY:
        first = 12
    return first <= local.hour < last


_EASTERN, _CENTRAL, _PACIFIC = (ZoneInfo(f"America/{city}") for city in ("New_York", "Chicago", "Los_Angeles"))
_ZONES: Mapping[str, ZoneInfo] = {
    "IL": _CENTRAL, "TX": _CENTRAL, "MN": _CENTRAL, "CA": _PACIFIC, "WA": _PACIFIC, "AZ": ZoneInfo("America/Phoenix"),
    "FL": _EASTERN, "NY": _EASTERN, "GA": _EASTERN, "PA": _EASTERN, "OH": _EASTERN,
}  # fmt: skip
"""Of the ZIPs of the world."""
_SUNDAY = 6
_NO_HOLIDAYS = frozenset({"PA"})
_HOURS = {"FL": (8, 20), "TX": (9, 21), "WA": (8, 20)}


def _cared_for(lead: Fate) -> bool:
    """With an owner, or with a reason why there is none."""
    return lead.producer_id is not None if lead.status in _OWNED else lead.status in _EXPLAINED and bool(lead.reason)


def _over_monthly(people: Mapping[UUID, dict[str, Any]], offers: Sequence[Given]) -> int:
    """Months in which a producer was given more than they take."""
    months = Counter(
        (offer.producer_id, offer.at.astimezone(ZoneInfo(people[offer.producer_id]["time_zone"])).strftime("%Y-%m"))
        for offer in offers
    )
    return sum(many > people[who]["capacity_monthly"] for (who, _), many in months.items())


def _amiss(given: World, profile: Mapping[str, Any], lead: Fate, offer: Given, first: datetime) -> str:
    """What is wrong where the offer did not expire when its contactable minutes were over, or the search was: to the minute, and
    after an outage as soon as it was over. Empty where it did.
    """
    assert offer.ended_at is not None, "an offer that has expired has an end"
    state, tier = lead.state, lead.tier or "cool"

    def both(at: datetime) -> bool:
        return may_be_called(state, at) and on_shift(profile, at)

    answers: int = TERMS["answer_minutes"][tier]  # type: ignore[index]
    searched: int = TERMS["max_minutes"]  # type: ignore[assignment]
    due, ends = _walk(offer.at, answers, both), _walk(first, searched, lambda at: may_be_called(state, at))
    if ends > offer.at:
        due = min(due, ends)
    due = _after(given.outages, due)
    if abs(offer.ended_at - due) <= _MINUTE:
        return ""
    return (
        f"offer of {offer.at}, a {tier} lead in {state}, producer in {profile['time_zone']}: expired {offer.ended_at}, due {due};"
        f" its search began {first} and may last until {ends}"
    )


def _walk(start: datetime, minutes: int, open_at: Callable[[datetime], bool]) -> datetime:
    """When so many open minutes have passed. What opens and closes does so on a whole minute, so each is looked at once, from its
    beginning or from ``start`` to its end.
    """
    at, left = start, timedelta(minutes=minutes)
    while left and at < start + _HORIZON:
        until = at.replace(second=0, microsecond=0) + _MINUTE
        if open_at(at):
            took = min(left, until - at)
            left -= took
            if not left:
                return at + took
        at = until
    return at


def _after(outages: Sequence[Outage], at: datetime) -> datetime:
    return next((outage.end for outage in outages if outage.holds(at)), at)


def _closed(profile: Mapping[str, Any], day: date) -> bool:
    region = profile.get("holiday_region")
    return day.isoformat() in profile["absences"] or (region is not None and day in _holidays(region))


@cache
def _holidays(region: str) -> frozenset[date]:
    country, _, part = region.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=range(2024, 2028)))
