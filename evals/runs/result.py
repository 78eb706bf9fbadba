"""A run as statistics and reports read it, finished or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from evals.records import Answer, Case, Metric, Score, Variant

Place = tuple[str, str, int]
"""Case, variant and trial."""


@dataclass(frozen=True)
class RunResult:
    """All that a run left. ``suite_hash`` covers cases, graders and gate; ``trials`` is asked of each case and variant.

    Answers and scores are sorted by case (in the suite's order), variant (in the run's), trial and metric. A place of the matrix
    without an answer was never reached (the run was stopped): it is missing, not failed.
    """

    run_id: str
    suite: str
    suite_hash: str
    started_at: datetime
    variants: tuple[Variant, ...]
    trials: int
    cases: tuple[Case, ...]
    metrics: tuple[Metric, ...]
    answers: tuple[Answer, ...]
    scores: tuple[Score, ...]
    aggregates: Mapping[str, Mapping[str, float]]
    """By variant and name: figures of a whole set that are no mean of scores (macro-F1, calibration error)."""

    @cached_property
    def answer_at(self) -> Mapping[Place, Answer]:
        """Answers by place."""
        return {(one.case, one.variant, one.trial): one for one in self.answers}

    @cached_property
    def score_at(self) -> Mapping[tuple[str, str, int, str], Score]:
        """Scores by place and metric."""
        return {(one.case, one.variant, one.trial, one.metric): one for one in self.scores}

    @property
    def missing(self) -> int:
        """Places of the matrix that were not reached."""
        return len(self.cases) * len(self.variants) * self.trials - len(self.answers)
