"""A book of policies as services would have written it, quickly.

Some thousands of households are lived through on :mod:`bench.policies_shelf` with the services' own code: drafts, payments in
time, late and never, notices, cancellations, renewals taken and not. Each is then copied under other ids, numbers and producers,
and everything goes to the tables by COPY. The guard against terms that begin as anything but a draft is off meanwhile; what
checks events, postings and overlaps stays on. The shares are an invention of the right order, not a claim about a market.
"""

from __future__ import annotations

import heapq
import json
import random
import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import asyncpg

from bench.policies_shelf import Shelf, ShelfDatabase
from domain.actor import Actor
from domain.policies.words import PolicyStatus
from integrations.blobs import LocalBlobs
from integrations.geography import Geography
from kernel.clock import frozen, now
from kernel.ids import new_id
from kernel.policy_settings import PolicySettings
from services.policies.held import hold
from services.policies.policies import Policies
from services.policies.schemas import CancelIn, NoticeIn, PaymentIn, PolicyDraftIn
from services.policies.timing import done
from store.sql.models import (
    InsurancePolicyRow,
    PolicyChangeRow,
    PolicyEarningRow,
    PolicyEventRow,
    PolicyNoticeRow,
    PolicyPaymentRow,
    PolicyPostingRow,
    PolicyTimerRow,
    Row,
)
from store.uow import Database

