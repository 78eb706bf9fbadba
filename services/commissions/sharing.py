"""The house's income of a month, shared once with those whose network tier brings it, as far as the law lets them be paid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from domain.actor import Actor
from domain.commissions.licensing import licensed_on
from domain.commissions.sharing import PERMITTED, Earned, SharedMonth
from domain.lines import Line
from domain.network.tiers import Benefit, Tier, has
from domain.referral_law import Event, Reward, law_table, may_accrue
from domain.routing.tables import authority_table
from kernel.clock import now
from kernel.errors import FieldError, Invalid, NotFound
from services.commissions.licensed import held_by
from services.commissions.moments import month_bounds, own_of, require_admin, zone_of
from services.commissions.sharing_schemas import (
    RevenueTermsIn,
    RevenueTermsList,
    RevenueTermsView,
    SharedLine,
    SharedMonths,
    SharedMonthView,
    ShareRevenueIn,
)
from store.sql.models import LedgerBatchRow, ProducerRow, RevenueTermsRow
from store.sql.repositories.ledger import Entry
from store.sql.repositories.sharing import Income
from store.uow import Database, UnitOfWork

_OF_NO_POLICY = "of_no_policy"
_DAY = timedelta(days=1)


class RevenueSharing:
    """Everybody who sees commissions reads the terms; ``agency:admin`` sets them and shares. A month is shared once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def versions(self, actor: Actor) -> RevenueTermsList:
        """Every version of the terms, newest first."""
        own_of(actor)
        async with self._database.begin(actor) as uow:
            return RevenueTermsList(items=[_terms_view(row) for row in await uow.sharing.versions()])

    async def put(self, actor: Actor, given: RevenueTermsIn) -> RevenueTermsView:
        """Add a version of the terms; the same as the newest again adds none. Months that were shared keep theirs."""
        require_admin(actor)
        async with self._database.begin(actor) as uow:
            await uow.agencies.mine(lock=True)
            rows = await uow.sharing.versions()
            same = (given.effective_on, given.basis_points)
            if rows and (rows[0].effective_on, rows[0].basis_points) == same:
                return _terms_view(rows[0])
            version = rows[0].version + 1 if rows else 1
            await uow.sharing.add_terms({"version": version, **given.model_dump(), "at": now()})
            await uow.audit.note("commission.revenue_terms", "revenue_terms", version, basis_points=given.basis_points)
            return _terms_view((await uow.sharing.versions())[0])

    async def share(self, actor: Actor, given: ShareRevenueIn) -> SharedMonths:
        """Share a month that is over, one batch for each currency; the same month again posts nothing.

        Raises Invalid for a month that is not over.
        """
        require_admin(actor)
        async with self._database.begin(actor) as uow:
            await uow.agencies.mine(lock=True)  # two runs at once would freeze a basis each
            begins, ends = month_bounds(given.month, await zone_of(uow))
            if ends > now():
                fault = FieldError("month", "not_over", "is not over", "share it when it has ended", given.month)
                raise Invalid(f"{given.month} is not over, so its income is not known", fields=(fault,))
            before = await uow.sharing.shared_in(given.month)
            fresh = [one for one in await _months(uow, given.month, begins, ends) if one.currency not in before]
            entries = [] if given.dry_run else [entry for one in fresh if (entry := _entry(one)) is not None]
            if entries:
                await uow.ledger.post(entries)
                await uow.audit.note("commission.share_revenue", "month", given.month, n=len(entries))
            rows = await uow.sharing.shared_in(given.month)
            posted = await uow.sharing.credited([row.id for row in rows.values()])
        items = [
            _view(SharedMonth.from_dict(row.facts), posted[row.id], row, replayed=currency in before)
            for currency, row in rows.items()
        ]
        items += [_view(one, one.given(), None, replayed=False) for one in fresh if one.currency not in rows]
        return SharedMonths(month=given.month, dry_run=given.dry_run, items=items)

    async def explain(self, actor: Actor, batch_id: UUID) -> SharedMonthView:
        """A shared month worked out again from its frozen basis, beside the ledger. A producer is told of the own lines alone.

        Raises NotFound for what shared nothing, or nothing with the producer.
        """
        only = own_of(actor)
        async with self._database.begin(actor) as uow:
            row = await uow.sharing.shared_by_id(batch_id)
            posted = {} if row is None else (await uow.sharing.credited([row.id]))[row.id]
        if row is None or (only is not None and str(only) not in posted):
            raise NotFound(f"no shared month {batch_id}")
        return _view(SharedMonth.from_dict(row.facts), posted, row, replayed=True, only=only)


