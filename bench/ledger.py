"""A year of brokers' commissions, day by day, on the services: splits, pools, overrides, tiers, advances, lapses, chargebacks,
agents of record, holds, referral fees, carriers' statements and payouts, with every command now and then sent twice.

Each evening every account of the ledger is held against the cards of somebody who reads the same facts and counts otherwise
(:mod:`bench.ledger_clerk`); the carriers pay what the cards say. At the end each broker's total, and what they were paid, must be
the same to the cent, and the ledger must explain every commission by its frozen terms.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from bench.ledger_clerk import Clerk
from bench.ledger_story import (
    CARRIERS,
    FIRST,
    Broker,
    End,
    Fact,
    Fee,
    Hold,
    Lift,
    Party,
    Pool,
    Record,
    Rescind,
    Sale,
    Story,
    Upline,
    story,
)
from domain.actor import Actor
from kernel.clock import frozen
from kernel.errors import Conflict
from kernel.settings import Settings
from services.commissions.money_schemas import CarrierStatementIn, PayoutChange, RunIn
from services.commissions.plan_schemas import PlanIn
from services.commissions.schemas import (
    AccrualIn,
    FeeIn,
    HoldIn,
    MemberIn,
    PoolIn,
    RecordChangeIn,
    ReversalIn,
    UplineIn,
)
from services.container import Services
from services.opening import open_services

_PLACE = ZoneInfo("America/New_York")
_TWICE = 0.03
_STATED, _PAID, _BANK = 3, 8, 11
"""Days of the month on which carriers' statements come, a payout run is made, and the bank answers."""
_AUTHORITIES = ["property", "casualty", "personal_lines", "life", "accident_and_health"]
_PAGE = 200
_SHOWN = 5


@dataclass
class LedgerYear:
    """What a year came to. ``odd`` are accounts that differed, by day; ``unexplained`` commissions whose postings are not their
    terms; ``off`` brokers whose total or payments differ at the end.
    """

    brokers: int
    days: int
    facts: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    paid_minor: int = 0
    batches: int = 0
    postings: int = 0
    unbalanced_days: int = 0
    odd: list[str] = field(default_factory=list)
    off: list[str] = field(default_factory=list)
    unexplained: int = 0
    posted_again: int = 0
    seconds: float = 0

    @property
    def held(self) -> bool:
        """Whether the ledger and the second count agree to the cent, every day and for everybody."""
        return not (self.unbalanced_days or self.odd or self.off or self.unexplained or self.posted_again)


