"""How surely a variant passes a case every time: pass^k over the known trials, and what the unknown ones could make of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evals.observed import asked, value_at
from evals.records import Metric
from evals.runs.result import RunResult
from evals.statistics.passk import all_of, all_of_cases
from evals.statistics.units import Estimate


@dataclass(frozen=True, slots=True)
class Certainty:
    """The chance that ``k`` further trials of a case all pass. ``known`` rests on ``cases`` with at least k known trials, None
    where there is none. ``worst`` and ``best`` are over all cases asked, with every unknown trial failed or passed.
    """

    k: int
    known: Estimate | None
    cases: int
    worst: float
    best: float


def certainty(run: RunResult, variant: str, metric: Metric, seed: int = 0) -> tuple[Certainty, ...]:
    """pass^1 to pass^trials of a metric of pass and fail; nothing where no case expects anything under it.

    A model that answered, but not usably, failed. What a judge or the infrastructure failed to tell is unknown.
    """
    units, passed, known = [], [], []
    for case in run.cases:
        if asked(run, case, metric):
            values = [value_at(run, case.id, variant, trial, metric) for trial in range(run.trials)]
            there = [value for value in values if value is not None]
            units.append(case.unit)
            known.append(len(there))
            passed.append(sum(value > 0 for value in there))
    if not units:
        return ()
    return tuple(
        Certainty(
            k, all_of_cases(units, passed, known, k, seed), sum(count >= k for count in known),
            float(np.mean([all_of(good, run.trials, k) for good in passed])),
            float(np.mean([all_of(good + run.trials - count, run.trials, k) for good, count in zip(passed, known, strict=True)])),
        )
        for k in range(1, run.trials + 1)
    )  # fmt: skip
