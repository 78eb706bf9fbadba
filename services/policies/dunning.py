"""What is done on the days of an unpaid instalment: each tells of itself, and a person hears in time that a notice is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from domain.policies.announcing import Announcement
from domain.policies.notices import Sent
from domain.policies.words import Act, Reason
from kernel.money import Money
from services.policies.events import NoticeProposal, WayOfSending
from services.policies.held import Held
from services.policies.recording import record
from services.policies.timers import announcements, open_instalments, prompted_at
from store.uow import UnitOfWork

Work = Callable[[UnitOfWork, Held, str, datetime, datetime], Awaitable[str]]
"""As other work of a timer, with the instant at which it was due: that says which instalment it is about."""


async def _overdue(uow: UnitOfWork, held: Held, key: str, at: datetime, due_at: datetime) -> str:
    """The newest that is overdue asks for a notice: what older ones would say now, it says too."""
    for one in open_instalments(held, at):
        if prompted_at(held, one.due_on) == due_at:
            told: dict[str, Any] = {"instalment": one.number, "due_on": one.due_on, "amount_minor": one.amount}
            await record(uow, held, Act.BECAME_OVERDUE, key=key, at=at, **told)
            if not any(due_at < prompted_at(held, other.due_on) <= at for other in open_instalments(held, at)):
                await _ask(uow, held, f"{key}:notice", at, "notice_due")
            return Act.BECAME_OVERDUE.value
    return "paid"


async def _notice_due(uow: UnitOfWork, held: Held, key: str, at: datetime, _: datetime) -> str:
    return await _ask(uow, held, key, at, "notice_due")


async def _notice_ends(uow: UnitOfWork, held: Held, key: str, at: datetime, due_at: datetime) -> str:
    mine = [one for one in announcements(held, at) if one.again_on is not None and held.begins(one.again_on) == due_at]
    return await _ask(uow, held, key, at, "notice_due_soon", mine)


async def _ask(
    uow: UnitOfWork, held: Held, key: str, at: datetime, code: str, about: Sequence[Announcement] | None = None
) -> str:
    """Tell a person, with the notice as it would be mailed today, ``about`` the oldest of these that may still be mailed (of all,
    where none are given); what was told, or why nothing was.
    """
    if not held.account(at).overdue:
        return "paid"
    if held.standing_notice_for(Reason.NONPAYMENT) is not None:
        return "noticed"
    today = held.today(at)
    overdue = [one for one in (announcements(held, at) if about is None else about) if one.first_on <= today]
    proposal: NoticeProposal | None
    open_still = [one for one in overdue if one.last_on is not None and today <= one.last_on]
    if open_still:
        one = open_still[0]
        proposal = _proposal(held, one, at)
        words = _words(held, one, proposal)
    elif overdue and all(one.row is None for one in overdue):
        code, one, proposal = "no_notice_rule", overdue[0], None
        words = (
            f"the premium of {one.due_on} is overdue, and no rule with a citation says how its {one.action.value} is announced "
            f"for {held.row.line} in {held.row.state}; find the law and add its row, cover goes on until then"
        )
    else:
        return "too_late"
    await record(uow, held, Act.NEEDS_A_PERSON, key=key, at=at, code=code, words=words, proposal=proposal)
    return code


def _proposal(held: Held, one: Announcement, at: datetime) -> NoticeProposal:
    """The notice if it were mailed today."""
    assert one.row is not None
    assert one.last_on is not None
    today, stands = held.today(at), held.account(at)
    ways = [
        WayOfSending(sent=way, effective_on=one.takes_effect(today, way))
        for way in sorted(one.row.methods) if one.takes_effect(today, way) <= held.contract.end
    ]  # fmt: skip
    first = min(way.effective_on for way in ways)
    return NoticeProposal(
        action=one.action, reason=Reason.NONPAYMENT, due_on=one.due_on, mail_from=one.first_on, mail_by=one.last_on,
        ways=ways, effective_on=first, past_due_minor=stands.due - stands.paid,
        to_pay_minor=sum(part.amount for part in held.schedule if part.due_on < first) - stands.paid,
        recipients=sorted(one.row.recipients), citation=one.row.cited.said,
    )  # fmt: skip


def _words(held: Held, one: Announcement, proposal: NoticeProposal) -> str:
    ways = " or ".join(Sent(way.sent).value.replace("_", " ") for way in proposal.ways)
    past_due = Money(proposal.past_due_minor, held.row.currency)
    return (
        f"the premium of {one.due_on} is overdue, {past_due.amount:,} {past_due.currency} in all: a notice of "
        f"{one.action.value} is due, by {ways}, {proposal.mail_by} at the latest; mailed today it takes effect on "
        f"{proposal.effective_on} ({proposal.citation})"
    )


WORK: dict[str, Work] = {"overdue": _overdue, "notice_due": _notice_due, "notice_ends": _notice_ends}
