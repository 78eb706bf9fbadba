"""Long lists, a slice at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def slices(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in order, ``size`` at a time; the last slice may be shorter."""
    rest = iter(rows)
    while part := list(islice(rest, size)):
        yield part
