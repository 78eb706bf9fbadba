"""How a statutory notice is judged: what was unpaid when it was mailed, by the rule in force then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from domain.lines import Line
from domain.policies.notices import Notice, NoticeVerdict, Sent, legal_tables
from domain.policies.unpaid import due_days
from domain.policies.words import OF_INSURED, Action, PolicyStatus, Reason
from kernel.errors import Conflict, FieldError, Invalid
from services.policies.held import Held
from services.policies.schemas import NoticeIn
from store.sql.models import PolicyNoticeRow


@dataclass(frozen=True, slots=True)
class Judged:
    """A notice that was judged: the verdict, and the due date that it was judged about."""

    verdict: NoticeVerdict
    due_on: date | None


def judge(held: Held, body: NoticeIn, at: datetime) -> Judged:
    """A notice that is to be recorded ``at``. One about a premium names the oldest due date that its rule lets it name."""
    proof = bool((body.proof or "").strip())
    given = (body.action, body.reason, body.sent, body.mailed_on, body.effective_on)
    if body.reason is not Reason.NONPAYMENT:
        return Judged(_judged(held, *given, None, proof=proof), None)
    days: Sequence[date | None] = _open_since(held, body.mailed_on, at) or (None,)
    found = [Judged(_judged(held, *given, day, proof=proof), day) for day in days]
    return next((one for one in found if one.verdict.valid), found[0])


def verdict_of(held: Held, row: PolicyNoticeRow) -> NoticeVerdict:
    """The verdict on a notice as it was given: what was unpaid then may be paid by now, which is another guard's concern."""
    given = (Action(row.action), Reason(row.reason), Sent(row.sent), row.mailed_on, row.effective_on)
    return _judged(held, *given, row.due_on, proof=bool(row.proof))


def amounts(held: Held, body: NoticeIn, at: datetime) -> dict[str, Any]:
    """What a notice for non-payment tells of money, as known ``at``: what is past due, and what must be paid until it takes
    effect so that nothing is overdue then. Kept with the notice: what is due later changes with the policy.
    """
    if body.reason is not Reason.NONPAYMENT:
        return {}
    stands = held.account(at)
    to_pay = sum(one.amount for one in held.schedule if one.due_on < body.effective_on) - stands.paid
    return {"past_due_minor": stands.due - stands.paid, "to_pay_minor": to_pay}


def may_announce(held: Held, body: NoticeIn, at: datetime) -> None:
    """Raise Invalid or Conflict where no rule of law need be asked."""
    today = held.today(at)
    if body.mailed_on > today:
        raise _wrong("mailed_on", "lies in the future", "record a notice once it is mailed", body.mailed_on)
    if not held.contract.start <= body.effective_on <= held.contract.end:
        raise _wrong("effective_on", "is not in the term", "choose a day of the term", body.effective_on)
    if body.action is Action.NON_RENEWAL and body.effective_on != held.contract.end:
        raise _wrong("effective_on", "is not the end of the term", f"use {held.contract.end}", body.effective_on)
    if body.reason in OF_INSURED:
        raise _wrong("reason", "is the insured's own", "an insurer's notice has an insurer's reason", body.reason)
    if held.status not in {PolicyStatus.ACTIVE, PolicyStatus.NON_RENEWING}:
        raise Conflict(
            f"the policy is {held.row.status}; notices are for what is in force", code=f"policy_{held.row.status}"
        )
    if body.reason is Reason.NONPAYMENT and not held.account(at).overdue:
        raise Conflict("nothing is overdue; there is nothing to announce", code="not_overdue")


def _open_since(held: Held, mailed_on: date, at: datetime) -> Sequence[date]:
    """Due dates of what was open when the notice was mailed and is open still: a payment may have been received or taken back
    between the two.
    """
    mailed = held.account(min(at, held.begins(mailed_on + timedelta(days=1))))
    stands = held.account(at)
    paid = max(mailed.paid, stands.paid)
    # A reversal begins the clock anew only where the contract says so; elsewhere the clock is the due date itself.
    return due_days(held.schedule, paid, stands.clock_on)


def _judged(
    held: Held, action: Action, reason: Reason, sent: Sent, mailed_on: date, effective_on: date, due_on: date | None, *,
    proof: bool,
) -> NoticeVerdict:  # fmt: skip
    age = (mailed_on - held.row.first_started_on).days
    line = Line(held.row.line)
    notice = Notice(action, held.row.state, line, reason, sent, mailed_on, effective_on, age, due_on, proof)
    return legal_tables().judge(notice)


def _wrong(field: str, message: str, remedy: str, value: object) -> Invalid:
    return Invalid(f"{field} {message}", fields=(FieldError(field, "wrong", message, remedy, str(value)),))
