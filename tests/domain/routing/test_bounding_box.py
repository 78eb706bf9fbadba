"""The box around a point holds every point within the distance, at the poles and across the 180th meridian too."""

from __future__ import annotations

from math import asin, atan2, cos, degrees, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.geo import EARTH_RADIUS_MILES, bounding_box, miles

Box = tuple[float, float, float, float]
LAT, LON = st.floats(-90, 90), st.floats(-180, 180)
REACH = st.floats(0.01, 13_000)


def holds(box: Box, lat: float, lon: float, slack: float = 1e-7) -> bool:
    """Whether the point lies in the box, as a query reads it: west beyond east means across the meridian."""
    south, north, west, east = box
    if not south - slack <= lat <= north + slack:
        return False
    if west <= east:
        return west - slack <= lon <= east + slack
    return lon >= west - slack or lon <= east + slack


def walked(lat: float, lon: float, bearing: float, far: float) -> tuple[float, float]:
    """Where one ends after ``far`` miles along a great circle."""
    start, turn, way = radians(lat), radians(bearing), far / EARTH_RADIUS_MILES
    sine = sin(start) * cos(way) + cos(start) * sin(way) * cos(turn)
    north = asin(max(-1.0, min(1.0, sine)))
    east = radians(lon) + atan2(sin(turn) * sin(way) * cos(start), cos(way) - sin(start) * sin(north))
    return degrees(north), (degrees(east) + 180) % 360 - 180


@given(LAT, LON, REACH, st.floats(0, 360), st.floats(0, 1))
def test_wherever_one_walks_within_the_distance_one_stays_in_the_box(
    lat: float, lon: float, within: float, bearing: float, part: float
) -> None:
    there = walked(lat, lon, bearing, within * part)
    assert holds(bounding_box(lat, lon, within), *there)


@given(LAT, LON, LAT, LON, REACH)
def test_a_point_outside_the_box_is_beyond_the_distance(
    lat: float, lon: float, other_lat: float, other_lon: float, within: float
) -> None:
    far = miles(lat, lon, other_lat, other_lon)
    assert far is not None
    if not holds(bounding_box(lat, lon, within), other_lat, other_lon):
        assert far > within * (1 - 1e-9)


@given(LAT, LON, REACH)
def test_the_box_has_latitudes_and_longitudes_that_exist(lat: float, lon: float, within: float) -> None:
    south, north, west, east = bounding_box(lat, lon, within)
    assert -90 <= south <= lat <= north <= 90
    assert -180 <= west <= 180
    assert -180 <= east <= 180


def test_a_degree_at_the_equator() -> None:
    degree = EARTH_RADIUS_MILES * radians(1)
    assert bounding_box(0, 0, degree) == pytest.approx((-1, 1, -1, 1))
    assert bounding_box(60, 10, degree)[2:] == pytest.approx((8, 12), abs=0.01)  # twice as wide half way to the pole


def test_no_distance_is_the_point_itself() -> None:
    assert bounding_box(40.7, -74.0, 0) == pytest.approx((40.7, 40.7, -74.0, -74.0))


@pytest.mark.parametrize("lat", [90.0, 89.5, -89.5, -90.0])
def test_near_a_pole_every_longitude_is_near(lat: float) -> None:
    south, north, west, east = bounding_box(lat, 20, 100)
    assert (west, east) == (-180, 180)
    assert (north == 90) is (lat > 0)
    assert (south == -90) is (lat < 0)
    assert holds((south, north, west, east), lat, -160)


@pytest.mark.parametrize(("lon", "near"), [(179.9, -179.9), (-179.9, 179.9), (180.0, -179.5), (-180.0, 179.5)])
def test_across_the_180th_meridian_west_lies_beyond_east(lon: float, near: float) -> None:
    box = bounding_box(51.9, lon, 50)  # the Aleutians lie on both sides
    _, _, west, east = box
    assert west > east
    assert holds(box, 51.9, near)
    assert not holds(box, 51.9, 0)
    assert not holds(box, 51.9, lon / 2)


def test_half_the_globe_is_everything() -> None:
    assert bounding_box(10, 10, 12_500) == (-90, 90, -180, 180)
