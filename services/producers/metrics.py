"""What was measured of producers, and consumers' marks."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.actor import Actor, Scope
from domain.producers.metrics import FEW, Share
from domain.routing.availability import day_begins, zone
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from services.producers.records import own_of, require_seen
from services.producers.schemas import MarkView, MetricsView, MinutesView, ProducerMetrics, Revenue, ShareView
from store.sql.repositories.producers import MeasuredRow
from store.uow import Database, UnitOfWork

_DAYS = 90


class Metrics:
    """Counted by the day on which a lead was received, in the agency's zone, and for whoever had it at the time (T74, T76)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(
        self, actor: Actor, since: date | None, until: date | None, producer_id: UUID | None = None
    ) -> MetricsView:
        """Numbers of one producer, or of everybody who had a lead of the cohort; by default of the last ninety days."""
        actor.require(Scope.PRODUCERS_READ)
        if producer_id is None:
            producer_id = own_of(actor)
        else:
            require_seen(actor, producer_id)
        async with self._database.begin(actor) as uow:
            if producer_id is not None:
                await uow.agencies.producer(producer_id)
            place = await _zone(uow)
            last = until or now().astimezone(place).date()
            first = since or last - timedelta(days=_DAYS - 1)
            if first > last:
                fault = FieldError("since", "after_until", "is after the last day", "give an earlier day", str(first))
                raise Invalid("the period has no days", fields=(fault,))
            begins, ends = day_begins(first, place), day_begins(last + timedelta(days=1), place)
            rows = await uow.producers.measured(begins, ends, producer_id)
        if producer_id is not None and not rows:
            rows = [MeasuredRow(producer_id)]
        items = [_view(row) for row in sorted(rows, key=lambda row: row.producer_id)]
        return MetricsView(since=first, until=last, time_zone=str(place), items=items)

    async def mark(self, actor: Actor, lead_id: UUID, mark: int) -> MarkView:
        """Keep a consumer's mark for the producer who has the lead; the same again changes nothing.

        Raises Conflict where nobody has it, or where another mark was given.
        """
        actor.require(Scope.PRODUCERS_WRITE)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            lead = await uow.history.locked(lead_id)
            if lead.producer_id is None:
                raise Conflict("nobody has this lead, so the mark is for nobody", code="no_producer")
            fresh = await uow.producers.mark(lead_id, lead.producer_id, mark, now())
            if not fresh:
                before = await uow.producers.mark_of(lead_id)
                if before is None or before.mark != mark:
                    raise Conflict("this lead has a mark; a consumer gives one", code="already_marked")
                return MarkView(lead_id=lead_id, producer_id=before.producer_id, mark=before.mark)
            await uow.audit.note("producer.mark", "lead", lead_id, producer_id=str(lead.producer_id))
            return MarkView(lead_id=lead_id, producer_id=lead.producer_id, mark=mark)


async def _zone(uow: UnitOfWork) -> ZoneInfo:
    """The agency's zone, by its setting ``time_zone``; UTC where it has none."""
    return zone((await uow.agencies.mine()).settings.get("time_zone")) or ZoneInfo("UTC")


def _view(row: MeasuredRow) -> ProducerMetrics:
    return ProducerMetrics(
        producer_id=row.producer_id,
        assigned=row.assigned,
        accepted=_share(row.accepted, row.assigned),
        declined=_share(row.declined, row.assigned),
        converted=_share(row.converted, row.worked),
        worked=row.worked,
        response=MinutesView(
            n=row.answers, p50=_rounded(row.p50), p95=_rounded(row.p95), p95_few=0 < row.answers < FEW
        ),
        satisfaction=_rounded(row.mark),
        marks=row.marks,
        revenue=[
            Revenue(currency=currency, minor=int(minor), n=int(n))
            for currency, (minor, n) in sorted((row.revenue or {}).items())
        ],
    )


def _share(count: int, n: int) -> ShareView:
    share = Share(count, n)
    low, high = share.interval or (None, None)
    return ShareView(count=count, n=n, rate=share.rate, low=low, high=high)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 2)
