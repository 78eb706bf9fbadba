"""A book counted another way: every term priced by the domain from its changes, day by day and policy by policy, in Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.policies.billing import account
from domain.policies.calendar import begins, day_at, months_after
from domain.policies.changes import Contract, read_contract
from domain.policies.term import Term, priced
from services.policies.held import paid_of, read_changes, read_schedule
from store.sql.models import InsurancePolicyRow
from tests.services.policies.book import Book


@dataclass
class Policy:
    """One term with all that is known of it."""

    row: InsurancePolicyRow
    contract: Contract
    term: Term
    events: list[Any]
    paid: int
    non_renewal: bool
    spans: list[tuple[date, date]] = field(default_factory=list)

    def covers(self, day: date) -> bool:
        """Whether the last second of a policy day is covered."""
        following = begins(day + timedelta(days=1), self.contract.zone, self.contract.clock)
        return self.term.covers(following - timedelta(seconds=1))

    def premium(self, day: date) -> int:
        return self.term.money_on(day).written


async def read(book: Book, known: datetime) -> list[Policy]:
    found = []
    async with book.services.database.begin(book.actor) as uow:
        rows = list(await uow.session.scalars(select(InsurancePolicyRow).where(uow.policies.sees_policy())))
        for row in rows:
            changes = [one for one in read_changes(await uow.policies.changes([row.id])) if one.recorded_at <= known]
            if not changes:
                continue
            contract = read_contract(row.contract)
            events = [one for one in await uow.policies.events(row.id) if one.recorded_at <= known]
            payments = [one for one in await uow.policies.payments(row.id) if one.recorded_at <= known]
            stands = account(read_schedule(row.schedule), paid_of(payments), contract, known)
            notices = await uow.policies.notices(row.id)
            non_renewal = any(
                one.action == "non_renewal"
                and one.recorded_at <= known
                and (one.withdrawn_at is None or one.withdrawn_at > known)
                for one in notices
            )
            one = Policy(row, contract, priced(contract, changes), events, stands.paid, non_renewal)
            one.spans = [
                (day_at(opens, contract.zone, contract.clock), day_at(closes, contract.zone, contract.clock))
                for opens, closes in one.term.cover()
            ]
            found.append(one)
    return found


def _closed(one: Policy, day: date, policies: list[Policy]) -> str:
    told = [e for e in one.events if e.kind in {"cancelled", "lapsed"} and e.data["effective_on"] == day.isoformat()]
    if told and (one.term.ended_on is not None or day < one.row.ends_on):
        return str(told[-1].kind)
    if any(other.row.renews_id == one.row.id and other.spans and other.spans[0][0] == day for other in policies):
        return "continued"
    return "non_renewed" if one.non_renewal else "expired"


def _later(policies: list[Policy], root: UUID) -> list[Policy]:
    after = [one for one in policies if one.row.renews_id == root]
    return after + [more for one in after for more in _later(policies, one.row.id)]


def count(policies: list[Policy], first: date, behind: date, by: str) -> dict[str, Counter[str]]:
    """By group, each figure by its name; premium behind a colon."""
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    day = timedelta(days=1)
    for one in policies:
        figures = groups[str(getattr(one.row, by))]

        def tell(name: str, premium: int, figures: Counter[str] = figures) -> None:
            figures[name] += 1
            figures[f"{name}:"] += premium

        if one.covers(first - day):
            tell("begin", one.premium(first - day))
            if first <= one.row.ends_on < behind:
                tell("due", one.premium(first - day))
                kept = [other for other in _later(policies, one.row.id) if other.covers(behind - day)]
                for other in kept:
                    tell("kept", other.premium(behind - day))
        if one.covers(behind - day):
            tell("end", one.premium(behind - day))
        for number, (opens, closes) in enumerate(one.spans):
            if first <= opens < behind:
                again = number > 0 or opens != one.row.starts_on
                tell("resumed" if again else "renewed" if one.row.renews_id else "new", one.premium(opens))
            if first <= closes < behind:
                tell(_closed(one, closes, policies), one.premium(closes - day))
        figures.update(_settled(one, first, behind))
    return groups


def _settled(one: Policy, first: date, behind: date) -> Counter[str]:
    left, found = one.paid, Counter[str]()
    for instalment in sorted(read_schedule(one.row.schedule), key=lambda each: (each.due_on, each.number)):
        settled = max(min(left, instalment.amount), 0)
        left -= settled
        if first <= instalment.due_on < behind:
            found += Counter({"fell_due": instalment.amount, "collected": settled})
    return found


def left_of(policies: list[Policy], month: date, through: date) -> tuple[int, list[int]]:
    """Of policies that first began in a month: how many, and how many cover the same day 0, 1, 2 and so on months later."""
    mine = [one for one in policies if one.row.first_started_on.replace(day=1) == month]
    begun = [one for one in mine if one.row.renews_id is None and one.spans]
    since, found = 0, []
    while all(
        months_after(one.row.first_started_on.replace(day=1), since + 1) <= through.replace(day=1) for one in begun
    ):
        found.append(sum(one.covers(months_after(one.row.first_started_on, since)) for one in mine))
        since += 1
    return len(begun), found
