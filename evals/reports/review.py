"""Which answers a person should label, and what may be concluded from the labels."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import Protocol

import numpy as np

from evals.records import Answer, Case, Metric, Role
from evals.reports.intervals import known
from evals.reports.page import Agreement, Range
from evals.runs.result import RunResult
from evals.statistics.agreement import FEWEST_LABELS, corrected_mean, kappa
from kernel.errors import FieldError, Invalid
from kernel.ids import digest
from store.evals.labels import HumanLabel

ENOUGH = FEWEST_LABELS
"""Random labels from which a judge's mean may be corrected (prediction-powered inference)."""
_UNSURE = 0.6


class Drawn(StrEnum):
    """Why an answer is shown to a person."""

    RANDOM = "random"
    DISAGREEMENT = "disagreement"
    UNSURE = "unsure"


class Labels(Protocol):
    """Where labels are kept: all that a sitting needs of the run store."""

    async def labels(self, run_id: str) -> Sequence[HumanLabel]:
        """All labels of a run, in the order in which they were given."""
        ...

    async def label(self, label: HumanLabel) -> None:
        """Keep a label; said again by the same reviewer of the same answer and metric, it replaces the first."""
        ...

    async def unlabel(self, label: HumanLabel) -> None:
        """Take a label back."""
        ...


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One answer to label under one metric. Its scores and its variant stay unsaid, so that they do not lead the reviewer."""

    case: Case
    answer: Answer
    metric: Metric
    drawn: Drawn


def review_queue(
    result: RunResult, metric_name: str | None, *, size: int, done: Iterable[HumanLabel] = ()
) -> tuple[ReviewItem, ...]:
    """At most ``size`` answers for the run, always the same ones in the same order, less those that are labelled.

    At least half, and no fewer than :data:`ENOUGH` where ``size`` allows, are a simple random sample of all answers that came.
    The rest are answers where the reviewed metric and most other pass/fail metrics of quality differ, then answers with a
    confidence below 0.6, the least sure first. Raises Invalid for a metric that the run does not have or that does not pass or
    fail.
    """
    metric = reviewed_metric(result, metric_name)
    cases = {case.id: case for case in result.cases}
    came = [one for one in result.answers if one.failure is None]
    dice = random.Random(digest([result.run_id, metric.name]))  # noqa: S311 - a sample that can be repeated
    baseline = dice.sample(came, min(len(came), size, max(ENOUGH, size // 2)))
    drawn = {_place(one): ReviewItem(cases[one.case], one, metric, Drawn.RANDOM) for one in baseline}
    for reason, answers in (
        (Drawn.DISAGREEMENT, _disagreements(result, came, metric, dice)),
        (Drawn.UNSURE, _unsure(came)),
    ):
        for one in answers:
            if len(drawn) < size:
                drawn.setdefault(_place(one), ReviewItem(cases[one.case], one, metric, reason))
    items = list(drawn.values())
    dice.shuffle(items)
    labelled = {(one.case, one.variant, one.trial) for one in done if one.metric == metric.name}
    return tuple(item for item in items if _place(item.answer) not in labelled)


def reviewed_metric(result: RunResult, name: str | None) -> Metric:
    """The named metric, or the first one of quality that passes or fails."""
    able = [one for one in result.metrics if one.passes]
    if name is None:
        found = next((one for one in able if one.role is Role.QUALITY), None)
    else:
        found = next((one for one in able if one.name == name), None)
    if found is None:
        remedy = (
            f"name one of {', '.join(one.name for one in able)}"
            if able
            else "the run has no metric that passes or fails"
        )
        said = "passes or fails in this run" if name is None else "is no metric that passes or fails in this run"
        raise Invalid("nothing to label", fields=(FieldError("metric", "unknown", said, remedy, name),))
    return found


def agreement(result: RunResult, labels: Sequence[HumanLabel]) -> tuple[Agreement, ...]:
    """How far each labelled metric agrees with people, variant by variant, and what people would find of all answers.

    Labels of several reviewers of one answer are averaged. Labels of answers that were shown for a disagreement or for doubt
    are not used: those answers were chosen by their scores.
    """
    told: dict[tuple[str, str], dict[tuple[str, int], list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in labels:
        if one.drawn == Drawn.RANDOM:
            told[one.metric, one.variant][one.case, one.trial].append(one.value)
    found = []
    for metric in result.metrics:
        for variant in result.variants:
            said = {place: fmean(values) for place, values in told[metric.name, variant.name].items()}
            scores = {
                (one.case, one.trial): one.value
                for one in result.scores
                if (one.metric, one.variant) == (metric.name, variant.name) and one.value is not None
            }
            if both := [place for place in scores if place in said]:
                rest = [score for place, score in scores.items() if place not in said]
                human, judged = [said[place] for place in both], [scores[place] for place in both]
                found.append(_agreement(variant.name, metric.name, human, judged, rest))
    return tuple(found)


def _agreement(
    variant: str, metric: str, human: Sequence[float], judged: Sequence[float], rest: Sequence[float]
) -> Agreement:
    halves = [[value >= 0.5 for value in side] for side in (human, judged)]  # noqa: PLR2004 - reviewers who are split say pass
    enough = len(human) >= ENOUGH and bool(rest)
    corrected = known(corrected_mean(np.array(human), np.array(judged), np.array(rest))) if enough else Range(None)
    return Agreement(variant, metric, len(human), known(kappa(*halves)), corrected)


def _disagreements(result: RunResult, came: Sequence[Answer], metric: Metric, dice: random.Random) -> list[Answer]:
    others = [one.name for one in result.metrics if one.passes and one.role is Role.QUALITY and one.name != metric.name]
    found = []
    for answer in came:
        mine = result.score_at.get((*_place(answer), metric.name))
        theirs = [
            score.value
            for name in others
            if (score := result.score_at.get((*_place(answer), name))) and score.value is not None
        ]
        if mine is not None and mine.value is not None and theirs:
            share = sum(theirs) / len(theirs)
            if share != 0.5 and (share > 0.5) != (mine.value > 0.5):  # noqa: PLR2004 - a tie disagrees with nobody
                found.append(answer)
    dice.shuffle(found)
    return found


def _unsure(came: Sequence[Answer]) -> list[Answer]:
    doubtful = [one for one in came if one.confidence is not None and one.confidence < _UNSURE]
    return sorted(doubtful, key=lambda one: one.confidence or 0.0)


def _place(answer: Answer) -> tuple[str, str, int]:
    return answer.case, answer.variant, answer.trial
