"""When an unpaid premium may be announced, how, and from when that would take effect, by the legal tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from domain.lines import Line
from domain.policies.notices import LegalTables, NoticeRow, Sent
from domain.policies.words import Action, Reason

_AGAIN_DAYS = 7
"""Before the last day for mailing, a person is told once more."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """The notice that a premium of ``due_on`` asks for: it may be mailed from ``first_on`` to ``last_on``, so that it takes
    effect within the term. ``row`` is None where no rule with a citation is known; ``ends_on`` is the end of the term,
    ``lapse_on`` the day from which grace would be over, None for what has none.
    """

    action: Action
    due_on: date
    first_on: date
    ends_on: date
    row: NoticeRow | None
    lapse_on: date | None

    @property
    def last_on(self) -> date | None:
        """The last day for mailing; None without a rule, and where the term ends before any notice could take effect."""
        if self.row is None or (self.lapse_on is not None and self.lapse_on >= self.ends_on):
            return None
        last = self.ends_on - timedelta(days=min(map(self.row.needed, self.row.methods)))
        if self.row.after_due_days is not None:
            last = min(last, self.due_on + timedelta(days=self.row.after_due_days))
        return last if last >= self.first_on else None

    @property
    def again_on(self) -> date | None:
        """When a person is told once more, where that is later than at first."""
        last = self.last_on
        again = None if last is None else last - timedelta(days=_AGAIN_DAYS)
        return again if again is not None and again > self.first_on else None

    def takes_effect(self, mailed_on: date, sent: Sent) -> date:
        """The first day on which a notice that is mailed so could end cover. Raises ValueError without a rule."""
        if self.row is None:
            raise ValueError("no rule, no day")
        day = mailed_on + timedelta(days=self.row.needed(sent))
        return day if self.lapse_on is None else max(day, self.lapse_on)


def announcement(
    tables: LegalTables, state: str, line: Line, kind: str, *, first_started_on: date, due_on: date, ends_on: date
) -> Announcement:
    """What a line with grace (``kind`` as in its table) lapses by, and every other is cancelled by."""
    first = due_on + timedelta(days=1)
    grace = tables.grace(state, line, kind, first)
    action = Action.CANCELLATION if grace is None else Action.LAPSE
    row = tables.row_for(action, state, line, Reason.NONPAYMENT, (first - first_started_on).days, first)
    return Announcement(action, due_on, first, ends_on, row, None if grace is None else grace.grace.lapse_on(due_on))
