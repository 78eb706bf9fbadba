"""What every grader is, and how most of them say yes or no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from evals.records import Answer, Case, Failure, FailureKind, Metric, Role, Score
from evals.targets.means import Means
from kernel.errors import AppError


class Grader(Protocol):
    """Grades one answer at a time. A frozen dataclass: its ``repr`` is part of the suite's hash.

    Answers that failed never come here. Where a case expects nothing under a grader, it gives no score.
    """

    @property
    def name(self) -> str:
        """Unique in a suite, and what scores are filed under."""
        ...

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What it scores."""
        ...

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """The scores of one answer; at most one for each metric."""
        ...


@runtime_checkable
class Aggregating(Protocol):
    """A grader with figures of a whole set that are no mean of scores."""

    def aggregate(
        self, cases: Sequence[Case], answers: Sequence[Answer], scores: Sequence[Score]
    ) -> Mapping[str, float]:
        """Figures by name, over the answers of one variant that did not fail and this grader's scores of them."""
        ...


@runtime_checkable
class Comparing(Protocol):
    """A grader that needs the answers of all variants to a case at once."""

    @property
    def name(self) -> str:
        """Unique in a suite, and what scores are filed under."""
        ...

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What it scores."""
        ...

    async def compare(self, case: Case, answers: Sequence[Answer]) -> Sequence[Score]:
        """Scores of every answer to one case in one trial, in the order of the run's variants, none of them failed."""
        ...


@runtime_checkable
class Binding(Protocol):
    """A grader that asks models, and is lent a run's means before it grades."""

    def bound(self, means: Means) -> AnyGrader:
        """The same grader with these means."""
        ...


AnyGrader = Grader | Comparing


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer passes, and why not."""

    passed: bool
    reason: str = ""


def scored(answer: Answer, metric: str, value: float, reason: str = "") -> Score:
    """A number for an answer."""
    return Score(answer.case, answer.variant, answer.trial, metric, value, reason=reason)


def passed(answer: Answer, metric: str, verdict: Verdict) -> Score:
    """Pass or fail for an answer."""
    value = 1.0 if verdict.passed else 0.0
    return Score(answer.case, answer.variant, answer.trial, metric, value, verdict.passed, verdict.reason)


def failed(answer: Answer, metric: str, failure: Failure) -> Score:
    """No score, and why."""
    return Score(answer.case, answer.variant, answer.trial, metric, None, failure=failure)


def judge_failure(problem: AppError | str, code: str = "") -> Failure:
    """A grader that could not say."""
    if isinstance(problem, AppError):
        return Failure(FailureKind.JUDGE, code or problem.code, problem.detail)
    return Failure(FailureKind.JUDGE, code or "cannot_grade", problem)


def pass_metric(name: str, role: Role = Role.QUALITY) -> tuple[Metric, ...]:
    """The one metric of a grader that passes or fails."""
    return (Metric(name, role, passes=True),)
