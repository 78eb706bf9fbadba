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

    The one place where an outcome is read. That a policy is in force is told by no status of the lead; its moment may be to come.
    """
    if success is Success.IN_FORCE:
        return lead.in_force_since
    return lead.status_since if Status(lead.status) in _SUCCEEDED[success] else None


def known(leads: Sequence[Exposed], success: Success, days: float, now: datetime) -> list[Known]:
    """The leads that succeeded, ended otherwise, or had ``days`` to succeed; in the order in which that became known.

    That order does not depend on what is known later, so evidence may be added up along it.
    """
    found = []
    for lead in leads:
        status, late = Status(lead.status), lead.at + timedelta(days=days)
        came = succeeded_at(lead, success)
        if came is not None and came <= min(late, now):
            found.append(Known(lead, succeeded=True, at=came))
        elif (over := _over(status, success)) or late <= now:
            found.append(Known(lead, succeeded=False, at=min(late, lead.status_since) if over else late))
    return sorted(found, key=lambda one: (one.at, one.lead.lead_id))


def _over(status: Status, success: Success) -> bool:
    """Whether nothing more can come of it. A won lead has its days until its policy is in force."""
    return status in _OVER and not (success is Success.IN_FORCE and status is Status.WON)
