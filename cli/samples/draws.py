"""Choices that look random and never change: each is a hash of what it is about, so one more producer shifts no other."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

Choice = TypeVar("Choice")


def number(low: int, high: int, *about: object) -> int:
    """A whole number from ``low`` to ``high``, both included."""
    text = "|".join(str(part) for part in about)
    return low + int.from_bytes(sha256(text.encode()).digest()[:8], "big") % (high - low + 1)


def chance(percent: int, *about: object) -> bool:
    """True in ``percent`` of a hundred."""
    return number(0, 99, *about) < percent


def pick(options: Sequence[Choice], *about: object) -> Choice:
    """One of the options."""
    return options[number(0, len(options) - 1, *about)]


def some(options: Sequence[Choice], count: int, *about: object) -> list[Choice]:
    """That many different options, or all when there are fewer, in the order given."""
    order = sorted(range(len(options)), key=lambda index: (number(0, 10**9, *about, index), index))
    return [options[index] for index in sorted(order[:count])]
