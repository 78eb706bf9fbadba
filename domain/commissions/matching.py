"""Lines of a carrier's statement against what we expect: the same policy and effective date, within a tolerance (T46)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

_SEGMENT = re.compile(r"[A-Z]+|[0-9]+|[^\W\d_]+")


def policy_key(number: str) -> str:
    """A policy number for comparing: capitals, no separators, no zeros before a group of digits. "HO-00123" is "HO123".

    Two numbers of one carrier can come to the same key; :func:`matched` then refuses to choose.
    """
    segments = _SEGMENT.findall(number.upper())
    return "".join(segment.lstrip("0") or "0" if segment.isdigit() else segment for segment in segments)


def loosely(number: str) -> str:
    """The number without separators and case only: what tells two numbers of one key apart when each is written anyhow."""
    return "".join(_SEGMENT.findall(number.upper()))


class Outcome(StrEnum):
    """What became of a statement's line; ``INVALID`` cannot be read. Whatever is not matched is kept, its money in suspense."""

    MATCHED = "matched"
    DIFFERS = "differs"
    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Expected:
    """What is still expected of a carrier for one commission: minor units, negative where we owe them."""

    id: str
    policy_number: str
    outstanding: int


@dataclass(frozen=True, slots=True)
class Matched:
    """Which commissions the line pays, and how much of each; ``variance`` is what it pays more than they expect."""

    outcome: Outcome
    pays: tuple[tuple[str, int], ...] = ()
    variance: int = 0
    reason: str = ""


def matched(number: str, minor: int, expected: Sequence[Expected], tolerance: int) -> Matched:
    """Find what a line of ``minor`` units pays among what is expected for its key and date, oldest first.

    One commission of that amount is taken before all of them together; an exact amount before one within the tolerance.
    """
    if minor == 0:
        return Matched(Outcome.DIFFERS, reason="the line pays nothing")
    if not expected:
        return Matched(Outcome.UNMATCHED, reason="no commission is known for this policy and effective date")
    exact = [one for one in expected if loosely(one.policy_number) == loosely(number)]
    if not exact and len({loosely(one.policy_number) for one in expected}) > 1:
        numbers = ", ".join(sorted({one.policy_number for one in expected}))
        return Matched(Outcome.AMBIGUOUS, reason=f"the number fits several policies: {numbers}")
    open_ones = [one for one in exact or expected if one.outstanding]
    for choice in _choices(open_ones, minor, tolerance):
        total = sum(one.outstanding for one in choice)
        return Matched(Outcome.MATCHED, tuple((one.id, one.outstanding) for one in choice), minor - total)
    whole = sum(one.outstanding for one in open_ones)
    return Matched(Outcome.DIFFERS, reason=f"{whole} minor units are outstanding, the line says {minor}")


def _choices(open_ones: Sequence[Expected], minor: int, tolerance: int) -> Iterator[Sequence[Expected]]:
    choices = [[one] for one in open_ones] + ([list(open_ones)] if len(open_ones) > 1 else [])
    for allowed in (0, tolerance):
        for choice in choices:
            total = sum(one.outstanding for one in choice)
            if abs(minor - total) <= allowed and (minor > 0) == (total > 0):
                yield choice
