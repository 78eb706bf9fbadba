"""When a renewal is decided and offered (DOMAIN T64): early enough for the notice that the state wants where it is not; and what
becomes of it when the term that it renews ends (T60).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from domain.lines import Line
from domain.policies.notices import LegalTables, Sent
from domain.policies.renewal_windows import CUSTOM, WindowRow, WindowTables, window_tables
from domain.policies.words import IN_FORCE, Action, Happening, PolicyStatus, Reason

_DECIDE_DAYS = 7
"""Between the decision and the last day for mailing it."""
_READY_DAYS = 15
"""Between an offer's preparation and the last day for it, so that somebody can look at it."""


@dataclass(frozen=True, slots=True)
class RenewalWindow:
    """``offer_on`` is when a renewal is prepared and offered, ``offer_by`` the last day for it: by the ``duties`` of the state,
    or the custom of the line where none is known, and then ``offer_citation`` says so. ``decide_by`` is the last day on which a
    notice of non-renewal may still be mailed and ``notice_from`` the first; both None where no rule is known, and then it cannot
    be non-renewed before a person has found the law.
    """

    offer_on: date
    offer_by: date
    offer_citation: str
    duties: tuple[WindowRow, ...]
    notice_from: date | None
    decide_by: date | None
    citation: str | None

    @property
    def review_on(self) -> date:
        """When somebody should look at it: before the notice would be due, and not after the offer is."""
        if self.decide_by is None:
            return self.offer_on
        return min(self.offer_on, self.decide_by - timedelta(days=_DECIDE_DAYS))


def window(
    ends_on: date, state: str, line: Line, days_in_force: int, tables: LegalTables, windows: WindowTables | None = None
) -> RenewalWindow:
    """The window of a term that ends on ``ends_on``, by the rules in force then; ``days_in_force`` at its end.

    What the price and the terms will be is not known ahead, so the longest duty counts.
    """
    windows = windows or window_tables()
    custom, duties = windows.customs[line], windows.rows_for(state, line, ends_on)
    first, latest, said = custom.offer_days, custom.least_days, CUSTOM
    if duties:
        longest = max(duties, key=lambda one: one.days)
        latest, said = longest.days, longest.cited.said
        first = max(first, latest + _READY_DAYS)
        first = min([first, *(one.most_days for one in duties if one.most_days is not None)])
    offer_on, offer_by = ends_on - timedelta(days=first), ends_on - timedelta(days=latest)
    row = tables.row_for(Action.NON_RENEWAL, state, line, Reason.OTHER, days_in_force, ends_on)
    if row is None:
        return RenewalWindow(offer_on, offer_by, said, duties, None, None, None)
    decide_by = ends_on - timedelta(days=row.needed(Sent.MAIL))
    first_notice = None if row.most_days is None else ends_on - timedelta(days=row.most_days)
    return RenewalWindow(min(offer_on, decide_by), offer_by, said, duties, first_notice, decide_by, row.cited.said)


def fall(status: PolicyStatus, *, begun: bool) -> Happening | None:
    """What an end does to the next term: an offer that waits is not taken, and what was paid and has not begun is cancelled from
    its first day, so that everything goes back (T52). None where it covers already, or came to an end of its own.
    """
    if status in {PolicyStatus.DRAFT, PolicyStatus.PENDING_PAYMENT}:
        return Happening.NOT_TAKEN
    return Happening.CANCELLED if status in IN_FORCE and not begun else None
