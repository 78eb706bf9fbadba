"""Premium written, earned and unearned over a book at a day, as was known at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby

from pydantic import BaseModel, Field

from domain.actor import Actor, Scope
from domain.policies.analytics import By
from domain.policies.calendar import DayCount
from domain.policies.changes import Change
from domain.policies.earning import MEANINGS, stood
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from services.policies.analytics import names_of
from store.sql.repositories.policy_premium import Book, GroupPremium, TermChange
from store.sql.repositories.policy_search import PolicyFilter
from store.uow import Database

_FIGURES = ("in_force", "in_force_minor", "written_minor", "earned_minor")


class PremiumRow(BaseModel):
    """A group. ``earned_minor`` and ``unearned_minor`` make ``written_minor``; money is minor units of ``currency``."""

    group: str | None = Field(description="None where policies have none of what is grouped by, and for all together.")
    name: str | None = Field(description="Of the group, for people.")
    currency: str
    in_force: int = Field(description="Terms that cover the first minute of the day.")
    in_force_minor: int = Field(description="Premium written for those.")
    written_minor: int
    earned_minor: int
    unearned_minor: int


class PremiumView(BaseModel):
    """Premium at the first minute of the policy day ``on``, as known at an instant. ``total`` has a row for each currency."""

    on: date
    known_at: datetime
    by: str | None
    items: list[PremiumRow]
    total: list[PremiumRow]
    definitions: dict[str, str]


class Premiums:
    """Read-only; each needs ``policies:read``. A producer's figures are of the own policies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report(
        self, actor: Actor, wanted: PolicyFilter, on: date, by: By | None, known_at: datetime | None = None
    ) -> PremiumView:
        """Of all terms that had begun. Raises Invalid for months: a day lies in one."""
        actor.require(Scope.POLICIES_READ)
        if by is By.MONTH:
            fault = FieldError("by", "no_group", "a day lies in one month", "ask for several days instead", by.value)
            raise Invalid("premium at a day is not grouped by month", fields=(fault,))
        known = known_at or now()
        book = Book(wanted, by, on, known)
        async with self._database.begin(actor) as uow:
            await uow.policy_figures.plan_for_this_book()
            groups = await uow.policy_premium.added_up(book)
            changes = await uow.policy_premium.told(book)
            found = _together([*groups, *_looked_at(changes, on)])
            names = await names_of(uow, by, {group for group, _ in found})
        totals = _together(GroupPremium(None, *one[1:]) for one in found.values())
        items = [_row(one, "none" if one.group is None else names.get(one.group, one.group)) for one in found.values()]
        items.sort(key=lambda row: (row.group is None, row.name or "", row.currency))
        total = [_row(one, None) for _, one in sorted(totals.items(), key=lambda pair: pair[0][1])]
        return PremiumView(
            on=on,
            known_at=known,
            by=by.value if by else None,
            items=items if by else [],
            total=total,
            definitions=MEANINGS,
        )


def _looked_at(changes: list[TermChange], on: date) -> list[GroupPremium]:
    found = []
    for _, several in groupby(changes, key=lambda one: one.policy_id):
        rows = list(several)
        first = rows[0]
        said = [
            Change.read(
                str(one.change_id),
                one.number,
                one.kind,
                one.effective_on,
                one.recorded_at,
                {"resumes_at": one.resumes_at},
            )
            for one in rows
        ]
        premium = {str(one.change_id): one.premium_minor for one in rows}
        count = DayCount.THIRTY_360 if first.thirty else DayCount.ACTUAL
        at = stood(first.ends_on, count, said, premium, on)
        in_force = (1, at.written) if at.in_force else (0, 0)
        found.append(GroupPremium(first.group, first.currency, *in_force, at.written, at.earned))
    return found


def _together(parts: Iterable[GroupPremium]) -> dict[tuple[str | None, str], GroupPremium]:
    sums: dict[tuple[str | None, str], list[int]] = defaultdict(lambda: [0] * len(_FIGURES))
    for one in parts:
        into = sums[one.group, one.currency]
        for place, name in enumerate(_FIGURES):
            into[place] += getattr(one, name)
    return {(group, currency): GroupPremium(group, currency, *several) for (group, currency), several in sums.items()}


def _row(one: GroupPremium, name: str | None) -> PremiumRow:
    return PremiumRow(
        group=one.group, name=name, currency=one.currency, in_force=one.in_force, in_force_minor=one.in_force_minor,
        written_minor=one.written_minor, earned_minor=one.earned_minor, unearned_minor=one.written_minor - one.earned_minor,
    )  # fmt: skip