async def _months(uow: UnitOfWork, month: str, begins: datetime, ends: datetime) -> list[SharedMonth]:
    """The month in every currency, by what is known now; none where the terms of its last day share nothing."""
    last = ends.astimezone(await zone_of(uow)).date() - _DAY
    terms = await uow.sharing.terms_on(last)
    if terms is None or not terms.basis_points:
        return []
    income = await uow.sharing.income(begins, ends)
    tiers = await uow.effects.every_tier_at(ends)
    holders = [who for who, tier in tiers.items() if has(Tier(tier), Benefit.REVENUE_SHARING)]
    people = await uow.commissions.producers(holders) if holders else {}
    version = law_table().version
    return [
        SharedMonth(
            month, currency, terms.version, terms.basis_points, version,
            tuple(Earned(one.line, one.state, one.minor, _verdicts(one, people, last)) for one in found),
        )
        for currency, found in groupby(income, key=lambda one: one.currency)
    ]  # fmt: skip


def _verdicts(income: Income, people: Mapping[UUID, ProducerRow], day: date) -> dict[str, str]:
    """Whether each may be paid for business of this line and state: licensed for it, and by the table of the law (T23, T43)."""
    if income.minor <= 0:
        return {}
    if not income.line:
        return {str(who): _OF_NO_POLICY for who in people}
    return {str(who): _verdict(income, row, day) for who, row in people.items()}


def _verdict(income: Income, row: ProducerRow, day: date) -> str:
    needed = authority_table().rows.get(Line(income.line), ())
    licence = licensed_on(held_by(row), needed, income.state, day)
    if not licence.permits:
        return licence.code
    told = may_accrue(Reward(income.state, Event.CONVERTED, day, licensed=True), law_table())
    return PERMITTED if told.allowed else told.code


def _key(one: SharedMonth) -> str:
    return f"sharing:{one.month}:{one.currency}"


def _entry(one: SharedMonth) -> Entry | None:
    batch = one.batch()
    if batch is None:
        return None
    why = f"revenue sharing of {one.month}: {one.basis_points} basis points of the house's income"
    return Entry(_key(one), batch, now(), why, rule_version=one.rule_version, facts=one.as_dict())


def _view(
    one: SharedMonth, posted: Mapping[str, int], row: LedgerBatchRow | None, *, replayed: bool, only: UUID | None = None
) -> SharedMonthView:
    lines = [
        SharedLine(
            payee_id=UUID(payee), line=part.earned.line, state=part.earned.state, minor=part.given.get(payee, 0), code=code,
        )
        for part in one.parts()
        for payee, code in sorted(part.earned.verdicts.items())
        if only is None or payee == str(only)
    ]  # fmt: skip
    every = only is None
    return SharedMonthView(
        id=None if row is None else row.id, month=one.month, currency=one.currency, rule_version=one.rule_version,
        basis_points=one.basis_points, income_minor=one.income if every else None, pool_minor=one.pool if every else None,
        shared_minor=sum(posted.values()) if every else posted[str(only)], sentences=one.sentences() if every else [],
        lines=lines, posted_at=None if row is None else row.at, replayed=replayed, agrees=one.given() == dict(posted),
    )  # fmt: skip


def _terms_view(row: RevenueTermsRow) -> RevenueTermsView:
    return RevenueTermsView(
        version=row.version,
        effective_on=row.effective_on,
        basis_points=row.basis_points,
        by=row.by,
        why=row.why,
        at=row.at,
    )
