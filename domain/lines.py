"""Words shared by every context: lines of business, intent, urgency."""

from __future__ import annotations

from enum import StrEnum


class Line(StrEnum):
    """Line of business a lead asks for; ``OTHER`` is insurance of a kind not listed, ``UNKNOWN`` was not said."""

    AUTO = "auto"
    HOME = "home"
    RENTERS = "renters"
    LIFE = "life"
    HEALTH = "health"
    MEDICARE = "medicare"
    DISABILITY = "disability"
    LONG_TERM_CARE = "long_term_care"
    ANNUITY = "annuity"
    COMMERCIAL = "commercial"
    UMBRELLA = "umbrella"
    PET = "pet"
    OTHER = "other"
    UNKNOWN = "unknown"


class Intent(StrEnum):
    """What the person wants: a quote or cover now, to compare, to learn, help with a policy they have, or nothing of ours."""

    BUY = "buy"
    COMPARE = "compare"
    LEARN = "learn"
    SERVICE = "service"
    OUT_OF_SCOPE = "out_of_scope"
    UNKNOWN = "unknown"


class Urgency(StrEnum):
    """How soon: today, within days, within weeks, no hurry stated."""

    IMMEDIATE = "immediate"
    SOON = "soon"
    PLANNED = "planned"
    UNKNOWN = "unknown"


class Authority(StrEnum):
    """Lines of authority on a producer licence (NAIC Producer Licensing Model Act, section 7)."""

    LIFE = "life"
    HEALTH = "accident_and_health"
    PROPERTY = "property"
    CASUALTY = "casualty"
    PERSONAL = "personal_lines"
    VARIABLE = "variable_life_and_annuity"


class Tier(StrEnum):
    """Quality band of a lead, from its score."""

    HOT = "hot"
    WARM = "warm"
    COOL = "cool"


HOT_FROM = 70
WARM_FROM = 40


def tier_of(score: int) -> Tier:
    """Band of a score of 0 to 100; each band starts at its floor."""
    if score >= HOT_FROM:
        return Tier.HOT
    return Tier.WARM if score >= WARM_FROM else Tier.COOL
