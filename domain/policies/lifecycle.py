"""The life of a term as one table: what may happen in each status, where that leads, and what must hold for it (DOMAIN T62).

The database keeps the same pairs and refuses the others whoever asks; ``docs/policy-life-cycle.md`` is made from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from domain.policies.notices import NoticeVerdict
from domain.policies.words import OF_INSURED, By, Happening, PolicyStatus, Reason
from kernel.errors import Conflict, FieldError


@dataclass(frozen=True, slots=True)
class Facts:
    """What guards look at. ``effective_on`` and ``begins_at`` are the day and instant from which the happening counts; ``falls``
    says that it has not begun and the term that it renews has ended, ``next_paid`` that something is paid of the term that
    renews this one, ``owed`` what is overdue in minor units as far as known. ``reinstate_until`` is None where no row says;
    ``contest_known`` that one does, and ``contestable_until`` is None where that one names no last day.
    """

    now: datetime
    starts_at: datetime
    ends_at: datetime
    effective_on: date
    begins_at: datetime
    by: By | None = None
    reason: Reason | None = None
    faults: tuple[FieldError, ...] = ()
    numbered: bool = False
    first_instalment_paid: bool = False
    anything_paid: bool = False
    overdue: bool = False
    owed: int = 0
    grace_over_at: datetime | None = None
    notice: NoticeVerdict | None = None
    no_loss_stated: bool = False
    evidence_given: bool = False
    evidence_needed: bool = False
    reinstate_until: date | None = None
    contest_known: bool = False
    contestable_until: date | None = None
    falls: bool = False
    next_paid: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it may not happen, and what to do."""

    code: str
    words: str
    remedy: str


Guard = Callable[[Facts], Refusal | None]


def _complete(facts: Facts) -> Refusal | None:
    """What is insured is complete"""
    if facts.faults:
        return Refusal("incomplete", "what is insured is not complete", "correct the fields that are named")
    return None


def _numbered(facts: Facts) -> Refusal | None:
    """It has the carrier's number"""
    return None if facts.numbered else Refusal("no_number", "it has no policy number", "enter the carrier's number")


def _paid(facts: Facts) -> Refusal | None:
    """The first instalment is paid"""
    if facts.first_instalment_paid:
        return None
    return Refusal("not_paid", "the first instalment is not paid", "record the payment")


def _nothing_paid(facts: Facts) -> Refusal | None:
    """Nothing is paid, or it falls with the term before it"""
    if facts.anything_paid and not facts.falls:
        return Refusal("paid", "it was paid, in part at least, and so taken", "cancel it at the insured's request")
    return None


def _at_end(facts: Facts) -> Refusal | None:
    """Its end is reached"""
    return None if facts.now >= facts.ends_at else Refusal("not_ended", "its end is not reached", "wait for its end")


def _before_end(facts: Facts) -> Refusal | None:
    """Its end is not reached"""
    return None if facts.now < facts.ends_at else Refusal("ended", "its end has passed", "renew or reissue it")


def _in_effect(facts: Facts) -> Refusal | None:
    """The day from which it counts has come, or it falls with the term before it"""
    if facts.begins_at <= facts.now or facts.falls:
        return None
    return Refusal(
        "not_yet", f"it counts from {facts.effective_on}, which has not come", "let its timer do it on that day"
    )


def _noticed(facts: Facts) -> Refusal | None:
    """The insurer has a valid notice; the insured needs none, and what falls with the term before it has none"""
    if facts.falls:
        return None
    if facts.by is By.INSURED and facts.reason in OF_INSURED:
        return None
    if facts.by is By.INSURED or facts.reason in OF_INSURED:
        return Refusal("whose_reason", "the reason is not theirs who end it", "say who ends it, and why they do")
    if facts.notice is None:
        return Refusal("no_notice", "no notice of it was given", "give the statutory notice first")
    if not facts.notice.valid:
        return Refusal(facts.notice.code, facts.notice.words, "give a notice that fits the rule, or find the law")
    return None


def _owed(facts: Facts) -> Refusal | None:
    """For non-payment: it is still unpaid"""
    if facts.reason is Reason.NONPAYMENT and not facts.overdue and not facts.falls:
        return Refusal("not_overdue", "nothing is overdue; it was paid in the meantime", "withdraw the notice")
    return None


