"""Rows as features. Rates of cells come from the outcomes of other rows only; counts of cells look at no outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from integrations.local.tabular.axes import Axis, Codes, Pair
from integrations.local.tabular.sheet import Floats, Sheet

SMOOTHING = 20.0
"""Rows at the expected rate that are added to every cell, so that a cell of few rows says little."""
_MANY_VALUES = 20
_PAIR_FEATURES = 8


def sigmoid(z: Floats) -> Floats:
    """Log-odds to probability."""
    chance: Floats = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
    return chance


def logit(chance: Floats) -> Floats:
    """Probability to log-odds; probabilities are held within 0.001 of 0 and 1."""
    held = np.clip(chance, 0.001, 0.999)
    odds: Floats = np.log(held / (1 - held))
    return odds


@dataclass(frozen=True, slots=True)
class Plan:
    """What is learnt from: raw ``numbers``, ``axes`` with the places of categories and of those a linear model reads, and
    ``pairs`` of axes.
    """

    numbers: tuple[str, ...]
    axes: tuple[Axis, ...]
    categories: tuple[int, ...]
    linear: tuple[int, ...]
    pairs: tuple[Pair, ...]

    def coded(self, sheet: Sheet) -> Coded:
        """The cells of a sheet's rows."""
        codes = [axis.codes(sheet) for axis in self.axes]
        cells = [pair.codes(codes[pair.first], codes[pair.second], self.axes[pair.second].size) for pair in self.pairs]
        numbers = [sheet.numbers[name] for name in self.numbers]
        return Coded(sheet.rows, numbers, codes, cells)

    def tree_names(self) -> list[tuple[str, ...]]:
        """What each feature of the trees belongs to: one thing learnt from, or a pair of them."""
        named = [(name,) for name in (*self.numbers, *(self.axes[place].name for place in self.categories))]
        named += [(self.axes[place].name,) for place in self.categories if self.axes[place].size > _MANY_VALUES]
        return [*named, *(self.sides(pair) for pair in self.pairs for _ in range(_PAIR_FEATURES))]

    def linear_names(self) -> list[tuple[str, ...]]:
        """The same for the features of the linear part."""
        return [*((self.axes[place].name,) for place in self.linear), *(self.sides(pair) for pair in self.pairs)]

    def sides(self, pair: Pair) -> tuple[str, ...]:
        """The two things that a pair joins."""
        return self.axes[pair.first].name, self.axes[pair.second].name


