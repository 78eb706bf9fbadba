"""Premium written and earned by a day over a book: added up by the database for terms that run as they were agreed, or are over;
of the others their changes are told, with what was written for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Date, and_, case, cast, func, literal, or_, select, type_coerce
from sqlalchemy.sql.selectable import Subquery

from domain.policies.analytics import By
from store.sql.models import InsurancePolicyRow, PolicyChangeRow, PolicyKeyRow, PolicyPostingRow
from store.sql.repositories.policy_figures import PolicyFigures
from store.sql.repositories.policy_periods import summed
from store.sql.repositories.policy_search import PolicyFilter

_P, _C, _K, _POSTED = InsurancePolicyRow, PolicyChangeRow, PolicyKeyRow, PolicyPostingRow


@dataclass(frozen=True, slots=True)
class Book:
    """Which policies, grouped by what, at the first minute of which policy day, as known when."""

    wanted: PolicyFilter
    by: By | None
    on: date
    known: datetime


class GroupPremium(NamedTuple):
    """A group's terms in force and their premium, premium written and earned, minor units."""

    group: str | None
    currency: str
    in_force: int
    in_force_minor: int
    written_minor: int
    earned_minor: int


class TermChange(NamedTuple):
    """A change of a term that is to be looked at, with what was written for it."""

    policy_id: UUID
    group: str | None
    currency: str
    ends_on: date
    thirty: bool
    change_id: UUID
    number: int
    kind: str
    effective_on: date
    recorded_at: datetime
    resumes_at: str | None
    premium_minor: int


class PolicyPremium(PolicyFigures):
    """Reads across a book; the rows are those of ``policy`` that the actor may see."""

    async def added_up(self, book: Book) -> list[GroupPremium]:
        """Groups of the terms that are over by the day, or whose premium is all of their first day and never was ended."""
        posted = self._posted(book)
        written = func.coalesce(posted.c.premium, 0)
        over = _P.ends_on <= book.on
        # 2 * amount * gone is far within 64 bits: an amount is below 10^12 minor units, a term below 10^4 days.
        whole = type_coerce(_P.ends_on - _P.starts_on, BigInteger)
        gone = type_coerce(literal(book.on, Date) - _P.starts_on, BigInteger)
        halves = (2 * func.abs(written) * gone + whole) // (2 * whole)
        earned = case((over, written), (written < 0, -halves), else_=halves)
        each = (
            self._terms(book, self._value(book.by).label("valued"), _P.currency, over.label("over"), written.label("written"),
                        earned.label("earned"))
            .outerjoin(posted, posted.c.policy_id == _P.id)
            .where(or_(over, self._plain(book, posted)))
            .subquery("each")
        )  # fmt: skip
        groups = (each.c.valued, each.c.currency)
        covers = each.c.over.is_(False)
        query = select(
            *groups, func.count().filter(covers),
            cast(func.coalesce(func.sum(each.c.written).filter(covers), 0), BigInteger), summed(each.c.written),
            summed(each.c.earned),
        ).group_by(*groups)  # fmt: skip
        return [GroupPremium(*row) for row in await self.session.execute(query)]

    async def told(self, book: Book) -> list[TermChange]:
        """The changes of every other term, in the order of the terms, then of the changes."""
        posted = self._posted(book)
        terms = (
            self._terms(book, _P.id, self._value(book.by).label("valued"), _P.currency, _P.ends_on)
            .outerjoin(posted, posted.c.policy_id == _P.id)
            .where(_P.ends_on > book.on, ~self._plain(book, posted))
            .subquery("term")
        )
        one = terms.c
        mine = and_(_C.policy_id == one.id, _C.agency_id == self.actor.agency_id, _C.recorded_at <= book.known)
        lines = and_(
            _POSTED.policy_id == one.id, _POSTED.change_id == _C.id, _POSTED.agency_id == self.actor.agency_id,
            _POSTED.recorded_at <= book.known,
        )  # fmt: skip
        resumes = _C.body["resumes_at"].astext
        columns = (
            one.id, one.valued, one.currency, one.ends_on, one.id.in_(self._thirty()), _C.id, _C.number, _C.kind,
            _C.effective_on, _C.recorded_at, resumes,
        )  # fmt: skip
        query = (
            select(*columns, summed(_POSTED.premium_minor))
            .select_from(terms)
            .join(_C, mine)
            .outerjoin(_POSTED, lines)
            .group_by(one.id, one.valued, one.currency, one.ends_on, _C.id)
            .order_by(one.id, _C.number)
        )
        return [TermChange(*row) for row in await self.session.execute(query)]

    def _terms(self, book: Book, *columns: Any) -> Any:
        """Terms that had begun by the day, as is known."""
        begun = and_(_P.starts_on <= book.on, _P.id.in_(self._known("inception", book.known)))
        return self._filtered(select(*columns), book.wanted).where(begun)

    def _posted(self, book: Book) -> Subquery:
        return (
            select(
                _POSTED.policy_id,
                summed(_POSTED.premium_minor).label("premium"),
                func.max(_POSTED.effective_on).label("last"),
            )
            .where(_POSTED.agency_id == self.actor.agency_id)
            .where(_POSTED.recorded_at <= book.known, _POSTED.effective_on <= book.on)
            .group_by(_POSTED.policy_id)
            .subquery("posted")
        )

    def _plain(self, book: Book, posted: Subquery) -> ColumnElement[bool]:
        return and_(
            func.coalesce(posted.c.last, _P.starts_on) <= _P.starts_on,
            _P.id.not_in(self._known("cancellation", book.known)),
            _P.id.not_in(self._thirty()),
        )

    def _thirty(self) -> Any:
        return select(_K.policy_id).where(_K.agency_id == self.actor.agency_id, _K.kind == "thirty")
