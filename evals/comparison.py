"""Two variants under one metric: the difference, its interval, what chance says of it, and what could have been seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from evals.observed import Observed, observed
from evals.records import Metric
from evals.runs.result import RunResult
from evals.statistics.bootstrap import OPEN, mean_interval
from evals.statistics.exact import discordant, holm, mcnemar, sign_flip
from evals.statistics.power import (
    cases_needed,
    cases_to_exclude,
    detectable,
    pairs_detectable,
    pairs_needed_exactly,
)
from evals.statistics.units import Estimate, Numbers, Units

MCNEMAR = "mcnemar"
DEFAULT_MARGIN = 0.02
"""Share of a closed scale below which a difference matters to nobody, where the metric does not say."""


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """B against A. ``difference`` is B minus A on the metric's own scale, with its 95 % interval over the scores that are known.

    ``worst`` and ``best`` are the ends of that interval when all unknown scores speak against B, or for it. ``p`` is two-sided,
    ``p_holm`` the same among all metrics of the comparison. ``detectable`` is the smallest true difference seen in 80 % of
    repetitions, ``needed`` the cases to see one that matters (None where the data do not tell).
    """

    metric: Metric
    a: float
    b: float
    difference: Estimate
    worst: float
    best: float
    p: float
    p_holm: float
    test: str
    detectable: float
    needed: int | None
    cases: int
    unknown: int

    @property
    def margin(self) -> float:
        """The smallest difference that matters."""
        return margin_of(self.metric)

    @property
    def gain(self) -> tuple[float, float]:
        """The interval of what B gains, unknown scores included: above 0 it is better, whichever way the metric points."""
        return (self.worst, self.best) if self.metric.higher_is_better else (-self.worst, -self.best)

    @property
    def better(self) -> bool:
        """Shown to be better, whatever the unknown scores were."""
        return self.p_holm <= 0.05 and self.gain[0] > 0  # noqa: PLR2004 - the level of all intervals here

    @property
    def worse(self) -> bool:
        """Shown to be worse, whatever the unknown scores were."""
        return self.p_holm <= 0.05 and self.gain[1] < 0  # noqa: PLR2004 - as above

    @property
    def not_inferior(self) -> bool:
        """Shown not to be worse by as much as matters."""
        return self.gain[0] > -self.margin or self.better

    @property
    def no_gain(self) -> bool:
        """Shown not to be better by as much as matters."""
        return self.gain[1] < self.margin


def compare(run: RunResult, a: str, b: str, seed: int = 0) -> tuple[MetricComparison, ...]:
    """B against A under every metric of the run, on the same cases. Raises ValueError for a variant that the run has not."""
    plain = [_compared(metric, observed(run, a, metric), observed(run, b, metric), seed) for metric in run.metrics]
    return adjusted(plain)


def adjusted(comparisons: Sequence[MetricComparison]) -> tuple[MetricComparison, ...]:
    """The comparisons with their p values adjusted for each other."""
    chances = holm([one.p for one in comparisons])
    return tuple(replace(one, p_holm=chance) for one, chance in zip(comparisons, chances, strict=True))


def margin_of(metric: Metric) -> float:
    """The smallest difference that matters: as the metric says, else a fiftieth of a closed scale, else none."""
    if metric.matters or metric.least is None or metric.most is None:
        return metric.matters
    return DEFAULT_MARGIN * (metric.most - metric.least)


def _compared(metric: Metric, a: Observed, b: Observed, seed: int) -> MetricComparison:
    both = ~(np.isnan(a.known) | np.isnan(b.known))
    unknown, cases = a.unknown + b.unknown, len(a.units)
    if not both.any():
        nothing = Estimate(float("nan"), -inf, inf)
        return MetricComparison(
            metric, _mean(a.known), _mean(b.known), nothing, -inf, inf, 1.0, 1.0, "none", inf, None, cases, unknown
        )
    units = [unit for unit, there in zip(a.units, both, strict=True) if there]
    known = Units.of(units, (b.known - a.known)[both])
    scale = _scale(metric)
    difference = mean_interval(known, seed, ends=scale)
    ends = [difference]
    if unknown:
        ends += [_ends(a.units, end, scale, seed) for end in (b.worst - a.best, b.best - a.worst)]
    low, high = min(one.low for one in ends), max(one.high for one in ends)
    against, in_favour = (low, high) if metric.higher_is_better else (high, low)
    p, test = _chance(metric, known, a.known[both], b.known[both], seed)
    seen, needed = _sight(metric, test, known, discordant(a.known[both], b.known[both]), int(both.sum()))
    return MetricComparison(
        metric, _mean(a.known), _mean(b.known), difference, against, in_favour, p, p, test, seen,
        None if needed is None else max(needed, cases), cases, unknown,
    )  # fmt: skip


def _scale(metric: Metric) -> tuple[float, float]:
    """The ends of a difference of two scores."""
    if metric.least is None or metric.most is None:
        return OPEN
    return metric.least - metric.most, metric.most - metric.least


def _ends(units: Sequence[str], differences: Numbers, scale: tuple[float, float], seed: int) -> Estimate:
    """Of differences some of which may be infinite: then nothing is known of the mean on that side."""
    if not np.isfinite(differences).all():
        return Estimate(float("nan"), -inf, inf)
    return mean_interval(Units.of(units, differences), seed, ends=scale)


def _sight(
    metric: Metric, test: str, known: Units, differing: tuple[int, int], cases: int
) -> tuple[float, int | None]:  # fmt: skip
    """The smallest difference seen with 80 % power, and the cases for one that matters, of the test that was made."""
    margin, discordance = margin_of(metric), sum(differing) / cases
    if test == MCNEMAR:
        wanted = min(1.0, max(discordance, margin))
        needed = pairs_needed_exactly(margin, wanted) if 0 < margin <= wanted else None
        if not discordance and needed is not None:  # nothing differs: what is left is to show that little more does
            needed = max(needed, cases_to_exclude(margin, cases, cases))
        return pairs_detectable(cases, discordance), needed
    width = _scale(metric)[1]
    if known.error == 0 and margin and width < inf:
        return inf, cases_to_exclude(margin / width, len(known.sums), cases)
    return detectable(known.error), cases_needed(known.error, cases, margin)


def _chance(metric: Metric, known: Units, a: Numbers, b: Numbers, seed: int) -> tuple[float, str]:
    whole = bool(np.isin(a, (0.0, 1.0)).all() and np.isin(b, (0.0, 1.0)).all())
    if metric.passes and known.single and whole:
        return mcnemar(*discordant(a, b)), MCNEMAR
    return sign_flip(known, seed), "sign flip"


def _mean(values: Numbers) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")
