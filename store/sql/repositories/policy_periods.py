"""What figures of policies are asked about: which policies, in which periods; what they answer; and parts of their queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, Date, Integer, Text, Uuid, cast, column, func, literal

from domain.policies.analytics import By
from store.sql.repositories.policy_search import PolicyFilter

WHOLE = 0
"""The place of several periods as one."""


class Piece(NamedTuple):
    """A stretch of cover of a term that was ended once. ``closed`` is None where the contract closed it."""

    policy_id: UUID
    opens_on: date
    closes_on: date
    again: bool
    closed: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which policies, grouped by what, between which ``bounds`` (each period is from one to the next), known until when."""

    wanted: PolicyFilter
    by: By | None
    bounds: Sequence[date]
    known: datetime
    pieces: Sequence[Piece] = ()
    void: Sequence[UUID] = ()

    @property
    def first(self) -> date:
        """The first day."""
        return self.bounds[0]

    @property
    def last(self) -> date:
        """The day behind the last."""
        return self.bounds[-1]

    @property
    def whole(self) -> int:
        """The place of all periods as one."""
        return WHOLE if len(self.bounds) > 2 else 1  # noqa: PLR2004 - between two bounds is one period


class Cover(NamedTuple):
    """Groups of a report, as rows.

    ``stretches``: group, currency, how opened and closed, why, places of both days; and how many such stretches there are.
    ``premiums``: the same, with the place of the day from which premium counts, -1 for that of the stretch's beginning; and its
    sum. ``retained``: group, currency and period of what came due in it, how many with which premium, and how many were kept
    with which; of several periods also for the whole, which they do not add up to.
    """

    stretches: list[tuple[Any, ...]]
    premiums: list[tuple[Any, ...]]
    retained: list[tuple[Any, ...]]


def unnested(pieces: Sequence[Piece]) -> Any:
    """Pieces as a table of the query."""
    columns: list[list[Any]] = [list(each) for each in zip(*pieces, strict=True)] or [[] for _ in Piece._fields]
    types: tuple[type[Any], ...] = (Uuid, Date, Date, Boolean, Text, Text)
    arrays = [literal(each, ARRAY(kind)) for each, kind in zip(columns, types, strict=True)]
    named = [column(name, kind) for name, kind in zip(Piece._fields, types, strict=True)]
    return func.unnest(*arrays).table_valued(*named, name="piece").render_derived()


def periods(bounds: Sequence[date]) -> Any:
    """Periods as a table of the query: place, first day, the day behind the last. Of several the whole is one too (``WHOLE``)."""
    spans = dict(enumerate(pairwise(bounds), 1))
    if len(spans) > 1:
        spans[WHOLE] = bounds[0], bounds[-1]
    named = (column("place", Integer), column("begins", Date), column("until", Date))
    places = literal(list(spans), ARRAY(Integer))
    days = [literal(list(some), ARRAY(Date)) for some in zip(*spans.values(), strict=True)]
    return func.unnest(places, *days).table_valued(*named, name="period").render_derived()


def place_of(day: ColumnElement[Any] | Any, bounds: Sequence[date]) -> ColumnElement[int]:
    """0 before the first bound, ``n`` from the ``n``-th on."""
    return func.width_bucket(day, literal(list(bounds), ARRAY(Date)), type_=Integer)


def summed(minor: ColumnElement[Any] | Any) -> ColumnElement[int]:
    """A sum of minor units, 0 of none."""
    return cast(func.coalesce(func.sum(minor), 0), BigInteger)


def months_of(first: ColumnElement[Any], day: ColumnElement[Any]) -> ColumnElement[int]:
    """How many calendar months ``day`` lies behind ``first``, days apart."""
    years = func.extract("year", day) - func.extract("year", first)
    return cast(12 * years + func.extract("month", day) - func.extract("month", first), Integer)
