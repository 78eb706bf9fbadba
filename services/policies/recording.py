"""How a policy changes, whatever does it: its row moves by one version with one event, its postings follow its changes, its
timers follow its state; all in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.policies.billing import Frequency, Instalment, rebilled
from domain.policies.changes import Change, ChangeKind, read_contract
from domain.policies.instalments import planned
from domain.policies.lifecycle import Facts, follow
from domain.policies.renewal import fall
from domain.policies.returning import Method, ReturnTerms
from domain.policies.term import Line as Written
from domain.policies.term import differences, priced
from domain.policies.words import IN_FORCE, Act, By, Happening, PolicyStatus, Reason
from kernel.ids import derived_id, new_id
from services.policies.events import data_of
from services.policies.held import Held, hold_next, schedule_rows
from services.policies.timers import timers_of
from store.sql.models import InsurancePolicyRow, PolicyChangeRow, PolicyPostingRow
from store.uow import UnitOfWork

NOTHING = Written("", date.min, 0)
_ENDS = frozenset({Happening.CANCELLED, Happening.LAPSED, Happening.RESCINDED, Happening.NON_RENEWED})
_AGAIN = frozenset({Happening.REINSTATED, Happening.RESUMED, Happening.NON_RENEWAL_WITHDRAWN})
"""What makes a term one that is to be renewed again, whatever was decided of that before."""


async def record(
    uow: UnitOfWork, held: Held, kind: Happening | Act, *, key: str, at: datetime, effective_on: date | None = None,
    values: Mapping[str, Any] | None = None, **data: Any,
) -> None:  # fmt: skip
    """Move the row by one version, with one event and its message, and set the timers that follow."""
    row = held.row
    day, was = effective_on or held.today(at), row.producer_id
    for name, value in {**(values or {}), "version": row.version + 1, "updated_at": at}.items():
        setattr(row, name, value)
    await uow.policies.flush()
    await _tell(uow, held, kind.value, key, at, day, data, was)
    await uow.policies.set_timers(row.id, timers_of(held, at))
    await uow.audit.note(f"policy.{kind.value}", "policy", row.id)


async def begin(uow: UnitOfWork, row: InsurancePolicyRow, key: str, **data: Any) -> Held:
    """The first event of a new draft."""
    held = Held(row, read_contract(row.contract), [], [], [], None)
    await _tell(uow, held, Act.DRAFTED.value, key, row.created_at, row.starts_on, data, None)
    await uow.audit.note(f"policy.{Act.DRAFTED.value}", "policy", row.id)
    return held


async def move(
    uow: UnitOfWork, held: Held, happening: Happening, facts: Facts, *, key: str, values: Mapping[str, Any] | None = None,
    change: Change | None = None, **data: Any,
) -> None:  # fmt: skip
    """Let something happen to it, with the change of its term that belongs to that. Raises Conflict where a guard refuses."""
    to = follow(held.status, happening, facts)
    made, amounts = await apply_change(uow, held, change, facts.now) if change else ({}, NOTHING)
    status: dict[str, Any] = {"status": to.value, "happened": happening.value}
    if happening in _AGAIN:
        status["plan"] = {**((values or {}).get("plan") or held.row.plan), "review_from": facts.now.isoformat()}
    told = {
        "premium_change_minor": amounts.premium, "tax_change_minor": amounts.tax, "fee_change_minor": amounts.fee,
        "earned_premium_minor": held.term.money_on(facts.effective_on).earned, **data,
    }  # fmt: skip
    await record(
        uow, held, happening, key=key, at=facts.now, effective_on=facts.effective_on,
        values={**made, **(values or {}), **status}, **told,
    )  # fmt: skip
    await _ended(uow, held, happening, facts.now, key)


async def apply_change(uow: UnitOfWork, held: Held, change: Change, at: datetime) -> tuple[dict[str, Any], Written]:
    """Price the term with one more change and post the differences; the row's new values, and what was posted in all.

    Raises Conflict where the change finds no cover, or does not fit what is there by then.
    """
    before = held.term.lines
    term = priced(held.contract, [*held.changes, change])
    await uow.policies.put(PolicyChangeRow, {
        "id": UUID(change.id), "policy_id": held.row.id, "number": change.number, "kind": change.kind.value,
        "effective_on": change.effective_on, "recorded_at": change.recorded_at, "body": change.body(),
    })  # fmt: skip
    posted = differences(before, term.lines)
    for line in posted:
        await uow.policies.put(PolicyPostingRow, {
            "id": new_id(), "policy_id": held.row.id, "change_id": UUID(line.change), "cause_id": UUID(change.id),
            "effective_on": line.effective_on, "premium_minor": line.premium, "tax_minor": line.tax, "fee_minor": line.fee,
            "recorded_at": at,
        })  # fmt: skip
    again = change.kind is ChangeKind.REINSTATEMENT
    bills = billed(held, change) if again else rebilled(held.schedule, term.total, held.today(at))
    held.changes = [*held.changes, change]
    last = term.contents_on(held.contract.end)
    values = {
        "written_minor": term.written, "taxes_minor": sum(line.tax for line in term.lines),
        "fees_minor": sum(line.fee for line in term.lines), "price_minor": last.price, "contents": last.as_row(),
        "insured": last.insured, "schedule": schedule_rows(bills),
    }  # fmt: skip
    total = Written(
        change.id, change.effective_on, sum(line.premium for line in posted), sum(line.tax for line in posted),
        sum(line.fee for line in posted),
    )  # fmt: skip
    return values, total


def billed(held: Held, change: Change) -> list[Instalment]:
    """What is due when with one more change, told from all that was agreed: an end that is taken back left nothing of what stood
    before it on the row.
    """
    return planned(held.contract, [*held.changes, change], Frequency(held.row.plan["frequency"]))


def next_change(held: Held) -> tuple[str, int]:
    """Id and number of the change after the last."""
    return str(new_id()), len(held.changes) + 1


def is_flat(held: Held) -> bool:
    """Whether it was treated as if it had never begun."""
    returned = held.term.returned
    return returned is not None and returned.method is Method.FLAT


async def _ended(uow: UnitOfWork, held: Held, happening: Happening, at: datetime, key: str) -> None:
    """An end takes along what was open: endorsements, and the next term (DOMAIN T60); a decision against that ends it as well."""
    if happening in _ENDS:
        for one in await uow.policies.open_endorsements(held.row.id):
            one.state, one.version, one.updated_at, one.why = "invalidated", one.version + 1, at, happening.value
            await record(
                uow, held, Act.ENDORSEMENT_ENDED, key=f"{key}:endorsement:{one.id}", at=at, endorsement_id=one.id,
                code=happening.value,
            )  # fmt: skip
    if happening in _ENDS or happening is Happening.NON_RENEWAL_DECIDED:
        before = held
        while before.renewal is not None:
            other = await hold_next(uow, before.renewal)
            if other.status is not PolicyStatus.EXPIRED:
                await _falls(uow, held, other, happening, at, f"{key}:renewal")
                break
            before = other


async def _falls(uow: UnitOfWork, held: Held, other: Held, happening: Happening, at: datetime, key: str) -> None:
    """The next term, now that this one is over: one that covers already is for a person to end."""
    by, reason, start = By(held.row.ended_by or ""), Reason(held.row.ended_reason or ""), other.contract.start
    to = fall(other.status, begun=at >= other.row.starts_at)
    facts = other.facts(at, start, by=by, reason=reason, falls=True)
    if to is Happening.NOT_TAKEN:
        await move(uow, other, to, facts, key=key, values={"schedule": []}, reason=happening.value)
    elif to is Happening.CANCELLED:
        change = Change(*next_change(other), ChangeKind.CANCELLATION, start, at, terms=ReturnTerms(Method.FLAT))
        await move(
            uow, other, to, facts, key=key, change=change, values=ended_values(other, start, by, reason, None), by=by,
            reason=reason.value, flat=True, falls_with=str(held.row.id),
        )  # fmt: skip
    elif other.status in IN_FORCE:
        words = (
            f"the term before this one was {happening.value} ({reason.value}) and this one has begun; end it by notice, rescind "
            "it, or decide that it stays"
        )
        await record(uow, other, Act.NEEDS_A_PERSON, key=key, at=at, code="renewal_without_policy", words=words)


async def _tell(
    uow: UnitOfWork, held: Held, kind: str, key: str, at: datetime, day: date, data: Mapping[str, Any], was: UUID | None
) -> None:
    row = held.row
    told = {
        "number": row.number, "carrier": row.carrier, "line": row.line, "type": row.type, "state": row.state,
        "currency": row.currency, "term_number": row.term_number, "new_business": row.term_number == 1,
        "renews_id": row.renews_id, "lead_id": row.lead_id, "producer_id": row.producer_id, "producers": row.producers,
        "starts_on": row.starts_on, "ends_on": row.ends_on, "status": row.status, "written_premium_minor": row.written_minor,
        "taxes_minor": row.taxes_minor, "fees_minor": row.fees_minor, "effective_on": day, "reason": row.ended_reason, **data,
    }  # fmt: skip
    checked = data_of(kind).model_validate(told).model_dump(mode="json")
    event_id, starts = derived_id(row.id, key), held.begins(day)
    event = {
        "id": event_id, "policy_id": row.id, "version": row.version, "key": key, "kind": kind, "recorded_at": at,
        "effective_at": starts, "actor": uow.actor.subject, "data": checked,
    }  # fmt: skip
    await uow.policies.put_event(event, holder=row.producer_id, was=was)


def ended_values(held: Held, day: date, by: By, reason: Reason, notice_id: UUID | None) -> dict[str, Any]:
    """Columns that say how cover ended."""
    day = min(max(day, held.row.starts_on), held.row.ends_on)
    return {
        "ended_on": day, "ended_at": held.begins(day), "ended_by": by.value, "ended_reason": reason.value,
        "notice_id": notice_id,
    }  # fmt: skip


CLEARED: dict[str, Any] = {
    "ended_on": None,
    "ended_at": None,
    "ended_by": None,
    "ended_reason": None,
    "notice_id": None,
}
"""What a policy that is in force again no longer says."""
