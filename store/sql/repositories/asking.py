"""Leads as people ask for them: filtered, ordered, counted and measured, every value a bound parameter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Float, Select, and_, case, cast, extract, func, or_, select

from domain.geo import EARTH_RADIUS_MILES, bounding_box
from store.sql.models import AssignmentRow, LeadEventRow, LeadRow, ProducerRow
from store.sql.repositories.base import Repository

_COLUMNS: dict[str, Any] = {
    "line": func.coalesce(LeadRow.line, LeadRow.declared_line), "status": LeadRow.status, "state": LeadRow.state,
    "tier": LeadRow.tier, "producer": LeadRow.producer_id, "source": LeadRow.source,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Circle:
    """Everything within ``miles`` of a point, along the great circle."""

    lat: float
    lon: float
    miles: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which leads; what is empty or None leaves a part open. ``city`` and ``zips`` name one place: either of them fits."""

    status: Sequence[str] = ()
    line: Sequence[str] = ()
    state: Sequence[str] = ()
    tier: Sequence[str] = ()
    producer_id: UUID | None = None
    name: str | None = None
    source: str | None = None
    city: str | None = None
    city_state: str | None = None
    zips: Sequence[str] = ()
    near: Circle | None = None
    not_contacted_since: datetime | None = None
    contacted_since: datetime | None = None
    received_from: datetime | None = None
    received_until: datetime | None = None
    score_at_least: int | None = None
    score_at_most: int | None = None


@dataclass(frozen=True, slots=True)
class FoundLead:
    """A lead with when it was last contacted and what it was sold for, in minor units of a currency, where it was."""

    lead: LeadRow
    contacted_at: datetime | None
    premium_minor: int | None
    currency: str | None
    miles: float | None


def _contacted() -> Any:
    return (
        select(func.max(LeadEventRow.at))
        .where(LeadEventRow.lead_id == LeadRow.id, LeadEventRow.kind == "contacted")
        .correlate(LeadRow)
        .scalar_subquery()
    )


def _won(part: Any) -> Any:
    return (
        select(part)
        .where(LeadEventRow.lead_id == LeadRow.id, LeadEventRow.kind == "won")
        .correlate(LeadRow)
        .order_by(LeadEventRow.version.desc())
        .limit(1)
        .scalar_subquery()
    )


def _premium() -> Any:
    return _won(cast(LeadEventRow.data["premium_minor"].astext, BigInteger))


def _distance(circle: Circle) -> ColumnElement[float]:
    half = func.power(func.sin(func.radians(LeadRow.lat - circle.lat) / 2), 2) + func.cos(
        func.radians(circle.lat)
    ) * func.cos(func.radians(LeadRow.lat)) * func.power(func.sin(func.radians(LeadRow.lon - circle.lon) / 2), 2)
    far: ColumnElement[float] = 2 * EARTH_RADIUS_MILES * func.asin(func.sqrt(func.least(1.0, half)))
    return far


