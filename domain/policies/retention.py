"""Which policies may be lost, and why: signs that each take a share of the chance that it stays.

The shares are an order of urgency, set by judgement and no statistics of any book: a sign that usually ends a policy takes most
of it, one that often precedes an end takes a part. Signs count independently, so more of them never make a policy safer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import prod

WINDOW_DAYS = 60
"""So many days before its end a term is looked at for its renewal."""
_LATE_DAYS = 30
_FAILED_MOST = 3


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a policy in force on a day. Amounts are minor units; ``failed`` counts payments that failed or came back
    in the last 90 days. ``renewal_price`` is of the renewal that was offered, None where none was; ``as_expiring`` says that it
    is this term's, since the carrier gave no other.
    """

    on: date
    ends_on: date
    price: int
    overdue: int = 0
    failed: int = 0
    notice_on: date | None = None
    asked_on: date | None = None
    non_renewing: bool = False
    renewal_price: int | None = None
    first_term: bool = False
    as_expiring: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """A sign that is there: a code, the share of the chance to keep the policy that it takes, and words for people."""

    code: str
    share: Decimal
    words: str


def reasons(signs: Signs) -> list[Reason]:
    """Every sign that is there, the heaviest first; none for a policy that nothing speaks against."""
    left = (signs.ends_on - signs.on).days
    found = [*_of_ending(signs), *_of_payment(signs), *_of_renewal(signs, left)]
    if found and signs.first_term:
        found.append(Reason("first_term", Decimal("0.10"), "it is the first term, and those end more often"))
    return sorted(found, key=lambda one: (-one.share, one.code))


def risk(found: Sequence[Reason]) -> Decimal:
    """From 0 to below 1: what is left after every sign has taken its share of the chance to keep it."""
    return 1 - prod((1 - one.share for one in found), start=Decimal(1))


def _of_ending(signs: Signs) -> list[Reason]:
    found = []
    if signs.asked_on is not None:
        found.append(Reason("asked_to_end", Decimal("0.90"), f"the insured asked to end it on {signs.asked_on}"))
    if signs.notice_on is not None:
        found.append(Reason("notice", Decimal("0.70"), f"a notice takes effect on {signs.notice_on}"))
    if signs.non_renewing:
        found.append(
            Reason(
                "not_renewed", Decimal("0.80"), f"its carrier does not renew it after {signs.ends_on}; place it anew"
            )
        )
    return found


def _of_payment(signs: Signs) -> list[Reason]:
    found = []
    if signs.overdue > 0:
        found.append(Reason("overdue", Decimal("0.40"), "a payment is overdue"))
    if signs.failed:
        share = Decimal("0.15") * min(signs.failed, _FAILED_MOST)
        found.append(Reason("payments_failed", share, f"{signs.failed} payments failed or came back in 90 days"))
    return found


def _of_renewal(signs: Signs, left: int) -> list[Reason]:
    if signs.non_renewing or left > WINDOW_DAYS:
        return []
    if signs.renewal_price is None:
        late = left <= _LATE_DAYS
        share = Decimal("0.50") if late else Decimal("0.20")
        return [Reason("no_renewal_offered", share, f"it ends in {left} days and no renewal is offered")]
    rise = Decimal(signs.renewal_price - signs.price) / signs.price if signs.price > 0 else Decimal(0)
    if rise <= 0 and signs.as_expiring:
        words = "its renewal is offered at the expiring price; the carrier's price is not known and may be another"
        return [Reason("as_expiring", Decimal("0.05"), words)]
    if rise <= 0:
        return []
    share = min(Decimal("0.60"), 2 * rise).quantize(Decimal("0.01"))
    return [Reason("dearer", share, f"its renewal costs {100 * rise:.1f} percent more")] if share else []
