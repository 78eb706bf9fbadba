"""Analytics of a book: a period's movement by group, and cohorts. The database adds up; what was ended once is read here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.policies.analytics import (
    DEFINITIONS,
    Aside,
    By,
    Cell,
    Closed,
    Group,
    Movement,
    Opened,
    Story,
    cohorts,
    moved,
    story,
    together,
)  # fmt: skip
from domain.policies.calendar import months_after
from domain.policies.changes import Change, ChangeKind
from domain.policies.words import Happening
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from services.policies.figures import CohortList, ReportRow, ReportView, cohort_view, row_of
from store.sql.repositories.policy_figures import EndedChange, EndedEvent
from store.sql.repositories.policy_periods import WHOLE, Asked, Piece
from store.sql.repositories.policy_search import PolicyFilter
from store.uow import Database, UnitOfWork

MOST_MONTHS = 120
"""A report by months, and the cohorts of a book, have at most so many."""
Cells = dict[Group, list[Cell]]


@dataclass(frozen=True, slots=True)
class _Beside:
    """An end that moved nothing: its day, its change, and what became of it."""

    policy_id: UUID
    change_id: UUID
    day: date
    what: Aside


class Analytics:
    """Read-only; each needs ``policies:read``. A producer's figures are of the own policies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report(
        self, actor: Actor, wanted: PolicyFilter, begins: date, ends: date, by: By | None, known_at: datetime | None = None
    ) -> ReportView:  # fmt: skip
        """Movement in [begins, ends) by group. Raises Invalid for a period that is empty or has too many months."""
        actor.require(Scope.POLICIES_READ)
        known = known_at or now()
        bounds = _bounds(begins, ends, by)
        async with self._database.begin(actor) as uow:
            await uow.policy_figures.plan_for_this_book()
            pieces, beside = await _ended(uow, begins, ends, known)
            void = [one.policy_id for one in beside if one.what is not Aside.REINSTATED]
            asked = Asked(wanted, None if by is By.MONTH else by, bounds, known, pieces, void)
            found = await _movements(uow, asked, beside)
            names = await names_of(uow, by, {group.value for group, _ in found})
        whole = {group: one for (group, place), one in found.items() if place == asked.whole}
        items = [_row(group, place, one, by, bounds, names) for (group, place), one in found.items() if place != WHOLE]
        items.sort(key=lambda row: (row.group is None, row.name or row.group or "", row.currency))
        currencies = sorted({group.currency for group in whole})
        total = [
            row_of(None, None, currency, together(one for group, one in whole.items() if group.currency == currency))
            for currency in currencies
        ]
        return ReportView(
            begins_on=begins, ends_on=ends, known_at=known, by=by.value if by else None, items=items if by else [],
            total=total, definitions=DEFINITIONS,
        )  # fmt: skip

    async def cohorts(
        self, actor: Actor, wanted: PolicyFilter, begins: date, ends: date, known_at: datetime | None = None
    ) -> CohortList:
        """The months from that of ``begins`` on and before ``ends``, by the month of a policy's first day, with what is left."""
        actor.require(Scope.POLICIES_READ)
        known = known_at or now()
        first = begins.replace(day=1)
        _bounds(first, ends, By.MONTH)
        through = min(known, now()).astimezone(UTC).date()
        async with self._database.begin(actor) as uow:
            await uow.policy_figures.plan_for_this_book()
            day = through + timedelta(days=1)
            pieces, beside = await _ended(uow, date(1900, 1, 1), day, known)
            void = [one.policy_id for one in beside if one.what is not Aside.REINSTATED]
            newly, covered = await uow.policy_figures.cohorts(
                Asked(wanted, None, (first, min(ends, day), day), known, pieces, void)
            )
        items = [cohort_view(one) for one in cohorts(newly, covered, through)]
        return CohortList(through=through, known_at=known, items=items)


def _bounds(begins: date, ends: date, by: By | None) -> list[date]:
    """Where periods begin and the last one ends: the whole, or its calendar months."""
    if begins >= ends:
        fault = FieldError(
            "to", "not_after", "is not behind from", "give a later day; it is excluded", ends.isoformat()
        )
        raise Invalid("the period has no day", fields=(fault,))
    if by is not By.MONTH:
        return [begins, ends]
    firsts, day = [begins], months_after(begins.replace(day=1), 1)
    while day < ends:
        firsts.append(day)
        day = months_after(day, 1)
    if len(firsts) > MOST_MONTHS:
        fault = FieldError(
            "from", "too_long", f"is more than {MOST_MONTHS} months before to", "ask for fewer", begins.isoformat()
        )
        raise Invalid("the period has too many months", fields=(fault,))
    return [*firsts, ends]


