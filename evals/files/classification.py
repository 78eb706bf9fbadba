"""How often a classification is right: accuracy, macro-F1, calibration, and the share answered surely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.leads.measures import calibration_bins, calibration_error
from evals.statistics.labels import by_label


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer beside its label. ``sure`` is False when the decision was marked for review."""

    given: str
    wanted: str
    confidence: float
    sure: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """``confusions`` lists wanted, given and count of wrong answers, most frequent first. ``calibration_error`` is the
    expected calibration error over ten equal bins of confidence (0 is perfect).
    """

    n: int
    accuracy: float
    macro_f1: float
    macro_f1_without_other: float
    sure_share: float
    sure_accuracy: float | None
    calibration_error: float
    f1_by_label: Mapping[str, float]
    count_by_label: Mapping[str, int]
    confusions: Sequence[tuple[str, str, int]]


def measure(answers: Sequence[Answer]) -> Figures:
    """Figures over labelled answers; raises ValueError on none. Macro-F1 is over the labels that occur as wanted ones."""
    if not answers:
        msg = "no labelled answers to measure"
        raise ValueError(msg)
    figures = by_label([(answer.wanted, answer.given) for answer in answers])
    f1 = {label: one.f1 for label, one in figures.items() if one.wanted}
    sure = [answer for answer in answers if answer.sure]
    kept = [value for label, value in f1.items() if label != "other"]
    return Figures(
        n=len(answers),
        accuracy=_accuracy(answers),
        macro_f1=sum(f1.values()) / len(f1),
        macro_f1_without_other=sum(kept) / len(kept) if kept else 0.0,
        sure_share=len(sure) / len(answers),
        sure_accuracy=_accuracy(sure) if sure else None,
        calibration_error=_calibration_error(answers),
        f1_by_label=f1,
        count_by_label={label: figures[label].wanted for label in f1},
        confusions=_confusions(answers),
    )


def _accuracy(answers: Sequence[Answer]) -> float:
    return sum(answer.given == answer.wanted for answer in answers) / len(answers)


def _confusions(answers: Sequence[Answer]) -> list[tuple[str, str, int]]:
    wrong = Counter((answer.wanted, answer.given) for answer in answers if answer.given != answer.wanted)
    return [
        (wanted, given, count) for (wanted, given), count in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    ]


def _calibration_error(answers: Sequence[Answer]) -> float:
    right = np.array([answer.given == answer.wanted for answer in answers])
    return calibration_error(calibration_bins(right, np.array([answer.confidence for answer in answers])))
