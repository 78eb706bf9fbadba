"""Carriers' statements: kept line by line, matched with what was earned, and what is left of them reconciled (T45, T46)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain.actor import Actor
from domain.commissions.carrier_rows import CarrierRow, read_carrier_row
from domain.commissions.ledger import Account, Batch, Happening, Place, Posting
from domain.commissions.matching import Expected, Matched, Outcome, matched, policy_key
from domain.commissions.plan import Plan
from domain.commissions.rates import carrier_key
from kernel.clock import now
from kernel.errors import Conflict
from kernel.ids import digest, new_id
from services import row_files
from services.commissions.accruing import release_in
from services.commissions.moments import require_manager, today
from services.commissions.money_schemas import (
    CarrierStatementIn,
    CarrierStatementLine,
    CarrierStatementPage,
    CarrierStatementView,
    LineView,
    MatchedAgain,
    OpenLinePage,
    OpenLineView,
)
from store.sql.models import AccrualRow, CarrierLineRow, CarrierStatementRow
from store.sql.repositories.ledger import Entry
from store.uow import Database, UnitOfWork

WAITING = (Outcome.UNMATCHED.value, Outcome.DIFFERS.value, Outcome.AMBIGUOUS.value)
IN_SUSPENSE = (*WAITING, Outcome.INVALID.value)
_MOST_AGAIN = 5_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line on its way to its commission; one with a ``fault`` cannot be matched, and only its money is known."""

    id: UUID
    number: int
    policy_number: str
    effective_on: date | None
    minor: int
    fault: str | None = None

    @property
    def key(self) -> tuple[str, date] | None:
        """Which term it is for; None where that cannot be read."""
        return None if self.fault or self.effective_on is None else (policy_key(self.policy_number), self.effective_on)


