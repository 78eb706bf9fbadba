"""One suite over its runs: what each metric was, run by run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from evals.records import Metric
from evals.reports.build import cells
from evals.reports.page import Range
from evals.runs.result import RunResult
from kernel.errors import FieldError, Invalid


@dataclass(frozen=True, slots=True)
class TrendRun:
    """One run of the course. Runs with another ``suite_hash`` had other cases, graders or gate: a step there may be theirs."""

    run_id: str
    started_at: datetime
    suite_hash: str
    cases: int
    missing: int
    estimates: Mapping[tuple[str, str], Range]
    """By metric and variant."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Runs of one suite, the oldest first."""

    suite: str
    metrics: tuple[Metric, ...]
    variants: tuple[str, ...]
    runs: tuple[TrendRun, ...]

    def course(self, metric: str, variant: str) -> tuple[Range | None, ...]:
        """One metric of one variant through all runs; None where a run did not have it."""
        return tuple(run.estimates.get((metric, variant)) for run in self.runs)

    @property
    def same_suite(self) -> bool:
        """Whether every run had the same cases, graders and gate."""
        return len({run.suite_hash for run in self.runs}) <= 1


def trend(results: Iterable[RunResult]) -> Trend:
    """The course of a suite. Metrics and variants are matched by name; those of later runs win where they differ.

    Raises Invalid where there is no run, or runs of several suites.
    """
    ordered: Sequence[RunResult] = sorted(results, key=lambda one: (one.started_at, one.run_id))
    suites = sorted({one.suite for one in ordered})
    if len(suites) != 1:
        said = "there is no run" if not suites else f"there are runs of {len(suites)} suites"
        fault = FieldError("runs", "suite", said, "give the runs of one suite", ", ".join(suites)[:80] or None)
        raise Invalid("a trend is of the runs of one suite", fields=(fault,))
    metrics = {metric.name: metric for one in ordered for metric in one.metrics}
    variants = dict.fromkeys(variant.name for one in ordered for variant in one.variants)
    return Trend(suites[0], tuple(metrics.values()), tuple(variants), tuple(_run(one) for one in ordered))


def _run(result: RunResult) -> TrendRun:
    estimates = {(cell.metric, cell.variant): cell.estimate for cell in cells(result)}
    return TrendRun(result.run_id, result.started_at, result.suite_hash, len(result.cases), result.missing, estimates)
