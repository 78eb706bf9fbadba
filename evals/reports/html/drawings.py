"""Where things stand in the drawings of a report, in percent of their width and height; the templates draw them as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evals.records import Metric
from evals.reports.page import Calibration, Cell, Contrast, Judged, Page, Range, Spend
from evals.reports.trend import Trend
from evals.reports.wording import figure, seconds

_MARGIN = 4.0
_DAYS = 5
_SHIFT = 0.9  # percent between variants at one run, so that their intervals do not cover each other
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the scale with its words."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """An interval: a dot between two ends; None where there is nothing to draw."""

    dot: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class MetricStrips:
    """One metric: a stroke per variant on one scale."""

    metric: Metric
    ticks: tuple[Tick, ...]
    rows: tuple[tuple[Cell, Stroke], ...]


@dataclass(frozen=True, slots=True)
class ContrastStrip:
    """One difference on its scale. ``zero`` is where no difference lies, ``matters`` the zone too small to act on."""

    contrast: Contrast
    stroke: Stroke
    zero: float
    matters: tuple[float, float] | None
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Latency of one variant: left edge, width and height of each bar, and where p50 and p95 lie."""

    spend: Spend
    bars: tuple[tuple[float, float, float], ...]
    p50: float | None
    p95: float | None
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """Calibration: x, y, low, high (downwards) and radius of each point."""

    calibration: Calibration
    points: tuple[tuple[float, float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One variant's course under one metric: strokes at places from left to right, None where a run has none."""

    variant: str
    points: tuple[tuple[float, Stroke], ...]
    path: str


@dataclass(frozen=True, slots=True)
class TrendChart:
    """One metric over runs."""

    metric: Metric
    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    breaks: tuple[float, ...]
    days: tuple[Tick, ...]


class Scale:
    """Values to percent, with a margin at both ends."""

    def __init__(self, values: Iterable[float | None], *, with_zero: bool = False) -> None:
        known = [value for value in values if value is not None] + ([0.0] if with_zero else [])
        self.low, self.high = (min(known), max(known)) if known else (0.0, 1.0)
        if self.high - self.low < 1e-9:  # noqa: PLR2004 - one value alone
            pad = abs(self.low) * 0.1 or 0.05
            self.low, self.high = self.low - pad, self.high + pad

    def at(self, value: float) -> float:
        """Percent from the left."""
        share = (value - self.low) / (self.high - self.low)
        return round(_MARGIN + (100 - 2 * _MARGIN) * min(1.0, max(0.0, share)), 3)

    def ticks(self, metric: Metric, *, wanted: int = 4, signed: bool = False) -> tuple[Tick, ...]:
        """Round values within the scale."""
        rough = (self.high - self.low) / wanted
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(one * power for one in _STEPS if one * power >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return tuple(
            Tick(self.at(place * step), figure(place * step, metric, signed=signed)) for place in range(first, last + 1)
        )

    def stroke(self, one: Range) -> Stroke:
        """An interval on this scale."""
        ends = (one.value, one.low, one.high)
        dot, low, high = (None if end is None else self.at(end) for end in ends)
        return Stroke(dot, low, high)


def metric_strips(page: Page) -> tuple[MetricStrips, ...]:
    """Every metric with its variants."""
    made = []
    for metric in page.metrics:
        cells = [cell for cell in page.cells if cell.metric == metric.name]
        scale = Scale(end for cell in cells for end in _ends(cell.estimate))
        made.append(
            MetricStrips(metric, scale.ticks(metric), tuple((cell, scale.stroke(cell.estimate)) for cell in cells))
        )
    return tuple(made)


def contrast_strips(judged: Judged) -> tuple[ContrastStrip, ...]:
    """Every difference; those of pass and fail share one scale, as they share a unit."""
    shares = [one.difference for one in judged.contrasts if one.metric.passes]
    common = Scale((end for one in shares for end in _ends(one)), with_zero=True)
    made = []
    for one in judged.contrasts:
        scale = common if one.metric.passes else Scale(_ends(one.difference), with_zero=True)
        zone = (scale.at(-one.margin), scale.at(one.margin)) if one.margin else None
        made.append(
            ContrastStrip(
                one, scale.stroke(one.difference), scale.at(0.0), zone, scale.ticks(one.metric, wanted=3, signed=True)
            )
        )
    return tuple(made)


def histogram_bars(page: Page) -> tuple[Bars, ...]:
    """Latency of every variant on the same logarithmic scale, heights by the highest bar of all."""
    if not page.bins:
        return ()
    low, high = math.log10(page.bins[0]), math.log10(page.bins[-1])
    most = max((count for one in page.spend for count in one.histogram), default=0) or 1

    def at(value: float | None) -> float | None:
        if value is None:
            return None
        return round(min(100.0, max(0.0, (math.log10(max(value, 1e-9)) - low) / (high - low) * 100)), 3)

    edges = [at(edge) or 0.0 for edge in page.bins]
    ends = (page.bins[0], page.bins[len(page.bins) // 2], page.bins[-1])
    ticks = tuple(Tick(at(edge) or 0.0, seconds(edge)) for edge in ends)
    return tuple(
        Bars(
            one,
            tuple(
                (left, round(right - left, 3), round(count / most * 100, 3))
                for (left, right), count in zip(pairwise(edges), one.histogram, strict=True)
            ),
            at(one.p50), at(one.p95), ticks,
        )
        for one in page.spend
    )  # fmt: skip


def calibration_plot(one: Calibration) -> Plot:
    """Confidence to the right, share that passed upwards."""
    most = max(each.count for each in one.bins)
    return Plot(
        one,
        tuple(
            (
                round(each.confidence * 100, 2), _down(each.right.value), _down(each.right.low), _down(each.right.high),
                round(1.5 + 3 * math.sqrt(each.count / most), 2),
            )
            for each in one.bins
        ),
    )  # fmt: skip


def trend_lines(trend: Trend) -> tuple[TrendChart, ...]:
    """Every metric over the runs, oldest on the left, equally spaced."""
    made = []
    places = [_MARGIN + (100 - 2 * _MARGIN) * (index + 0.5) / len(trend.runs) for index in range(len(trend.runs))]
    breaks = tuple(
        round((left + right) / 2, 3)
        for (left, right), (before, after) in zip(pairwise(places), pairwise(trend.runs), strict=True)
        if before.suite_hash != after.suite_hash
    )
    every = -(-len(trend.runs) // _DAYS)
    days = tuple(
        Tick(round(place, 3), f"{run.started_at:%Y-%m-%d}")
        for place, run in list(zip(places, trend.runs, strict=True))[::every]
    )
    for metric in trend.metrics:
        ranges = {variant: trend.course(metric.name, variant) for variant in trend.variants}
        scale = Scale(end for course in ranges.values() for one in course if one is not None for end in _ends(one))
        lines = tuple(
            _line(variant, course, [place + _SHIFT * (index - (len(ranges) - 1) / 2) for place in places], scale)
            for index, (variant, course) in enumerate(ranges.items())
        )
        made.append(TrendChart(metric, scale.ticks(metric), lines, breaks, days))
    return tuple(made)


def _line(variant: str, course: Sequence[Range | None], places: Sequence[float], scale: Scale) -> Line:
    points = tuple(
        (round(place, 3), _upright(scale.stroke(one)))
        for place, one in zip(places, course, strict=True)
        if one is not None and one.value is not None
    )
    return Line(variant, points, " ".join(f"{place},{stroke.dot}" for place, stroke in points))


def _upright(stroke: Stroke) -> Stroke:
    dot, low, high = (None if end is None else round(100 - end, 3) for end in (stroke.dot, stroke.low, stroke.high))
    return Stroke(dot, low, high)


def _ends(one: Range) -> tuple[float | None, ...]:
    return one.value, one.low, one.high


def _down(share: float | None) -> float:
    return round(100 - (share or 0.0) * 100, 2)
