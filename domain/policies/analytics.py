"""What is said of a book of policies over a period: in force, what came in, what went out, what was kept, by which formula.

Periods are half-open in policy days, [from, to). A term covers a day when cover has opened on it or before and closes behind
it, so what is in force at the beginning covers the day before ``from``, what is at the end the day before ``to``, and

    in force at the end = at the beginning + new + renewed + resumed - cancelled - lapsed - non_renewed - continued - expired

in policies and in premium (there with ``changed``, the endorsements). Everything is as it was known at one instant (DOMAIN T57):
what was taken back since, or void from its beginning, never moved anything, and is told beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from domain.policies.changes import Change, ChangeKind
from domain.policies.term import in_effect

LEAST = 10
"""Of fewer policies a share says more of chance than of the book: none is given, and the counts speak."""


class By(StrEnum):
    """What figures are grouped by."""

    LINE = "line"
    STATE = "state"
    PRODUCER = "producer"
    SOURCE = "source"
    CARRIER = "carrier"
    MONTH = "month"


class Opened(StrEnum):
    """How cover began: a first term, a renewal's term, or again behind a gap (T61)."""

    NEW = "new"
    RENEWED = "renewed"
    RESUMED = "resumed"


class Closed(StrEnum):
    """How cover ended. ``CONTINUED`` ran to its end and passed into its renewal on that day; ``NON_RENEWED`` ran to its end
    under a standing notice of non-renewal; ``EXPIRED`` ran to its end, and nothing followed.
    """

    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    NON_RENEWED = "non_renewed"
    CONTINUED = "continued"
    EXPIRED = "expired"


class Aside(StrEnum):
    """What moved nothing, as it is known: never paid, void from its beginning, cancelled from its first day, or an end that was
    taken back as if it had never been.
    """

    NOT_TAKEN = "not_taken"
    RESCINDED = "rescinded"
    FLAT = "flat"
    REINSTATED = "reinstated"


DEFINITIONS: dict[str, str] = {
    "in force": "terms that cover the last policy day before the instant, each once (DOMAIN T57)",
    "premium in force": "premium written for the terms in force by endorsements and all that count by that day, without taxes and"
    " fees, and not made annual",
    "new": "cover of a first term that opens in the period",
    "renewed": "cover of a renewal's term that opens in the period; continued is the term before it, which closes",
    "resumed": "cover that opens again behind a gap (DOMAIN T61); reinstated without a lapse moves nothing and stands aside",
    "cancelled, lapsed, non_renewed, expired": "cover that closes in the period, with the premium in force the day before",
    "retention": "of the policies in force at the beginning whose term ends in the period by the contract, those in force at the"
    " end, in this term's renewal or a later one (renewed of eligible, the usual policy retention rate)",
    "premium retention": "premium in force at the end of the policies kept, over that at the beginning of all that came due",
    "collection": "of the instalments due in the period by the schedule as it is now, what the payments known settle, the oldest"
    " instalment first",
    "average premium": "premium in force at the end over policies in force at the end",
    "rates": f"none where nothing was there to be counted, or fewer than {LEAST} policies",
}
"""Every measure and its formula, for whoever reads a figure."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Cover of a term from ``opens_on`` on and before ``closes_on``. ``closing`` is the change that closed it, None where the
    contract did; ``again`` is whether it opened behind a gap.
    """

    opens_on: date
    closes_on: date
    again: bool
    closing: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """How a term's cover went. ``void`` is the change that left it none from its first day; ``taken_back`` are the ends that were
    taken back, each with the day from which cover was to end.
    """

    stretches: tuple[Stretch, ...]
    void: str | None
    taken_back: tuple[tuple[str, date], ...]


def story(ends_on: date, changes: Sequence[Change]) -> Story:
    """Cover by policy days, from changes of which endorsements are passed over. A day on which cover opens is covered."""
    known = [one for one in changes if one.kind is not ChangeKind.ENDORSEMENT]
    kept = in_effect(known)
    found: list[Stretch] = []
    opened: Change | None = None
    void = None
    for one in kept:
        if one.kind is not ChangeKind.CANCELLATION:
            opened = one
        elif opened is not None:
            if one.effective_on <= opened.effective_on and opened.kind is ChangeKind.INCEPTION:
                void = one.id
            found += _stretch(opened, one.effective_on, one.id)
            opened = None
    if opened is not None:
        found += _stretch(opened, ends_on, None)
    return Story(tuple(found), void, tuple(_taken_back(known)))


def _stretch(opened: Change, closes_on: date, closing: str | None) -> list[Stretch]:
    if closes_on <= opened.effective_on:
        return []
    return [Stretch(opened.effective_on, closes_on, opened.kind is ChangeKind.REINSTATEMENT, closing)]


def _taken_back(changes: Iterable[Change]) -> list[tuple[str, date]]:
    ends: list[Change] = []
    found = []
    for one in sorted(changes, key=lambda one: one.number):
        if one.kind is ChangeKind.CANCELLATION:
            ends.append(one)
        elif one.kind is ChangeKind.REINSTATEMENT and one.resumes_at is None:
            taken = ends.pop()
            found.append((taken.id, taken.effective_on))
    return found


