"""Which policies may be lost, and why."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from domain.policies.retention import Signs, reasons, risk

TODAY = date(2026, 6, 1)


def signs(**changes: Any) -> Signs:
    given: dict[str, Any] = {"on": TODAY, "ends_on": date(2027, 1, 1), "price": 100_000}
    return Signs(**given | changes)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"first_term": True}, []),
        ({"overdue": 1, "first_term": True}, ["overdue", "first_term"]),
        ({"failed": 2}, ["payments_failed"]),
        ({"notice_on": date(2026, 6, 20), "overdue": 5}, ["notice", "overdue"]),
        ({"asked_on": date(2026, 7, 1)}, ["asked_to_end"]),
        ({"ends_on": date(2026, 7, 31)}, ["no_renewal_offered"]),
        ({"ends_on": date(2026, 8, 1)}, []),
        ({"ends_on": date(2026, 6, 20), "renewal_price": 100_000}, []),
        ({"ends_on": date(2026, 6, 20), "renewal_price": 90_000}, []),
        ({"ends_on": date(2026, 6, 20), "renewal_price": 110_000}, ["dearer"]),
        ({"ends_on": date(2026, 6, 20), "price": 0, "renewal_price": 110_000}, []),
        ({"ends_on": date(2026, 6, 20), "non_renewing": True}, ["not_renewed"]),
    ],
)
def test_each_sign_has_its_reason(changes: dict[str, Any], codes: list[str]) -> None:
    assert [one.code for one in reasons(signs(**changes))] == codes


def test_the_end_draws_near_and_a_dearer_renewal_weighs_by_how_much() -> None:
    far, near = (reasons(signs(ends_on=TODAY + timedelta(days=days)))[0].share for days in (45, 30))
    assert (far, near) == (Decimal("0.20"), Decimal("0.50"))
    prices = (105_000, 120_000, 200_000)
    shares = [reasons(signs(ends_on=TODAY, renewal_price=price))[0].share for price in prices]
    assert shares == [Decimal("0.10"), Decimal("0.40"), Decimal("0.60")]


@given_any(
    st.builds(
        signs, overdue=st.integers(0, 10**9), failed=st.integers(0, 50), non_renewing=st.booleans(),
        first_term=st.booleans(), notice_on=st.none() | st.just(TODAY), asked_on=st.none() | st.just(TODAY),
        ends_on=st.dates(TODAY, date(2028, 1, 1)), renewal_price=st.none() | st.integers(0, 10**9),
    )
)  # fmt: skip
def test_more_signs_never_make_it_safer_and_nothing_is_certain(given_signs: Signs) -> None:
    found = reasons(given_signs)
    assert 0 <= risk(found) < 1
    assert all(risk(found[:place]) <= risk(found) for place in range(len(found)))
    assert (risk(found) == 0) == (not found)
