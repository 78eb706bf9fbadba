"""Rows of carriers' commission statements, in the words that carriers use for their columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from kernel.money import Money

_NAMES = {
    "policy": ("policy_number", "policy", "policy_no", "policy_num", "policyno", "policy_id", "contract_number"),
    "effective": ("effective_date", "effective", "eff_date", "policy_effective_date", "term_effective_date", "effective_on"),
    "amount": ("commission", "commission_amount", "commission_paid", "commission_due", "amount", "net_commission"),
}  # fmt: skip
_FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%Y%m%d")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})*(\.[0-9]*)?|[0-9]*\.?[0-9]+|[0-9]+\.")
_MOST = Decimal(10) ** 11
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class CarrierRow:
    """What a row says. A row with a ``fault`` is kept and pays nothing: its money is not known or not for whom."""

    policy_number: str
    effective_on: date | None
    minor: int | None
    fault: str | None


def read_carrier_row(given: Mapping[str, Any], currency: str) -> CarrierRow:
    """The row by its columns' usual names, whatever their case and separators."""
    columns = {re.sub(r"[^a-z0-9]+", "_", str(name).lower()).strip("_"): value for name, value in given.items()}
    said = {
        what: next((columns[name] for name in names if columns.get(name) not in (None, "")), None)
        for what, names in _NAMES.items()
    }
    number = str(said["policy"] or "").replace("\x00", "").strip()[:_LONGEST]
    effective, minor = _day(said["effective"]), minor_of(said["amount"], currency)
    faults = []
    if not re.search(r"[^\W_]", number):
        faults.append("no policy number")
    if effective is None:
        faults.append("no effective date that can be read")
    if minor is None:
        faults.append("no amount that can be read")
    return CarrierRow(number, effective, minor, "; ".join(faults) or None)


def minor_of(given: Any, currency: str) -> int | None:
    """Minor units of an amount as carriers write it: ``1,234.56``, ``$-12.00``, ``(12.00)``, ``12.00-``. None for anything else,
    and for parts of a minor unit: to round what somebody says they paid is not ours.
    """
    text = str(given if given is not None else "").strip().replace("\u2212", "-")
    negative = False
    if text.startswith("(") and text.endswith(")"):
        text, negative = text[1:-1], True
    text = text.replace("$", "").strip()
    if text.startswith(("-", "+")) or text.endswith("-"):
        negative ^= "-" in (text[0], text[-1])
        text = text.strip("+-").strip()
    if not _GROUPED.fullmatch(text):
        return None
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    money = Money.of(amount, currency) if amount < _MOST else None
    if money is None or money.amount != amount:
        return None
    return -money.minor if negative else money.minor


def _day(given: Any) -> date | None:
    text = str(given or "").strip()
    for form in _FORMS:
        try:
            return datetime.strptime(text[:10], form).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    return None
