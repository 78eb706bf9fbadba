"""Recall of what is not for us at a stated accuracy of the rest."""

from __future__ import annotations

import pytest

from evals.files.scope import ScopeAnswer, measure_scope


def rows(right: list[float], wrong: list[float], outside: list[float]) -> list[ScopeAnswer]:
    return [
        *(ScopeAnswer(score, outside=False, right=True) for score in right),
        *(ScopeAnswer(score, outside=False, right=False) for score in wrong),
        *(ScopeAnswer(score, outside=True, right=False) for score in outside),
    ]


def test_threshold_is_the_highest_that_keeps_the_accuracy() -> None:
    figures = measure_scope(rows([0.9, 0.8, 0.7, 0.2], [], [0.1, 0.3, 0.75, 0.95]), goal=0.75)
    assert figures.threshold == 0.7
    assert figures.kept_accuracy == 0.75
    assert figures.recall == 0.5
    assert figures.accuracy == 1.0


def test_goal_out_of_reach_says_so() -> None:
    figures = measure_scope(rows([0.9, 0.8], [0.7, 0.6], [0.1]), goal=0.95)
    assert figures.accuracy == 0.5
    assert figures.threshold is None
    assert figures.recall is None


def test_auroc_counts_ties_half() -> None:
    assert measure_scope(rows([0.5], [], [0.5])).auroc == 0.5
    assert measure_scope(rows([0.9, 0.8], [], [0.1])).auroc == 1.0
    assert measure_scope(rows([0.1], [], [0.9])).auroc == 0.0


def test_both_kinds_are_needed() -> None:
    with pytest.raises(ValueError, match="both needed"):
        measure_scope(rows([0.5], [], []))