class Asking(Repository):
    """Reads ``lead`` and what belongs to it, through the same condition as every other query. Test leads are left out."""

    async def find(self, wanted: Wanted, sort: str, *, descending: bool, at_most: int) -> list[FoundLead]:
        """Leads that fit, in order; those without the value that orders come last."""
        contacted, premium = _contacted(), _premium()
        miles = cast(None, Float) if wanted.near is None else _distance(wanted.near)
        order = {
            "score": LeadRow.score, "received": LeadRow.received_at, "last_contact": contacted, "value": premium,
        }[sort]  # fmt: skip
        query = self._fitting(
            select(LeadRow, contacted, premium, _won(LeadEventRow.data["currency"].astext), miles), wanted
        )
        first = (order.desc() if descending else order.asc()).nulls_last()
        found = await self.session.execute(query.order_by(first, LeadRow.id.desc()).limit(at_most))
        return [FoundLead(*row) for row in found]

    async def count(self, wanted: Wanted, by: str | None) -> list[tuple[Any, int]]:
        """How many fit, as (value, count), most first; without ``by`` one pair under None."""
        if by is None:
            query: Select[Any] = self._fitting(select(func.count()).select_from(LeadRow), wanted)
            return [(None, int(await self.session.scalar(query) or 0))]
        column, number = _COLUMNS[by], func.count()
        query = self._fitting(select(column, number).select_from(LeadRow), wanted).group_by(column)
        rows = await self.session.execute(query.order_by(number.desc(), column))
        return [(value, int(count)) for value, count in rows]

    async def events(
        self, wanted: Wanted, kinds: Sequence[str], since: datetime, until: datetime, by: str | None, *, apart: bool
    ) -> list[tuple[Any, str | None, int, int | None, str | None]]:
        """Leads to which one of ``kinds`` happened in the time: (value, kind, leads, premium, currency). With ``apart`` the kinds
        are counted each by itself, else together under None.
        """
        column = cast(None, _COLUMNS["line"].type).label("part") if by is None else _COLUMNS[by]
        kind = LeadEventRow.kind if apart else cast(None, LeadEventRow.kind.type).label("what")
        money, currency = LeadEventRow.data["premium_minor"].astext, LeadEventRow.data["currency"].astext
        query = self._fitting(
            select(
                column, kind, func.count(func.distinct(LeadRow.id)),
                func.sum(cast(money, BigInteger)), currency,
            ).select_from(LeadRow).join(LeadEventRow, LeadEventRow.lead_id == LeadRow.id),
            wanted,
        ).where(LeadEventRow.kind.in_(kinds), LeadEventRow.at >= since, LeadEventRow.at < until)  # fmt: skip
        if not self.actor.sees_all_leads:
            query = query.where(self._in_own_hands())
        rows = await self.session.execute(query.group_by(column, kind, currency))
        return [(value, what, int(n), None if sum_ is None else int(sum_), unit) for value, what, n, sum_, unit in rows]

    async def response(
        self, wanted: Wanted, since: datetime, until: datetime, by: str | None
    ) -> list[tuple[Any, int, float | None]]:
        """Median minutes from assignment to the first contact of assignments made in the time, as (value, contacts, median)."""
        column = cast(None, _COLUMNS["line"].type).label("part") if by is None else _COLUMNS[by]
        first = (
            select(func.min(LeadEventRow.at))
            .where(
                LeadEventRow.lead_id == LeadRow.id, LeadEventRow.kind == "contacted",
                LeadEventRow.at >= AssignmentRow.assigned_at,
            )
            .correlate(LeadRow, AssignmentRow)
            .scalar_subquery()
        )  # fmt: skip
        minutes = extract("epoch", first - AssignmentRow.assigned_at) / 60.0
        query = self._fitting(
            select(column, func.count(minutes), func.percentile_cont(0.5).within_group(minutes.asc()))
            .select_from(LeadRow)
            .join(AssignmentRow, AssignmentRow.lead_id == LeadRow.id),
            wanted,
        ).where(AssignmentRow.assigned_at >= since, AssignmentRow.assigned_at < until)
        if self.actor.producer_id is not None and not self.actor.sees_all_leads:
            query = query.where(AssignmentRow.producer_id == self.actor.producer_id)
        rows = await self.session.execute(query.group_by(column))
        return [(value, int(n), None if median is None else float(median)) for value, n, median in rows]

    async def producers_named(self, words: str, at_most: int) -> list[ProducerRow]:
        """Producers whose key or name is ``words``, else whose name holds them; a producer finds only themselves."""
        mine = [ProducerRow.agency_id == self.actor.agency_id]
        if not self.actor.sees_all_leads:
            mine.append(ProducerRow.id == self.actor.producer_id)
        said = words.strip().casefold()
        exact = or_(func.lower(ProducerRow.external_id) == said, func.lower(ProducerRow.name) == said)
        return await self._first(mine, (exact, func.lower(ProducerRow.name).contains(said, autoescape=True)), at_most)

    async def colleagues_named(self, words: str, at_most: int) -> list[ProducerRow]:
        """Producers of the agency, whoever asks: whose key is written just so; else whose name it is; else whose key it is in
        another case or whose name has the words, whole. So ``Ben`` is no key ``ben`` where two are called Ben.
        """
        mine = [ProducerRow.agency_id == self.actor.agency_id]
        said = words.strip().casefold()
        name = func.lower(ProducerRow.name)
        part = func.concat(" ", name, " ").contains(f" {said} ", autoescape=True)
        ways = (
            ProducerRow.external_id == words.strip(),
            name == said,
            or_(func.lower(ProducerRow.external_id) == said, part),
        )
        return await self._first(mine, ways, at_most)

    async def _first(
        self, mine: Sequence[ColumnElement[bool]], ways: Sequence[ColumnElement[bool]], at_most: int
    ) -> list[ProducerRow]:
        """What the first of the ways finds that finds any."""
        for fits in ways:
            query = select(ProducerRow).where(*mine, fits).order_by(ProducerRow.name, ProducerRow.id).limit(at_most)
            found = list(await self.session.scalars(query))
            if found:
                return found
        return []

    def _in_own_hands(self) -> ColumnElement[bool]:
        """The event fell into a time in which the actor's producer had the lead: earlier hands' work is not theirs to see."""
        held = select(AssignmentRow.id).where(
            AssignmentRow.lead_id == LeadEventRow.lead_id, AssignmentRow.producer_id == self.actor.producer_id,
            AssignmentRow.assigned_at <= LeadEventRow.at,
            or_(AssignmentRow.released_at.is_(None), AssignmentRow.released_at >= LeadEventRow.at),
        )  # fmt: skip
        return held.correlate(LeadEventRow).exists()

    def _fitting(self, query: Select[Any], wanted: Wanted) -> Select[Any]:
        parts: list[ColumnElement[bool]] = [self.sees_lead(), LeadRow.test.is_(False)]
        lists = ((name, getattr(wanted, name)) for name in ("status", "line", "state", "tier"))
        parts += [_COLUMNS[name].in_(values) for name, values in lists if values]
        if wanted.name is not None:
            parts += [
                func.lower(func.coalesce(LeadRow.name, "")).contains(word, autoescape=True)
                for word in wanted.name.casefold().split()
            ]
        parts += self._where(wanted)
        contacted = _contacted()
        bounds: tuple[tuple[Any, Callable[[Any], ColumnElement[bool]]], ...] = (
            (wanted.producer_id, LeadRow.producer_id.__eq__),
            (wanted.source and wanted.source.casefold(), func.lower(LeadRow.source).__eq__),
            (wanted.not_contacted_since, lambda at: func.coalesce(contacted < at, True)),
            (wanted.contacted_since, contacted.__ge__),
            (wanted.received_from, LeadRow.received_at.__ge__),
            (wanted.received_until, LeadRow.received_at.__lt__),
            (wanted.score_at_least, LeadRow.score.__ge__),
            (wanted.score_at_most, LeadRow.score.__le__),
        )
        parts += [fits(value) for value, fits in bounds if value is not None]
        return query.where(and_(*parts))

    @staticmethod
    def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
        if wanted.near is not None:
            near = wanted.near
            south, north, west, east = bounding_box(near.lat, near.lon, near.miles)
            across = LeadRow.lon.between(west, east) if west <= east else or_(LeadRow.lon >= west, LeadRow.lon <= east)
            # Postgres may look at the arcs first, where rows without a point give no answer and are left out all the same.
            inside = case((LeadRow.lat.between(south, north), _distance(near) <= near.miles), else_=False)
            return [LeadRow.lat.between(south, north), across, inside]
        if wanted.city is None and not wanted.zips:
            return []
        named = func.lower(func.coalesce(LeadRow.city, "")) == (wanted.city or "").casefold()
        if wanted.city_state is not None:
            named = and_(named, LeadRow.state == wanted.city_state)
        by_zip = func.left(func.coalesce(LeadRow.zip, ""), 5).in_(wanted.zips)
        return [or_(named, by_zip) if wanted.city else by_zip]