async def ledger(brokers: int, days: int, sales_a_day: float, seed: int) -> LedgerYear:
    """Live the story in a folder of its own, which is removed."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-ledger-"))
    await asyncio.to_thread(folder.chmod, 0o711)
    try:
        async with open_services(Settings(home=folder / "home"), durable=False) as services:
            return await lived(services, story(seed, brokers, days, sales_a_day))
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def lived(services: Services, given: Story) -> LedgerYear:
    """Live through the story in a new agency of these services."""
    started = time.perf_counter()
    slug = f"ledger-{given.seed}-{len(given.brokers)}"
    actor = await services.agencies.found(slug, slug)
    people = {"slug": slug, "name": slug, "producers": [_producer(one) for one in given.brokers], "connections": []}
    await services.agencies.load(actor, json.dumps(people).encode())
    async with services.database.begin(actor) as uow:
        ids = await uow.agencies.ids_by_external()
    found = LedgerYear(len(given.brokers), given.days)
    office = _Office(services, actor, given, ids, found)
    await office.through()
    found.seconds = time.perf_counter() - started
    return found


class _Office:
    """Does in the ledger what happens in the story, and tells the clerk the same."""

    def __init__(self, services: Services, actor: Actor, given: Story, ids: dict[str, UUID], found: LedgerYear) -> None:
        self._services, self._made, self._actor = services, services.commissions, actor
        self._story, self._ids, self._found = given, ids, found
        self._clerk = Clerk(given, ids)
        self._chance = random.Random(f"office {given.seed}")
        self._accruals: dict[int, UUID] = {}
        self._changes: dict[int, UUID] = {}
        self._holds: dict[int, UUID] = {}
        self._on_the_way: list[tuple[UUID, str, int]] = []

    async def through(self) -> None:
        for number in range(self._story.days):
            day = FIRST + timedelta(days=number)
            with frozen(datetime.combine(day, clock_time(15), UTC)):
                if number == 0:
                    await self._agreed()
                for fact in self._story.facts.get(day, []):
                    self._found.facts[type(fact).__name__.lower()] += 1
                    await self._happened(fact, day)
                await self._of_the_month(day)
                while await self._made.accruals.release_due(self._actor):
                    pass
                self._clerk.release(day)
                await self._compared(day)
        await self._ended()

    async def _agreed(self) -> None:
        for first, plan in self._story.plans:
            given = {"effective_on": first, "why": "contract", "plan": plan}
            await self._made.plans.put(self._actor, PlanIn.model_validate(given))

    async def _happened(self, fact: Fact, day: date) -> None:
        match fact:
            case Sale():
                await self._sold(fact, day)
            case End():
                self._clerk.end(fact, day)
                given = self._end(fact)
                await self._made.reversals.reverse(self._actor, given)
                if self._again():
                    again = await self._made.reversals.reverse(self._actor, given)
                    self._found.posted_again += not again.replayed
            case Fee():
                await self._fee(fact, day)
            case Record() | Rescind():
                await self._of_record(fact)
            case Hold() | Lift():
                await self._held(fact)
            case Upline():
                self._clerk.upline(fact, day)
                upper = self._ids[fact.upper] if fact.upper else None
                await self._made.arrangements.set_upline(
                    self._actor, self._ids[fact.who], UplineIn(upline_id=upper, since=day)
                )
            case Pool():
                self._clerk.pool(fact, day)
                members = [MemberIn(producer_id=self._ids[who], weight=Decimal(many)) for who, many in fact.weights]
                await self._made.arrangements.set_pool(self._actor, fact.pool, PoolIn(since=day, members=members))
            case _:
                assert_never(fact)

    async def _sold(self, fact: Sale, day: date) -> None:
        self._clerk.sale(fact, day)
        given = self._sale(fact)
        made = await self._made.accruals.accrue(self._actor, given)
        self._accruals[fact.key] = made.accrual.id
        if self._again():
            again = await self._made.accruals.accrue(self._actor, given)
            self._found.posted_again += not again.replayed

    async def _fee(self, fact: Fee, day: date) -> None:
        owed = self._clerk.fee(fact, day)
        given = FeeIn.model_validate({
            "source": "story:fee", "number": fact.key, "payee_id": self._ids[fact.who], "line": "auto", "state": fact.state,
            "on": day, "amount_minor": fact.amount, "trigger": "converted" if fact.converted else "referred",
            "of_client": fact.client, "every": fact.every,
        })  # fmt: skip
        told = await self._made.fees.pay(self._actor, given)
        if told.paid != owed:
            self._found.odd.append(f"{day}: a fee to {fact.who} in {fact.state}: paid {told.paid}, owed {owed}")
        if self._again():
            again = await self._made.fees.pay(self._actor, given)
            self._found.posted_again += told.paid and not again.replayed

    async def _of_record(self, fact: Record | Rescind) -> None:
        arrange = self._made.arrangements
        if isinstance(fact, Rescind):
            self._clerk.rescind(fact)
            await arrange.rescind(self._actor, self._changes[fact.key])
            return
        self._clerk.record(fact)
        given = {
            "policy_number": fact.number, "carrier": fact.carrier, "before_id": self._ids[fact.before],
            "after_id": self._ids[fact.after], "effective_on": fact.effective, "received_on": fact.received,
            "chargebacks": "successor" if fact.successor else "original",
        }  # fmt: skip
        kept = await arrange.change_record(self._actor, RecordChangeIn.model_validate(given))
        self._changes[fact.key] = kept.id

    async def _held(self, fact: Hold | Lift) -> None:
        arrange = self._made.arrangements
        if isinstance(fact, Lift):
            self._clerk.lift(fact)
            await arrange.lift(self._actor, self._holds[fact.key])
            return
        self._clerk.hold(fact)
        of = {"payee_id": self._ids[fact.who]} if fact.who else {"accrual_id": self._accruals[fact.sale]}
        kept = await arrange.hold(self._actor, HoldIn.model_validate({**of, "reason": "in the story"}))
        self._holds[fact.key] = kept.id

    async def _of_the_month(self, day: date) -> None:
        if day.day == _STATED:
            for carrier in CARRIERS:
                await self._stated(carrier, day)
        elif day.day == _PAID:
            await self._paid(day)
        elif day.day == _BANK:
            await self._answered()

    async def _stated(self, carrier: str, day: date) -> None:
        """A carrier pays most of what it owes, with a line that fits nothing and one that is a few cents off."""
        due = {one for one in self._clerk.open_terms(carrier) if self._chance.random() < 0.9}  # noqa: PLR2004
        lines = self._clerk.statement(carrier, due)
        rows = [_row(number, on, owed) for number, on, owed in lines]
        expected = {"matched": len(rows)} if rows else {}
        large = next((place for place, one in enumerate(lines) if one[2] > 10_000), None)  # noqa: PLR2004
        if large is not None:
            number, on, owed = lines[large]
            rows[large] = _row(number, on, owed + 2)
            self._clerk.astray(carrier, 2, known=True)
        stray = self._chance.randint(100, 9_999)
        rows.append(_row("ZZ-1", day, stray))
        self._clerk.astray(carrier, stray, known=False)
        given = CarrierStatementIn.model_validate(
            {"carrier": carrier, "number": f"{day:%Y-%m}", "received_on": day, "rows": rows}
        )
        told = await self._made.carriers.take(self._actor, given)
        if told.counts != {**expected, "unmatched": 1}:
            self._found.odd.append(f"{day}: of {len(lines)} lines of {carrier}: {told.counts}")
        again = await self._made.carriers.take(self._actor, given)
        self._found.posted_again += not again.replayed

    async def _paid(self, day: date) -> None:
        names = {who: name for name, who in self._ids.items()}
        self._clerk.release(day)  # a run lets be paid what is due before it counts
        due = self._clerk.payouts(day)
        run = RunIn(run=f"{day:%Y-%m}")
        told = await self._made.payouts.run(self._actor, run)
        made = {names[one.payee_id]: one.amount_minor for one in told.made}
        if made != due:
            differ = sorted(made.items() ^ due.items())
            self._found.odd.append(f"{day}: payouts differ: {differ[:_SHOWN]}")
        self._found.posted_again += len((await self._made.payouts.run(self._actor, run)).made)
        self._on_the_way = [(one.id, names[one.payee_id], one.amount_minor) for one in told.made]

    async def _answered(self) -> None:
        for payout_id, who, amount in self._on_the_way:
            held = who in self._clerk.stopped()
            returned = self._chance.random() < 0.04 or held  # noqa: PLR2004
            try:
                await self._step(payout_id, "process")
                stopped = False
            except Conflict:
                stopped = True
            if stopped != held:
                self._found.odd.append(f"the payout of {who}: stopped {stopped}, on hold {held}")
            await self._step(payout_id, "return" if returned else "confirm")
            self._clerk.bank(who, amount, returned=returned)
        self._on_the_way = []

    async def _step(self, payout_id: UUID, action: str) -> None:
        given = PayoutChange.model_validate({"action": action})
        await self._made.payouts.change(self._actor, payout_id, given, expected=None)

    async def _compared(self, day: date) -> None:
        """Every account, and the sum of all."""
        names = {str(who): name for name, who in self._ids.items()}
        async with self._services.database.begin(self._actor) as uow:
            stood = await uow.ledger.standing()
        posted = {(one.kind, names.get(one.owner, one.owner)): one.minor for one in stood if one.minor}
        self._found.unbalanced_days += sum(posted.values()) != 0
        counted = self._clerk.books()
        for where in sorted(posted.keys() | counted.keys()):
            if posted.get(where, 0) != counted.get(where, 0):
                said = f"{day}: {' '.join(where)}: posted {posted.get(where, 0)}, counted {counted.get(where, 0)}"
                self._found.odd.append(said)

    async def _ended(self) -> None:
        """Everybody's total and payments by the ledger's own reports, and every commission's explanation."""
        begins, ends = datetime(FIRST.year - 1, 1, 1, tzinfo=UTC), datetime(FIRST.year + 3, 1, 1, tzinfo=UTC)
        books, paid = self._clerk.books(), self._clerk.paid()
        async with self._services.database.begin(self._actor) as uow:
            stood = await uow.ledger.standing(payees=True)
            went = await uow.ledger.paid(begins, ends)
            self._found.batches, self._found.postings = await uow.ledger.size()
        for name, who in self._ids.items():
            has = sum(one.minor for one in stood if one.owner == str(who))
            counted = sum(minor for (_, owner), minor in books.items() if owner == name)
            out = abs(went.get((who, "USD"), 0))
            self._found.paid_minor += out
            if (has, out) != (counted, paid.get(name, 0)):
                self._found.off.append(f"{name}: holds {has} and got {out}, counted {counted} and {paid.get(name, 0)}")
        for accrual_id in self._accruals.values():
            told = await self._made.explanations.of(self._actor, accrual_id)
            self._found.unexplained += not told.agrees

    def _again(self) -> bool:
        """Whether a command is sent twice."""
        again = self._chance.random() < _TWICE
        self._found.repeated += again
        return again

    def _sale(self, fact: Sale) -> AccrualIn:
        return AccrualIn.model_validate({
            "source": f"story:{fact.number}", "number": fact.key, "term": "renewal" if fact.renewal else "new",
            "policy": {
                "number": fact.number, "carrier": fact.carrier, "line": fact.line, "state": fact.state,
                "effective_at": _noon(fact.on),
            },
            "premium_minor": fact.premium, "taxes_minor": fact.taxes, "earned_at": _noon(fact.earned),
            "as_earned": fact.month, "parties": [self._party(one) for one in fact.parties],
        })  # fmt: skip

    def _party(self, one: Party) -> dict[str, Any]:
        who = {"pool": one.pool} if one.pool else {"producer_id": self._ids[one.who], "multiplier": one.times}
        return {"weight": one.weight, **who}

    def _end(self, fact: End) -> ReversalIn:
        return ReversalIn.model_validate({
            "source": f"story:{fact.number}", "number": fact.key, "policy_number": fact.number.replace("-", " ").lower(),
            "carrier": fact.carrier.upper(), "effective_on": fact.on, "kind": fact.how,
            "ended_on": fact.ended if fact.how == "ended" else None,
            "return_premium_minor": fact.returned if fact.how == "ended" else None,
        })  # fmt: skip


