"""What to do next with a lead: one rule over what is known of it, so that everybody is told the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.leads.lifecycle import Status


class Step(StrEnum):
    """What may be next, most pressing first."""

    ANSWER_OFFER = "answer_offer"
    FOLLOW_UP = "follow_up"
    FIRST_CONTACT = "first_contact"
    PLAN_FOLLOW_UP = "plan_follow_up"
    ASSIGN = "assign"
    WAIT = "wait"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known. ``offer_due`` is when an open offer expires, ``reminder`` the lead's next follow-up."""

    lead_id: UUID
    status: Status
    score: int
    received_at: datetime
    contacted_at: datetime | None = None
    offer_due: datetime | None = None
    reminder: datetime | None = None
    do_not_call: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """A step with its reason, and by when where that is known."""

    lead_id: UUID
    step: Step
    why: str
    due: datetime | None = None


_WHY: dict[Step, str] = {
    Step.ANSWER_OFFER: "it is offered and waits for an answer",
    Step.FOLLOW_UP: "its follow-up is due",
    Step.FIRST_CONTACT: "nobody has contacted it yet",
    Step.PLAN_FOLLOW_UP: "it was contacted and nothing is planned",
    Step.ASSIGN: "it waits for somebody to be given it",
}


def next_step(facts: Facts, at: datetime) -> Next:
    """The one step for this lead."""
    step = _step(facts, at)
    if step is Step.WAIT:
        if facts.status is Status.ASSIGNED:
            why = "the person does not wish to be contacted"
        elif facts.status is Status.CONTACTED:
            why = "its follow-up is planned"
        else:
            why = "it is still being worked on by the program"
    else:
        why = _WHY.get(step, f"it is {facts.status.value}")
    due = facts.offer_due if step is Step.ANSWER_OFFER else facts.reminder
    return Next(facts.lead_id, step, why, due if step is not Step.NOTHING else None)


def _step(facts: Facts, at: datetime) -> Step:
    match facts.status:
        case Status.OFFERED:
            step = Step.ANSWER_OFFER
        case Status.ASSIGNED | Status.CONTACTED if facts.reminder is not None and facts.reminder <= at:
            step = Step.FOLLOW_UP
        case Status.ASSIGNED:
            step = Step.WAIT if facts.do_not_call else Step.FIRST_CONTACT
        case Status.CONTACTED:
            step = Step.PLAN_FOLLOW_UP if facts.reminder is None else Step.WAIT
        case Status.QUEUED:
            step = Step.ASSIGN
        case Status.UNCONFIRMED | Status.RECEIVED | Status.QUALIFIED:
            step = Step.WAIT
        case _:
            step = Step.NOTHING
    return step


def most_pressing(leads: Iterable[Facts], at: datetime, at_most: int) -> list[Next]:
    """Steps of several leads, the most pressing first: by kind, then by when they are due, then the better lead. Those with
    nothing to do are left out.
    """
    order = list(Step)
    found = [(next_step(one, at), one) for one in leads]
    found = [pair for pair in found if pair[0].step not in {Step.WAIT, Step.NOTHING}]
    found.sort(key=lambda pair: (
        order.index(pair[0].step), pair[0].due is None, pair[0].due or at, -pair[1].score, pair[1].received_at,
        pair[1].lead_id,
    ))  # fmt: skip
    return [one for one, _ in found[:at_most]]
