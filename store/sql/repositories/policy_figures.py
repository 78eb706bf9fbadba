"""Figures of a book of policies, added up by the database: stretches of cover, their premium, what came due, what was paid.

Terms that were never ended cover from their first day to their last; of the others the caller says how cover went, as pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Date,
    Select,
    Subquery,
    Text,
    Uuid,
    and_,
    case,
    cast,
    column,
    false,
    func,
    literal,
    null,
    or_,
    select,
    text,
    union_all,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import aggregate_order_by

from domain.policies.analytics import By, Closed, Opened
from store.sql.models import (
    InsurancePolicyRow,
    LeadRow,
    PolicyBillRow,
    PolicyChangeRow,
    PolicyEventRow,
    PolicyNoticeRow,
    PolicyPaymentRow,
    PolicyPostingRow,
)
from store.sql.repositories.policies import Policies
from store.sql.repositories.policy_periods import Asked, Cover, months_of, periods, place_of, summed, unnested
from store.sql.repositories.policy_search import PolicyFilter

_P, _C, _E, _N = InsurancePolicyRow, PolicyChangeRow, PolicyEventRow, PolicyNoticeRow
_POSTED, _PAID, _B = PolicyPostingRow, PolicyPaymentRow, PolicyBillRow
_ENDS = ("cancelled", "lapsed", "rescinded")


class EndedChange(NamedTuple):
    """A beginning, an end or a reinstatement of a term that was ended once."""

    policy_id: UUID
    ends_on: date
    change_id: UUID
    number: int
    kind: str
    effective_on: date
    recorded_at: datetime
    resumes_at: str | None


class EndedEvent(NamedTuple):
    """An end as it was told; they are in the order of the changes that are cancellations."""

    policy_id: UUID
    kind: str
    reason: str | None


class PolicyFigures(Policies):
    """Reads across a book; the rows are those of ``policy`` that the actor may see."""

    async def plan_for_this_book(self) -> None:
        """For the rest of the transaction each statement is planned for what it asks, and sorts and joins a book in memory. After
        five runs a connection plans for any arguments, and joins a book of thousands row by row.
        """
        await self.session.execute(
            text(
                "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '64MB', true)"
            )
        )

    async def ended(self, first: date, last: date, known: datetime) -> tuple[list[EndedChange], list[EndedEvent]]:
        """What says how cover went of the terms that were ended once, as is known, and touch the days between."""
        mine = and_(
            self.sees_policy(), _P.starts_on < last, _P.ends_on >= first, _P.id.in_(self._known("cancellation", known))
        )
        changes = (
            select(
                _P.id, _P.ends_on, _C.id.label("change_id"), _C.number, _C.kind, _C.effective_on, _C.recorded_at,
                _C.body["resumes_at"].astext.label("resumes_at"),
            )
            .join(_C, _C.policy_id == _P.id)
            .where(mine, _C.agency_id == self.actor.agency_id, _C.kind != "endorsement", _C.recorded_at <= known)
            .order_by(_P.id, _C.number)
        )  # fmt: skip
        events = (
            select(_P.id, _E.kind, _E.data["reason"].astext)
            .join(_E, _E.policy_id == _P.id)
            .where(mine, _E.agency_id == self.actor.agency_id, _E.kind.in_(_ENDS), _E.recorded_at <= known)
            .order_by(_P.id, _E.version)
        )
        return (
            [EndedChange(*row) for row in await self.session.execute(changes)],
            [EndedEvent(*row) for row in await self.session.execute(events)],
        )

    async def cover(self, asked: Asked) -> Cover:
        """Stretches, their premium and what was kept of what came due, from one reading of the book."""
        stretch = self._stretches(asked)
        parts = {
            "stretches": self._counted(stretch, asked), "premiums": self._premiums(stretch, asked),
            "retained": self._retained(stretch, asked),
        }  # fmt: skip
        rows = [
            select(literal(name).label("part"), func.jsonb_build_array(*part.subquery(name).c).label("row"))
            for name, part in parts.items()
        ]
        found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in parts}
        for name, row in await self.session.execute(union_all(*rows)):
            found[name].append(tuple(row))
        return Cover(**found)

    def _counted(self, stretch: CTE, asked: Asked) -> Select[Any]:
        alike = self._alike(stretch.c, asked)
        return select(*alike, func.count().label("count")).group_by(*alike)

    def _premiums(self, stretch: CTE, asked: Asked) -> Select[Any]:
        one = stretch.c
        at = case(
            (_POSTED.effective_on <= one.opens_on, -1), else_=place_of(_POSTED.effective_on, asked.bounds)
        )  # fmt: skip
        alike = [*self._alike(one, asked), at.label("at")]
        return (
            select(*alike, summed(_POSTED.premium_minor).label("premium"))
            .join(_POSTED, and_(_POSTED.policy_id == one.id, _POSTED.agency_id == self.actor.agency_id))
            .where(_POSTED.recorded_at <= asked.known, _POSTED.effective_on < one.closes_on)
            .group_by(*alike)
        )

    def _retained(self, stretch: CTE, asked: Asked) -> Select[Any]:
        period = periods(asked.bounds)
        one, in_it = stretch.c, period.c
        due = (
            select(one.id, one.valued, one.currency, one.ends_on, in_it.place, in_it.begins, in_it.until)
            .join(period, and_(one.ends_on >= in_it.begins, one.ends_on < in_it.until))
            .where(one.opens_on < in_it.begins, one.closes_on >= in_it.begins)
            .cte("due")
        )
        walk = select(due.c.id.label("root"), due.c.place, due.c.id, due.c.ends_on, due.c.until).cte(
            "walk", recursive=True
        )
        step = (
            select(walk.c.root, walk.c.place, _P.id, _P.ends_on, walk.c.until)
            .join(_P, and_(_P.renews_id == walk.c.id, _P.status != "not_taken"))
            .where(_P.agency_id == self.actor.agency_id, walk.c.ends_on < walk.c.until)
        )
        walk = walk.union_all(step)
        whole = Asked(PolicyFilter(), None, asked.bounds, asked.known, asked.pieces, asked.void)
        then = stretch if asked.wanted == PolicyFilter() else self._stretches(whole, name="later")
        kept = (
            select(walk.c.root, walk.c.place, walk.c.id, walk.c.until)
            .join(then, then.c.id == walk.c.id)
            .where(walk.c.id != walk.c.root, then.c.opens_on < walk.c.until, then.c.closes_on >= walk.c.until)
            .cte("kept")
        )
        before = self._written(due.c.id, due, due.c.begins, asked.known, "before")
        after = self._written(kept.c.root, kept, kept.c.until, asked.known, "after")
        groups = (due.c.valued, due.c.currency, due.c.place)
        return (
            select(
                *groups, func.count().label("due"), summed(before.c.premium).label("due_premium"),
                func.count(kept.c.root).label("kept"), summed(after.c.premium).label("kept_premium"),
            )
            .outerjoin(before, and_(before.c.root == due.c.id, before.c.place == due.c.place))
            .outerjoin(kept, and_(kept.c.root == due.c.id, kept.c.place == due.c.place))
            .outerjoin(after, and_(after.c.root == due.c.id, after.c.place == due.c.place))
            .group_by(*groups)
        )  # fmt: skip

    async def collected(self, asked: Asked) -> list[tuple[Any, ...]]:
        """Group, currency and period: what fell due in it, and what of that is paid, the oldest instalment first."""
        place = place_of(_B.due_on, asked.bounds).label("place")
        counts = or_(_PAID.state == "settled", and_(_PAID.state == "reversed", _PAID.reversed_at > asked.known))
        mine = _PAID.agency_id == self.actor.agency_id
        # As known at any instant behind its last payment a policy's instalments are settled as they are now.
        since = (
            select(_PAID.policy_id)
            .where(mine, func.greatest(_PAID.recorded_at, _PAID.received_at, _PAID.reversed_at) > asked.known)
            .distinct()
            .subquery("since")
        )
        then = and_(counts, _PAID.recorded_at <= asked.known, _PAID.received_at <= asked.known)
        paid = (
            select(_PAID.policy_id, summed(case((then, _PAID.amount_minor))).label("amount"))
            .join(since, since.c.policy_id == _PAID.policy_id)
            .where(mine)
            .group_by(_PAID.policy_id)
            .subquery("paid")
        )
        known = func.greatest(0, func.least(_B.amount_minor, paid.c.amount - _B.before_minor))
        settled = case((paid.c.policy_id.is_(None), _B.settled_minor), else_=known)
        each = (
            self._filtered(
                select(
                    self._value(asked.by).label("valued"), _P.currency, place, _B.amount_minor.label("amount"),
                    settled.label("settled"),
                ),
                asked.wanted,
            )
            .join(_B, and_(_B.policy_id == _P.id, _B.agency_id == self.actor.agency_id))
            .outerjoin(paid, paid.c.policy_id == _P.id)
            .where(_B.due_on >= asked.first, _B.due_on < asked.last)
            .where(_P.starts_on < asked.last, _P.id.in_(self._known("inception", asked.known)))
            .subquery("each")
        )  # fmt: skip
        groups = (each.c.valued, each.c.currency, each.c.place)
        query = select(*groups, summed(each.c.amount), summed(each.c.settled)).group_by(*groups)
        return [tuple(row) for row in await self.session.execute(query)]

    async def not_taken(self, asked: Asked) -> list[tuple[Any, ...]]:
        """Group, currency and period in which they would have begun: how many were never taken, and their price."""
        place = place_of(_P.starts_on, asked.bounds).label("place")
        told = select(_E.policy_id).where(
            _E.policy_id == _P.id, _E.agency_id == self.actor.agency_id, _E.kind == "not_taken",
            _E.recorded_at <= asked.known,
        )  # fmt: skip
        query = (
            self._filtered(
                select(
                    self._value(asked.by).label("valued"), _P.currency, place, func.count(), summed(_P.price_minor)
                ),
                asked.wanted,
            )
            .where(_P.status == "not_taken", _P.starts_on >= asked.first, _P.starts_on < asked.last, told.exists())
            .group_by(column("valued"), _P.currency, column("place"))
        )  # fmt: skip
        return [tuple(row) for row in await self.session.execute(query)]

    async def returned(
        self, asked: Asked, ends: Sequence[tuple[UUID, UUID]]
    ) -> dict[UUID, tuple[str | None, str, int]]:
        """By change: group, currency, and the premium that these ends (policy, change) returned when they were written."""
        policies, changes = [one for one, _ in ends], [one for _, one in ends]
        end = (
            func.unnest(literal(policies, ARRAY(Uuid)), literal(changes, ARRAY(Uuid)))
            .table_valued(column("policy_id", Uuid), column("change_id", Uuid), name="ended")
            .render_derived()
        )
        own = and_(
            _POSTED.policy_id == end.c.policy_id,
            _POSTED.change_id == end.c.change_id,
            _POSTED.cause_id == end.c.change_id,
        )
        query = self._filtered(
            select(end.c.change_id, self._value(asked.by), _P.currency, -func.coalesce(_POSTED.premium_minor, 0))
            .select_from(end)
            .join(_P, _P.id == end.c.policy_id)
            .outerjoin(_POSTED, own),
            asked.wanted,
        )
        return {row[0]: (row[1], row[2], row[3]) for row in await self.session.execute(query)}

    async def cohorts(self, asked: Asked) -> tuple[dict[date, int], dict[tuple[date, int], int]]:
        """Of policies that first began between the bounds: how many by month, and how many cover the same day so many months
        later, as far as the day before the last that the pieces were told for, which is ``asked.bounds[2]``.
        """
        begun, behind, through = asked.bounds
        whole = Asked(asked.wanted, None, (date(1900, 1, 1), through), asked.known, asked.pieces, asked.void)
        stretch = self._covered(whole)
        one = stretch.c
        month = cast(func.date_trunc("month", one.first_on), Date).label("month")
        in_cohort = and_(one.first_on >= begun, one.first_on < behind)
        newly = and_(one.term_number == 1, one.opens_on == one.first_on)
        firsts = select(month, func.count()).where(in_cohort, newly).group_by(column("month"))
        since = func.generate_series(months_of(one.first_on, one.opens_on), months_of(one.first_on, one.closes_on))
        months = since.column_valued("since", joins_implicitly=True)
        day = cast(one.first_on + func.make_interval(0, months), Date)
        covered = (
            select(month, months, func.count())
            .select_from(stretch)
            .where(in_cohort, one.opens_on <= day, one.closes_on > day, day < through)
            .group_by(column("month"), months)
        )
        return (
            {row[0]: row[1] for row in await self.session.execute(firsts)},
            {(row[0], row[1]): row[2] for row in await self.session.execute(covered)},
        )

    # what the figures are made of

    def _covered(self, asked: Asked) -> Subquery:
        """Cover of the wanted terms, a row a stretch, with its group, and how it ended where the contract did not end it."""
        piece = unnested(asked.pieces)
        terms = (
            _P.id, self._value(asked.by).label("valued"), _P.currency, _P.ends_on, _P.term_number,
            _P.first_started_on.label("first_on"),
        )  # fmt: skip
        spans = and_(_P.starts_on < asked.last, _P.ends_on >= asked.first)
        whole = self._filtered(
            select(
                *terms, _P.starts_on.label("opens_on"), _P.ends_on.label("closes_on"), false().label("again"),
                cast(null(), Text).label("closed"), cast(null(), Text).label("reason"),
            ),
            asked.wanted,
        ).where(
            spans,
            _P.id.in_(self._known("inception", asked.known)),
            _P.id.not_in(self._known("cancellation", asked.known)),
        )  # fmt: skip
        parts = self._filtered(
            select(*terms, *piece.c[1:]).join(piece, piece.c.policy_id == _P.id), asked.wanted
        ).where(spans, piece.c.opens_on < asked.last, piece.c.closes_on >= asked.first)
        return whole.union_all(parts).subquery("covered")

    def _stretches(self, asked: Asked, name: str = "stretch") -> CTE:
        """The same with how each opened and closed."""
        one = self._covered(asked)
        mine, notice = one.c, self._non_renewals(asked.known)
        void = select(func.unnest(literal(list(asked.void), ARRAY(Uuid))))
        # one with an inception was taken; saying so lets the index of renewals answer alone
        next_term = (
            select(_P.renews_id, _P.starts_on)
            .where(_P.agency_id == self.actor.agency_id, _P.renews_id.is_not(None), _P.status != "not_taken")
            .where(_P.starts_on >= asked.first, _P.starts_on < asked.last)
            .where(_P.id.in_(self._known("inception", asked.known)), _P.id.not_in(void))
            .subquery("next_term")
        )
        renewed = next_term.c.renews_id.is_not(None)
        opened = case(
            (mine.again, Opened.RESUMED.value), (mine.term_number == 1, Opened.NEW.value), else_=Opened.RENEWED.value
        )
        closed = case(
            (mine.closed.is_not(None), mine.closed), (renewed, Closed.CONTINUED.value),
            (notice.c.policy_id.is_not(None), Closed.NON_RENEWED.value), else_=Closed.EXPIRED.value,
        )  # fmt: skip
        reason = case((mine.closed.is_not(None), mine.reason), (renewed, null()), else_=notice.c.reason)
        return (
            select(
                mine.id, mine.valued, mine.currency, mine.ends_on, mine.opens_on, mine.closes_on, opened.label("opened"),
                closed.label("closed"), reason.label("reason"),
            )
            .outerjoin(next_term, and_(next_term.c.renews_id == mine.id, next_term.c.starts_on == mine.ends_on))
            .outerjoin(notice, notice.c.policy_id == mine.id)
            .cte(name)
        )  # fmt: skip

    def _non_renewals(self, known: datetime) -> Subquery:
        """Terms under a notice of non-renewal that stands as was known, with its reason, of several the last one's."""
        stands = or_(_N.withdrawn_at.is_(None), _N.withdrawn_at > known)
        reasons = func.array_agg(aggregate_order_by(_N.reason, _N.recorded_at.desc()), type_=ARRAY(Text))
        return (
            select(_N.policy_id, reasons[1].label("reason"))
            .where(_N.agency_id == self.actor.agency_id, _N.action == "non_renewal", _N.recorded_at <= known, stands)
            .group_by(_N.policy_id)
            .subquery("non_renewal")
        )

    def _written(
        self, root: ColumnElement[Any], term: CTE, until: ColumnElement[Any], known: datetime, name: str
    ) -> Subquery:  # fmt: skip
        """Premium written for each ``term`` that counts before the day ``until``, by ``root`` and the period's place."""
        mine = and_(_POSTED.policy_id == term.c.id, _POSTED.agency_id == self.actor.agency_id)
        return (
            select(root.label("root"), term.c.place, summed(_POSTED.premium_minor).label("premium"))
            .join(_POSTED, and_(mine, _POSTED.recorded_at <= known, _POSTED.effective_on < until))
            .group_by(root, term.c.place)
            .subquery(name)
        )

    @staticmethod
    def _alike(one: Any, asked: Asked) -> list[ColumnElement[Any]]:
        opens, closes = place_of(one.opens_on, asked.bounds), place_of(one.closes_on, asked.bounds)
        return [
            one.valued, one.currency, one.opened, one.closed, one.reason, opens.label("opens"), closes.label("closes"),
        ]  # fmt: skip

    def _value(self, by: By | None) -> ColumnElement[str | None]:
        source = (
            select(LeadRow.source)
            .where(LeadRow.id == _P.lead_id, LeadRow.agency_id == self.actor.agency_id)
            .scalar_subquery()
        )
        found: dict[By, ColumnElement[Any]] = {
            By.LINE: _P.line.expression, By.STATE: _P.state.expression, By.CARRIER: _P.carrier.expression,
            By.PRODUCER: cast(_P.producer_id, Text), By.SOURCE: source,
        }  # fmt: skip
        return found[by] if by in found else cast(null(), Text)
