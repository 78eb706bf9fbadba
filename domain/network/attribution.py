"""Who is credited where several say that they referred a person: the first valid touch (DOMAIN T26)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

WINDOW = timedelta(days=180)
"""How long a touch counts for another lead of the same person. A point of reference, and no law."""


@dataclass(frozen=True, slots=True)
class Touch:
    """Somebody referred a person at an instant. ``valid``: it was neither turned down, expired nor a self-referral."""

    referral_id: UUID
    at: datetime
    valid: bool = True


def counts(touched_at: datetime, event_at: datetime, *, same_lead: bool) -> bool:
    """Whether a touch is old enough to have come first and young enough to have led to the event: of another lead of the person,
    within half a year.
    """
    return touched_at <= event_at and (same_lead or event_at - touched_at <= WINDOW)


def credited(touches: Iterable[Touch]) -> Touch | None:
    """The earliest valid touch, of equally early ones that of the smaller id; the order of arrival says nothing."""
    return min((one for one in touches if one.valid), key=lambda one: (one.at, one.referral_id), default=None)
