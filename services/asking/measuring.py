"""Figures over a time by typed, scoped queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.actor import Actor, Scope
from domain.asking.arguments import Measure, Metric
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.money import Money
from services.asking.finding import Finding, label, names_of
from services.asking.schemas import Figure, Measured
from store.sql.repositories.asking import Wanted
from store.uow import Database, UnitOfWork

_DAYS = 30
_KINDS: Mapping[Metric, tuple[str, ...]] = {
    Metric.ASSIGNED: ("assigned", "accepted"), Metric.ACCEPTED: ("accepted",), Metric.WON: ("won",),
    Metric.CONVERSION_RATE: ("won", "lost"), Metric.VALUE: ("won",),
}  # fmt: skip


class Measuring:
    """Counts leads, not events: a lead that was won twice counts once. What a producer did not do is not theirs to count."""

    def __init__(self, database: Database, finding: Finding) -> None:
        self._database = database
        self._finding = finding

    async def measure(self, actor: Actor, asked: Measure) -> Measured:
        """The figure, in all or by something."""
        actor.require(Scope.LEADS_READ)
        until = asked.until or now()
        since = asked.since or until - timedelta(days=_DAYS)
        if since >= until:
            fault = FieldError("since", "after_until", "does not lie before the end", "give an earlier instant")
            raise Invalid("the time has no length", fields=(fault,))
        by = asked.by.value if asked.by else None
        async with self._database.begin(actor) as uow:
            wanted, _ = await self._finding.wanted(uow, asked.filters)
            figures = await self._figures(uow, asked.metric, wanted, since, until, by)
            ids: set[UUID | None] = {value for value, *_ in figures if isinstance(value, UUID)}
            names = await names_of(uow, ids)
        shown = [
            Figure(value=None if value is None else str(value), label=label(value, names) if by else "all", number=number,
                   unit=unit, n=n)
            for value, number, unit, n in figures
        ]  # fmt: skip
        return Measured(metric=asked.metric, since=since, until=until, by=asked.by, figures=shown)

    async def _figures(
        self, uow: UnitOfWork, metric: Metric, wanted: Wanted, since: datetime, until: datetime, by: str | None
    ) -> list[tuple[object, float | None, str, int]]:
        if metric is Metric.LEADS:
            first = max(since, wanted.received_from) if wanted.received_from else since
            last = min(until, wanted.received_until) if wanted.received_until else until
            rows = await uow.asking.count(replace(wanted, received_from=first, received_until=last), by)
            return [(value, float(n), "leads", n) for value, n in rows]
        if metric is Metric.MEDIAN_RESPONSE:
            found = await uow.asking.response(wanted, since, until, by)
            return [(value, None if m is None else round(m, 1), "minutes", n) for value, n, m in found] or [
                (None, None, "minutes", 0)
            ]
        apart = metric is Metric.CONVERSION_RATE
        events = await uow.asking.events(wanted, _KINDS[metric], since, until, by, apart=apart)
        if metric is Metric.VALUE:
            return [
                (value, None if minor is None else float(Money(minor, unit or "USD").amount), unit or "USD", n)
                for value, _, n, minor, unit in events
            ] or [(None, 0.0, "USD", 0)]
        counts: dict[object, dict[str, int]] = {}
        for value, kind, n, _, _ in events:
            own = counts.setdefault(value, {})
            own[kind or "any"] = own.get(kind or "any", 0) + n
        if metric is Metric.CONVERSION_RATE:
            return [_rate(value, own) for value, own in counts.items()] or [(None, None, "of closed leads", 0)]
        return sorted(
            ((value, float(sum(own.values())), "leads", sum(own.values())) for value, own in counts.items()),
            key=lambda one: (-one[3], str(one[0])),
        ) or [(None, 0.0, "leads", 0)]


def _rate(value: object, counts: Mapping[str, int]) -> tuple[object, float | None, str, int]:
    won, closed = counts.get("won", 0), counts.get("won", 0) + counts.get("lost", 0)
    return value, round(won / closed, 4) if closed else None, "of closed leads", closed
