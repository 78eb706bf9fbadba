"""A term as of an instant, as it was known at another: told from what was recorded by then, changes, payments and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.policies.billing import Account, Frequency, Instalment, Paid, account
from domain.policies.calendar import day_at
from domain.policies.instalments import planned
from domain.policies.parties import shown
from domain.policies.term import priced
from domain.policies.words import Act, Happening, PolicyStatus
from services.policies.held import Held
from services.policies.views import AccountView, AsOfView, InstalmentView, money_view
from store.sql.models import PolicyEventRow

_CAME = frozenset({Act.PAID.value, Act.REFUNDED.value})


def as_known(held: Held, events: Sequence[PolicyEventRow], at: datetime, known: datetime) -> AsOfView:
    """The term at ``at`` with its schedule and account, by what was recorded until ``known``."""
    contract = held.contract
    then = [one for one in events if one.recorded_at <= known]
    term = priced(contract, held.changes, known)
    contents = term.contents_on(day_at(at, contract.zone, contract.clock))
    schedule = _schedule(held, events, known)
    stands = account(
        schedule, _paid(held, then), contract, at, reversal_restarts=bool(held.row.plan.get("reversal_restarts"))
    )
    return AsOfView(
        id=held.row.id, at=at, known_at=known, status=then[-1].data["status"] if then else None, covered=term.covers(at),
        price_minor=contents.price, money=money_view(term.money_at(at)), contents=shown(contents.as_row()),
        changes=sum(1 for one in held.changes if one.recorded_at <= known),
        account=account_view(held, stands, at), schedule=instalment_views(schedule),
    )  # fmt: skip


def account_view(held: Held, stands: Account, at: datetime) -> AccountView:
    """Where payment stands, as doors show it; grace is that of the law at the instant."""
    grace = held.grace(at) if stands.overdue else None
    until = grace.over_at(stands.clock_on, held.contract) if grace and stands.clock_on else None
    return AccountView(
        billed_minor=stands.billed, due_minor=stands.due, paid_minor=stands.paid, credit_minor=stands.credit,
        overdue=stands.overdue, unpaid=instalment_views([stands.unpaid])[0] if stands.unpaid else None, grace_until=until,
    )  # fmt: skip


def instalment_views(schedule: Sequence[Instalment]) -> list[InstalmentView]:
    """What is due when."""
    return [InstalmentView(number=one.number, due_on=one.due_on, amount_minor=one.amount) for one in schedule]


def _schedule(held: Held, events: Sequence[PolicyEventRow], known: datetime) -> list[Instalment]:
    """The schedule that stood then: what the changes known by then made of it. An offer's is that of its inception, or the
    present one, unless it was opened again since: then nothing says what it was, and it shows none.
    """
    frequency = Frequency(held.row.plan["frequency"])
    if changes := [one for one in held.changes if one.recorded_at <= known]:
        return planned(held.contract, changes, frequency)
    status = next((one.data["status"] for one in reversed(events) if one.recorded_at <= known), None)
    reopened = any(one.kind == Happening.REOPENED.value and one.recorded_at > known for one in events)
    if status != PolicyStatus.PENDING_PAYMENT.value or reopened:
        return []
    if held.changes:
        return planned(held.contract, held.changes[:1], frequency)
    return held.schedule


def _paid(held: Held, then: Sequence[PolicyEventRow]) -> list[Paid]:
    """Movements of money that were known to have come, and which of them were known to be taken back."""
    came, gone = _named(then, _CAME), _named(then, frozenset({Act.PAYMENT_REVERSED.value, Act.REFUND_RETURNED.value}))
    return [
        Paid(one.amount_minor, one.received_at, one.reversed_at if one.id in gone else None)
        for one in held.payments if one.id in came
    ]  # fmt: skip


def _named(events: Sequence[PolicyEventRow], kinds: frozenset[str]) -> Mapping[UUID, datetime]:
    return {UUID(str(one.data["payment_id"])): one.recorded_at for one in events if one.kind in kinds}