def _noon(day: date) -> datetime:
    return datetime.combine(day, clock_time(12), _PLACE)


def _row(number: str, on: date, owed: int) -> dict[str, str]:
    return {"Policy Number": number, "Eff Date": on.isoformat(), "Commission Amount": str(Decimal(owed) / 100)}


def _producer(one: Broker) -> dict[str, Any]:
    states = {"all": ("FL", "NY", "PA", "TX"), "ended": ("FL", "NY", "PA", "TX"), "home": ("FL",), "none": ()}[
        one.licences
    ]
    licences = [
        {
            "state": state, "number": f"{state}-1", "status": "active", "authorities": _AUTHORITIES,
            "effective": "2020-01-01", "expires": (one.ended or date(2039, 12, 31)).isoformat(),
            "checked_at": "2025-01-01T00:00:00+00:00",
        }
        for state in states
    ]  # fmt: skip
    return {
        "external_id": one.name, "name": f"Broker {one.name}", "email": f"{one.name}@brokers.example", "phone": None,
        "team": None,
        "profile": {
            "active": True, "lines": ["auto"], "licences": licences, "appointments": [], "eo_expires": "2039-01-01",
            "languages": ["en"], "zip_code": "60601", "time_zone": "America/New_York",
            "schedule": [], "capacity_daily": 10, "capacity_monthly": 100, "joined_on": "2020-01-01",
        },
    }  # fmt: skip
