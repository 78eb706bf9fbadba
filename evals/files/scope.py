"""How well what is not for us is told apart: recall of such rows at a stated accuracy of the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.leads.measures import auc


@dataclass(frozen=True, slots=True)
class ScopeAnswer:
    """One answer: ``inside`` is the degree (0 to 1) to which the model holds the text for one it knows; ``outside`` the truth,
    and ``right`` whether the label given is the one wanted (never for rows outside).
    """

    inside: float
    outside: bool
    right: bool


@dataclass(frozen=True, slots=True)
class ScopeFigures:
    """``accuracy`` is that of rows in scope when nothing is turned away. ``recall`` is the share of rows outside that fall
    below ``threshold``, the highest one at which ``kept_accuracy`` (rows in scope both right and not turned away, over
    all rows in scope) still reaches the goal; None where the goal is out of reach. ``auroc`` ranks outside against inside.
    """

    inside: int
    outside: int
    accuracy: float
    goal: float
    threshold: float | None
    kept_accuracy: float | None
    recall: float | None
    auroc: float


def measure_scope(answers: Sequence[ScopeAnswer], goal: float = 0.95) -> ScopeFigures:
    """Figures over rows of both kinds; raises ValueError where one kind is missing."""
    inside = [answer for answer in answers if not answer.outside]
    outside = [answer for answer in answers if answer.outside]
    if not inside or not outside:
        msg = "rows in scope and rows out of scope are both needed to measure scope"
        raise ValueError(msg)
    right = sorted((answer.inside for answer in inside if answer.right), reverse=True)
    needed = max(1, math.ceil(goal * len(inside) - 1e-9))
    threshold = right[needed - 1] if len(right) >= needed else None
    return ScopeFigures(
        inside=len(inside), outside=len(outside), accuracy=len(right) / len(inside), goal=goal, threshold=threshold,
        kept_accuracy=None if threshold is None else sum(score >= threshold for score in right) / len(inside),
        recall=None if threshold is None else sum(one.inside < threshold for one in outside) / len(outside),
        auroc=auc(np.array([not one.outside for one in answers]), np.array([one.inside for one in answers])),
    )  # fmt: skip