ZONES = {"IL": "America/Chicago", "TX": "America/Chicago", "CA": "America/Los_Angeles", "NY": "America/New_York"}
CARRIERS = ("Prairie Mutual", "Lakeshore Casualty", "Granite State Life", "Union Pacific Insurance")
_TYPES = {"auto.standard": 55, "home.renters": 30, "life.term": 15}
_FREQUENCIES = {"full": 25, "semiannual": 10, "quarterly": 15, "monthly": 50}
_HABITS = {"ahead": 85, "late": 9, "stops": 3, "leaves": 3}
"""How a household pays: before each due date, up to ten days after it, not after some instalment; or it leaves early."""
_RENEWS = 0.86
_BACK = 545
"""Days before the night in which first terms begin: a year and a half, so that many have been renewed."""
_ON_THE_FIRST = 0.5
_DAY = timedelta(days=1)
TABLES = (
    InsurancePolicyRow, PolicyChangeRow, PolicyPostingRow, PolicyEventRow, PolicyNoticeRow, PolicyPaymentRow, PolicyTimerRow,
    PolicyEarningRow,
)  # fmt: skip
"""In the order in which they refer to each other."""
_GUARDS = {"policy": "policy_guard", "policy_notice": "policy_notice_guard"}
"""They judge a row when it is written; a term that was lived through elsewhere is copied as it ended."""
_COPIES, _BATCH = 40, 4_000
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FIRST = ("Ann", "Bo", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana", "Ivo", "Jun")
_LAST = ("Abel", "Burke", "Cole", "Diaz", "Ebel", "Frost", "Gray", "Hahn", "Iqbal", "Jones")
NAMES = tuple(f"{first} {last}" for first in _FIRST for last in _LAST)
Action = Callable[[], Awaitable[None]]


@dataclass
class Life:
    """Lives one household until ``until``, timers and all."""

    actor: Actor
    geography: Geography
    chance: random.Random
    until: datetime
    _queue: list[tuple[datetime, int, Action]] = field(default_factory=list)
    _count: int = 0
    _seen: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._database = ShelfDatabase()
        blobs = LocalBlobs(Path(tempfile.gettempdir()))  # nobody in the book writes a letter
        self._policies = Policies.on(cast("Database", self._database), self.geography, blobs, PolicySettings())
        (self._habit,) = self.chance.choices(list(_HABITS), list(_HABITS.values()))

    @property
    def _shelf(self) -> Shelf:
        assert self._database.shelf is not None, "a draft was made"
        return self._database.shelf

    async def live(self, producer_id: UUID) -> Template:
        """From the first draft to ``until``."""
        start = self.until.date() - self.chance.randrange(_BACK) * _DAY
        if self.chance.random() < _ON_THE_FIRST:
            start = start.replace(day=1)
        body = _draft(self.chance, start, producer_id)
        with frozen(_noon(start - 5 * _DAY)):
            policy_id = await self._policies.drafts.draft(self.actor, body, key=None)
            await self._policies.drafts.submit(self.actor, policy_id, expected=None)
            await self._pay(policy_id, 0)
        self._plan(policy_id)
        while await self._step():
            self._renewals()
        return Template(self._shelf.everything(), str(body.number), producer_id)

    async def _step(self) -> bool:
        """Whatever comes next: something that people do, or a timer. False when the end is reached."""
        timers = [
            (key[1], policy_id, timer) for policy_id, few in self._shelf.waiting.items() for key, timer in few.items()
            if timer["state"] == "waiting"
        ]  # fmt: skip
        due = min(timers, key=lambda one: one[0], default=None)
        if self._queue and (due is None or self._queue[0][0] <= due[0]):
            at, _, action = heapq.heappop(self._queue)
            if at > self.until:
                return True
            with frozen(at):
                await action()
            return True
        if due is None or due[0] > self.until:
            return False
        at, policy_id, timer = due
        with frozen(at):
            uow = self._database.unit(self.actor)
            timer |= {"state": "done", "done_at": at, "attempts": 1}
            timer["outcome"] = await done(
                uow, await hold(uow, policy_id), timer["kind"], timer["due_at"], f"timer:{timer['id']}", at
            )
        return True

    def _plan(self, policy_id: UUID) -> None:
        """What the household will do about a term that is in force."""
        self._seen.add(policy_id)
        row = self._shelf.terms[policy_id]
        dates = [date.fromisoformat(one["due_on"]) for one in row.schedule]
        stops = self.chance.randint(1, max(len(dates) - 1, 1)) if self._habit == "stops" else len(dates)
        for place, due_on in enumerate(dates[1:stops], 1):
            late = self.chance.randint(1, 10) if self._habit == "late" and self.chance.random() < 0.5 else -1  # noqa: PLR2004
            self._then(due_on + late * _DAY, lambda place=place: self._pay(policy_id, place))  # type: ignore[misc]
        if stops < len(dates) and row.line == "auto" and row.state in {"IL", "CA", "NY"}:
            self._then(dates[stops] + 3 * _DAY, lambda: self._notice(policy_id))
        if self._habit == "leaves":
            day = row.starts_on + self.chance.randint(20, (row.ends_on - row.starts_on).days - 5) * _DAY
            self._then(day, lambda: self._leave(policy_id))

    def _renewals(self) -> None:
        """A term that was offered is paid before it begins, or not."""
        for policy_id in self._shelf.terms.keys() - self._seen:
            self._seen.add(policy_id)
            if self.chance.random() < _RENEWS and self._habit != "stops":
                self._then(
                    self._shelf.terms[policy_id].starts_on - self.chance.randint(1, 12) * _DAY,
                    lambda policy_id=policy_id: self._take(policy_id),  # type: ignore[misc]
                )

    def _then(self, day: date, action: Action) -> None:
        self._count += 1
        heapq.heappush(self._queue, (_noon(day), self._count, action))

    async def _take(self, policy_id: UUID) -> None:
        if self._shelf.terms[policy_id].status == PolicyStatus.PENDING_PAYMENT.value:
            await self._pay(policy_id, 0)
            self._plan(policy_id)

    async def _pay(self, policy_id: UUID, place: int) -> None:
        row = self._shelf.terms[policy_id]
        if place and row.status != PolicyStatus.ACTIVE.value:
            return
        body = PaymentIn(amount_minor=row.schedule[place]["amount_minor"], method="ach")
        await self._policies.paying.pay(self.actor, policy_id, body, key=None)

    async def _leave(self, policy_id: UUID) -> None:
        if self._shelf.terms[policy_id].status == PolicyStatus.ACTIVE.value:
            body = CancelIn.model_validate({"reason": "request"})
            await self._policies.ending.cancel(self.actor, policy_id, body, expected=None, key=None)

    async def _notice(self, policy_id: UUID) -> None:
        row = self._shelf.terms[policy_id]
        if row.status == PolicyStatus.ACTIVE.value:
            mailed = now().date()
            body = NoticeIn.model_validate({
                "action": "cancellation", "reason": "nonpayment", "sent": "mail_with_proof", "mailed_on": mailed,
                "effective_on": mailed + 20 * _DAY, "proof": "bench",
            })  # fmt: skip
            await self._policies.ending.give_notice(self.actor, policy_id, body, expected=None, key=None)


class Template:
    """The rows of one household, ready to be copied."""

    def __init__(self, rows: Mapping[type[Row], Sequence[Mapping[str, Any]]], number: str, producer_id: UUID) -> None:
        self.terms = len(rows[InsurancePolicyRow])
        self._number, self._producer = number, producer_id
        self._own = {row["id"] for some in rows.values() for row in some}
        self._cells = {
            table: [[self._cell(row.get(name), table, name) for name in columns(table)] for row in rows.get(table, ())]
            for table in TABLES
        }

    def _cell(self, value: Any, table: type[Row], name: str) -> tuple[Any, Sequence[UUID] | None]:
        """A value, and the ids in it that are others in a copy; None where it is the same in all."""
        if table.__table__.columns[name].type.python_type is list:  # an array, not JSON
            return value, None
        if isinstance(value, UUID):
            return value, ((value,) if value in self._own or value == self._producer else None)
        if isinstance(value, dict | list):
            value = json.dumps(value, default=str)
        if not isinstance(value, str):
            return value, None
        found = [one for one in map(UUID, _ID.findall(value)) if one in self._own or one == self._producer]
        return value, (found if found or self._number in value else None)

    def copy(self, number: str, producer_id: UUID) -> dict[type[Row], list[list[Any]]]:
        """The rows under new ids, this number and this producer, in the order of :func:`columns`."""
        other = {old: new_id() for old in self._own} | {self._producer: producer_id}

        def told(value: Any, ids: Sequence[UUID] | None) -> Any:
            if ids is None or isinstance(value, UUID):
                return other[value] if ids else value
            for one in ids:
                value = value.replace(str(one), str(other[one]))
            return value.replace(self._number, number)

        return {table: [[told(*cell) for cell in row] for row in rows] for table, rows in self._cells.items()}


def columns(table: type[Row]) -> list[str]:
    """The columns that are written; numbers that the database counts are left out."""
    return [one.name for one in table.__table__.columns if one.name != "seq"]


async def load(
    connection: asyncpg.Connection, actor: Actor, producers: Sequence[UUID], size: int, until: datetime, seed: int
) -> int:
    """Fill the tables with ``size`` terms or a few more, as they are at ``until``; how many. ``connection`` is the owner's."""
    chance, geography, terms, number = random.Random(seed), Geography(), 0, 0
    for judged, guard in _GUARDS.items():
        await connection.execute(f"ALTER TABLE {judged} DISABLE TRIGGER {guard}")
    while terms < size:
        rows: dict[type[Row], list[list[Any]]] = {table: [] for table in TABLES}
        first = terms
        while terms < size and terms - first < _BATCH:
            one = await Life(actor, geography, chance, until).live(producers[0])
            for _ in range(_COPIES):
                number += 1
                copied = one.copy(f"BK{number:08d}", chance.choice(producers))
                for table, some in copied.items():
                    rows[table] += some
            terms += one.terms * _COPIES
        async with connection.transaction():
            for table, some in rows.items():
                await connection.copy_records_to_table(table.__tablename__, records=some, columns=columns(table))
    for judged, guard in _GUARDS.items():
        await connection.execute(f"ALTER TABLE {judged} ENABLE TRIGGER {guard}")
    for table in TABLES:
        await connection.execute(f"VACUUM (ANALYZE) {table.__tablename__}")
    return terms


def _draft(chance: random.Random, start: date, producer_id: UUID) -> PolicyDraftIn:
    (kind,) = chance.choices(list(_TYPES), list(_TYPES.values()))
    state = chance.choice(list(ZONES))
    months = chance.choice((6, 12)) if kind == "auto.standard" else 12
    (frequency,) = chance.choices(list(_FREQUENCIES), list(_FREQUENCIES.values()))
    name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    return PolicyDraftIn.model_validate({
        "type": kind, "carrier": chance.choice(CARRIERS), "state": state, "zone": ZONES[state], "starts_on": start,
        "months": months, "number": f"TEMPLATE{chance.getrandbits(40):012d}", "contents": _contents(kind, name, state, chance),
        "frequency": frequency, "auto_renew": True, "tax_rate": "0.02", "fees_minor": 2_500,
        "producers": [{"producer_id": producer_id}],
    })  # fmt: skip


def _contents(kind: str, name: str, state: str, chance: random.Random) -> dict[str, Any]:
    premium = chance.randint(12_000, 240_000)
    party = {"insured": {"role": "named_insured", "name": name, "email": "insured@leads.example"}}
    place = {"street": "1 Main St", "city": "Town", "state": state, "zip": "60614"}
    objects: dict[str, Any]
    coverages: tuple[tuple[str, dict[str, int]], ...]
    if kind == "auto.standard":
        party["driver"] = {"role": "driver", "name": name}
        objects = {
            "car": {
                "kind": "vehicle",
                "data": {"year": 2021, "make": "Honda", "model": "Civic", "garaging_zip": "60614"},
            }
        }
        coverages = (
            ("bodily_injury", {"per_person": 10_000_000, "per_accident": 30_000_000}),
            ("property_damage", {"per_accident": 5_000_000}),
        )
    elif kind == "home.renters":
        objects = {"home": {"kind": "rented_home", "data": place}}
        coverages = (
            ("personal_property", {"amount": 3_000_000}),
            ("personal_liability", {"per_occurrence": 10_000_000}),
        )
    else:
        party |= {"owner": {"role": "owner", "name": name}, "child": {"role": "beneficiary", "name": f"Kim {name}"}}
        life = {"date_of_birth": "1985-05-05", "tobacco": False, "face_minor": 50_000_000}
        objects = {
            "life": {"kind": "insured_life", "data": life}, "years": {"kind": "term_years", "data": {"years": 20}}
        }  # fmt: skip
        coverages = (("death_benefit", {"amount": 50_000_000}),)
    deductible = {"personal_property": {"deductible_minor": 50_000}}
    return {
        "object": objects, "party": party,
        "coverage": {
            code: {"code": code, "limits": limits, "premium_minor": 0 if place else premium, **deductible.get(code, {})}
            for place, (code, limits) in enumerate(coverages)
        },
    }  # fmt: skip


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
