"""Premium of a term earned by a day, from what was written for each change: the money of :mod:`domain.policies.term` without
pricing the term anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from domain.policies.amounts import cents, share
from domain.policies.calendar import DayCount
from domain.policies.changes import Change, ChangeKind
from domain.policies.term import in_effect

MEANINGS: dict[str, str] = {
    "written": "premium written by transactions that count on the day or before, of all terms that had begun, without taxes and"
    " fees",
    "earned": "the part for the days before; a cancelled term has earned what it kept, one that is over everything (DOMAIN T56)",
    "unearned": "written less earned: what would still be given for it",
    "in force": "terms that cover the first minute of the day (12:01 a.m. at the insured's), and the premium written for them",
}
"""Every measure, for whoever reads a figure."""


@dataclass(frozen=True, slots=True)
class Stood:
    """Where a term stands at the first minute of a day, minor units."""

    written: int
    earned: int
    in_force: bool


def stood(end: date, count: DayCount, changes: Sequence[Change], premium: Mapping[str, int], on: date) -> Stood:
    """``premium`` is what is written in all for each change, by its id, both as known at one instant; ``end`` is the term's."""
    written, earned, covers = 0, Fraction(0), False
    present: list[tuple[date, int]] = []
    for one in in_effect(changes):
        if one.effective_on > on:
            break  # they are in order of effect
        amount = premium.get(one.id, 0)
        written += amount
        present.append((one.effective_on, amount))
        if one.kind is ChangeKind.CANCELLATION:
            earned += sum(minor for _, minor in present)
            present = []
        if one.kind is not ChangeKind.ENDORSEMENT:
            covers = one.kind is not ChangeKind.CANCELLATION
    for day, minor in present:
        earned += minor * share(count.between(day, min(on, end)), count.between(day, end))
    return Stood(written, cents(earned), covers and on < end)
