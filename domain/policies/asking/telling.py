"""What a request is answered with: plain sentences of what is proposed, done or found. Figures come from services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from domain.policies.asking.deciding import Ends, Step, Verdict
from domain.policies.asking.words import NEW_VEHICLE, Intent, Known, Reading, Source
from kernel.money import Money

PRICE_AWAITED = (
    "the carrier's price of this change is awaited: a person enters it, or that the carrier charges nothing; nothing can be "
    "approved before"
)
"""What is told of a change that only the carrier can price."""
_SLOTS = {
    "driver": "The driver's name is", "vehicle": "Which vehicle it is, is", "day": "The day is",
    "new_vehicle": "The vehicle's year, make, model and VIN are", "no_loss_on": "The day of the statement of no loss is",
}  # fmt: skip


def summary(verdict: Verdict, reading: Reading, known: Known) -> str:
    """What is proposed, with the day as it was read beside the words that name it."""
    parts = [_part(one, reading, known) for one in reading.asks]
    told = "; ".join(part for part in parts if part)
    told = f"{told}{_from(verdict, reading)} (policy {known.number or 'without a number'})."
    return " ".join([told, *(_taken(one) for one in reading.sources)])


def _taken(one: Source) -> str:
    """Where a value comes from that nobody said, so that who approves can look."""
    page = f", page {one.page}" if one.page is not None else ""
    return f"{_SLOTS[one.slot]} from document {one.document}{page}."


def _part(intent: Intent, reading: Reading, known: Known) -> str:  # noqa: PLR0911 - one for each intent
    slots = reading.slots
    if intent is Intent.ADD_DRIVER:
        return f"Add {slots['driver']} as a driver"
    if intent is Intent.REMOVE_DRIVER:
        return f"Remove the driver {known.drivers[str(slots['driver'])]}"
    if intent is Intent.ADD_VEHICLE:
        year, make, model, vin = (slots[name] for name in NEW_VEHICLE)
        return f"Add the {year} {make} {model}, VIN {vin}, kept at {known.garaged} as the others, without coverages of its own"
    if intent is Intent.REMOVE_VEHICLE:
        return (
            f"Remove the {next(one.name for one in known.vehicles if one.key == slots['vehicle'])} with its coverages"
        )
    if intent is Intent.CHANGE_DEDUCTIBLE:
        of = slots.get("coverage", "all")
        return f"Change the deductible{'' if of == 'all' else f' of {of}'} to {int(slots['deductible_minor']) // 100}"
    if intent is Intent.CANCEL:
        return "Cancel the policy at the insured's request"
    if intent is Intent.REINSTATE:
        return "Reinstate the policy " + ("from the payment that came" if slots.get("lapse", True) else "without a gap")
    return "Renew the policy for another term" if intent is Intent.RENEW else ""


def _from(verdict: Verdict, reading: Reading) -> str:
    if verdict.day is None:
        return ""
    if verdict.assumed:
        return f" from {verdict.day} (today, since no day was said)"
    return f" from {verdict.day}" + (f" (said: “{reading.said}”)" if reading.said else "")


def money_told(money: Mapping[str, Any]) -> str:
    """The money before and after, in a sentence."""
    currency = money["currency"]
    change, tax, fee = (money[f"{name}_change_minor"] for name in ("premium", "tax", "fee"))
    told = f"Premium of the term: {Money(money['written_before_minor'], currency)} before, "
    told += f"{Money(money['written_after_minor'], currency)} after ({Money(change, currency)})"
    if tax or fee:
        told += f", taxes {Money(tax, currency)}, fees {Money(fee, currency)}"
    if money["refund_minor"] is not None:
        owed = money["refund_minor"] < 0
        told += f"; by what is paid the insured {'owes' if owed else 'gets back'} {Money(abs(money['refund_minor']), currency)}"
    if money["unrated"]:
        told += f"; {PRICE_AWAITED}"
    return told + "."


def kept_told(asks: Sequence[str], day: str | None, ends: Ends | None = None) -> str:
    """What is told of a request whose words are gone: what was wished for, from which day, and how it ended."""
    wished = ", ".join(one.replace("_", " ") for one in asks) or "nothing known"
    since, became = f" from {day}" if day else "", f": {ends.value.replace('_', ' ')}" if ends else ""
    return f"{wished[0].upper()}{wished[1:]}{since}{became}. The words of the request are not kept any more."


def done_told(step: Step, day: date | None, today: date) -> str:
    """What was done."""
    ahead = day is not None and day > today
    return {
        Step.ENDORSE: f"The change is in force from {day}.",
        Step.CANCEL: f"The policy ends on {day}." if ahead else f"The policy is cancelled from {day}.",
        Step.REINSTATE: "The policy is in force again.",
        Step.RENEW: "The next term is prepared; it begins when its first instalment is paid.",
    }[step]


def next_payment_told(unpaid: Mapping[str, Any] | None, *, overdue: bool, currency: str) -> str:
    """The next payment."""
    if unpaid is None:
        return "Everything billed for this term is paid."
    when = f"was due on {unpaid['due_on']} and is overdue" if overdue else f"is due on {unpaid['due_on']}"
    return f"The next payment of {Money(unpaid['amount_minor'], currency)} {when}."


def bill_told(changes: Sequence[Mapping[str, Any]], before: int | None, written: int, currency: str) -> str:
    """Why a term costs what it does: what it was written for against the term before, and every change that moved it since."""
    lines = [f"This term is written for {Money(written, currency)}."]
    if before is not None:
        lines.append(f"The term before was written for {Money(before, currency)}.")
    lines += [
        f"{one['kind'].replace('_', ' ').capitalize()} from {one['effective_on']}: "
        f"{Money(one['premium_change_minor'], currency)}."
        for one in changes
    ]
    if not changes and before in {None, written}:
        lines.append("Nothing has changed its premium since it began.")
    return " ".join(lines)


ENDS_TOLD = {
    Ends.DECLINED: "Nothing was changed: a person declined it.",
    Ends.EXPIRED: "Nothing was changed: nobody approved it in time. Ask again.",
}
