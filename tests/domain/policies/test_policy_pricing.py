"""What has the carrier's price, and how one that comes later reaches the coverages: no cent is made up, none is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policies.contents import Contents, Operation, Part, Verb
from domain.policies.pricing import change_operations, premium_operations, refusal, unrated
from kernel.errors import Invalid


def op(verb: str, part: str, key: str, **value: Any) -> Operation:
    return Operation(Verb(verb), Part(part), key, value)


def two_cars(factors: tuple[str, ...] = (), bi: int = 100_000, col: int = 36_500) -> Contents:
    return Contents({
        Part.OBJECT: {"civic": {"kind": "vehicle", "data": {}}, "accord": {"kind": "vehicle", "data": {}}},
        Part.PARTY: {
            "ann": {"role": "named_insured", "name": "Ann Lee"}, "tom": {"role": "driver", "name": "Tom Lee"},
            "bank": {"role": "lienholder", "name": "First Bank"},
        },
        Part.COVERAGE: {
            "bi": {"code": "bodily_injury", "premium_minor": bi}, "pd": {"code": "property_damage", "premium_minor": 20_000},
            "col": {"code": "collision", "object": "accord", "deductible_minor": 50_000, "premium_minor": col},
        },
        Part.ADJUSTMENT: {f"a{place}": {"factor": one} for place, one in enumerate(factors)},
    })  # fmt: skip


ADD_ZOE = op("add", "party", "zoe", role="driver", name="Zoe Lee")
WITHOUT_ACCORD = [op("remove", "coverage", "col"), op("remove", "object", "accord")]


@pytest.mark.parametrize(
    "operations",
    [
        [ADD_ZOE],
        [op("remove", "party", "tom")],
        [op("change", "party", "tom", name="Bob Ray")],
        [op("change", "party", "bank", role="driver")],
        [op("change", "coverage", "col", deductible_minor=100_000)],
        [op("change", "coverage", "bi", limits={"per_person": 1})],
        [op("add", "coverage", "glass", code="comprehensive", premium_minor=0)],
        [op("add", "coverage", "glass", code="comprehensive")],
        [op("change", "object", "civic", data={"garaging_zip": "60614"})],
        [op("add", "object", "van", kind="vehicle", data={})],
        [op("remove", "object", "civic")],
        [op("remove", "object", "accord")],
    ],
)
def test_what_only_the_carrier_can_price_is_unrated(operations: list[Operation]) -> None:
    assert list(unrated(operations, two_cars())) == operations
    refused = refusal(operations)
    assert (refused.code, refused.fields[0].code) == ("unrated", "unrated")
    assert "/price" in refused.fields[0].remedy


@pytest.mark.parametrize(
    "operations",
    [
        [op("change", "party", "ann", email="ann@leads.example", phone="1", address="9 Oak Ave")],
        [op("add", "party", "bank2", role="lienholder", name="Second Bank")],
        [op("remove", "party", "bank")],
        WITHOUT_ACCORD,
        [op("remove", "coverage", "pd")],
        [op("remove", "adjustment", "a0")],
        [op("change", "coverage", "bi", premium_minor=0)],
        [ADD_ZOE, op("change", "coverage", "bi", premium_minor=120_000)],
        [op("add", "coverage", "glass", code="comprehensive", premium_minor=9_000)],
        [op("add", "adjustment", "young", factor="1.2"), ADD_ZOE],
    ],
)
def test_what_has_its_price_or_needs_none_is_not(operations: list[Operation]) -> None:
    assert unrated(operations, two_cars(("0.9",))) == ()


def test_what_is_taken_off_with_its_price_prices_nothing_else() -> None:
    assert unrated([*WITHOUT_ACCORD, ADD_ZOE], two_cars()) == (ADD_ZOE,)


def test_what_is_taken_off_without_a_premium_of_its_own_is_unrated() -> None:
    free = two_cars(col=0)
    assert unrated(WITHOUT_ACCORD, free) == tuple(WITHOUT_ACCORD)


def test_premiums_of_coverages_are_set_and_others_are_refused_by_name() -> None:
    after = two_cars()
    (one,) = premium_operations(after, {"bi": 120_000})
    assert after.after([one], "it").price == after.price + 20_000
    with pytest.raises(Invalid) as refused:
        premium_operations(after, {"bi": 1, "glass": 2})
    assert [one.field for one in refused.value.fields] == ["premiums.glass"]


def test_a_change_goes_to_the_coverages_of_what_is_touched() -> None:
    before = two_cars()
    ded = op("change", "coverage", "col", deductible_minor=100_000)
    assert change_operations(before, [ded], -5_000) == (op("change", "coverage", "col", premium_minor=31_500),)
    moved = op("change", "object", "accord", data={"garaging_zip": "60614"})
    assert change_operations(before, [moved], 700) == (op("change", "coverage", "col", premium_minor=37_200),)


def test_a_change_about_people_is_carried_by_every_coverage_to_the_cent() -> None:
    before = two_cars()
    found = change_operations(before, [ADD_ZOE], 10_001)
    after = before.after([ADD_ZOE, *found], "it")
    assert after.price == before.price + 10_001
    assert [one.key for one in found] == ["bi", "col", "pd"]


def test_a_change_that_would_leave_less_than_nothing_asks_for_the_coverages() -> None:
    ded = op("change", "coverage", "col", deductible_minor=100_000)
    with pytest.raises(Invalid) as refused:
        change_operations(two_cars(), [ded], -36_501)
    assert refused.value.fields[0].field == "change_minor"


def test_a_change_that_no_premium_comes_to_asks_for_the_coverages() -> None:
    with pytest.raises(Invalid):
        change_operations(two_cars(("3",)), [ADD_ZOE], 1)


@given(
    change=st.integers(-100_000, 1_000_000), factor=st.sampled_from(["1", "0.9", "0.85", "0.333333"]),
    bi=st.integers(0, 500_000), without=st.booleans(),
)  # fmt: skip
def test_the_full_term_changes_by_exactly_what_the_carrier_says(
    change: int, factor: str, bi: int, without: bool
) -> None:
    before = two_cars((factor,), bi=bi)
    asked = [*WITHOUT_ACCORD, ADD_ZOE] if without else [ADD_ZOE]
    try:
        found = change_operations(before, asked, change)
    except Invalid:
        assert change < 0 or without
        return
    after = before.after([*asked, *found], "it")
    assert after.price - before.price == change
    assert min(one["premium_minor"] for one in after.of(Part.COVERAGE).values()) >= 0