@dataclass(frozen=True, slots=True)
class Group:
    """One row's name: ``value`` of what is grouped by (None where there is none), and the currency, which is never mixed."""

    value: str | None
    currency: str


@dataclass(slots=True)
class Cell:
    """Stretches that are alike. Places of days among the bounds of the periods: 0 is before the first, ``n`` within the ``n``-th.
    ``first`` is the premium with which they opened, ``later`` what endorsements added, by the place of their day.
    """

    opened: Opened
    closed: Closed
    reason: str | None
    opens: int
    closes: int
    count: int = 0
    first: int = 0
    later: Counter[int] = field(default_factory=Counter)

    def premium_before(self, place: int) -> int:
        """In force at the first minute of the ``place``-th period."""
        return self.first + sum(minor for at, minor in self.later.items() if at < place)


@dataclass(slots=True)
class Tally:
    """Policies, and minor units of their premium."""

    count: int = 0
    premium: int = 0

    def add(self, count: int, premium: int) -> None:
        """Count more in."""
        self.count += count
        self.premium += premium


@dataclass(slots=True)
class Kept:
    """What came due and what was kept of it."""

    due: Tally = field(default_factory=Tally)
    kept: Tally = field(default_factory=Tally)


@dataclass(slots=True)
class Movement:
    """A period of one group. ``lost`` is what left by how it closed and why; ``aside`` is what moved nothing."""

    begin: Tally = field(default_factory=Tally)
    end: Tally = field(default_factory=Tally)
    opened: dict[Opened, Tally] = field(default_factory=lambda: {one: Tally() for one in Opened})
    closed: dict[Closed, Tally] = field(default_factory=lambda: {one: Tally() for one in Closed})
    changed: int = 0
    lost: dict[tuple[Closed, str | None], Tally] = field(default_factory=dict)
    aside: dict[Aside, Tally] = field(default_factory=lambda: {one: Tally() for one in Aside})
    retention: Kept = field(default_factory=Kept)
    due: int = 0
    collected: int = 0

    @property
    def average(self) -> int | None:
        """Minor units a policy in force at the end; None without any."""
        return round(self.end.premium / self.end.count) if self.end.count else None


def moved(cells: Iterable[Cell], first: int, last: int) -> Movement:
    """The periods from the ``first``-th, counted from 1, to the ``last``-th as one, of these stretches."""
    found = Movement()
    for one in cells:
        if one.opens < first <= one.closes:
            found.begin.add(one.count, one.premium_before(first))
        if one.opens <= last < one.closes:
            found.end.add(one.count, one.premium_before(last + 1))
        if first <= one.opens <= last:
            found.opened[one.opened].add(one.count, one.first)
        if first <= one.closes <= last:
            premium = one.premium_before(one.closes + 1)
            found.closed[one.closed].add(one.count, premium)
            if one.closed is not Closed.CONTINUED:
                found.lost.setdefault((one.closed, one.reason), Tally()).add(one.count, premium)
        if one.opens <= last and first <= one.closes:
            found.changed += sum(minor for at, minor in one.later.items() if first <= at <= last)
    return found


def together(movements: Iterable[Movement]) -> Movement:
    """Groups of one period as one."""
    found = Movement()
    for one in movements:
        pairs = [(found.begin, one.begin), (found.end, one.end), (found.retention.due, one.retention.due)]
        pairs += [(found.retention.kept, one.retention.kept)]
        pairs += [(found.opened[how], one.opened[how]) for how in Opened]
        pairs += [(found.closed[how], one.closed[how]) for how in Closed]
        pairs += [(found.aside[what], one.aside[what]) for what in Aside]
        pairs += [(found.lost.setdefault(why, Tally()), lost) for why, lost in one.lost.items()]
        for into, more in pairs:
            into.add(more.count, more.premium)
        found.changed += one.changed
        found.due += one.due
        found.collected += one.collected
    return found


def rate(part: int, whole: int, policies: int) -> float | None:
    """A share, None where it would say nothing (:data:`LEAST`)."""
    return part / whole if whole > 0 and policies >= LEAST else None


@dataclass(frozen=True, slots=True)
class Cohort:
    """Policies whose first term began in a month. ``in_force`` counts those that cover the same day so many months later; it ends
    where not all of them have come to that day.
    """

    month: date
    policies: int
    in_force: Sequence[int]

    @property
    def shares(self) -> list[float | None]:
        """Of the policies, by months since."""
        return [rate(count, self.policies, self.policies) for count in self.in_force]


def cohorts(first: Mapping[date, int], covered: Mapping[tuple[date, int], int], through: date) -> list[Cohort]:
    """Each month's policies (``first``) with those in force by months since (``covered``), as far as ``through`` shows all."""
    found = []
    for month in sorted(first):
        months = 12 * (through.year - month.year) + through.month - month.month
        seen = max(
            months, 0
        )  # the youngest of them began on the month's last day, so the month of `through` is not whole
        found.append(Cohort(month, first[month], [covered.get((month, since), 0) for since in range(seen)]))
    return found
