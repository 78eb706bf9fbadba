"""Statutory notices in plain words: what ends, why, when to the minute, by which rule, and what would prevent it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.policies.letters.letter import About, Block, Letter, Say, frame, said, written
from domain.policies.letters.recipients import Addressee
from domain.policies.notices import Sent
from domain.policies.words import Action, Reason

_TITLES = {
    Action.CANCELLATION: "Notice of cancellation",
    Action.NON_RENEWAL: "Notice of non-renewal",
    Action.LAPSE: "Notice of lapse",
}
_WHAT = {
    Action.CANCELLATION: "We are cancelling your policy.",
    Action.NON_RENEWAL: "We will not renew your policy when its term ends.",
    Action.LAPSE: "Your policy will lapse.",
}
_WHY = {
    Reason.NONPAYMENT: "A premium that was due has not been paid.",
    Reason.UNDERWRITING: "The risk does not meet our underwriting rules.",
    Reason.MISREPRESENTATION: "Something material to the risk was misstated to us.",
    Reason.FRAUD: "We found fraud in obtaining the policy or in a claim.",
    Reason.RISK_CHANGE: "The risk has changed substantially since we took it on.",
    Reason.LICENCE_SUSPENDED: "A driver's licence was suspended or revoked.",
    Reason.OTHER: "For the reason that the rule named below allows; ask us and we will state it in writing.",
}
_SENT = {
    Sent.MAIL: "by mail",
    Sent.MAIL_WITH_PROOF: "by mail, with proof of mailing kept",
    Sent.DELIVERY: "by delivery",
}


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """A notice as it was recorded. ``past_due`` is unpaid on the day it was recorded, ``to_pay`` what must be paid until it takes
    effect so that nothing is overdue then; both minor units, and None where it is not about payment.
    """

    action: Action
    reason: Reason
    sent: Sent
    mailed_on: date
    effective_on: date
    days_required: int
    citation: str
    past_due: int | None = None
    to_pay: int | None = None


def notice_letter(about: About, facts: NoticeFacts, to: Addressee | None = None) -> Letter:
    """The notice, to the insured or as a copy ``to`` somebody else. Its rule is quoted with its citation; nothing of the law is
    added to it.
    """
    at = about.instant(facts.effective_on)
    copied: list[Block] = []
    if to is not None:
        copied = [to.block, Say("You are sent this copy of a notice to the insured named below.")]
    blocks: list[Block] = [
        *copied,
        frame(about),
        Say(f"{_WHAT[facts.action]} Cover ends at {at}, at the insured's address. Nothing that happens then or later is covered.",
            strong=True),
        Say(f"Reason: {_WHY[facts.reason]}"),
    ]  # fmt: skip
    if facts.to_pay is not None and facts.past_due is not None:
        words = f"To keep the policy in force, pay {about.money(facts.to_pay)} before {at}."
        if facts.to_pay != facts.past_due:
            words += f" Of this, {about.money(facts.past_due)} is past due; the rest falls due before then."
        blocks.append(Say(words, strong=True))
    gone = (facts.effective_on - facts.mailed_on).days
    blocks.append(
        Say(
            f"This notice was sent {_SENT[facts.sent]} on {written(facts.mailed_on)}, {gone} days before it takes effect. "
            f"At least {facts.days_required} days are required: {said(facts.citation)}."
        )
    )
    blocks.append(
        Say("If you think that this is wrong, or you have paid meanwhile, write to your agent or to us at once.")
    )
    return Letter(_TITLES[facts.action], blocks)