class CarrierStatements:
    """The same statement again changes nothing; another one under its number is a Conflict."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, actor: Actor, given: CarrierStatementIn) -> CarrierStatementView:
        """Keep a statement, pay commissions from it, and let be paid whose time of waiting is over. One transaction."""
        require_manager(actor)
        # the day it came is not what it says: the same lines on another day are the same statement
        sent, key = digest(given.model_dump(mode="json", include={"currency", "rows"})), carrier_key(given.carrier)
        read = [read_carrier_row(row, given.currency) for row in given.rows]
        async with self._database.begin(actor) as uow:
            statement_id = new_id()
            fresh = await uow.remittances.add_statement({
                "id": statement_id, "carrier": given.carrier.strip(), "carrier_key": key, "number": given.number.strip(),
                "digest": sent, "currency": given.currency, "received_on": given.received_on,
                "stated_total": given.stated_total_minor, "at": now(),
            })  # fmt: skip
            row = await uow.remittances.statement_of(key, given.number.strip())
            assert row is not None, "it was kept, now or before"
            if row.digest != sent:
                raise Conflict(f"statement {given.number!r} of this carrier has other lines", code="other_statement")
            if fresh:
                await self._keep(uow, row, given.rows, read)
                await uow.audit.note("commission.statement", "carrier_statement", row.id, lines=len(read))
            return await _view(uow, row, replayed=not fresh)

    async def one(self, actor: Actor, statement_id: UUID) -> CarrierStatementView:
        """A statement with its lines."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            return await _view(uow, await uow.remittances.statement(statement_id), replayed=False)

    async def page(
        self, actor: Actor, *, carrier: str | None = None, cursor: UUID | None = None, limit: int = 50
    ) -> CarrierStatementPage:
        """Statements that were taken, newest first."""
        require_manager(actor)
        key = carrier_key(carrier) if carrier else None
        async with self._database.begin(actor) as uow:
            rows = await uow.remittances.statements(carrier_key=key, before=cursor, at_most=limit + 1)
            counts = await uow.remittances.counts(row.id for row in rows[:limit])
        items = [_listed(row, counts.get(row.id, {})) for row in rows[:limit]]
        return CarrierStatementPage(items=items, next_cursor=rows[limit - 1].id if len(rows) > limit else None)

    async def open_lines(
        self, actor: Actor, *, outcomes: Sequence[Outcome] = (), carrier: str | None = None,
        policy_number: str | None = None, cursor: UUID | None = None, limit: int = 50,
    ) -> OpenLinePage:  # fmt: skip
        """Lines whose money is in suspense, oldest first: all of them, or those with these outcomes."""
        require_manager(actor)
        wanted = [one.value for one in outcomes] or IN_SUSPENSE
        async with self._database.begin(actor) as uow:
            found = await uow.remittances.lines_page(
                outcomes=[one for one in wanted if one in IN_SUSPENSE], after=cursor, at_most=limit + 1,
                carrier_key=carrier_key(carrier) if carrier else None,
                policy_key=policy_key(policy_number) if policy_number else None,
            )  # fmt: skip
        items = [
            OpenLineView(
                **_line_view(line).model_dump(), statement_id=row.id, statement_number=row.number, carrier=row.carrier,
                currency=row.currency, received_on=row.received_on,
            )
            for line, row in found[:limit]
        ]  # fmt: skip
        return OpenLinePage(items=items, next_cursor=found[limit - 1][0].id if len(found) > limit else None)

    async def match_again(self, actor: Actor) -> MatchedAgain:
        """Look again for the commissions of lines that wait: some are earned after their carrier has paid them."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            found = await uow.remittances.open_lines(WAITING, _MOST_AGAIN)
            groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
            for row, statement in found:
                assert row.minor is not None, "only a line with an amount waits"
                line = Line(row.id, row.number, row.policy_number, row.effective_on, row.minor)
                groups[statement.carrier_key, statement.currency].append(line)
            matching = 0
            for (carrier, currency), lines in sorted(groups.items()):
                matching += await _match(uow, carrier, currency, lines, waited=True)
        return MatchedAgain(matched=matching, waiting=len(found) - matching)

    async def assign(self, actor: Actor, line_id: UUID, accrual_id: UUID) -> LineView:
        """A person says what a line pays: all of it goes to this commission, which may then be owed more or less than nothing.

        Raises Conflict for a line that is matched already, or whose amount cannot be read.
        """
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            line, statement = await uow.remittances.line(line_id)
            row = await uow.commissions.accrual(accrual_id, held=True)
            if line.outcome == Outcome.MATCHED.value or not line.minor:
                raise Conflict("this line is matched already, or pays nothing", code="not_waiting")
            if (row.carrier_key, row.currency) != (statement.carrier_key, statement.currency):
                raise Conflict("the commission is of another carrier or currency", code="other_carrier")
            found = Matched(Outcome.MATCHED, ((str(row.id), line.minor),), reason=f"assigned by {actor.subject}")
            sent = Line(line.id, line.number, line.policy_number, line.effective_on, line.minor)
            await uow.ledger.post(_entries(statement.carrier_key, statement.currency, sent, found, waited=True))
            await uow.remittances.change_lines([(line.id, _changed(found))])
            await uow.audit.note("commission.assign", "carrier_line", line.id, accrual_id=str(row.id))
            if (await uow.ledger.outstanding([row.id])).get(row.id) == 0:
                await _release(uow, [row])
            await uow.session.refresh(line)
            return _line_view(line)

    async def _keep(
        self, uow: UnitOfWork, row: CarrierStatementRow, rows: Sequence[Mapping[str, Any]], read: Sequence[CarrierRow]
    ) -> None:
        kept, lines = [], []
        for number, (raw, one) in enumerate(zip(rows, read, strict=True), start=1):
            line_id = new_id()
            kept.append({
                "id": line_id, "statement_id": row.id, "number": number, "raw": _plain(raw), "minor": one.minor,
                "policy_number": one.policy_number, "policy_key": policy_key(one.policy_number),
                "effective_on": one.effective_on, "outcome": Outcome.INVALID.value, "reason": one.fault or "", "pays": [],
                "variance": 0, "matched_at": None,
            })  # fmt: skip
            if one.minor is not None:
                lines.append(Line(line_id, number, one.policy_number, one.effective_on, one.minor, one.fault))
        await uow.remittances.add_lines(kept)
        await _match(uow, row.carrier_key, row.currency, lines, waited=False)


async def _match(uow: UnitOfWork, carrier: str, currency: str, lines: Sequence[Line], *, waited: bool) -> int:
    """Match lines of one carrier and post them: cash for a commission, or for suspense; how many found theirs."""
    keys = {(carrier, *line.key) for line in lines if line.key is not None}
    accruals = [row for row in await uow.commissions.of_terms(keys) if row.currency == currency] if keys else []
    owed = await uow.ledger.outstanding([row.id for row in accruals]) if accruals else {}
    plan = await uow.commissions.plan_on(await today(uow))
    tolerance = Plan.from_dict(plan.body).tolerance if plan is not None else 0
    by_key: dict[tuple[str, date], list[AccrualRow]] = defaultdict(list)
    for row in accruals:
        by_key[row.policy_key, row.effective_on].append(row)
    entries, changes, paid = [], [], set()
    for line in lines:
        rows = by_key[line.key] if line.key is not None else []
        expected = [Expected(str(row.id), row.policy_number, owed.get(row.id, 0)) for row in rows]
        if line.key is None:
            found = Matched(Outcome.INVALID, reason=line.fault or "")
        else:
            found = matched(line.policy_number, line.minor, expected, tolerance)
        for accrual_id, minor in found.pays:
            owed[UUID(accrual_id)] -= minor
            paid.add(UUID(accrual_id))
        entries += _entries(carrier, currency, line, found, waited=waited)
        if not waited or found.outcome is Outcome.MATCHED:
            changes.append((line.id, _changed(found)))
    await uow.ledger.post(entries)
    await uow.remittances.change_lines(changes)
    await _release(uow, [row for row in accruals if row.id in paid and owed[row.id] == 0])
    return sum(values["outcome"] == Outcome.MATCHED.value for _, values in changes)


def _entries(carrier: str, currency: str, line: Line, found: Matched, *, waited: bool) -> list[Entry]:
    """A line that is matched pays its commissions; one that is not pays into suspense, once, and out of it when it is."""
    if line.minor == 0 or (waited and found.outcome is not Outcome.MATCHED):
        return []
    suspense = Place(Account.SUSPENSE, carrier, "")
    into = suspense if waited else Place(Account.CASH, "", "")
    postings: list[Posting] = [Posting(into, line.minor)]
    accruals: list[UUID | None] = [None]
    if found.outcome is Outcome.MATCHED:
        for accrual_id, minor in found.pays:
            postings.append(Posting(Place(Account.RECEIVABLE, carrier, ""), -minor))
            accruals.append(UUID(accrual_id))
        if found.variance:
            postings.append(Posting(Place(Account.VARIANCE, "", ""), -found.variance))
            accruals.append(None)
    else:
        postings.append(Posting(suspense, -line.minor))
        accruals.append(None)
    happening = Happening.APPLIED if waited else Happening.RECEIVED
    key = f"{happening.value}:{line.id}"
    batch = Batch(happening, currency, tuple(postings))
    facts = {"statement_line": str(line.id), "outcome": found.outcome.value}
    return [Entry(key, batch, now(), f"carrier's statement, line {line.number}", facts=facts, accruals=accruals)]


def _changed(found: Matched) -> dict[str, Any]:
    done = found.outcome is Outcome.MATCHED
    return {
        "outcome": found.outcome.value, "reason": found.reason, "variance": found.variance,
        "pays": [{"accrual_id": accrual_id, "minor": minor} for accrual_id, minor in found.pays],
        "matched_at": now() if done else None,
    }  # fmt: skip


async def _release(uow: UnitOfWork, rows: Iterable[AccrualRow]) -> None:
    day = await today(uow)
    held = {row.accrual_id for row in await uow.commissions.holds()}
    ready = [row for row in rows if row.released_at is None and row.hold_until <= day and row.id not in held]
    await release_in(uow, ready, "its carrier has paid")


async def _view(uow: UnitOfWork, row: CarrierStatementRow, *, replayed: bool) -> CarrierStatementView:
    lines = await uow.remittances.lines(row.id)
    counts: dict[str, int] = defaultdict(int)
    for line in lines:
        counts[line.outcome] += 1
    return CarrierStatementView(
        id=row.id, carrier=row.carrier, number=row.number, currency=row.currency, received_on=row.received_on,
        stated_total_minor=row.stated_total, total_minor=sum(line.minor or 0 for line in lines), counts=dict(counts),
        replayed=replayed, lines=[_line_view(line) for line in lines],
    )  # fmt: skip


def _listed(row: CarrierStatementRow, counts: Mapping[str, tuple[int, int]]) -> CarrierStatementLine:
    return CarrierStatementLine(
        id=row.id, carrier=row.carrier, number=row.number, currency=row.currency, received_on=row.received_on,
        stated_total_minor=row.stated_total, total_minor=sum(minor for _, minor in counts.values()),
        suspense_minor=sum(minor for outcome, (_, minor) in counts.items() if outcome in IN_SUSPENSE),
        counts={outcome: n for outcome, (n, _) in counts.items()},
    )  # fmt: skip


def _line_view(row: CarrierLineRow) -> LineView:
    return LineView(
        id=row.id, number=row.number, policy_number=row.policy_number, effective_on=row.effective_on,
        amount_minor=row.minor, outcome=row.outcome, reason=row.reason, pays=row.pays, variance_minor=row.variance,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    """A row as it came, without the one character that Postgres cannot keep."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {_plain(str(name)): _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _no_number(word: str) -> None:
    msg = f"{word} is no number"
    raise ValueError(msg)


def rows_of(name: str, source: bytes) -> list[dict[str, Any]]:
    """The rows of a statement's file: CSV with a header, or a JSON array of objects. Raises Invalid for anything else."""
    return row_files.rows_of(name, source, constant=_no_number)
