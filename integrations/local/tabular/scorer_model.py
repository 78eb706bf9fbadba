"""A trained scorer at work: rows of a table to probabilities, scores, intervals and the points behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.leads.measures import drift, wilson
from domain.leads.probability import score_of, whole_points
from integrations.local.tabular.axes import Axis, Pair
from integrations.local.tabular.calibrator import Calibrator
from integrations.local.tabular.columns import ColumnType, Kind
from integrations.local.tabular.encoding import Plan, Seen, Tally, features, seen
from integrations.local.tabular.model_file import ModelFile, read_model_file, refused
from integrations.local.tabular.sheet import Floats, Sheet, sheet_of, sources_of
from integrations.local.tabular.table import DataTable
from integrations.local.tabular.trees import Trees, checked
from kernel.errors import FieldError, Invalid

BASE = "base"
TOGETHER = " × "  # noqa: RUF001 - how two columns that count together are shown
_BATCH = 20_000
_TOP_VALUES = 20
_WIDE_BANDS = 5
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Linear:
    """Log-odds as weights of features less their ``mean``, and a constant."""

    mean: Floats
    weights: Floats
    constant: float

    def raw(self, rows: Floats) -> Floats:
        """The log-odds of each row."""
        odds: Floats = (rows - self.mean) @ self.weights + self.constant
        return odds


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row. ``low`` to ``high`` is the 95 % interval of the share won among rows with about this probability, by as many
    rows as were seen there; ``points`` (what, whole points) begin with what an average row has and add up to ``score``.
    """

    row: int
    probability: float
    score: int
    low: float
    high: float
    points: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ScorerModel:
    """A model file made ready. Build it with :meth:`of` or :meth:`load`, which check that its parts fit together."""

    page: ModelFile
    types: tuple[ColumnType, ...]
    plan: Plan
    known: Tally
    counts: Seen
    trees: Trees
    linear: Linear
    calibrator: Calibrator

    @classmethod
    def load(cls, path: Path) -> ScorerModel:
        """Read a file; raises Invalid that says what is wrong with it."""
        page = read_model_file(path)
        try:
            return cls.of(page)
        except ValueError as problem:
            raise refused(path, str(problem)) from None

    @classmethod
    def of(cls, page: ModelFile) -> ScorerModel:
        """Make a checked page ready; raises ValueError where its parts do not fit together."""
        types = tuple(ColumnType(one.name, Kind(one.kind), one.reason, one.whole) for one in page.columns if one.used)
        plan, known = _plan_of(page), _tally_of(page)
        kinds = _learnables(types)
        for name in plan.numbers:
            if kinds.get(name) != "number":
                raise ValueError(f"{name!r} is read as a number and is none of the columns")
        for axis in plan.axes:
            wanted = {"number", "category"} if axis.keys is not None else {"number"}
            if kinds.get(axis.name) not in wanted:
                raise ValueError(f"{axis.name!r} is sorted into cells and is none of the columns")
        trees = checked(
            Trees(
                _whole(page.trees.roots), _whole(page.trees.feature), np.array(page.trees.threshold, dtype=float),
                _whole(page.trees.left), _whole(page.trees.right), np.array(page.trees.missing_left, dtype=bool),
                np.array(page.trees.value, dtype=float),
            ),
            len(plan.tree_names()),
        )  # fmt: skip
        linear = Linear(np.array(page.linear.mean), np.array(page.linear.weights), page.linear.constant)
        if not len(linear.mean) == len(linear.weights) == len(plan.linear_names()):
            raise ValueError("the linear part does not have a weight for each of its features")
        calibrator = Calibrator(page.calibrator.method, page.calibrator.weights, page.calibrator.x, page.calibrator.y)
        calibrator.check()
        if min(page.blend[:2]) < 0:
            raise ValueError("a weight of the blend is negative")
        if any(band.won > band.rows for band in page.bands) or [b.to for b in page.bands] != sorted(
            b.to for b in page.bands
        ):
            raise ValueError("the bands of probability do not fit")
        counts = seen(plan, known.axis_rows, known.pair_rows, own=False)
        return cls(page, types, plan, known, counts, trees, linear, calibrator)

    @property
    def version(self) -> str:
        """Which model this is."""
        return self.page.version

    def sheet(self, table: DataTable) -> Sheet:
        """The table as the model reads it; raises Invalid naming every column it lacks."""
        missing = [one.name for one in self.types if one.name not in table.cells]
        if missing:
            faults = tuple(
                FieldError(
                    name, "missing_column", "the model was trained with this column", "add it, empty where unknown"
                )
                for name in missing[:50]
            )
            raise Invalid(f"the file lacks {len(missing)} columns the model reads", fields=faults)
        return sheet_of(self.types, table)

    def probabilities(self, sheet: Sheet) -> Floats:
        """Calibrated probabilities of all rows."""
        parts = [np.zeros(0)]
        for start in range(0, sheet.rows, _BATCH):
            some = sheet.take(np.arange(start, min(start + _BATCH, sheet.rows)))
            of_trees, of_linear = features(self.plan, self.plan.coded(some), self.known, self.counts)
            parts.append(self.calibrator.apply(self._blend(self.trees.raw(of_trees), self.linear.raw(of_linear))))
        return np.concatenate(parts)

    def predict(self, table: DataTable) -> Iterator[Prediction]:
        """Every row with the points behind its score."""
        sheet = self.sheet(table)
        for start in range(0, sheet.rows, _BATCH):
            rows = np.arange(start, min(start + _BATCH, sheet.rows))
            chances, names, exact = self.explained(sheet.take(rows))
            for place, row in enumerate(rows.tolist()):
                chance = float(chances[place])
                score = score_of(chance)
                low, high = self._interval(chance)
                points = _points(names, exact[place], score)
                yield Prediction(table.numbers[row], round(chance, 6), score, low, high, points)

    def explained(self, sheet: Sheet) -> tuple[Floats, list[str], Floats]:
        """Probabilities, and for each row what an average row has and what each column or pair of columns moves, in hundredths
        of probability: they add up to it. Log-odds are turned into probability along the straight line between both.
        """
        of_trees, of_linear = features(self.plan, self.plan.coded(sheet), self.known, self.counts)
        raw, steps = self.trees.contributions(of_trees, of_trees.shape[1])
        odds = self._blend(raw, self.linear.raw(of_linear))
        start = self._blend(np.array([self.trees.expected]), np.array([self.linear.constant]))
        chances, base = self.calibrator.apply(odds), float(self.calibrator.apply(start)[0])
        moved = np.where(np.abs(odds - start) < _SAME, 1.0, odds - start)
        slope = np.where(np.abs(odds - start) < _SAME, 0.0, (chances - base) / moved)
        parts = np.hstack([
            self.page.blend[0] * steps, self.page.blend[1] * (of_linear - self.linear.mean) * self.linear.weights
        ])  # fmt: skip
        sources = sources_of(self.types)
        owners = [_owner(name, sources) for name in (*self.plan.tree_names(), *self.plan.linear_names())]
        names = list(dict.fromkeys(owners))
        grouped = np.zeros((sheet.rows, len(names)))
        for place, owner in enumerate(owners):
            grouped[:, names.index(owner)] += parts[:, place]
        points = 100 * np.hstack([np.full((sheet.rows, 1), base), grouped * slope[:, None]])
        return chances, [BASE, *names], points

    def drift_by_column(self, sheet: Sheet) -> dict[str, float]:
        """PSI of every column against the training rows; of categories the commonest values and all others together."""
        sources = sources_of(self.types)
        found: dict[str, float] = {}
        for place in self.plan.linear:
            axis, before = self.plan.axes[place], self.known.axis_rows[place]
            after = np.bincount(axis.codes(sheet), minlength=axis.size + 1).astype(float)
            kept = np.argsort(-before, kind="stable")[:_TOP_VALUES] if axis.keys is not None else np.arange(axis.size)
            shares = [
                np.append(counts[kept], counts.sum() - counts[kept].sum()) / counts.sum() for counts in (before, after)
            ]
            name = sources.get(axis.name, axis.name)
            found[name] = max(found.get(name, 0.0), drift(shares[0].tolist(), shares[1].tolist()))
        return found

    def drift_of_score(self, chances: Floats) -> float:
        """PSI of the probabilities against those of rows outside the training folds, over about five bands: many equal rows
        share one probability, and narrower bands would take that for drift.
        """
        rows = np.array([band.rows for band in self.page.bands], dtype=float)
        wide = np.minimum(((np.cumsum(rows) - rows / 2) / rows.sum() * _WIDE_BANDS).astype(int), _WIDE_BANDS - 1)
        before = np.bincount(wide, rows, minlength=_WIDE_BANDS)
        after = np.bincount(wide[self._bands(chances)], minlength=_WIDE_BANDS)
        return drift((before / before.sum()).tolist(), (after / after.sum()).tolist())

    def _bands(self, chances: Floats) -> NDArray[np.int64]:
        places = np.searchsorted([band.to for band in self.page.bands], chances, side="left")
        return np.minimum(places, len(self.page.bands) - 1).astype(np.int64)

    def _interval(self, chance: float) -> tuple[float, float]:
        band = self.page.bands[int(self._bands(np.array([chance]))[0])]
        low, high = wilson(chance, band.rows)
        observed = band.won / band.rows
        return round(min(low, observed), 4), round(max(high, observed), 4)

    def _blend(self, by_trees: Floats, by_linear: Floats) -> Floats:
        of_trees, of_linear, constant = self.page.blend
        odds: Floats = of_trees * by_trees + of_linear * by_linear + constant
        return odds


