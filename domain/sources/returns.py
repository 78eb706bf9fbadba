"""May a lead be given back to its source for credit?"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.sources.settings import ReturnPolicy
from kernel.errors import Conflict, FieldError, Invalid


def require_returnable(policy: ReturnPolicy, received_at: datetime, at: datetime, reason: str) -> None:
    """Raise Conflict after the policy's days (each of 24 hours from arrival), Invalid for a reason that does not count."""
    if policy.days == 0:
        raise Conflict("no returns were agreed with this source", code="returns_not_agreed")
    if reason not in policy.reasons:
        remedy = f"use one of {', '.join(sorted(policy.reasons))}"
        raise Invalid(
            "the lead cannot be returned for this reason",
            fields=(FieldError("reason", "not_agreed", "was not agreed with this source", remedy, reason[:80]),),
        )
    until = received_at + timedelta(days=policy.days)
    if at >= until:
        detail = (
            f"leads of this source may be returned for {policy.days} days; this one could until {until.isoformat()}"
        )
        raise Conflict(detail, code="return_too_late")
