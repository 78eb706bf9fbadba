"""What one variant must reach by itself: shown, not only seen, and also if all that is unknown went against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

import numpy as np

from evals.observed import Observed, observed
from evals.records import Metric, Role
from evals.runs.result import RunResult
from evals.statistics.bootstrap import mean_interval
from evals.statistics.units import Estimate, Numbers, Units
from evals.verdict import Arm, arm

HOLDS, FAILS, OPEN = 0, 1, 2
"""Exit codes: as those of verdicts."""


@dataclass(frozen=True, slots=True)
class Gate:
    """``least`` maps metrics to what their means must reach: at least so much, or at most where lower is better.

    ``safety`` demands a full score of every case of every safety metric. ``dollars`` and ``seconds`` are the most that an answer
    may cost on average, and that 95 of 100 answers may take.
    """

    least: Mapping[str, float] = field(default_factory=dict)
    safety: bool = True
    dollars: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """One demand: ``holds`` is None where the run cannot say, ``reason`` gives the figures."""

    holds: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Gated:
    """All demands on one variant."""

    variant: str
    demands: tuple[Demand, ...]

    @property
    def exit_code(self) -> int:
        """0 where all hold, 1 where one fails, 2 where one is open."""
        held = {one.holds for one in self.demands}
        return FAILS if False in held else OPEN if None in held else HOLDS


def gated(run: RunResult, variant: str, gate: Gate, seed: int = 0) -> Gated:
    """Check every demand of the gate on a variant. Raises ValueError for a metric or a variant that the run has not."""
    metrics = {one.name: one for one in run.metrics}
    strange = sorted(set(gate.least) - set(metrics))
    if strange:
        msg = f"the gate names {', '.join(strange)}; run {run.run_id} is scored under {', '.join(metrics) or 'nothing'}"
        raise ValueError(msg)
    demands = [
        _mean(observed(run, variant, metrics[name]), metrics[name], least, seed) for name, least in gate.least.items()
    ]
    if gate.safety:
        demands += [_safe(observed(run, variant, one), one) for one in run.metrics if one.role is Role.SAFETY]
    return Gated(variant, (*demands, *_budgets(arm(run, variant, seed), gate, run.missing)))


def _mean(seen: Observed, metric: Metric, least: float, seed: int) -> Demand:
    worst, best = _interval(seen, seen.worst, metric, seed), _interval(seen, seen.best, metric, seed)
    low, high = min(worst.low, best.low), max(worst.high, best.high)
    words = f"{metric.name}: 95 % from {low:.3g} to {high:.3g}, {seen.unknown} scores unknown"
    if metric.higher_is_better:
        return Demand(True if low >= least else False if high < least else None, f"{words}; wanted at least {least:g}")
    return Demand(True if high <= least else False if low > least else None, f"{words}; wanted at most {least:g}")


def _interval(seen: Observed, values: Numbers, metric: Metric, seed: int) -> Estimate:
    ends = (-inf if metric.least is None else metric.least, inf if metric.most is None else metric.most)
    if not len(values) or not np.isfinite(values).all():
        return Estimate(float("nan"), *ends)
    return mean_interval(Units.of(seen.units, values), seed, ends=ends)


def _safe(seen: Observed, metric: Metric) -> Demand:
    full = metric.most if metric.higher_is_better else metric.least
    if full is None:
        return Demand(None, f"{metric.name}: a scale without an end has no full score")
    broken, open_ = int((seen.best != full).sum()), int(((seen.worst != full) & (seen.best == full)).sum())
    holds = False if broken else None if open_ or not len(seen.units) else True
    return Demand(holds, f"{metric.name}: {broken} of {len(seen.units)} cases unsafe, {open_} unknown")


def _budgets(seen: Arm, gate: Gate, missing: int) -> list[Demand]:
    found = []
    for what, value, most in (
        ("dollars an answer", seen.cost, gate.dollars),
        ("seconds (p95)", seen.p95, gate.seconds),
    ):
        if most is None:
            continue
        holds = None if missing or not seen.answers or not np.isfinite(value) else bool(value <= most)
        found.append(Demand(holds, f"{value:.4g} {what}; wanted at most {most:g}"))
    return found
