"""A verdict of the statistics as a report shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evals.records import Metric
from evals.reports.page import Contrast, Decision, Range
from evals.reports.verdicts import judged
from tests.evals.reports.runs import METRICS


class Said(StrEnum):
    SHIP = "ship"


@dataclass(frozen=True)
class Figure:
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Found:
    metric: Metric | str
    a: float | None = 0.5
    b: float | None = 0.6
    difference: Figure = Figure(0.1, 0.05, 0.15)
    p: float | None = 0.01
    p_holm: float | None = 0.02
    mde: float | None = 0.04
    needed: int | None = None
    bounds: tuple[float | None, float | None] = (-0.1, 0.2)


@dataclass(frozen=True)
class Whole:
    decision: str
    needed: int | None
    reasons: tuple[str, ...]
    comparisons: tuple[Found, ...]


def test_verdict_keeps_every_figure_in_the_order_of_the_metrics() -> None:
    one = judged("a", "b", Whole(Said.SHIP, 12, ("why",), (Found("fields"), Found(METRICS[0]))), METRICS)
    assert (one.a, one.b, one.decision, one.needed, one.reasons) == ("a", "b", Decision.SHIP, 12, ("why",))
    assert one.contrasts == tuple(
        Contrast(metric, 0.5, 0.6, Range(0.1, 0.05, 0.15), 0.01, 0.02, -0.1, 0.2, 0.04, None) for metric in METRICS[:2]
    )
