"""Exact amounts: integer minor units, fractions between, rounded half away from zero once and where it is said."""

from __future__ import annotations

from fractions import Fraction


def cents(exact: Fraction) -> int:
    """To the minor unit, half away from zero (12.345 is 12.35, -12.345 is -12.35)."""
    doubled, below = 2 * abs(exact.numerator) + exact.denominator, 2 * exact.denominator
    amount = doubled // below
    return -amount if exact < 0 else amount


def share(part: int, whole: int) -> Fraction:
    """``part`` of ``whole`` days, kept within 0 and 1. A stretch without counted days is over at once: 1."""
    if whole <= 0:
        return Fraction(1)
    return Fraction(min(max(part, 0), whole), whole)
