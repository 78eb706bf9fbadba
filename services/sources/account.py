"""The account with a source: leads given back for credit, and the statement by day of the source's zone."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

from domain.actor import Actor, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from domain.sources.returns import require_returnable
from domain.sources.settings import SourceSettings
from domain.sources.windows import local_date, midnight
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from services.lead_view import LeadView, require_version, view_of
from services.sources.admission import FREE
from services.sources.schemas import Amount, RefusalCount, Statement, StatementDay
from store.uow import Database

_DEFAULT_DAYS = 30
_MOST_DAYS = 400
_FIRST_YEAR, _LAST_YEAR = 1990, 2999


class Accounts:
    """Charges are booked where leads are taken; here they are given back and added up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give_back(self, actor: Actor, lead_id: UUID, reason: str, *, expected: int | None) -> LeadView:
        """Return the lead to its source: it leaves its producer, and its charge is credited. Places under the caps stay used.

        Raises Conflict where the lead came from no source or the policy's days are over, Invalid for another reason than
        those agreed, Stale for an old version.
        """
        actor.require(Scope.LEADS_WRITE)
        moment = now()
        async with self._database.begin(actor) as uow:
            lead = await uow.history.locked(lead_id)
            require_version(lead, expected)
            if lead.source_id is None:
                raise Conflict("the lead did not come from a configured source", code="no_source")
            settings = SourceSettings.from_dict((await uow.sources.one(lead.source_id)).settings)
            charged = await uow.sources.entry(lead_id, "charge")
            require_returnable(settings.returns, charged.at if charged else lead.received_at, moment, reason)
            minor, currency = (charged.minor, charged.currency) if charged else (0, FREE.currency)
            data = {
                "reason": f"returned: {reason}",
                "return_reason": reason,
                "credit_minor": minor,
                "currency": currency,
            }
            event = LeadEvent(Happening.RETURNED, moment, data)
            recorded = await uow.history.append(lead_id, "returned", event)
            if not recorded.fresh:
                raise Conflict("the lead was returned before", code="already_returned")
            await uow.routing.release(lead_id, moment)
            await uow.audit.note("lead.return", "lead", lead_id, why=reason)
            if charged is not None:
                await uow.sources.book([{
                    "lead_id": lead_id, "kind": "credit", "source_id": lead.source_id, "minor": minor,
                    "currency": currency, "reason": reason, "at": moment,
                }])  # fmt: skip
            return view_of(lead_id, recorded.state)

    async def statement(
        self, actor: Actor, source_id: UUID, since: date | None = None, until: date | None = None
    ) -> Statement:
        """What was taken, refused, given back and owed on the days from ``since`` to ``until``, both included."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            row = await uow.sources.one(source_id)
            settings = SourceSettings.from_dict(row.settings)
            until = until or local_date(now(), settings.time_zone)
            _require_year("until", until)
            since = since or until - timedelta(days=_DEFAULT_DAYS - 1)
            _require_range(since, until)
            begin = midnight(since, settings.time_zone)
            end = midnight(until + timedelta(days=1), settings.time_zone)
            sums = await uow.sources.sums(source_id, settings.zone, begin, end)
            refusals = await uow.sources.refusals(source_id, since, until)
        counts: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        money: dict[date, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        for day, kind, currency, count, minor in sums:
            counts[day][kind] += count
            money[day][currency][kind] += minor
        rejected: dict[date, list[RefusalCount]] = defaultdict(list)
        for one in sorted(refusals, key=lambda row: (row.day, row.door, row.code)):
            rejected[one.day].append(RefusalCount(door=one.door, code=one.code, count=one.count))
        days = [
            StatementDay(
                day=day, accepted=counts[day]["charge"], returned=counts[day]["credit"], rejected=rejected[day],
                amounts=[_amount(currency, money[day][currency]) for currency in sorted(money[day])],
            )
            for day in sorted({*counts, *rejected})
        ]  # fmt: skip
        return Statement(
            source_id=source_id, slug=settings.slug, zone=settings.zone, since=since, until=until,
            accepted=sum(day.accepted for day in days), returned=sum(day.returned for day in days),
            rejected=sum(one.count for day in days for one in day.rejected), amounts=_total(days), days=days,
        )  # fmt: skip


def _amount(currency: str, kinds: dict[str, int]) -> Amount:
    charged, credited = kinds.get("charge", 0), kinds.get("credit", 0)
    return Amount(currency=currency, charged_minor=charged, credited_minor=credited, spend_minor=charged - credited)


def _total(days: list[StatementDay]) -> list[Amount]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: {"charge": 0, "credit": 0})
    for amount in (amount for day in days for amount in day.amounts):
        sums[amount.currency]["charge"] += amount.charged_minor
        sums[amount.currency]["credit"] += amount.credited_minor
    return [_amount(currency, sums[currency]) for currency in sorted(sums)]


def _require_year(name: str, day: date) -> None:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        remedy = f"give a year from {_FIRST_YEAR} to {_LAST_YEAR}"
        fields = (FieldError(name, "out_of_range", "is out of range", remedy, day.isoformat()),)
        raise Invalid("the statement's days cannot be used", fields=fields)


def _require_range(since: date, until: date) -> None:
    _require_year("since", since)
    if not timedelta(0) <= until - since < timedelta(days=_MOST_DAYS):
        remedy = f"give a day up to until, and at most {_MOST_DAYS} days"
        fields = (FieldError("since", "out_of_range", "does not fit until", remedy, since.isoformat()),)
        raise Invalid("the statement's days cannot be used", fields=fields)
