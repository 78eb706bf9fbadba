"""Does the producer suit the lead: speciality, distance, tier, language."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from domain.geo import EARTH_RADIUS_MILES, miles
from domain.lines import Line
from domain.routing.factors.score import NEUTRAL, FactorScore, neutral, scored
from domain.routing.facts import Candidate, LeadFacts

_PERSONAL = frozenset({Line.AUTO, Line.HOME, Line.RENTERS, Line.UMBRELLA, Line.PET})
_LIFE_AND_HEALTH = frozenset({
    Line.LIFE, Line.ANNUITY, Line.DISABILITY, Line.LONG_TERM_CARE, Line.HEALTH, Line.MEDICARE,
})  # fmt: skip
_KINDRED = 0.3
_RINGS = ((0.0, 1.0), (10.0, 1.0), (25.0, 0.8), (50.0, 0.5), (100.0, 0.2), (250.0, 0.0))
"""Miles and worth: the field app's rings of 10, 25, 50 and 100 miles, straight lines between."""


def specialisation(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Whether the exact line is among the producer's specialities; a kindred line counts a little."""
    lines = producer.profile.lines
    if lines is None:
        return neutral("specialities not known")
    if lead.line in lines:
        return scored(1.0, f"specialises in {lead.line.value}")
    for family in (_PERSONAL, _LIFE_AND_HEALTH):
        if lead.line in family and not family.isdisjoint(lines):
            return scored(_KINDRED, f"specialises in lines akin to {lead.line.value}")
    return scored(0.0, f"does not specialise in {lead.line.value}")


def distance(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Great-circle miles; without a point on either side the distance is unknown, not zero."""
    profile = producer.profile
    far = miles(lead.lat, lead.lon, profile.lat, profile.lon)
    if far is None:
        return neutral("distance not known")
    for (near, worth), (edge, least) in pairwise(_RINGS):
        if far <= edge:
            return scored(worth + (least - worth) * (far - near) / (edge - near), f"{far:.0f} miles away")
    return scored(0.0, f"{far:.0f} miles away")


def distances(lead: LeadFacts, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values of :func:`distance` for many places at once, in degrees and NaN where not known; right to about 1e-12."""
    if lead.lat is None or lead.lon is None:
        return np.full(len(lat), NEUTRAL)
    here, there = np.radians(lead.lat), np.radians(lat)
    across, along = np.sin(np.radians(lon - lead.lon) / 2), np.sin((there - here) / 2)
    chord = along * along + np.cos(here) * np.cos(there) * across * across
    far = 2 * EARTH_RADIUS_MILES * np.arcsin(np.sqrt(np.minimum(1.0, chord)))
    values = np.interp(far, [edge for edge, _ in _RINGS], [worth for _, worth in _RINGS])
    return np.where(np.isnan(far), NEUTRAL, values)


def tier_fit(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Whether the producer takes leads of this tier."""
    tiers = producer.profile.accepts_tiers
    if lead.tier is None or tiers is None:
        return neutral("tier of the lead not known" if lead.tier is None else "tiers taken not known")
    if lead.tier in tiers:
        return scored(1.0, f"takes {lead.tier.value} leads")
    return scored(0.0, f"does not take {lead.tier.value} leads")


def language(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Whether the producer speaks the lead's language; regional forms count as the language (es-MX as es)."""
    spoken = producer.profile.languages
    if lead.language is None or spoken is None:
        return neutral("language of the lead not known" if lead.language is None else "languages spoken not known")
    wanted = lead.language.partition("-")[0]
    if any(tag.partition("-")[0] == wanted for tag in spoken):
        return scored(1.0, f"speaks {lead.language}")
    return scored(0.0, f"does not speak {lead.language}")
