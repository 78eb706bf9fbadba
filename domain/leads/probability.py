"""Probabilities as scores and points, and the chance that a lead is won as an agency's own closed leads tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import exp, floor, log
from typing import Any

from domain.leads.measures import wilson
from domain.leads.scoring import HIGHEST, LOWEST, PRIOR_WIN_RATE
from kernel.money import Money

LEAST_CLOSED, LEAST_OF_EACH = 50, 10
"""Closed leads with a score, and among them won and lost ones each, below which nothing is said about chances."""
VERSION = "win-chance/1"
_PRIOR_ROWS = 10.0
_SLOPE_MEAN, _SLOPE_SPREAD = 0.03, 0.03
"""Before any data: 10 closed leads at the usual rate, and odds that rise by 3 % a point, give or take as much."""
_STEPS = 100
_CLOSE_ENOUGH = 1e-10
_NEAR = 10


def score_of(probability: float) -> int:
    """A probability as the score of an open lead: whole percents, never below 1 or above 99 (DOMAIN T77)."""
    return max(LOWEST, min(HIGHEST, floor(100 * probability + 0.5)))


def whole_points(exact: Sequence[float], total: int) -> list[int]:
    """Whole numbers near ``exact`` that add up to ``total``: each is rounded down, and the largest remainders, then the
    earlier parts, take what is missing. Raises ValueError where ``total`` is farther from the sum than one a part.
    """
    down = [floor(part) for part in exact]
    missing = total - sum(down)
    if not 0 <= missing <= len(exact):
        msg = f"parts that add up to {sum(exact):.3f} cannot be rounded to {total}"
        raise ValueError(msg)
    for place in sorted(range(len(exact)), key=lambda i: (down[i] - exact[i], i))[:missing]:
        down[place] += 1
    return down


@dataclass(frozen=True, slots=True)
class WinCurve:
    """Log-odds of winning as ``constant`` + ``slope`` * score, with the covariance of both (``spread``: constant, both,
    slope), from ``won`` and ``lost`` closed leads; ``by_score`` holds (score, won, lost).
    """

    constant: float
    slope: float
    spread: tuple[float, float, float]
    won: int
    lost: int
    by_score: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class WinChance:
    """The chance that an open lead is won. ``state`` is ``known`` or ``not_enough_data``; then the numbers are None.

    ``low`` to ``high`` is a 95 % interval; ``sample`` the closed leads behind it and ``near`` those within ten points of the
    score. ``value`` is chance times the expected commission, None where the agency gave none.
    """

    state: str
    reason: str
    sample: int
    near: int = 0
    probability: float | None = None
    low: float | None = None
    high: float | None = None
    value: Money | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; money as a string amount beside its currency (DOMAIN T78)."""
        worth = None if self.value is None else {"amount": str(self.value.amount), "currency": self.value.currency}
        return {
            "state": self.state, "probability": self.probability, "low": self.low, "high": self.high,
            "sample": self.sample, "near": self.near, "expected_value": worth, "reason": self.reason, "version": VERSION,
        }  # fmt: skip


def win_chance(score: int, closed: Sequence[tuple[int, int, int]], commission: Money | None = None) -> WinChance:
    """The chance for a lead of this score, by the agency's closed leads as (score, won, lost).

    Below :data:`LEAST_CLOSED` closed leads, or :data:`LEAST_OF_EACH` won or lost ones, the state is ``not_enough_data``.
    """
    won, lost = sum(row[1] for row in closed), sum(row[2] for row in closed)
    if won + lost < LEAST_CLOSED or min(won, lost) < LEAST_OF_EACH:
        reason = (
            f"not enough data: {won} won and {lost} lost of at least {LEAST_CLOSED} closed leads,"
            f" {LEAST_OF_EACH} of them won and {LEAST_OF_EACH} lost"
        )
        return WinChance("not_enough_data", reason, won + lost)
    curve = fit_curve(closed)
    chance, low, high = chance_at(curve, score)
    near = sum(row[1] + row[2] for row in closed if abs(row[0] - score) <= _NEAR)
    worth = None if commission is None else expected_value(chance, commission)
    reason = (
        f"{chance:.0%} ({low:.0%} to {high:.0%}) by {won} won and {lost} lost leads, {near} of them near this score"
    )
    return WinChance("known", reason, won + lost, near, chance, low, high, worth)


def expected_value(probability: float, commission: Money) -> Money:
    """Chance times commission, rounded half up to the minor unit."""
    exact = Decimal(commission.minor) * Decimal(str(probability))
    return Money(int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)), commission.currency)


