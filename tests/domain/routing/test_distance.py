from __future__ import annotations

from typing import Any

import pytest

from domain.geo import STATES, kilometres, miles

NEW_YORK, LOS_ANGELES = (40.7128, -74.0060), (34.0522, -118.2437)


def test_new_york_to_los_angeles() -> None:
    assert kilometres(*NEW_YORK, *LOS_ANGELES) == pytest.approx(3935.75, abs=0.5)
    assert miles(*NEW_YORK, *LOS_ANGELES) == pytest.approx(2445.6, abs=0.5)


def test_a_degree_of_longitude_shrinks_towards_the_pole() -> None:
    assert kilometres(60, 0, 60, 1) == pytest.approx(kilometres(0, 0, 0, 1) / 2, rel=0.001)


def test_the_way_across_the_date_line_is_short_and_opposite_points_are_half_the_globe() -> None:
    assert kilometres(0, 179.5, 0, -179.5) == pytest.approx(111.2, abs=0.1)
    assert kilometres(0, 0, 0, 180) == pytest.approx(20015.1, abs=0.1)


@pytest.mark.parametrize("missing", range(4))
def test_a_missing_coordinate_means_no_distance(missing: Any) -> None:
    """DOMAIN T6."""
    points = [40.0, -74.0, 34.0, -118.0]
    points[missing] = None
    assert kilometres(*points) is None
    assert miles(*points) is None


def test_zero_is_a_coordinate() -> None:
    assert kilometres(0.0, 0.0, 0.0, 0.0) == 0.0


def test_there_are_fifty_six_licensing_jurisdictions() -> None:
    assert len(STATES) == 56