@dataclass(frozen=True, slots=True)
class Coded:
    """Rows as cells of axes and of pairs, and their raw numbers."""

    rows: int
    numbers: list[Floats]
    codes: list[Codes]
    cells: list[Codes]

    def take(self, rows: NDArray[np.int64]) -> Coded:
        """These rows only."""
        return Coded(
            len(rows), [one[rows] for one in self.numbers], [one[rows] for one in self.codes],
            [one[rows] for one in self.cells],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows and won rows by cell, of every axis and pair; the entry behind the last cell is for values not seen."""

    base: float
    axis_rows: list[Floats]
    axis_won: list[Floats]
    pair_rows: list[Floats]
    pair_won: list[Floats]

    def minus(self, other: Tally, base: float) -> Tally:
        """Without the rows of ``other``; ``base`` is the share won in what remains."""
        return Tally(
            base,
            *(
                [whole - part for whole, part in zip(getattr(self, name), getattr(other, name), strict=True)]
                for name in ("axis_rows", "axis_won", "pair_rows", "pair_won")
            ),
        )


def tally(plan: Plan, coded: Coded, won: NDArray[np.bool_]) -> Tally:
    """Count the rows and the won rows of each cell."""
    weights = won.astype(float)
    sizes, cells = [axis.size + 1 for axis in plan.axes], [len(pair.cells) + 1 for pair in plan.pairs]
    return Tally(
        float(won.mean()) if len(won) else 0.5,
        [np.bincount(codes, minlength=size).astype(float) for codes, size in zip(coded.codes, sizes, strict=True)],
        [np.bincount(codes, weights, minlength=size) for codes, size in zip(coded.codes, sizes, strict=True)],
        [np.bincount(codes, minlength=size).astype(float) for codes, size in zip(coded.cells, cells, strict=True)],
        [np.bincount(codes, weights, minlength=size) for codes, size in zip(coded.cells, cells, strict=True)],
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """How often cells occur, whatever the outcome. ``rivals`` gives, for each pair and each of its two axes, the largest other
    cell with the same value, by cell; ``own`` is 1 where the rows to encode are among those counted, and then a row does not
    count itself.
    """

    axis_rows: Sequence[Floats]
    pair_rows: Sequence[Floats]
    rivals: Sequence[tuple[Floats, Floats]]
    largest: Sequence[tuple[Floats, Floats]]
    own: float


def seen(plan: Plan, axis_rows: Sequence[Floats], pair_rows: Sequence[Floats], *, own: bool) -> Seen:
    """Prepare counts for encoding."""
    rivals, largest = [], []
    for pair, rows in zip(plan.pairs, pair_rows, strict=True):
        width = plan.axes[pair.second].size
        sides = [
            _rivals(pair.cells // width, rows, plan.axes[pair.first].size),
            _rivals(pair.cells % width, rows, width),
        ]
        rivals.append((sides[0][0], sides[1][0]))
        largest.append((sides[0][1], sides[1][1]))
    return Seen(axis_rows, pair_rows, rivals, largest, float(own))


def _rivals(side: Codes, rows: Floats, size: int) -> tuple[Floats, Floats]:
    """By cell the largest other cell on the same value, and by value the largest cell."""
    counts = rows[: len(side)]
    order = np.lexsort((-counts, side))
    ranked = side[order]
    leads = np.r_[True, ranked[1:] != ranked[:-1]] if len(ranked) else np.zeros(0, dtype=bool)
    runs_up = np.r_[False, leads[:-1]] & ~leads if len(ranked) else leads
    top, second = np.zeros(size + 1), np.zeros(size + 1)
    top[ranked[leads]] = counts[order][leads]
    second[ranked[runs_up]] = counts[order][runs_up]
    rivals = top[side]
    leaders = order[leads]
    rivals[leaders] = second[side[leaders]]
    return rivals, top


def features(plan: Plan, coded: Coded, known: Tally, counts: Seen) -> tuple[Floats, Floats]:
    """Features of the trees and of the linear part, one row a lead."""
    rates = [
        logit((won + SMOOTHING * known.base) / (rows + SMOOTHING))
        for rows, won in zip(known.axis_rows, known.axis_won, strict=True)
    ]
    odds = [rate[codes] for rate, codes in zip(rates, coded.codes, strict=True)]
    trees = [*coded.numbers, *(odds[place] for place in plan.categories)]
    trees += [
        np.log1p(np.maximum(counts.axis_rows[place][coded.codes[place]] - counts.own, 0.0))
        for place in plan.categories
        if plan.axes[place].size > _MANY_VALUES
    ]
    linear = [odds[place] for place in plan.linear]
    for number in range(len(plan.pairs)):
        columns, beyond = _pair_features(plan, number, coded, known, counts, odds)
        trees += columns
        linear.append(beyond)
    return np.column_stack(trees), np.column_stack(linear)


def _pair_features(
    plan: Plan, number: int, coded: Coded, known: Tally, counts: Seen, odds: Sequence[Floats]
) -> tuple[list[Floats], Floats]:
    """The pair's rate drawn to what its two sides promise; its plain rate; how usual it is on either side, against the whole
    side and against the largest other cell; and the rate of the rest of either side. Last, what it adds to its sides.
    """
    pair, cell = plan.pairs[number], coded.cells[number]
    rows, won = known.pair_rows[number][cell], known.pair_won[number][cell]
    base = float(np.log(known.base / (1 - known.base)))
    apart = sigmoid(np.clip(odds[pair.first] + odds[pair.second] - base, -6, 6))
    together = logit((won + SMOOTHING * apart) / (rows + SMOOTHING))
    columns = [together, (won + known.base) / (rows + 1)]
    often = np.maximum(counts.pair_rows[number][cell] - counts.own, 0.0)
    for side, place in enumerate((pair.first, pair.second)):
        codes = coded.codes[place]
        whole = np.maximum(counts.axis_rows[place][codes] - counts.own, 0.0)
        rival = np.append(counts.rivals[number][side], 0.0)[cell]
        rival = np.where(cell == len(pair.cells), counts.largest[number][side][codes], rival)
        columns += [(often + 0.5) / (whole + 1), np.log((often + 0.5) / (rival + 0.5))]
        rest_won, rest = known.axis_won[place][codes] - won, known.axis_rows[place][codes] - rows
        columns.append((rest_won + 2 * known.base) / (rest + 2))
    return columns, together - logit(apart)


def out_of_fold(
    plan: Plan, coded: Coded, won: NDArray[np.bool_], fold: NDArray[np.int64], counts: Seen
) -> tuple[Floats, Floats]:
    """Features of training rows, where no row's rates have seen its own outcome nor that of any row of its fold."""
    whole = tally(plan, coded, won)
    order, parts = [], []
    for number in range(int(np.max(fold)) + 1):
        inside = np.flatnonzero(fold == number)
        if not len(inside):
            continue
        few = coded.take(inside)
        left = len(won) - len(inside)
        base = (float(won.sum()) - float(won[inside].sum())) / left
        parts.append(features(plan, few, whole.minus(tally(plan, few, won[inside]), base), counts))
        order.append(inside)
    back = np.argsort(np.concatenate(order))
    return np.concatenate([part[0] for part in parts])[back], np.concatenate([part[1] for part in parts])[back]
