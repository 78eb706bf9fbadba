"""How good a trained scorer is on a file: rank quality, calibration, lift, and how far the file has drifted from training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.leads.measures import BINS, Bin, Figures, measure
from integrations.local.tabular.scorer_model import ScorerModel
from integrations.local.tabular.table import DataTable, read_outcome

STABLE, MOVED = 0.1, 0.25
"""Usual readings of PSI: below the first stable, from the second on another population."""
_SHOWN_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A model on a file: figures, PSI of the score and of each column against training, and rows without an outcome."""

    figures: Figures
    score_drift: float
    column_drift: Mapping[str, float]
    open_rows: int


def evaluate(
    model: ScorerModel, table: DataTable, target: str | None = None, positive: str | None = None
) -> Evaluation:
    """Measure the model on the rows that have an outcome; ``target`` and ``positive`` default to those of training.

    Raises Invalid for a missing column or an unclear outcome. Drift is measured over all rows.
    """
    training = model.page.training
    outcome = read_outcome(
        table, target or training.target, positive or (training.positive if target is None else None)
    )
    sheet = model.sheet(table)
    chances = model.probabilities(sheet)
    rows = np.array(outcome.rows, dtype=np.int64)
    columns = model.drift_by_column(sheet)
    ranked = dict(sorted(columns.items(), key=lambda one: -one[1]))
    return Evaluation(measure(outcome.won, chances[rows]), model.drift_of_score(chances), ranked, outcome.open_rows)


def figures_text(figures: Figures, how: str) -> str:
    """The figures for reading; ``how`` says what they were measured on."""
    return "\n".join([
        f"{how}: {figures.n} rows, {figures.won} won, base rate {figures.base_rate:.4f}",
        f"AUC {figures.auc:.4f} (95 % {figures.auc_low:.4f} to {figures.auc_high:.4f})",
        f"Brier {figures.brier:.4f} (the base rate alone: {figures.brier_base:.4f})",
        f"calibration error {figures.calibration_error:.4f} (expected, {BINS} equal-width bins)",
        f"lift in the top decile {figures.top_decile_lift:.2f}",
        bins_text(figures.bins),
    ])  # fmt: skip


def bins_text(bins: Sequence[Bin]) -> str:
    """Calibration, a line a bin."""
    lines = [f"  {one.low:.1f}-{one.high:.1f}  {one.n:>7}  {one.expected:>8.4f}  {one.observed:>8.4f}" for one in bins]
    return "\n".join(["  bin         rows  expected  observed", *lines])


def drift_text(found: Evaluation) -> str:
    """Drift, the columns that moved most first."""
    most = list(found.column_drift.items())[:_SHOWN_COLUMNS]
    lines = [f"  {value:.4f}  {read_drift(value):<8}  {name}" for name, value in most]
    head = f"drift of the score (PSI) {found.score_drift:.4f}, {read_drift(found.score_drift)}; of columns:"
    return "\n".join([head, *lines])


def read_drift(value: float) -> str:
    """A PSI in words."""
    return "stable" if value < STABLE else "moved" if value < MOVED else "changed"
