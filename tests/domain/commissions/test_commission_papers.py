"""What leaves the ledger: statements of a month, files for the bank, totals of a year."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from domain.commissions.ledger import Account, Happening
from domain.commissions.payouts import (
    TRANSITIONS,
    Bank,
    Instruction,
    Lot,
    Payable,
    PayoutState,
    PayoutVerb,
    due,
    kept_back,
    payout_file,
    routing_holds,
    unpaid,
)
from domain.commissions.statement import Entry, Figures, month_statement, statement_csv
from domain.commissions.tax import thresholds, year_totals

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)


def an_entry(minor: int, happening: Happening, account: Account, policy: str = "HO-1") -> Entry:
    return Entry(AT, happening, account, minor, policy, "home", "")


def rows(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_t38_a_months_statement_carries_a_debt_and_ends_where_the_next_begins() -> None:
    entries = [
        an_entry(-34_000, Happening.REVERSED, Account.PAYABLE), an_entry(20_000, Happening.ACCRUED, Account.PENDING),
        an_entry(-20_000, Happening.RELEASED, Account.PENDING), an_entry(20_000, Happening.RELEASED, Account.PAYABLE),
    ]  # fmt: skip
    found = month_statement("2026-03", "USD", Figures(), entries)
    assert (found.closing.payable, found.closing.pending, found.paid) == (-14_000, 0, 0)
    assert month_statement("2026-04", "USD", found.closing, []).closing == found.closing


def test_what_left_for_the_bank_is_paid_in_the_month() -> None:
    entries = [
        an_entry(-5_000, Happening.PAYOUT, Account.PAYABLE), an_entry(5_000, Happening.PAYOUT, Account.IN_PAYMENT),
        an_entry(-5_000, Happening.PAID, Account.IN_PAYMENT),
    ]  # fmt: skip
    found = month_statement("2026-03", "USD", Figures(payable=5_000), entries)
    assert (found.paid, found.closing) == (5_000, Figures())


def test_a_statement_as_csv_keeps_signs_and_makes_no_formula() -> None:
    entries = [an_entry(-34_000, Happening.REVERSED, Account.PAYABLE, policy="=1+1")]
    found = rows(statement_csv(month_statement("2026-03", "USD", Figures(payable=100), entries)))
    (line,) = [one for one in found if one["what"] == "reversed"]
    assert (line["amount"], line["policy"]) == ("-340.00", "'=1+1")
    closing = {one["account"]: one["amount"] for one in found if one["what"] == "closing"}
    assert closing == {"pending": "0.00", "payable": "-339.00", "in_payment": "0.00", "withheld": "0.00"}


def test_a_file_for_the_bank_keeps_leading_zeros_and_makes_no_formula() -> None:
    bank = Bank("021000021", "000123", savings=True)
    one = Instruction("p1", "=HYPERLINK(1) and a long name", bank, 123_456, "USD", "t1")
    (row,) = rows(payout_file([one], date(2026, 3, 31), "COMMISSION"))
    assert (row["transaction_code"], row["routing_number"], row["account_number"]) == ("32", "021000021", "000123")
    assert (row["amount"], row["effective_entry_date"]) == ("1234.56", "260331")
    assert row["individual_name"] == "'=HYPERLINK(1) and a lo"


@pytest.mark.parametrize(
    ("routing", "holds"),
    [("021000021", True), ("121000248", True), ("021000022", False), ("000000000", False), ("12100024", False),
     ("１２１０００２４８", False)],
)  # fmt: skip
def test_routing_numbers_have_a_check_digit(routing: str, holds: bool) -> None:
    assert routing_holds(routing) is holds


@pytest.mark.parametrize(
    ("payable", "least", "answer"),
    [
        (Payable("a", "USD", 5_000), 0, (5_000, None)), (Payable("a", "USD", 5_000), 5_000, (5_000, None)),
        (Payable("a", "USD", 4_999), 5_000, (0, "below_least")), (Payable("a", "USD", 0), 0, (0, "nothing_due")),
        (Payable("a", "USD", 5_000, held="licence under review"), 0, (0, "held")),
        (Payable("a", "USD", 5_000, stays=2_000), 0, (3_000, None)), (Payable("a", "USD", 5_000, stays=5_000), 0, (0, "held")),
        (Payable("a", "USD", 5_000, stays=2_000), 4_000, (0, "below_least")),
        (Payable("a", "USD", 5_000, stays=7_000), 0, (0, "held")), (Payable("a", "USD", -1, stays=9), 0, (0, "owed_back")),
    ],
)  # fmt: skip
def test_what_is_paid_now(payable: Payable, least: int, answer: tuple[int, str | None]) -> None:
    assert due(payable, least) == answer


def test_payouts_that_named_no_commission_were_of_the_oldest() -> None:
    old, half, new = uuid4(), uuid4(), uuid4()
    lots = [Lot(old, 100), Lot(None, -150), Lot(half, 100), Lot(new, 100)]
    assert unpaid(lots) == {old: 0, half: 50, new: 100}
    assert kept_back(lots, {old, half}) == {half: 50}
    assert unpaid([Lot(None, 20), Lot(new, 5), Lot(old, -3)]) == {new: 5}, "what is owed back is not unpaid"


def test_a_payment_is_confirmed_once_and_only_after_it_was_sent() -> None:
    assert (PayoutState.PENDING, PayoutVerb.CONFIRM) not in TRANSITIONS
    assert [verb for state, verb in TRANSITIONS if state is PayoutState.PAID] == [PayoutVerb.RETURN]
    assert not [verb for state, verb in TRANSITIONS if state is PayoutState.RETURNED]


def test_totals_of_a_year_stand_beside_its_threshold_and_an_unknown_year_says_nothing() -> None:
    paid = {("a", "USD"): 199_999, ("b", "USD"): 200_000, ("c", "EUR"): 900_000}
    assert [one.reportable for one in year_totals(2026, paid)] == [False, True, None]
    assert [one.reportable for one in year_totals(2025, {("a", "USD"): 60_000})] == [True]
    assert [one.reportable for one in year_totals(2027, paid)] == [None, None, None]
    assert all(one.citation for one in thresholds().values())
