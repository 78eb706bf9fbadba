"""What became of the leads of an experiment, as far as it is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.experiments import Success
from domain.leads.lifecycle import Status
from store.sql.repositories.experiments import Exposed

_SUCCEEDED: Mapping[Success, frozenset[Status]] = {
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


def succeeded_at(lead: Exposed, success: Success) -> datetime | None:
    """Since when the lead has come to what counts as success; None where it has not.

    The one place where an outcome is read: one that no status tells, such as a policy in force, brings its moment on
    :class:`Exposed` and is read here.
    """
    return lead.status_since if Status(lead.status) in _SUCCEEDED[success] else None


def known(leads: Sequence[Exposed], success: Success, days: float, now: datetime) -> list[Known]:
    """The leads that succeeded, ended otherwise, or had ``days`` to succeed; in the order in which that became known.

    That order does not depend on what is known later, so evidence may be added up along it.
    """
    found = []
    for lead in leads:
        status, late = Status(lead.status), lead.at + timedelta(days=days)
        came = succeeded_at(lead, success)
        if came is not None and came <= late:
            found.append(Known(lead, succeeded=True, at=came))
        elif status in _OVER or late <= now:
            found.append(Known(lead, succeeded=False, at=min(late, lead.status_since) if status in _OVER else late))
    return sorted(found, key=lambda one: (one.at, one.lead.lead_id))