def _grace_over(facts: Facts) -> Refusal | None:
    """Its grace is known and over"""
    if facts.grace_over_at is None:
        return Refusal(
            "no_grace_rule", "no rule with a citation gives its grace", "cancel it for non-payment with notice"
        )
    if facts.now < facts.grace_over_at:
        return Refusal("in_grace", f"grace ends at {facts.grace_over_at.isoformat()}", "wait for its end")
    return None


def _unpaid(facts: Facts) -> Refusal | None:
    """A premium is overdue"""
    return None if facts.overdue else Refusal("not_overdue", "nothing is overdue", "leave it in force")


def _no_loss(facts: Facts) -> Refusal | None:
    """A statement of no loss was given"""
    if facts.no_loss_stated:
        return None
    return Refusal("no_statement", "no statement of no loss was given", "get it signed, or reinstate with a lapse")


def _in_window(facts: Facts) -> Refusal | None:
    """The window for reinstatement is known and open"""
    if facts.reinstate_until is None:
        return Refusal(
            "no_window_rule",
            "no row says until when it could be reinstated",
            "find the law of the state and add its row",
        )
    if facts.effective_on > facts.reinstate_until:
        return Refusal("window_closed", f"it could be reinstated until {facts.reinstate_until}", "issue a new policy")
    return None


def _evidence(facts: Facts) -> Refusal | None:
    """Evidence of insurability was given where the line asks for it"""
    if facts.evidence_needed and not facts.evidence_given:
        return Refusal("no_evidence", "evidence of insurability is missing", "record the evidence")
    return None


def _nothing_overdue(facts: Facts) -> Refusal | None:
    """Nothing is overdue"""
    if facts.overdue:
        words = f"a premium is overdue: {facts.owed} minor units" if facts.owed else "a premium is overdue"
        return Refusal("overdue", words, "record its payment first")
    return None


def _next_unpaid(facts: Facts) -> Refusal | None:
    """Nothing is paid of the next term"""
    if not facts.next_paid:
        return None
    return Refusal("renewed", "the next term is paid and so agreed on", "end that term by a notice of its own")


def _misled(facts: Facts) -> Refusal | None:
    """For misrepresentation or fraud, while a known rule lets it be contested"""
    if facts.reason not in {Reason.MISREPRESENTATION, Reason.FRAUD}:
        return Refusal("no_ground", "only misrepresentation or fraud makes it void", "cancel it instead")
    if not facts.contest_known:
        return Refusal(
            "no_contest_rule", "no rule with a citation says until when it may be contested for that",
            "find the law of the state and add its row, or cancel it instead",
        )  # fmt: skip
    if facts.contestable_until is not None and facts.effective_on > facts.contestable_until:
        return Refusal("incontestable", f"it could be contested until {facts.contestable_until}", "cancel it instead")
    return None


@dataclass(frozen=True, slots=True)
class Transition:
    """Where it leads, and what must hold."""

    to: PolicyStatus
    guards: tuple[Guard, ...] = ()