def _points(names: Sequence[str], exact: Floats, score: int) -> tuple[tuple[str, int], ...]:
    total = float(exact.sum())
    shown = int(np.floor(total + 0.5))
    whole = whole_points(exact.tolist(), shown)
    parts = sorted(zip(names[1:], whole[1:], strict=True), key=lambda part: (-abs(part[1]), part[0]))
    bounds = [("bounds", score - shown)] if score != shown else []
    return ((BASE, whole[0]), *(part for part in parts if part[1]), *bounds)


def _whole(numbers: Sequence[int]) -> NDArray[np.int64]:
    return np.array(numbers, dtype=np.int64)


def _owner(name: Sequence[str], sources: Mapping[str, str]) -> str:
    return TOGETHER.join(dict.fromkeys(sources[part] for part in name))


def _learnables(types: Sequence[ColumnType]) -> dict[str, str]:
    found = {}
    for name, source in sources_of(types).items():
        kind = next(one.kind for one in types if one.name == source)
        if name != source or kind is Kind.NUMBER:
            found[name] = "number"
        elif kind is Kind.CATEGORY:
            found[name] = "category"
    return found


def _plan_of(page: ModelFile) -> Plan:
    axes = []
    for entry in page.axes:
        if (entry.keys is None) == (entry.edges is None):
            raise ValueError(f"cells of {entry.name!r} need keys or edges, and not both")
        ranked = entry.keys if entry.keys is not None else entry.edges
        if ranked is None or any(later <= earlier for earlier, later in pairwise(ranked)):
            raise ValueError(f"the cells of {entry.name!r} are not in order")
        axes.append(
            Axis(entry.name, keys=np.array(entry.keys, dtype=np.int64))
            if entry.keys is not None
            else Axis(entry.name, edges=np.array(entry.edges, dtype=float))
        )
    for place in (
        *page.categories,
        *page.linear_axes,
        *(side for pair in page.pairs for side in (pair.first, pair.second)),
    ):
        if place >= len(axes):
            raise ValueError(f"there is no axis {place}")
    pairs = []
    for pair in page.pairs:
        limit = axes[pair.first].size * axes[pair.second].size
        if any(later <= earlier for earlier, later in pairwise(pair.cells)) or (pair.cells and pair.cells[-1] >= limit):
            raise ValueError("the cells of a pair are not in order, or beyond its axes")
        pairs.append(Pair(pair.first, pair.second, np.array(pair.cells, dtype=np.int64)))
    return Plan(tuple(page.numbers), tuple(axes), tuple(page.categories), tuple(page.linear_axes), tuple(pairs))


def _tally_of(page: ModelFile) -> Tally:
    entries: list[tuple[str, int, list[float], list[float]]] = [
        (axis.name, len(axis.keys) if axis.keys is not None else len(axis.edges or []) + 2, axis.rows, axis.won)
        for axis in page.axes
    ]
    entries += [("a pair", len(pair.cells), pair.rows, pair.won) for pair in page.pairs]
    for name, size, rows, won in entries:
        if not len(rows) == len(won) == size + 1:
            raise ValueError(f"the counts of {name!r} do not fit its {size} cells")
        if any(wins > count for count, wins in zip(rows, won, strict=True)):
            raise ValueError(f"more rows of {name!r} were won than there are")
    return Tally(
        page.base,
        *(
            [np.array(getattr(entry, name)) for entry in part]
            for part in (page.axes, page.pairs)
            for name in ("rows", "won")
        ),
    )
