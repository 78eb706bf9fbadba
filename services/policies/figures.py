"""Analytics of policies as doors show them. Money is minor units of the row's currency; a rate that would say nothing is None."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from domain.policies.analytics import Aside, Closed, Cohort, Movement, Opened, Tally, rate


class TallyView(BaseModel):
    """Policies and their premium."""

    count: int
    premium_minor: int


class LossView(BaseModel):
    """Premium that left, by how its cover closed and why; the reason is None where a term only ran out."""

    closed: str
    reason: str | None
    count: int
    premium_minor: int


class ReportRow(BaseModel):
    """A group in a period. Beginning, what opened, ``changed`` and less what closed make the end, in policies and in premium."""

    group: str | None = Field(description="None where policies have none of what is grouped by, and for all together.")
    name: str | None = Field(description="Of the group, for people.")
    currency: str
    begin: TallyView
    new: TallyView
    renewed: TallyView
    resumed: TallyView
    changed_minor: int = Field(description="Premium that endorsements added or took.")
    cancelled: TallyView
    lapsed: TallyView
    non_renewed: TallyView
    continued: TallyView = Field(description="Ran out and passed into a renewal on that day.")
    expired: TallyView
    end: TallyView
    rescinded: TallyView = Field(description="Moved nothing, like the three behind it: void from its beginning.")
    flat: TallyView = Field(description="Cancelled from the first day.")
    not_taken: TallyView
    reinstated: TallyView = Field(description="Ends that were taken back as if they had never been.")
    lost: list[LossView]
    due: TallyView = Field(description="In force at the beginning, with a term that ends in the period.")
    kept: TallyView = Field(description="Of those, in force at the end in a later term.")
    retention: float | None
    premium_retention: float | None
    due_minor: int = Field(description="Instalments that fell due.")
    collected_minor: int
    collection: float | None
    average_premium_minor: int | None

    @property
    def reconciles(self) -> bool:
        """Whether the beginning and what moved make the end, in policies and in premium."""
        opened = [getattr(self, one.value) for one in Opened]
        closed = [getattr(self, one.value) for one in Closed]
        count = self.begin.count + sum(one.count for one in opened) - sum(one.count for one in closed)
        premium = self.begin.premium_minor + self.changed_minor
        premium += sum(one.premium_minor for one in opened) - sum(one.premium_minor for one in closed)
        return (count, premium) == (self.end.count, self.end.premium_minor)


class ReportView(BaseModel):
    """Groups between two policy days, the second excluded, as known at an instant. ``total`` has a row for each currency."""

    begins_on: date
    ends_on: date
    known_at: datetime
    by: str | None
    items: list[ReportRow]
    total: list[ReportRow]
    definitions: dict[str, str]


class CohortView(BaseModel):
    """A month's policies: of ``policies``, ``in_force`` cover the same day 0, 1, 2 and so on months later."""

    month: date
    policies: int
    in_force: list[int]
    shares: list[float | None]


class CohortList(BaseModel):
    """Oldest first; the counts end where not every policy of the month has come to that day by ``through``."""

    through: date
    known_at: datetime
    items: list[CohortView]


def row_of(group: str | None, name: str | None, currency: str, found: Movement) -> ReportRow:
    """A movement as doors show it."""
    kept = found.retention
    lost = [
        LossView(closed=closed.value, reason=reason, count=one.count, premium_minor=one.premium)
        for (closed, reason), one in sorted(found.lost.items(), key=lambda each: (-each[1].premium, str(each[0])))
    ]
    return ReportRow(
        group=group, name=name, currency=currency, begin=_tally(found.begin), end=_tally(found.end),
        **{one.value: _tally(found.opened[one]) for one in Opened}, **{one.value: _tally(found.closed[one]) for one in Closed},
        **{one.value: _tally(found.aside[one]) for one in Aside}, changed_minor=found.changed, lost=lost,
        due=_tally(kept.due), kept=_tally(kept.kept), retention=rate(kept.kept.count, kept.due.count, kept.due.count),
        premium_retention=rate(kept.kept.premium, kept.due.premium, kept.due.count), due_minor=found.due,
        collected_minor=found.collected, collection=found.collected / found.due if found.due > 0 else None,
        average_premium_minor=found.average,
    )  # fmt: skip


def cohort_view(one: Cohort) -> CohortView:
    """A cohort as doors show it."""
    return CohortView(month=one.month, policies=one.policies, in_force=list(one.in_force), shares=one.shares)


def _tally(one: Tally) -> TallyView:
    return TallyView(count=one.count, premium_minor=one.premium)
