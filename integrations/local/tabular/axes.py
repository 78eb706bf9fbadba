"""Ways to sort rows into cells: by the exact value, by bins of a number, and by pairs of those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from integrations.local.tabular.sheet import Floats, Keys, Sheet

Codes = NDArray[np.int64]
BINS = 16
_FEW, _SOME = 3, 40
_MANY_OWN = 0.5


@dataclass(frozen=True, slots=True)
class Axis:
    """Rows by one column: by exact ``keys`` (sorted), or by bins between ``edges``, where missing is the last bin.

    A code of ``size`` stands for a value not seen in training.
    """

    name: str
    keys: Keys | None = None
    edges: Floats | None = None

    @property
    def size(self) -> int:
        """How many cells there are."""
        if self.keys is not None:
            return len(self.keys)
        assert self.edges is not None
        return len(self.edges) + 2

    def codes(self, sheet: Sheet) -> Codes:
        """The cell of each row."""
        if self.keys is not None:
            return found_in(self.keys, sheet.keys[self.name])
        assert self.edges is not None
        values = sheet.numbers[self.name]
        return np.where(np.isnan(values), len(self.edges) + 1, np.searchsorted(self.edges, values, side="left"))


@dataclass(frozen=True, slots=True)
class Pair:
    """Rows by two axes, given by their places; ``cells`` are the combinations seen, sorted."""

    first: int
    second: int
    cells: Keys

    def codes(self, first: Codes, second: Codes, width: int) -> Codes:
        """The cell of each row; ``width`` is the size of the second axis."""
        known = second < width
        combined = np.where(known, first * width + second, -1)
        return found_in(self.cells, combined)


def found_in(ranked: Keys, wanted: Keys) -> Codes:
    """Places of the wanted keys among the ranked ones; their number where one is not there."""
    places = np.searchsorted(ranked, wanted)
    inside = np.minimum(places, max(len(ranked) - 1, 0))
    same = ranked[inside] == wanted if len(ranked) else np.zeros(len(wanted), dtype=bool)
    return np.where(same, inside, len(ranked)).astype(np.int64)


def by_value(name: str, sheet: Sheet) -> Axis:
    """The axis of a column's exact values."""
    return Axis(name, keys=np.unique(sheet.keys[name]))


def by_bins(name: str, sheet: Sheet) -> Axis:
    """The axis of a number's bins, as equal in rows as its values allow."""
    values = sheet.numbers[name]
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.zeros(0)
    return Axis(name, edges=edges)


@dataclass(frozen=True, slots=True)
class Choice:
    """How a column may be paired: ``plain`` is its usual axis; ``exact`` one by value that stands in where order tells nothing."""

    plain: int
    exact: int | None = None


def axes_of(sheet: Sheet) -> tuple[list[Axis], list[int], list[int], list[Choice]]:
    """Every axis; places of those for categories; places of those a linear model reads; and what may be paired.

    A whole number may be a code (a region, a plan): with few values it pairs by value, with many by bins or by value, as
    the training rows say.
    """
    axes: list[Axis] = []
    categories, linear, choices = [], [], []
    for name in sheet.keys:
        if name not in sheet.numbers:
            axes.append(by_value(name, sheet))
            place = len(axes) - 1
            categories.append(place)
            linear.append(place)
            if 2 <= axes[place].size <= _MANY_OWN * sheet.rows:  # noqa: PLR2004 - two values at least
                choices.append(Choice(place))
    for name in sheet.numbers:
        axes.append(by_bins(name, sheet))
        bins = len(axes) - 1
        linear.append(bins)
        exact = by_value(name, sheet) if name in sheet.keys else None
        if exact is None or not _FEW <= exact.size <= _MANY_OWN * sheet.rows:
            choices.append(Choice(bins))
        else:
            axes.append(exact)
            place = len(axes) - 1
            choices.append(Choice(place) if exact.size <= _SOME else Choice(bins, place))
    return axes, categories, linear, choices


def pair_of(first: int, second: int, codes: Sequence[Codes], axes: Sequence[Axis]) -> tuple[Pair, Codes]:
    """The pair of two axes with the cell of each training row."""
    combined = codes[first] * axes[second].size + codes[second]
    cells, places = np.unique(combined, return_inverse=True)
    return Pair(first, second, cells.astype(np.int64)), places.astype(np.int64)
