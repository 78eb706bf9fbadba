"""Letters that say what changed in money: receipts, and confirmations of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.policies.billing import Instalment
from domain.policies.contents import Operation, Part, Verb
from domain.policies.letters.declarations import Price
from domain.policies.letters.letter import (
    About,
    Block,
    Head,
    Letter,
    Listing,
    Named,
    Say,
    Title,
    frame,
    moment,
    plain,
    said,
    written,
)
from domain.policies.words import Act, Happening, Reason

_TITLES = {
    Act.ENDORSED.value: "Confirmation of a change",
    Happening.CANCELLED.value: "Confirmation of cancellation",
    Happening.LAPSED.value: "Confirmation of lapse",
    Happening.RESCINDED.value: "Confirmation of rescission",
    Happening.REINSTATED.value: "Confirmation of reinstatement",
    Happening.RESUMED.value: "Confirmation of reinstatement",
}
CONFIRMED = frozenset(_TITLES)
"""Kinds of events that are confirmed."""
_VERBS = {Verb.ADD: "Added", Verb.REMOVE: "Removed", Verb.CHANGE: "Changed"}
_BY = {Reason.REQUEST: "as you asked", Reason.REPLACED: "as another policy replaces it"}


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """A payment or a refund (negative), minor units; ``paid`` is the net of all by then, ``total`` the term's price."""

    amount: int
    method: str
    reference: str | None
    on: date
    paid: int
    total: int
    following: Instalment | None


def receipt_letter(about: About, facts: ReceiptFacts) -> Letter:
    """What came, or was given back, and what is left."""
    back = facts.amount < 0
    verb = "given back" if back else "received"
    left = facts.total - facts.paid
    pairs = [
        (verb.capitalize(), about.money(abs(facts.amount))), ("By", plain(facts.method)), ("On", written(facts.on)),
        ("Reference", said(facts.reference or "")), ("Paid of the term in all", about.money(facts.paid)),
        ("Price of the term", about.money(facts.total)),
        ("Left to pay", about.money(left)) if left >= 0 else ("Credit", about.money(-left)),
    ]  # fmt: skip
    blocks: list[Block] = [frame(about), Named([(name, value) for name, value in pairs if value])]
    if facts.following is not None and left > 0:
        due = facts.following
        blocks.append(
            Say(
                f"The instalment of {about.money(due.amount)} is the next to be settled, by the end of {written(due.due_on)}."
            )
        )
    return Letter("Record of a refund" if back else "Receipt of payment", blocks)


@dataclass(frozen=True, slots=True)
class ConfirmationFacts:
    """What was done: an event's ``kind`` and day, the price before and after it, what is paid by then. ``method`` names how
    premium is returned (DOMAIN T49), ``resumes_at`` when cover begins again behind a gap, ``cover`` all of it as it is now.
    """

    kind: str
    effective_on: date
    before: Price
    after: Price
    paid: int
    reason: Reason | None = None
    method: str = ""
    resumes_at: datetime | None = None
    operations: Sequence[Operation] = ()
    cover: Sequence[tuple[datetime, datetime]] = ()


def confirmation_letter(about: About, facts: ConfirmationFacts) -> Letter:
    """What was done, with its money before and after."""
    blocks: list[Block] = [frame(about), Say(_done(about, facts), strong=True)]
    if facts.operations:
        blocks += [Head("What changed"), *(Say(_operation(about, one)) for one in facts.operations)]
    if facts.method:
        blocks.append(Say(f"Premium is returned so: {said(facts.method)}"))
    blocks += [Head("Money"), _money(about, facts), Say(_settled(about, facts))]
    if facts.cover:
        rows = [(moment(opens, about.contract), moment(closes, about.contract)) for opens, closes in facts.cover]
        blocks += [Head("Cover"), Listing((Title("from", 1), Title("until", 1)), rows)]
    else:
        blocks.append(Say("There is no cover under this term."))
    return Letter(_TITLES[facts.kind], blocks)


def _done(about: About, facts: ConfirmationFacts) -> str:
    at = about.instant(facts.effective_on)
    if facts.kind == Act.ENDORSED.value:
        return f"Your policy was changed from {at} on."
    if facts.kind == Happening.REINSTATED.value:
        return "Your policy is in force again, without a gap, as if it had never ended."
    if facts.kind == Happening.RESUMED.value and facts.resumes_at is not None:
        again = moment(facts.resumes_at, about.contract)
        return (
            f"Your policy is in force again from {again}. What happened in between is not covered, and costs nothing."
        )
    if facts.kind == Happening.RESCINDED.value:
        return "Your policy was rescinded: it is void from its beginning, and everything is returned."
    if facts.kind == Happening.LAPSED.value:
        return f"Your policy lapsed at {at}, as its premium was not paid."
    why = _BY.get(facts.reason, "as the notice to you said") if facts.reason else ""
    return f"Your policy was cancelled from {at} on{', ' + why if why else ''}."


def _operation(about: About, one: Operation) -> str:
    value = one.value
    if one.verb is Verb.REMOVE:
        return f"Removed {plain(one.part.value)} {said(one.key)}."
    parts = []
    for name, given in value.items():
        if name == "limits" and isinstance(given, dict):
            parts += [f"limit {plain(limit)} {about.money(int(amount))}" for limit, amount in given.items()]
        elif name.endswith("_minor") and isinstance(given, int):
            parts.append(f"{plain(name)} {about.money(given)}")
        elif isinstance(given, dict):
            parts += [f"{plain(inner)} {said(deep)}" for inner, deep in given.items()]
        elif one.part is Part.COVERAGE and name == "code":
            parts.insert(0, plain(str(given)))
        else:
            parts.append(f"{plain(name)} {said(given)}")
    return f"{_VERBS[one.verb]} {plain(one.part.value)} {said(one.key)}: {', '.join(parts)}."


def _money(about: About, facts: ConfirmationFacts) -> Listing:
    before, after = facts.before, facts.after

    def row(name: str, old: int, new: int) -> tuple[str, ...]:
        return (name, about.money(old), about.money(new - old), about.money(new))

    rows = [
        row("premium", before.premium, after.premium), row("taxes", before.taxes, after.taxes),
        row("fees", before.fees, after.fees),
    ]  # fmt: skip
    titles = (Title("", 3), *(Title(one, 2, numbers=True) for one in ("before", "change", "after")))
    return Listing(titles, rows, row("total", before.total, after.total))


def _settled(about: About, facts: ConfirmationFacts) -> str:
    left = facts.after.total - facts.paid
    state = f"{about.money(left)} is left to pay" if left > 0 else f"{about.money(-left)} is to your credit"
    return f"{about.money(facts.paid)} is paid so far; " + (state if left else "nothing is left to pay") + "."
