"""Which instalments are open, and from which day a notice may be about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.policies.billing import Instalment


def unsettled(instalments: Sequence[Instalment], paid: int) -> list[Instalment]:
    """Instalments that ``paid`` (net, minor units) leaves open, in part at least, oldest first, as payments settle them."""
    found, running = [], 0
    for one in sorted(instalments, key=lambda one: (one.due_on, one.number)):
        running += one.amount
        if running > paid and one.amount > 0:
            found.append(one)
    return found


def due_days(instalments: Sequence[Instalment], paid: int, clock_on: date | None) -> list[date]:
    """The due dates that a notice may name, oldest first. ``clock_on`` is when the clock of the oldest began, where a reversed
    payment began it anew.
    """
    days = [one.due_on for one in unsettled(instalments, paid)]
    return sorted({max(day, clock_on) if clock_on else day for day in days})