async def _ended(uow: UnitOfWork, first: date, last: date, known: datetime) -> tuple[list[Piece], list[_Beside]]:
    changes, events = await uow.policy_figures.ended(first, last, known)
    told = {policy_id: list(some) for policy_id, some in groupby(events, key=lambda one: one.policy_id)}
    pieces: list[Piece] = []
    beside: list[_Beside] = []
    for policy_id, some in groupby(changes, key=lambda one: one.policy_id):
        rows = list(some)
        found = story(rows[0].ends_on, [_bare(row) for row in rows])
        ends = (row for row in rows if row.kind == ChangeKind.CANCELLATION)
        said = {str(row.change_id): event for row, event in zip(ends, told[policy_id], strict=True)}
        pieces += _pieces(policy_id, found, said)
        beside += _beside(policy_id, found, said, rows[0].effective_on)
    return pieces, beside


def _bare(row: EndedChange) -> Change:
    """A change as far as cover depends on it."""
    body = {"resumes_at": row.resumes_at}
    return Change.read(str(row.change_id), row.number, row.kind, row.effective_on, row.recorded_at, body)


def _pieces(policy_id: UUID, found: Story, said: dict[str, EndedEvent]) -> Iterator[Piece]:
    for one in found.stretches:
        closed, reason = None, None
        if one.closing is not None:
            event = said[one.closing]
            lapsed = event.kind == Happening.LAPSED
            closed, reason = (Closed.LAPSED if lapsed else Closed.CANCELLED).value, event.reason
        yield Piece(policy_id, one.opens_on, one.closes_on, one.again, closed, reason)


def _beside(policy_id: UUID, found: Story, said: dict[str, EndedEvent], start: date) -> Iterator[_Beside]:
    for change, day in found.taken_back:
        yield _Beside(policy_id, UUID(change), day, Aside.REINSTATED)
    if found.void is not None:
        rescinded = said[found.void].kind == Happening.RESCINDED
        yield _Beside(policy_id, UUID(found.void), start, Aside.RESCINDED if rescinded else Aside.FLAT)


async def _movements(
    uow: UnitOfWork, asked: Asked, beside: Iterable[_Beside]
) -> dict[tuple[Group, int], Movement]:  # fmt: skip
    """By group and period, of several periods also for the whole: all of it adds up but for what was kept of what came due."""
    last = len(asked.bounds) - 1
    spans = {place: (place, place) for place in range(1, last + 1)} | {asked.whole: (1, last)}
    cover = await uow.policy_figures.cover(asked)
    cells = _cells(cover.stretches, cover.premiums)
    found: dict[tuple[Group, int], Movement] = defaultdict(Movement)
    for group, some in cells.items():
        found |= {(group, place): moved(some, *span) for place, span in spans.items()}
    for value, currency, place, due, due_premium, kept, kept_premium in cover.retained:
        one = found[Group(value, currency), place].retention
        one.due.add(due, due_premium)
        one.kept.add(kept, kept_premium)
    # no instalment is less than nothing, so what is settled of the whole is the sum of what is settled of each period
    for value, currency, place, due, collected in await uow.policy_figures.collected(asked):
        for each in _in(found, value, currency, place, asked):
            each.due += due
            each.collected += collected
    for value, currency, place, count, price in await uow.policy_figures.not_taken(asked):
        for each in _in(found, value, currency, place, asked):
            each.aside[Aside.NOT_TAKEN].add(count, price)
    within = [one for one in beside if asked.first <= one.day < asked.last]
    returned = await uow.policy_figures.returned(asked, [(one.policy_id, one.change_id) for one in within])
    for one_end in within:
        if one_end.change_id in returned:
            value, currency, premium = returned[one_end.change_id]
            place = sum(bound <= one_end.day for bound in asked.bounds)
            for each in _in(found, value, currency, place, asked):
                each.aside[one_end.what].add(1, premium)
    return found


def _in(
    found: dict[tuple[Group, int], Movement], value: str | None, currency: str, place: int, asked: Asked
) -> list[Movement]:
    """A period and the whole that it is part of."""
    return [found[Group(value, currency), one] for one in {place, asked.whole}]


def _cells(stretches: Iterable[tuple[Any, ...]], premiums: Iterable[tuple[Any, ...]]) -> Cells:
    found: dict[tuple[Any, ...], Cell] = {}
    for *alike, count in stretches:
        _, _, opened, closed, reason, opens, closes = alike
        found[tuple(alike)] = Cell(Opened(opened), Closed(closed), reason, opens, closes, count)
    for *alike, at, premium in premiums:
        one = found[tuple(alike)]
        if at < 0:
            one.first += premium
        else:
            one.later[at] += premium
    groups: Cells = defaultdict(list)
    for (value, currency, *_), one in found.items():
        groups[Group(value, currency)].append(one)
    return groups


async def names_of(uow: UnitOfWork, by: By | None, values: set[str | None]) -> dict[str, str]:
    """Names of producers by id, where figures are grouped by them; else none."""
    if by is not By.PRODUCER:
        return {}
    rows = await uow.commissions.producers(UUID(value) for value in values if value is not None)
    return {str(key): row.name for key, row in rows.items()}


def _row(
    group: Group, place: int, found: Movement, by: By | None, bounds: list[date], names: dict[str, str]
) -> ReportRow:  # fmt: skip
    value = f"{bounds[place - 1]:%Y-%m}" if by is By.MONTH else group.value
    return row_of(value, "none" if value is None else names.get(value, value), group.currency, found)
