"""The next term beside this one: what is worse is seen, and reasons that are amounts add up to what is owed more."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policies.contents import Contents, Part
from domain.policies.offers import (
    Offer,
    OfferBasis,
    Owed,
    changes_between,
    is_worse,
    reasons_between,
    rise,
)


def cover(code: str = "collision", premium: int = 10_000, **parts: Any) -> dict[str, Any]:
    return {"code": code, "premium_minor": premium, **parts}


def insured(factors: tuple[str, ...] = (), **coverages: dict[str, Any]) -> Contents:
    return Contents({
        Part.COVERAGE: coverages, Part.ADJUSTMENT: {f"a{place}": {"factor": one} for place, one in enumerate(factors)},
    })  # fmt: skip


def owed(price: int, months: int | None = 12, **parts: int) -> Owed:
    return Owed(price, parts.get("premium", price), parts.get("taxes", 0), parts.get("fees", 0), months)


OLD = cover(limits={"per_person": 100, "per_accident": 300}, deductible_minor=500)


@pytest.mark.parametrize(
    ("new", "worse"),
    [
        (OLD, False),
        ({**OLD, "premium_minor": 99_000}, False),
        ({**OLD, "limits": {"per_person": 100, "per_accident": 299}}, True),
        ({**OLD, "limits": {"per_accident": 300}}, True),
        ({**OLD, "limits": {"per_person": 200, "per_accident": 300}}, False),
        ({**OLD, "deductible_minor": 501}, True),
        ({**OLD, "deductible_minor": None}, False),
        ({**OLD, "code": "comprehensive"}, True),
    ],
)
def test_less_than_before_is_worse(new: dict[str, Any], worse: bool) -> None:
    assert is_worse(insured(c=OLD), insured(c=new)) is worse


def test_a_coverage_that_goes_is_worse_and_one_that_comes_is_not() -> None:
    assert is_worse(insured(c=OLD, d=cover()), insured(c=OLD))
    assert not is_worse(insured(c=OLD), insured(c=OLD, d=cover()))


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        (owed(100), owed(110), Fraction(1, 10)),
        (owed(100), owed(60, 6), Fraction(1, 5)),
        (owed(100), owed(90), Fraction(-1, 10)),
        (owed(0), owed(1), Fraction(1)),
        (owed(0), owed(0), Fraction(0)),
    ],
)
def test_a_rise_is_by_the_month(before: Owed, after: Owed, share: Fraction) -> None:
    assert rise(before, after) == share


def test_every_difference_is_told_once_and_what_things_are_like_is_not() -> None:
    before = Contents({
        Part.OBJECT: {"car": {"kind": "vehicle", "data": {"vin": "1HG", "year": 2020}}},
        Part.PARTY: {"ann": {"role": "driver", "name": "Ann Lee", "email": "a@leads.example"}},
        Part.COVERAGE: {"c": OLD}, Part.ADJUSTMENT: {"a": {"factor": "0.9"}},
    })  # fmt: skip
    after = Contents({
        Part.OBJECT: {"car": {"kind": "vehicle", "data": {"vin": "2HG", "year": 2020}}},
        Part.PARTY: {"ann": {"role": "driver", "name": "Ann Ray", "email": "a@leads.example"}},
        Part.COVERAGE: {"c": {**OLD, "deductible_minor": 600}}, Part.ADJUSTMENT: {"a": {"factor": "1.1"}},
    })  # fmt: skip
    found = {(one.part, one.key, one.field): (one.before, one.after) for one in changes_between(before, after)}
    assert found == {
        ("object", "car", "data.vin"): (None, None), ("party", "ann", "name"): (None, None),
        ("coverage", "c", "deductible_minor"): (500, 600), ("adjustment", "a", "factor"): ("0.9", "1.1"),
    }  # fmt: skip
    assert changes_between(after, after) == ()


def test_what_a_person_reads_comes_back_from_the_row() -> None:
    old, new = insured(c=OLD), insured(("1.2",), c={**OLD, "premium_minor": 12_000})
    before, after = owed(old.price), owed(new.price, 6, taxes=5)
    reasons = reasons_between(OfferBasis.CARRIER_QUOTE, before, after, old, new, endorsed=False)
    assert [one.code for one in reasons] == ["coverage", "adjustment", "months", "taxes"]
    offer = Offer(
        OfferBasis.CARRIER_QUOTE, before, after, changes_between(old, new), reasons, "8", "2027-01-01", ("it rose",)
    )
    assert Offer.read(offer.as_row()) == offer


@given(
    olds=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10**6), min_size=1),
    news=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10**6), min_size=1),
    written=st.integers(0, 10**6), money=st.tuples(*[st.integers(0, 10**4)] * 4),
)  # fmt: skip
def test_reasons_add_up_to_what_is_owed_more(
    olds: dict[str, int], news: dict[str, int], written: int, money: tuple[int, int, int, int]
) -> None:
    old, new = (insured(**{key: cover(premium=minor) for key, minor in one.items()}) for one in (olds, news))
    before = Owed(old.price, written, money[0], money[1], 12)
    after = Owed(new.price, new.price, money[2], money[3], 12)
    reasons = reasons_between(OfferBasis.ENTERED, before, after, old, new, endorsed=True)
    assert sum(one.amount or 0 for one in reasons) == after.total - before.total
