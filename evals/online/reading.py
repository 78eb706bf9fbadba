"""An experiment as it stands: evidence, guardrails, shares, and the verdict that suites get too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf, sqrt

import numpy as np

from domain.experiments import Arms, Success
from evals.comparison import MetricComparison, adjusted
from evals.online.outcomes import Known, known
from evals.records import Metric, Role
from evals.spending import cost_of_arms
from evals.statistics.power import cases_needed, detectable
from evals.statistics.ratio import mismatch_any_time
from evals.statistics.sequential import (
    ALPHA,
    Evidence,
    Outcomes,
    arm_gains,
    mean_above,
    mean_at_any_time,
    mean_differs,
)
from evals.statistics.units import Estimate
from evals.verdict import Arm, Decision, Limits, Verdict, decide
from services.experiments.schemas import ExperimentView
from store.sql.repositories.experiments import Exposed

_SHARES_BROKEN = 1000.0
"""Odds at which shares count as broken: a chance of one in a thousand, at any time."""
_DOLLAR = 1e6


@dataclass(frozen=True, slots=True)
class Reading:
    """``alarm`` says why the experiment must stop at once; None while nothing is wrong. ``waiting`` leads have no outcome yet."""

    verdict: Verdict
    evidence: Evidence
    exposed: tuple[int, int]
    waiting: int
    alarm: str | None


def read(experiment: ExperimentView, leads: Sequence[Exposed], now: datetime) -> Reading:
    """Judge the experiment by the leads that were in it; as often as one likes."""
    arms = Arms({one.version: one.share for one in experiment.arms})
    first, second = arms.shares
    by_arm = [[one for one in leads if one.version == version] for version in (first, second)]
    ended = known(leads, experiment.success, experiment.days, now)
    sides = [[one for one in ended if one.lead.version == version] for version in (first, second)]
    share = float(arms.shares[second])
    gains = _gains([one.lead.version == second for one in ended], _won(ended), share)
    evidence = mean_differs(gains)
    compared = adjusted([_compared(experiment.success, experiment.matters, sides, gains, evidence)])
    cost = cost_of_arms([one.cost for one in by_arm[0]], [one.cost for one in by_arm[1]])
    verdict = decide(
        _arm(f"v{first}", by_arm[0], sides[0]), _arm(f"v{second}", by_arm[1], sides[1]), compared, Limits(), (cost,)
    )
    counts = (len(by_arm[0]), len(by_arm[1]))
    alarm = _alarm(experiment, arms, by_arm, counts)
    if alarm is not None:
        verdict = Verdict(Decision.KEEP, None, (alarm,), verdict.comparisons, verdict.a, verdict.b)
    return Reading(verdict, evidence, counts, len(leads) - len(ended), alarm)


def _compared(
    success: Success, matters: float, sides: Sequence[Sequence[Known]], gains: Outcomes, evidence: Evidence
) -> MetricComparison:
    metric = Metric(success.value, Role.QUALITY, passes=True, matters=matters)
    rates = [sum(_won(side)) / len(side) if side else float("nan") for side in sides]
    error, count = _error(sides), sum(len(side) for side in sides)
    ends = mean_at_any_time(gains)
    difference = Estimate(rates[1] - rates[0], ends.low, ends.high)
    return MetricComparison(
        metric, rates[0], rates[1], difference, difference.low, difference.high, evidence.p, evidence.p, "e-process",
        detectable(error), cases_needed(error, count, matters), count, 0,
    )  # fmt: skip


def _gains(to_new: Sequence[bool], happened: Sequence[bool], share: float) -> Outcomes:
    return arm_gains(np.array(to_new, dtype=bool), np.array(happened, dtype=np.float64), share, (0.0, 1.0))


def _error(sides: Sequence[Sequence[Known]]) -> float:
    """Standard error of the difference of two shares; one success and one failure are added to each (Agresti and Caffo 2000)."""
    if not all(sides):
        return inf
    spread = 0.0
    for side in sides:
        rate = (sum(_won(side)) + 1) / (len(side) + 2)
        spread += rate * (1 - rate) / (len(side) + 2)
    return sqrt(spread)


def _alarm(
    experiment: ExperimentView, arms: Arms, by_arm: Sequence[Sequence[Exposed]], counts: tuple[int, int]
) -> str | None:
    shares = mismatch_any_time(counts, [float(share) for share in arms.shares.values()])
    if shares.highest >= _SHARES_BROKEN:
        wanted = " to ".join(str(share) for share in arms.shares.values())
        return f"leads came {counts[0]} to {counts[1]} where shares are {wanted}: assignment or logging is broken"
    harms: dict[str, Callable[[Exposed], bool]] = {
        "gives no answer of use": lambda one: one.no_answer,
        "is followed by a wish not to be called": lambda one: one.refused,
    }
    (_, share), new = map(float, arms.shares.values()), list(arms.shares)[1]
    exposed = sorted((lead for side in by_arm for lead in side), key=lambda one: (one.at, one.lead_id))
    to_new = [one.version == new for one in exposed]
    for words, harm in harms.items():
        worse = mean_above(_gains(to_new, [harm(one) for one in exposed], share), experiment.tolerated)
        if worse.highest >= len(harms) / ALPHA:
            return f"the new version {words} more than {experiment.tolerated:.0%} oftener"
    return None


def _arm(name: str, leads: Sequence[Exposed], ended: Sequence[Known]) -> Arm:
    nan, rate = float("nan"), sum(_won(ended)) / len(ended) if ended else float("nan")
    cost = sum(one.cost for one in leads) / _DOLLAR / len(leads) if leads else 0.0
    return Arm(name, len(leads), {"success": Estimate(rate, -inf, inf)}, {}, {}, nan, nan, cost, 0.0)


def _won(side: Sequence[Known]) -> list[bool]:
    return [one.succeeded for one in side]
