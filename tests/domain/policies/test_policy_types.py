"""Every type of the road map with its own fields, by data."""

import copy
from typing import Any

import pytest

from domain.policies.contents import Contents
from domain.policies.types import Field, PolicyType, catalogue
from kernel.errors import Invalid

ALL = catalogue()
WANTED = {
    "auto": {"standard", "comprehensive", "third_party", "usage_based"},
    "home": {"standard", "comprehensive", "renters", "condo"},
    "life": {"term", "whole", "universal", "variable"},
    "health": {"ppo", "hmo", "high_deductible", "catastrophic"},
    "commercial": {"general_liability", "professional", "property", "workers_comp"},
    "other": {"umbrella", "disability", "long_term_care", "pet"},
}
SPELLED = {
    "[A-HJ-NPR-Z0-9]{17}": "1HGCM82633A004352", "[0-9]{2,6}": "4411", "[0-9]{4}": "8810", "[0-9]{2}-?[0-9]{7}": "12-3456789",
    "[0-9A-Za-z]{9,15}": "985112345678903",
}  # fmt: skip


def a_value(field: Field) -> Any:
    if field.choices:
        return field.choices[0]
    if field.pattern:
        return SPELLED[field.pattern]
    low = int(field.low or 0)
    return {"integer": low, "decimal": str(low), "bool": True, "state": "TX", "zip": "60614", "date": "2001-02-28"}.get(
        field.kind, "words"
    )


def complete(of: PolicyType) -> dict[str, Any]:
    """The least that is a policy of the type, every field filled."""
    parts: dict[str, Any] = {"object": {}, "party": {}, "coverage": {}, "adjustment": {}}
    for kind, (least, _) in of.objects.items():
        for number in range(least):
            data = {field.name: a_value(field) for field in ALL.fields[kind]}
            parts["object"][f"{kind}-{number}"] = {"kind": kind, "data": data}
    for role, (least, _) in of.parties.items():
        for number in range(least):
            parts["party"][f"{role}-{number}"] = {"role": role, "name": "Ana Ruiz"}
    for code in of.required:
        shape = ALL.coverages[code]
        one: dict[str, Any] = {"code": code, "limits": dict.fromkeys(shape.limits, 100_000), "premium_minor": 12_345}
        if shape.deductible:
            one["deductible_minor"] = 50_000
        parts["coverage"][code] = one
    return parts


def faults(of: PolicyType, row: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one.field, one.code) for one in ALL.faults(of, Contents.read(row))}


def test_every_type_of_the_road_map_is_there() -> None:
    found: dict[str, set[str]] = {}
    for key in ALL.types:
        family, _, name = key.partition(".")
        found.setdefault(family, set()).add(name)
    assert found == WANTED


@pytest.mark.parametrize("key", ALL.types)
def test_a_complete_policy_of_each_type_has_no_faults_and_each_lack_is_named(key: str) -> None:
    of = ALL.of(key)
    row = complete(of)
    assert faults(of, row) == set()
    assert set(of.objects) <= set(ALL.fields)
    assert {*of.required, *of.optional} <= set(ALL.coverages)
    for name, one in row["object"].items():
        for field in ALL.fields[one["kind"]]:
            if field.required:
                lacking = copy.deepcopy(row)
                del lacking["object"][name]["data"][field.name]
                assert faults(of, lacking) == {(f"object.{name}.{field.name}", "missing")}
    for code in of.required:
        lacking = copy.deepcopy(row)
        del lacking["coverage"][code]
        assert faults(of, lacking) == {("coverage", "missing")}


def broken(change: Any) -> set[tuple[str, str]]:
    of = ALL.of("auto.standard")
    row = complete(of)
    change(row)
    return faults(of, row)


def test_wrong_values_are_named_with_their_place() -> None:
    vehicle = "object.vehicle-0"
    for path, value, code in (
        ("year", "2021", "not_integer"), ("year", 1700, "out_of_range"), ("vin", "1HGCM82633A00435O", "malformed"),
        ("garaging_zip", "6061", "not_zip"), ("use", "racing", "unknown"), ("make", 7, "not_text"), ("colour", "red", "unknown"),
    ):  # fmt: skip

        def change(row: dict[str, Any], path: str = path, value: object = value) -> None:
            row["object"]["vehicle-0"]["data"][path] = value

        assert broken(change) == {(f"{vehicle}.{path}", code)}, path


def test_coverages_state_their_limits_and_belong_to_what_is_there() -> None:
    def dangling(row: dict[str, Any]) -> None:
        row["coverage"]["collision"] = {
            "code": "collision",
            "object": "gone",
            "premium_minor": -1,
            "deductible_minor": 100.5,
        }

    assert broken(dangling) == {
        ("coverage.collision.object", "dangling"), ("coverage.collision.premium_minor", "not_amount"),
        ("coverage.collision.deductible_minor", "not_amount"),
    }  # fmt: skip

    def limits(row: dict[str, Any]) -> None:
        row["coverage"]["bodily_injury"]["limits"] = {"per_person": 1, "per_week": 2}

    assert broken(limits) == {
        ("coverage.bodily_injury.limits.per_accident", "not_amount"), ("coverage.bodily_injury.limits.per_week", "unknown"),
    }  # fmt: skip


def test_another_types_things_adjustments_and_keys_are_refused() -> None:
    def strange(row: dict[str, Any]) -> None:
        row["object"]["p"] = {"kind": "pet", "data": {}}
        row["party"]["b"] = {"role": "beneficiary", "name": "x"}
        row["party"]["driver-0"]["name"] = "  "
        row["coverage"]["d"] = {"code": "death_benefit"}
        row["adjustment"]["a"] = {"factor": "NaN"}
        row["adjustment"]["b c"] = {"factor": "1000"}

    assert broken(strange) == {
        ("object.p.kind", "unknown"), ("party.b.role", "unknown"), ("party.driver-0.name", "missing"),
        ("coverage.d.code", "unknown"), ("adjustment.a.factor", "not_number"), ("adjustment.b c", "bad_key"),
        ("adjustment.b c.factor", "out_of_range"),
    }  # fmt: skip


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(Invalid, match="not known"):
        ALL.of("auto.flying")
