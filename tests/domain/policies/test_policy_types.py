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


def life(change: Any) -> set[tuple[str, str]]:
    of = ALL.of("life.term")
    row = complete(of)
    row["party"] = {key: one for key, one in row["party"].items() if one["role"] != "beneficiary"}
    row["party"] |= {key: {"role": "beneficiary", "name": key} for key in ("leo", "mia")}
    change(row["party"])
    return faults(of, row)


def test_beneficiaries_state_no_shares_or_shares_that_make_one() -> None:
    def of(leo: object, mia: object) -> set[tuple[str, str]]:
        def change(parties: dict[str, Any]) -> None:
            parties["leo"]["share"], parties["mia"]["share"] = leo, mia

        return life(change)

    assert of(None, None) == of("0.6", "0.4") == of("0.33333333", "0.66666667") == set()
    assert of("0.6", "0.5") == of("0.5", "0.4") == {("party", "shares")}
    assert of("1", None) == {("party.mia.share", "missing")}
    assert of("0", "1") == {("party.leo.share", "out_of_range")}
    assert of("NaN", "1") == {("party.leo.share", "out_of_range")}


def test_contingent_beneficiaries_share_among_themselves() -> None:
    def change(parties: dict[str, Any]) -> None:
        parties["leo"]["share"] = parties["mia"]["share"] = "0.5"
        parties["kim"] = {"role": "contingent_beneficiary", "name": "Kim", "share": "0.5", "relation": "cousin"}

    assert life(change) == {("party", "shares"), ("party.kim.relation", "unknown")}


def test_a_driver_states_birth_and_licence_and_what_is_wrong_with_them_is_named_without_the_value() -> None:
    def of(**given: object) -> set[tuple[str, str]]:
        return broken(lambda row: row["party"]["driver-0"].update(given))

    whole = {"date_of_birth": "1990-02-03", "licence_number": "L123-4567", "licence_state": "IL", "relation": "self"}
    assert of(**whole) == set()
    place = "party.driver-0."
    assert of(**whole | {"licence_state": None}) == {(f"{place}licence_state", "missing")}
    assert of(**whole | {"licence_number": None}) == {(f"{place}licence_number", "missing")}
    assert of(**whole | {"licence_number": "****4567"}) == {(f"{place}licence_number", "hidden")}
    assert of(**whole | {"licence_number": "L/1"}) == {(f"{place}licence_number", "malformed")}
    assert of(**whole | {"licence_state": "XX"}) == {(f"{place}licence_state", "unknown")}
    assert of(date_of_birth="1990-02-30") == {(f"{place}date_of_birth", "not_date")}
    assert of(share="1") == {(f"{place}share", "unknown")}
    insured = broken(lambda row: row["party"]["named_insured-0"].update(licence_number="L1234567", licence_state="IL"))
    assert insured == {(f"party.named_insured-0.{name}", "unknown") for name in ("licence_number", "licence_state")}
    of_auto = ALL.of("auto.standard")
    row = complete(of_auto)
    row["party"]["driver-0"] |= {"licence_number": "L/1234567", "licence_state": "IL"}
    assert "1234567" not in str(ALL.faults(of_auto, Contents.read(row)))


def test_a_limit_is_not_above_the_one_it_is_a_part_of() -> None:
    place = "coverage.bodily_injury.limits.per_person"

    def of(person: int, accident: int) -> set[tuple[str, str]]:
        limits = {"per_person": person, "per_accident": accident}
        return broken(lambda row: row["coverage"]["bodily_injury"].update(limits=limits))

    assert of(10_000, 10_000) == set()
    assert of(10_001, 10_000) == {(place, "above")}


@pytest.mark.parametrize(("small", "large"), ALL.ordered_limits)
def test_every_pair_of_limits_belongs_to_some_coverage(small: str, large: str) -> None:
    assert [one for one in ALL.coverages.values() if {small, large} <= set(one.limits)]


def test_a_deductible_leaves_something_of_the_limit_and_may_use_up_what_the_insured_pays_at_most() -> None:
    def of(key: str, code: str, limit: str, deductible: int) -> set[tuple[str, str]]:
        kind = ALL.of(key)
        row = complete(kind)
        row["coverage"][code] |= {"limits": {limit: 500_000}, "deductible_minor": deductible}
        return faults(kind, row)

    wrong = {("coverage.dwelling.deductible_minor", "above")}
    assert of("home.standard", "dwelling", "amount", 499_999) == set()
    assert of("home.standard", "dwelling", "amount", 500_000) == wrong
    assert of("health.ppo", "medical", "out_of_pocket", 500_000) == set()
    assert of("health.ppo", "medical", "out_of_pocket", 500_001) == {("coverage.medical.deductible_minor", "above")}