def fit_curve(closed: Sequence[tuple[int, int, int]]) -> WinCurve:
    """Platt scaling of the score (Platt 1999) with a prior, by Newton's method; the slope never falls below 0.

    The prior is ten leads at the usual win rate spread over the scores seen, and a normal one on the slope, so that few
    closed leads neither claim certainty nor turn the score around.
    """
    merged: dict[int, list[int]] = {}
    for score, won, lost in closed:
        entry = merged.setdefault(score, [0, 0])
        entry[0] += won
        entry[1] += lost
    total = sum(won + lost for won, lost in merged.values())
    rows = [
        (score, won + _PRIOR_ROWS * PRIOR_WIN_RATE * (won + lost) / total, (won + lost) * (1 + _PRIOR_ROWS / total))
        for score, (won, lost) in sorted(merged.items())
    ]
    middle = sum(score * n for score, _, n in rows) / sum(n for _, _, n in rows)
    constant, slope, hessian = _newton([(score - middle, won, n) for score, won, n in rows], free=True)
    if slope < 0:
        constant, slope, hessian = _newton([(score - middle, won, n) for score, won, n in rows], free=False)
    first, mixed, second = _inverse(hessian)
    # Back from centred scores.
    spread = (first - 2 * middle * mixed + middle**2 * second, mixed - middle * second, second)
    return WinCurve(
        constant - slope * middle, slope, spread, sum(won for won, _ in merged.values()),
        sum(lost for _, lost in merged.values()), tuple((score, won, lost) for score, (won, lost) in sorted(merged.items())),
    )  # fmt: skip


def chance_at(curve: WinCurve, score: int) -> tuple[float, float, float]:
    """Probability with a 95 % interval: Wilson's, for as many leads as the curve's own error at this score is worth."""
    odds = curve.constant + curve.slope * score
    probability = 1 / (1 + exp(-max(-30.0, min(30.0, odds))))
    first, mixed, second = curve.spread
    variance = first + 2 * score * mixed + score**2 * second
    worth = 1 / (variance * probability * (1 - probability)) if variance > 0 else float(curve.won + curve.lost)
    low, high = wilson(probability, min(worth, float(curve.won + curve.lost)))
    return round(probability, 4), round(low, 4), round(high, 4)


def closed_leads(value: object) -> list[tuple[int, int, int]] | None:
    """Counts by score out of JSON; None unless every entry is three whole numbers in range."""
    if not isinstance(value, list | tuple):
        return None
    rows = []
    for entry in value:
        if not isinstance(entry, list | tuple) or len(entry) != 3:  # noqa: PLR2004 - score, won, lost
            return None
        if any(not isinstance(part, int) or isinstance(part, bool) or part < 0 for part in entry) or entry[0] > 100:  # noqa: PLR2004
            return None
        rows.append((entry[0], entry[1], entry[2]))
    return rows


def commission_for(line: str, given: Mapping[str, Any] | None) -> Money | None:
    """The commission an agency expects of a sale in this line, out of JSON; None where it gave none that is money."""
    entry = (given or {}).get(line)
    if not isinstance(entry, Mapping):
        return None
    try:
        amount = Money.of(str(entry.get("amount")), str(entry.get("currency", "USD")))
    except ValueError:
        return None
    return amount if amount.minor >= 0 else None


def _newton(
    rows: Sequence[tuple[float, float, float]], *, free: bool
) -> tuple[float, float, tuple[float, float, float]]:
    """Maximum of the posterior: constant, slope (0 unless ``free``), and the information (constant, both, slope)."""
    won, n = sum(row[1] for row in rows), sum(row[2] for row in rows)
    constant, slope = log(won / (n - won)), 0.0
    precision = 1 / _SLOPE_SPREAD**2
    hessian = (0.0, 0.0, precision)
    for _ in range(_STEPS):
        gradient = [0.0, precision * (_SLOPE_MEAN - slope) if free else 0.0]
        hessian = (0.0, 0.0, precision)
        for score, wins, count in rows:
            chance = 1 / (1 + exp(-max(-30.0, min(30.0, constant + slope * score))))
            weight = count * chance * (1 - chance)
            gradient[0] += wins - count * chance
            gradient[1] += (wins - count * chance) * score if free else 0.0
            hessian = (hessian[0] + weight, hessian[1] + weight * score, hessian[2] + weight * score**2)
        if free:
            first, mixed, second = _inverse(hessian)
            move = (first * gradient[0] + mixed * gradient[1], mixed * gradient[0] + second * gradient[1])
        else:
            move = (gradient[0] / hessian[0], 0.0)
        constant, slope = constant + move[0], slope + move[1]
        if max(abs(move[0]), abs(move[1])) < _CLOSE_ENOUGH:
            break
    return constant, slope, hessian


def _inverse(matrix: tuple[float, float, float]) -> tuple[float, float, float]:
    first, mixed, second = matrix
    size = first * second - mixed**2
    return second / size, -mixed / size, first / size
