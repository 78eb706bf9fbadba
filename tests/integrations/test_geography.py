from __future__ import annotations

from typing import Any

import pytest

from domain.geo import STATES, StateSource
from integrations.geography import Geography, clean_zip

CROSSING = {
    "02861": "MA RI", "42223": "KY TN", "59221": "MT ND", "63673": "IL MO", "71749": "AR LA", "73949": "OK TX",
    "81137": "CO NM", "84536": "AZ UT", "86044": "AZ UT", "86515": "AZ NM", "88063": "NM TX", "89439": "CA NV",
    "97635": "CA OR",
}  # fmt: skip


@pytest.fixture(scope="session")
def geography() -> Geography:
    return Geography()


@pytest.mark.parametrize(("zip_code", "states"), CROSSING.items())
def test_a_zip_across_a_state_line_has_both_states_and_must_be_asked(
    geography: Geography, zip_code: Any, states: Any
) -> None:
    """DOMAIN T4."""
    assert geography.place(zip_code).states == tuple(states.split())
    answer = geography.states_for(zip_code, None)
    assert (answer.states, answer.source) == (tuple(states.split()), StateSource.ZIP)


def test_no_other_zip_has_more_than_one_state(geography: Geography) -> None:
    assert {place.zip for place in geography._places.values() if len(place.states) > 1} == set(CROSSING)
    assert {state for place in geography._places.values() for state in place.states} == STATES


def test_a_leading_zero_belongs_to_the_zip(geography: Geography) -> None:
    """DOMAIN T5."""
    assert geography.place("02138").states == ("MA",)
    assert geography.place("04101-1234").states == ("ME",)
    assert geography.place("2138") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" 02138 ", "02138"), ("021381234", "02138"), ("02138-1234", "02138"), ("2138", None), ("02138-12", None),
        ("", None), (None, None), ("02138.0", None), ("O2138", None), ("٠٢١٣٨", None), ("02138-1234x", None),
    ],
)  # fmt: skip
def test_a_zip_is_five_digits_or_five_and_four(text: Any, code: Any) -> None:
    assert clean_zip(text) == code


def test_military_and_po_box_zips_have_no_point(geography: Geography) -> None:
    """DOMAIN T6."""
    military = geography.place("09012")
    assert (military.kind, military.lat, military.lon, military.states) == ("MILITARY", None, None, ())
    assert geography.miles_between("09012", "33602") is None
    boxes = [place for place in geography._places.values() if place.kind in {"PO BOX", "MILITARY"}]
    assert len(boxes) > 9000
    assert not [place.zip for place in boxes if place.lat is not None or place.lon is not None]


def test_no_zip_lies_at_zero_zero_and_every_zone_is_a_real_one(geography: Geography) -> None:
    assert not [place for place in geography._places.values() if place.lat == 0 and place.lon == 0]
    assert geography.place("99634").time_zone is None  # the package names a village here


def test_a_known_zip_has_a_point_and_a_clock(geography: Geography) -> None:
    tampa = geography.place("33602")
    assert tampa.lat == pytest.approx(27.96, abs=0.05)
    assert tampa.time_zone == "America/New_York"
    assert geography.miles_between("33602", "32801") == pytest.approx(78, abs=3)


@pytest.mark.parametrize(
    ("zip_code", "state", "states", "source"),
    [
        (None, None, (), StateSource.NONE),
        (None, "fl", ("FL",), StateSource.ADDRESS),
        ("33602", None, ("FL",), StateSource.ZIP),
        ("33602", " FL ", ("FL",), StateSource.ADDRESS),
        ("42223", "TN", ("TN",), StateSource.ADDRESS),
        ("33602", "GA", ("FL", "GA"), StateSource.ADDRESS),
        ("00000", "GA", ("GA",), StateSource.ADDRESS),
        ("00000", None, (), StateSource.NONE),
        ("33602", "Ontario", ("FL",), StateSource.ZIP),
        ("09012", "AE", (), StateSource.NONE),
        ("09012", "VA", ("VA",), StateSource.ADDRESS),
        (
            "96960",
            None,
            (),
            StateSource.NONE,
        ),  # Marshall Islands: United States mail, not a United States insurance market
        ("00901", None, ("PR",), StateSource.ZIP),
    ],
)
def test_the_address_decides_when_the_zip_agrees_and_a_contradiction_is_kept(
    geography: Geography, zip_code: Any, state: Any, states: Any, source: Any
) -> None:
    answer = geography.states_for(zip_code, state)
    assert (answer.states, answer.source) == (states, source)


def test_the_table_of_crossing_zips_has_a_version_and_a_citation(geography: Geography) -> None:
    assert geography.version == "zcta-2010.1"
    assert "Census" in geography._crossing["citation"]


@pytest.mark.parametrize(
    ("zip_code", "states", "zones"),
    [
        ("32401", ["FL"], ("America/Chicago",)),
        ("32456", ["FL"], ("America/Chicago", "America/New_York")),
        (None, ["FL"], ("America/Chicago", "America/New_York")),
        ("85001", ["AZ"], ("America/Phoenix",)),
        ("86515", ["AZ"], ("America/Denver", "America/Phoenix")),
        (None, ["HI"], ("Pacific/Honolulu",)),
        ("60614", ["TX"], ("America/Chicago", "America/Denver")),
        ("00000", [], ()),
        (None, [], ()),
    ],
)
def test_zones_are_all_in_which_somebody_may_be(
    geography: Geography, zip_code: str | None, states: list[str], zones: tuple[str, ...]
) -> None:
    """DOMAIN T12, T14: of the ZIP's county, else of the state."""
    assert geography.zones_for(zip_code, states) == zones
