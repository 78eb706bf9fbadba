"""What became of the leads of an experiment, as far as it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.experiments import Success
from domain.leads.lifecycle import Status
from store.sql.repositories.experiments import Exposed

_SUCCEEDED = {
    Success.ACCEPTED: frozenset({Status.CONTACTED, Status.WON, Status.LOST}),
    Success.CONVERTED: frozenset({Status.WON}),
}
_OVER = frozenset({
    Status.WON, Status.LOST, Status.REJECTED, Status.DUPLICATE, Status.MERGED, Status.RETURNED, Status.UNCONFIRMED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """A lead whose outcome is known since ``at``."""

    lead: Exposed
    succeeded: bool
    at: datetime


def known(leads: Sequence[Exposed], success: Success, days: float, now: datetime) -> list[Known]:
    """The leads that succeeded, ended otherwise, or had ``days`` to succeed; in the order in which that became known.

    That order does not depend on what is known later, so evidence may be added up along it.
    """
    found = []
    for lead in leads:
        status, late = Status(lead.status), lead.at + timedelta(days=days)
        if status in _SUCCEEDED[success] and lead.status_since <= late:
            found.append(Known(lead, succeeded=True, at=lead.status_since))
        elif status in _OVER or late <= now:
            found.append(Known(lead, succeeded=False, at=min(late, lead.status_since) if status in _OVER else late))
    return sorted(found, key=lambda one: (one.at, one.lead.lead_id))