_S, _H = PolicyStatus, Happening
_ENDING = (_noticed, _owed, _in_effect, _before_end)
_LAPSING = (_unpaid, _grace_over, _noticed, _in_effect)
_BACK = (_in_window, _before_end, _no_loss, _evidence, _nothing_overdue)
_AGAIN = (_in_window, _before_end, _evidence, _nothing_overdue)
TRANSITIONS: dict[tuple[PolicyStatus, Happening], Transition] = {
    (_S.DRAFT, _H.SUBMITTED): Transition(_S.PENDING_PAYMENT, (_complete, _before_end)),
    (_S.DRAFT, _H.NOT_TAKEN): Transition(_S.NOT_TAKEN),
    (_S.PENDING_PAYMENT, _H.REOPENED): Transition(_S.DRAFT, (_nothing_paid,)),
    (_S.PENDING_PAYMENT, _H.ACTIVATED): Transition(_S.ACTIVE, (_complete, _numbered, _paid, _before_end)),
    (_S.PENDING_PAYMENT, _H.NOT_TAKEN): Transition(_S.NOT_TAKEN, (_nothing_paid,)),
    (_S.ACTIVE, _H.CANCELLED): Transition(_S.CANCELLED, _ENDING),
    (_S.ACTIVE, _H.LAPSED): Transition(_S.LAPSED, _LAPSING),
    (_S.ACTIVE, _H.NON_RENEWAL_DECIDED): Transition(_S.NON_RENEWING, (_noticed, _before_end, _next_unpaid)),
    (_S.ACTIVE, _H.EXPIRED): Transition(_S.EXPIRED, (_at_end,)),
    (_S.ACTIVE, _H.RESCINDED): Transition(_S.RESCINDED, (_misled,)),
    (_S.NON_RENEWING, _H.NON_RENEWAL_WITHDRAWN): Transition(_S.ACTIVE, (_before_end,)),
    (_S.NON_RENEWING, _H.NON_RENEWED): Transition(_S.NON_RENEWED, (_at_end,)),
    (_S.NON_RENEWING, _H.CANCELLED): Transition(_S.CANCELLED, _ENDING),
    (_S.NON_RENEWING, _H.LAPSED): Transition(_S.LAPSED, _LAPSING),
    (_S.NON_RENEWING, _H.RESCINDED): Transition(_S.RESCINDED, (_misled,)),
    (_S.CANCELLED, _H.REINSTATED): Transition(_S.ACTIVE, _BACK),
    (_S.CANCELLED, _H.RESUMED): Transition(_S.ACTIVE, _AGAIN),
    (_S.CANCELLED, _H.RESCINDED): Transition(_S.RESCINDED, (_misled,)),
    (_S.LAPSED, _H.REINSTATED): Transition(_S.ACTIVE, _BACK),
    (_S.LAPSED, _H.RESUMED): Transition(_S.ACTIVE, _AGAIN),
    (_S.LAPSED, _H.RESCINDED): Transition(_S.RESCINDED, (_misled,)),
    (_S.EXPIRED, _H.RESCINDED): Transition(_S.RESCINDED, (_misled,)),
}


def follow(status: PolicyStatus, happening: Happening, facts: Facts) -> PolicyStatus:
    """Where it leads. Raises Conflict where the table has no such step, or where a guard refuses: its code is the first one's,
    and ``fields`` name all that refuse.
    """
    step = TRANSITIONS.get((status, happening))
    if step is None:
        may = ", ".join(one.value for one in possible(status)) or "nothing"
        detail = f"a policy that is {status.value} cannot be {happening.value}; what may happen to it: {may}"
        raise Conflict(detail, code=f"policy_{status.value}")
    refusals = [found for guard in step.guards if (found := guard(facts)) is not None]
    if refusals:
        fields = tuple(FieldError(happening.value, one.code, one.words, one.remedy) for one in refusals)
        raise Conflict(
            f"the policy cannot be {happening.value}: {refusals[0].words}; {refusals[0].remedy}",
            fields=fields + facts.faults, code=refusals[0].code,
        )  # fmt: skip
    return step.to


def possible(status: PolicyStatus) -> list[Happening]:
    """What the table lets happen in a status, guards apart."""
    return [happening for before, happening in TRANSITIONS if before is status]


def page() -> str:
    """The page ``docs/policy-life-cycle.md``: the diagram and what must hold for each step."""
    lines = [
        "# The life of a policy", "",
        "Made by `python -m services.policies.life_cycle_page` from `domain/policies/lifecycle.py`; a test compares.", "",
        "```mermaid", "stateDiagram-v2", f"    [*] --> {_S.DRAFT.value}",
        *(f"    {before.value} --> {step.to.value}: {happening.value}" for (before, happening), step in TRANSITIONS.items()),
        *(f"    {status.value} --> [*]" for status in PolicyStatus if not possible(status)),
        "```", "", "| from | what happens | to | what must hold |", "|---|---|---|---|",
        *(
            f"| {before.value} | {happening.value} | {step.to.value} | {_held(step)} |"
            for (before, happening), step in TRANSITIONS.items()
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _held(step: Transition) -> str:
    return "; ".join((guard.__doc__ or "").strip() for guard in step.guards) or "nothing"
