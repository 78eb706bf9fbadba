"""How many more leads a producer may be given now. The same function runs for ranking and inside the claim's transaction."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime

from domain.routing.availability import local_day
from domain.routing.facts import ProducerLoad
from domain.routing.profile import ProducerProfile

CREDIT_DAYS = 30
"""Days over which a month's credit builds up when it counts from an agreed day instead of the calendar month."""


def available(profile: ProducerProfile, load: ProducerLoad, as_of: datetime) -> int | None:
    """Leads the producer can still take at the instant, never below 0; None when a capacity or the zone is unknown.

    It is the least of three rooms: the day's, the calendar month's, and the credit earned so far. Credit builds up day by
    day and unspent credit stays, so a capacity of 10 a month gives 1 on the first day and exactly 10 by the last, whatever
    the length of the month; dividing 10 by 30 and rounding would give none at all.
    """
    today = local_day(profile, as_of)
    if today is None or profile.capacity_daily is None or profile.capacity_monthly is None:
        return None
    earned, spent = _credit(profile.capacity_monthly, profile.joined_on, load, today)
    rooms = (
        profile.capacity_daily - load.assigned_today,
        profile.capacity_monthly - load.assigned_this_month,
        earned - spent,
    )
    return max(0, min(rooms))


def _credit(monthly: int, joined_on: date | None, load: ProducerLoad, today: date) -> tuple[int, int]:
    """Credit earned to the end of today, rounded up to whole leads, and what was spent of it."""
    if load.credit_from is not None:
        start, length, spent = load.credit_from, CREDIT_DAYS, load.assigned_since_credit
    else:
        first = today.replace(day=1)
        start = first if joined_on is None else max(first, joined_on)
        length, spent = monthrange(today.year, today.month)[1], load.assigned_this_month
    days = (today - start).days + 1
    return (-(-monthly * days // length) if days > 0 else 0), spent
