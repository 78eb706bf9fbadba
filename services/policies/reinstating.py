"""What it takes to take cover up again, and what that would do (DOMAIN T61); nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.policies.billing import Account, account
from domain.policies.changes import Change, ChangeKind
from domain.policies.lifecycle import Facts
from domain.policies.words import Happening, PolicyStatus
from kernel.errors import Conflict
from services.policies.held import Held, paid_of
from services.policies.recording import billed, next_change
from services.policies.schemas import ReinstateIn
from services.policies.views import InstalmentView, ReinstateQuote


@dataclass(frozen=True, slots=True)
class Reinstatement:
    """How cover would be taken up again: what happens, on which facts, with which change of the term."""

    happening: Happening
    facts: Facts
    change: Change


def reinstatement(held: Held, body: ReinstateIn, at: datetime) -> Reinstatement:
    """What a reinstatement would do: by the schedule that stood before the end nothing may be overdue. Raises Conflict where it
    waits for a payment that did not come.
    """
    stated, evidence = _stated(held, body, at), bool((body.evidence or "").strip())
    resumes = _paid_for(held, at) if body.lapse else None
    change = replace(
        _change(held, at, resumes), no_loss_on=body.no_loss_stated_on if stated else None, evidence=evidence
    )
    stands = _stands(held, change, at)
    facts = held.facts(
        at, held.today(resumes or at), no_loss_stated=stated, evidence_given=evidence, overdue=stands.overdue,
        owed=max(stands.due - stands.paid, 0),
    )  # fmt: skip
    return Reinstatement(Happening.RESUMED if body.lapse else Happening.REINSTATED, facts, change)


def quoted(held: Held, at: datetime, *, lapse: bool) -> ReinstateQuote:
    """What is to be paid so that cover is taken up again today. Raises Conflict for what did not end, or has no term left."""
    facts = held.facts(at)
    if not _open(held, at):
        detail = f"the policy is {held.row.status}; what was cancelled or lapsed is reinstated within its term"
        raise Conflict(detail, code=f"policy_{held.row.status}")
    row = held.reinstatement_row()
    if row is None or facts.reinstate_until is None:
        detail = (
            f"no row says until when {held.row.line} in {held.row.state} is reinstated; find the law and add its row"
        )
        raise Conflict(detail, code="no_window_rule")
    change = _change(held, at, at if lapse else None)
    stands = _stands(held, change, at)
    return ReinstateQuote(
        lapse=lapse, to_pay_minor=max(stands.due - stands.paid, 0), due_minor=stands.due, paid_minor=stands.paid,
        billed_minor=stands.billed, until=facts.reinstate_until, needs_statement=not lapse, needs_evidence=facts.evidence_needed,
        basis=row.basis.value, citation=row.cited.said,
        schedule=[
            InstalmentView(number=one.number, due_on=one.due_on, amount_minor=one.amount) for one in billed(held, change)
        ],
    )  # fmt: skip


def _change(held: Held, at: datetime, resumes: datetime | None) -> Change:
    if resumes is not None:
        return Change(*next_change(held), ChangeKind.REINSTATEMENT, held.today(resumes), at, resumes_at=resumes)
    start = held.contract.start if held.row.ended_on is None else held.row.ended_on
    return Change(*next_change(held), ChangeKind.REINSTATEMENT, start, at)


def _open(held: Held, at: datetime) -> bool:
    return held.status in {PolicyStatus.CANCELLED, PolicyStatus.LAPSED} and at < held.row.ends_at


def _stands(held: Held, change: Change, at: datetime) -> Account:
    """The account at an instant were cover taken up again so, by what is paid and was not taken back."""
    if not _open(held, at):
        return held.account(at)
    paid = paid_of([one for one in held.payments if one.state == "settled"])
    return account(billed(held, change), paid, held.contract, at)


def _paid_for(held: Held, at: datetime) -> datetime:
    """When cover begins again: with the payment since the end that settles what is due; with the last, where none does yet."""
    ended = held.row.ended_at
    since = sorted(
        one.received_at for one in held.payments
        if one.state == "settled" and one.amount_minor > 0 and ended is not None and ended <= one.received_at <= at
    )  # fmt: skip
    if not since:
        raise Conflict("no payment came since cover ended; cover begins again with it", code="no_payment")
    settled = (one for one in since if not _stands(held, _change(held, at, one), one).overdue)
    return next(settled, since[-1])


def _stated(held: Held, body: ReinstateIn, at: datetime) -> bool:
    """A statement of no loss is worth something only if it was made after cover ended, and not in the future."""
    ended = held.row.ended_on
    return (
        body.no_loss_stated_on is not None and ended is not None and ended <= body.no_loss_stated_on <= held.today(at)
    )
