"""A payee's statement of a month: what they began with, what happened, what they end with. A debt is carried (T38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.commissions.ledger import Account, Happening
from domain.csv_cells import csv_line, number_cell, text_cell
from kernel.money import Money

_COLUMNS = ("at", "what", "account", "policy", "line", "amount", "currency", "why")


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting as its payee sees it: positive is theirs. ``policy`` and ``line`` are empty for payouts."""

    at: datetime
    happening: Happening
    account: Account
    minor: int
    policy: str
    line: str
    why: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands in a payee's accounts, in minor units; ``payable`` below 0 is owed back and carried forward."""

    pending: int = 0
    payable: int = 0
    in_payment: int = 0
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class MonthStatement:
    """``month`` as YYYY-MM, in the agency's zone. ``paid`` left for the payee's bank in it, returned payments taken off."""

    month: str
    currency: str
    opening: Figures
    entries: tuple[Entry, ...]
    closing: Figures
    paid: int


def month_statement(month: str, currency: str, opening: Figures, entries: Sequence[Entry]) -> MonthStatement:
    """Add the month's entries to what stood before it."""
    totals = {name: getattr(opening, name) for name in Figures.__dataclass_fields__}
    for one in entries:
        totals[one.account.value] += one.minor
    went = -sum(one.minor for one in entries if one.account is Account.IN_PAYMENT and one.happening is Happening.PAID)
    paid = went - sum(one.minor for one in entries if one.happening is Happening.BOUNCED)
    return MonthStatement(month, currency, opening, tuple(entries), Figures(**totals), paid)


def statement_csv(statement: MonthStatement) -> str:
    """The statement as CSV: opening and closing as rows of their own, typed amounts, text that no sheet takes for a formula."""
    currency = statement.currency

    def amount(minor: int) -> str:
        return number_cell(Money(minor, currency).amount)

    rows = [csv_line(_COLUMNS)]
    for word, figures in (("opening", statement.opening), ("closing", statement.closing)):
        block = [
            csv_line(("", word, account, "", "", amount(getattr(figures, account)), currency, ""))
            for account in Figures.__dataclass_fields__
        ]
        if word == "closing":
            rows += [_entry_row(one, amount(one.minor), currency) for one in statement.entries]
            block.append(csv_line(("", "paid in the month", "", "", "", amount(statement.paid), currency, "")))
        rows += block
    return "".join(rows)


def _entry_row(one: Entry, amount: str, currency: str) -> str:
    return csv_line((
        one.at.isoformat(), one.happening.value, one.account.value, text_cell(one.policy), text_cell(one.line), amount, currency,
        text_cell(one.why),
    ))  # fmt: skip
