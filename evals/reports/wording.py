"""Figures and foreign text as a reader sees them, the same in every form of a report."""

from __future__ import annotations

import json
import re
from typing import Any

from evals.records import Metric, Role
from evals.reports.page import Range, Shown

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
# C0 and C1 controls but tab and line feed, lone surrogates, and what turns the direction of text or hides in it.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_SMALLEST_P = 0.001
_POINTS = " pts"


def legible(text: str) -> str:
    """Text in which nothing is hidden: controls, direction marks and lone surrogates stand as ``U+202E``."""
    return _UNSEEN.sub(
        lambda found: f"\N{LEFT CEILING}U+{ord(found[0]):04X}\N{RIGHT CEILING}", text.replace("\r\n", "\n")
    )


def shown(value: Any) -> Shown:
    """A JSON value as text: a string as it is, anything else as indented JSON in its own order of keys."""
    if isinstance(value, str):
        return Shown(value, is_json=False)
    return Shown(json.dumps(value, ensure_ascii=False, indent=2), is_json=True)


def cut(text: str, most: int) -> str:
    """At most so many characters, the last an ellipsis where something was left out."""
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def figure(value: float | None, metric: Metric | None = None, *, signed: bool = False) -> str:
    """A score in its unit: percent for pass and fail, dollars, seconds, or three decimals."""
    if value is None:
        return NOTHING
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    size = abs(value)
    if metric is not None and metric.passes:
        return f"{sign}{size * 100:.1f}{_POINTS if signed else '%'}"
    if metric is not None and metric.role is Role.COST:
        return f"{sign}{dollars(size)}"
    if metric is not None and metric.role is Role.LATENCY:
        return f"{sign}{seconds(size)}"
    return f"{sign}{size:.3f}" if size < 1000 else f"{sign}{size:,.0f}"  # noqa: PLR2004 - decimals say nothing beyond


def span(range_: Range, metric: Metric | None = None, *, signed: bool = False) -> str:
    """An interval as ``a to b``; a dash where there is none."""
    if range_.low is None or range_.high is None:
        return NOTHING
    return _both(range_.low, range_.high, metric, signed=signed)


def bounds(worst: float | None, best: float | None, metric: Metric, *, signed: bool = False) -> str:
    """The ends between which a figure lies whatever the failures were, the smaller first; an open end is said."""
    if worst is None and best is None:
        return "open"
    if worst is None or best is None:
        upwards = (worst is None) != metric.higher_is_better
        known = figure(best if worst is None else worst, metric, signed=signed)
        return f"{known} or {'more' if upwards else 'less'}"
    low, high = sorted((worst, best))
    return _both(low, high, metric, signed=signed)


def _both(low: float, high: float, metric: Metric | None, *, signed: bool) -> str:
    first = figure(low, metric, signed=signed).removesuffix(_POINTS)
    return f"{first} to {figure(high, metric, signed=signed)}"


def distance(value: float | None, metric: Metric) -> str:
    """How far two figures are apart, without a sign: points for shares."""
    return figure(value, metric, signed=True).lstrip(f"+{MINUS}")


def dollars(value: float) -> str:
    """Dollars, with as many decimals as a small price needs."""
    if value == 0:
        return "$0"
    decimals = 2 if value >= 1 else 4 if value >= 0.01 else 6  # noqa: PLR2004 - cents, and parts of a cent
    return f"${value:,.{decimals}f}"


def seconds(value: float | None) -> str:
    """A duration in ms or s."""
    if value is None:
        return NOTHING
    if value < 1:
        return f"{value * 1000:.0f} ms" if value >= 0.01 else f"{value * 1000:.2f} ms"  # noqa: PLR2004 - below 10 ms
    return f"{value:,.2f} s"


def chance(p: float | None) -> str:
    """A p-value."""
    if p is None:
        return NOTHING
    return f"<{_SMALLEST_P}" if p < _SMALLEST_P else f"{p:.3f}"


def count(value: int | None) -> str:
    """A whole number with separators."""
    return NOTHING if value is None else f"{value:,}"
