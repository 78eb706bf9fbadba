"""When a renewal is decided and offered (DOMAIN T64): early enough for the notice that the state wants where it is not; and what
becomes of it when the term that it renews ends (T60).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from domain.lines import Line
from domain.policies.notices import LegalTables, Sent
from domain.policies.words import IN_FORCE, Action, Happening, PolicyStatus, Reason

OFFER_DAYS = 45
"""Customary: offers go out 30 to 45 days ahead."""
LEAST_DAYS = 30
_DECIDE_DAYS = 7
"""Between the decision and the last day for mailing it."""


@dataclass(frozen=True, slots=True)
class RenewalWindow:
    """``offer_on`` is when a renewal is prepared and offered, ``offer_by`` the last customary day. ``decide_by`` is the last day
    on which a notice of non-renewal may still be mailed and ``notice_from`` the first; both None where no rule is known, and then
    it cannot be non-renewed before a person has found the law.
    """

    offer_on: date
    offer_by: date
    notice_from: date | None
    decide_by: date | None
    citation: str | None

    @property
    def review_on(self) -> date:
        """When somebody should look at it: before the notice would be due, and not after the offer is."""
        if self.decide_by is None:
            return self.offer_on
        return min(self.offer_on, self.decide_by - timedelta(days=_DECIDE_DAYS))


def window(ends_on: date, state: str, line: Line, days_in_force: int, tables: LegalTables) -> RenewalWindow:
    """The window of a term that ends on ``ends_on``, by the rules in force then; ``days_in_force`` at its end."""
    row = tables.row_for(Action.NON_RENEWAL, state, line, Reason.OTHER, days_in_force, ends_on)
    offer_on, offer_by = ends_on - timedelta(days=OFFER_DAYS), ends_on - timedelta(days=LEAST_DAYS)
    if row is None:
        return RenewalWindow(offer_on, offer_by, None, None, None)
    decide_by = ends_on - timedelta(days=row.needed(Sent.MAIL))
    first = None if row.most_days is None else ends_on - timedelta(days=row.most_days)
    return RenewalWindow(min(offer_on, decide_by), offer_by, first, decide_by, row.cited.said)


def fall(status: PolicyStatus, *, begun: bool) -> Happening | None:
    """What an end does to the next term: an offer that waits is not taken, and what was paid and has not begun is cancelled from
    its first day, so that everything goes back (T52). None where it covers already, or came to an end of its own.
    """
    if status in {PolicyStatus.DRAFT, PolicyStatus.PENDING_PAYMENT}:
        return Happening.NOT_TAKEN
    return Happening.CANCELLED if status in IN_FORCE and not begun else None
