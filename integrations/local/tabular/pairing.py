"""Which two columns tell more together than each by itself, found on training rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from integrations.local.tabular.axes import Axis, Choice, Codes, pair_of
from integrations.local.tabular.encoding import SMOOTHING, logit, sigmoid
from integrations.local.tabular.sheet import Floats

MOST_PAIRS, MOST_COLUMNS = 4, 16
"""At most so many pairs are kept, and the columns with most spread are tried."""
SURE = 4.0
"""Standard errors by which a pair must lower the log loss on held-out folds: with 120 pairs tried, chance gives none."""
_TELLS = 2.0
_FOLDS = 4
_LEAST_SPREAD = 0.1


def chosen_pairs(
    axes: Sequence[Axis], choices: Sequence[Choice], codes: Sequence[Codes], won: NDArray[np.bool_], seed: int
) -> list[tuple[int, int]]:
    """Places of axes to pair, the most telling first. ``codes`` and ``won`` are those of the training rows."""
    fold = np.random.default_rng(seed).permutation(len(won)) % _FOLDS
    base = np.full(len(won), float(won.mean()))
    spread: list[tuple[float, int, Floats]] = []
    for choice in choices:
        place, rates = choice.plain, _rates(codes[choice.plain], axes[choice.plain].size, won, fold, base)
        if choice.exact is not None and _gain(won, rates, base) < _TELLS:
            place = choice.exact
            rates = _rates(codes[place], axes[place].size, won, fold, base)
        spread.append((_entropy(codes[place]), place, logit(rates)))
    tried = sorted((one for one in spread if one[0] > _LEAST_SPREAD), key=lambda one: (-one[0], one[1]))[:MOST_COLUMNS]
    found = []
    for (_, first, left), (_, second, right) in combinations(tried, 2):
        apart = sigmoid(np.clip(left + right - logit(base), -6, 6))
        pair, cells = pair_of(first, second, codes, axes)
        gain = _gain(won, _rates(cells, len(pair.cells), won, fold, apart), apart)
        if gain > SURE:
            found.append((-gain, first, second))
    return [(first, second) for _, first, second in sorted(found)[:MOST_PAIRS]]


def _rates(codes: Codes, size: int, won: NDArray[np.bool_], fold: NDArray[np.int64], expected: Floats) -> Floats:
    """For each row the expected chance corrected by what the other folds show of its cell."""
    rates = np.zeros(len(won))
    for number in range(_FOLDS):
        rest = fold != number
        excess = np.bincount(codes[rest], won[rest] - expected[rest], minlength=size)
        counts = np.bincount(codes[rest], minlength=size)
        rates[~rest] = expected[~rest] + (excess / (counts + SMOOTHING))[codes[~rest]]
    return np.clip(rates, 0.002, 0.998)


def _gain(won: NDArray[np.bool_], after: Floats, before: Floats) -> float:
    saved = np.where(won, np.log(after) - np.log(before), np.log1p(-after) - np.log1p(-before))
    error = float(saved.std()) / len(saved) ** 0.5
    return float(saved.mean()) / error if error > 0 else 0.0


def _entropy(codes: Codes) -> float:
    counts = np.bincount(codes)
    shares = counts[counts > 0] / len(codes)
    return float(-(shares * np.log(shares)).sum())
