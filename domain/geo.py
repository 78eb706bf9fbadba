"""Places on the map: great-circle distance, the states that license producers, and how a risk state became known."""

from __future__ import annotations

from enum import StrEnum
from math import asin, cos, degrees, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""
KM_PER_MILE = 1.609344
"""International mile, exact."""
EARTH_RADIUS_MILES = EARTH_RADIUS_KM / KM_PER_MILE
"""The same in statute miles."""

STATES = frozenset((
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
    "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
    "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "AS", "GU", "MP", "PR", "VI",
))  # fmt: skip
"""Jurisdictions with an insurance department of their own (the members of the NAIC): 50 states, DC, five territories."""


class StateSource(StrEnum):
    """Where the risk state came from. A phone number is no source: numbers are portable."""

    ADDRESS = "address"
    ZIP = "zip"
    NONE = "none"


def kilometres(a_lat: float | None, a_lon: float | None, b_lat: float | None, b_lon: float | None) -> float | None:
    """Great-circle distance in km (haversine); None where a coordinate is missing, since a missing point is not near."""
    if a_lat is None or a_lon is None or b_lat is None or b_lon is None:
        return None
    north_a, north_b = radians(a_lat), radians(b_lat)
    across = sin(radians(b_lon - a_lon) / 2)
    along = sin((north_b - north_a) / 2)
    chord = along * along + cos(north_a) * cos(north_b) * across * across
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))


def miles(a_lat: float | None, a_lon: float | None, b_lat: float | None, b_lon: float | None) -> float | None:
    """The same distance in statute miles."""
    far = kilometres(a_lat, a_lon, b_lat, b_lon)
    return None if far is None else far / KM_PER_MILE


def bounding_box(lat: float, lon: float, within_miles: float) -> tuple[float, float, float, float]:
    """South, north, west and east (degrees) of a box that holds every point within ``within_miles`` of the point.

    West may exceed east where the box crosses the 180th meridian; near a pole it spans every longitude.
    """
    reach = within_miles / EARTH_RADIUS_MILES
    south, north = lat - degrees(reach), lat + degrees(reach)
    if south <= -90 or north >= 90:  # noqa: PLR2004 - the poles
        return max(south, -90.0), min(north, 90.0), -180.0, 180.0
    half = degrees(asin(min(1.0, sin(reach) / cos(radians(lat)))))
    return south, north, _wrapped(lon - half), _wrapped(lon + half)


def _wrapped(lon: float) -> float:
    return (lon + 180) % 360 - 180
