"""Weights learnt from leads that were worked, tried on later ones, and proposed only where those bear them out.

Nothing here touches a gate: weights order whoever passed them. Who proposes is the data, who decides is a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import NormalDist
from typing import Any

import numpy as np
import scipy  # type: ignore[import-untyped]
from numpy.typing import NDArray

from domain.routing.conversion import (
    Conversion,
    Missing,
    Table,
    Worked,
    fit,
    missing,
    parts_of,
    resampled,
    scores_of,
)
from domain.routing.factors.registry import FACTORS
from domain.routing.logged import Decided, OffPolicy, chances_under, off_policy
from domain.routing.weights import Weights
from domain.routing.whatif import Interval
from kernel.money import apportion

Array = NDArray[np.float64]
TRAINED = 0.7
"""Part of the leads, the earlier ones, from which weights are learnt; the later ones try them."""
CHANCE = 0.01
"""How often weights that are no better may pass the trial by luck."""
_TENTHS = 1000
_BAND = (2.5, 97.5)
_FLAT = 1e-9


@dataclass(frozen=True, slots=True)
class Foretold:
    """How well an index foretold later leads: area under the curve (0.5: not at all), mean log loss, and won over expected."""

    auc: float | None
    log_loss: float
    won_over_expected: float | None

    def as_dict(self) -> dict[str, float | None]:
        """JSON types."""
        return {"auc": self.auc, "log_loss": self.log_loss, "won_over_expected": self.won_over_expected}


@dataclass(frozen=True, slots=True)
class Trial:
    """The later leads: how well both weights foretell them, by how much the log loss falls, and how likely so much is by luck."""

    leads: int
    since: datetime
    present: Foretold
    learnt: Foretold
    log_loss_falls: Interval
    p: float

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "leads": self.leads, "since": self.since.isoformat(), "present": self.present.as_dict(),
            "learnt": self.learnt.as_dict(), "log_loss_falls": self.log_loss_falls.as_dict(), "p": self.p,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Leads of one line or tier that suffice by themselves, and the weights they would have; for people to see, not applied."""

    kind: str
    name: str
    worked: int
    weights: Weights

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"by": self.kind, "name": self.name, "worked": self.worked, "weights": self.weights.as_dict()}


@dataclass(frozen=True, slots=True)
class Learnt:
    """``code`` is ``better``, ``no_better`` or ``too_little``; only with the first are ``weights`` to be proposed.

    ``gain`` is how many more of 100 later leads would be won, by a model of those leads alone (None: the trial failed);
    ``off_policy`` what their outcomes themselves say, if anything.
    """

    code: str
    reason: str
    worked: int
    since: datetime | None
    until: datetime | None
    missing: Missing | None = None
    weights: Weights | None = None
    trial: Trial | None = None
    gain: Interval | None = None
    off_policy: OffPolicy | None = None
    groups: tuple[Group, ...] = ()

    def diagnostics(self) -> dict[str, Any]:
        """All but the weights, as JSON types."""
        return {
            "code": self.code, "reason": self.reason, "worked": self.worked,
            "trial": self.trial and self.trial.as_dict(), "gain": self.gain and self.gain.as_dict(),
            "off_policy": self.off_policy and self.off_policy.as_dict(),
            "groups": [one.as_dict() for one in self.groups],
        }  # fmt: skip


def learn(decisions: Iterable[Decided], present: Weights, seed: int) -> Learnt:
    """Weights from closed decisions. The same decisions and seed give the same answer."""
    closed = sorted((one for one in decisions if one.won is not None), key=lambda one: (one.at, one.lead_id))
    worked = [one for decided in closed if (one := decided.worked()) is not None]
    since, until = (closed[0].at, closed[-1].at) if closed else (None, None)
    cut = round(TRAINED * len(closed))
    lacking = _scaled(missing(worked[:cut]))
    if lacking is not None:
        return Learnt("too_little", lacking.text, len(worked), since, until, lacking)
    parts = parts_of(present)
    earlier, later = Table.of(worked[:cut]), Table.of(worked[cut:])
    found, held = fit(earlier, parts), fit(earlier, parts, fixed=True)
    weights = weights_of(found, present)
    if weights is None:
        reason = "no factor tells who wins a lead"
        return Learnt("no_better", reason, len(worked), since, until)
    tried = _tried(later, closed[cut].at, found, held)
    gain = _gain(closed[cut:], later, parts, parts_of(weights), seed) if tried.p <= CHANCE else None
    code, reason = _verdict(weights, present, tried, gain)
    return Learnt(
        code, reason, len(worked), since, until, weights=weights, trial=tried, gain=gain,
        off_policy=off_policy(closed[cut:], parts_of(weights), found), groups=_groups(worked, weights),
    )  # fmt: skip


def weights_of(found: Conversion, present: Weights) -> Weights | None:
    """Points of 100 to a tenth, in proportion to the coefficients; None where no factor counts at all.

    What the data cannot tell, because it was the same for everybody, keeps its part by way of the common multiple.
    """
    if not found.factors.sum() > _FLAT:
        return None
    tenths = apportion(_TENTHS, [Decimal(repr(float(one))) for one in found.factors])
    points = {factor.name: Decimal(tenth) / 10 for factor, tenth in zip(FACTORS, tenths, strict=True)}
    return Weights.of({name: point for name, point in points.items() if point or name in present.by_name})


def _scaled(lacking: Missing | None) -> Missing | None:
    """What the earlier part lacks, as leads in all."""
    if lacking is None:
        return None
    return Missing(*(-(-count * 100 // round(100 * TRAINED)) for count in (lacking.closed, lacking.won, lacking.lost)))


def _verdict(weights: Weights, present: Weights, tried: Trial, gain: Interval | None) -> tuple[str, str]:
    if weights.steps == present.steps:
        return "no_better", "the weights in force are those that the data give"
    if gain is None:
        return "no_better", f"later leads do not bear the learnt weights out (p {tried.p:.2g}, {CHANCE} is asked)"
    if gain.low <= 0:
        return "no_better", f"the gain may be none: {gain.low:+.1f} to {gain.high:+.1f} of 100 leads"
    return "better", f"later leads bear them out: {gain.low:+.1f} to {gain.high:+.1f} of 100 leads would be won besides"


def _tried(later: Table, since: datetime, found: Conversion, held: Conversion) -> Trial:
    losses = [_losses(model, later) for model in (held, found)]
    falls = losses[0] - losses[1]
    error = float(falls.std(ddof=1) / np.sqrt(len(falls)))
    middle = float(falls.mean())
    present, learnt = (_foretold(model, later, each) for model, each in zip((held, found), losses, strict=True))
    fall = Interval(middle, middle - 1.96 * error, middle + 1.96 * error)
    return Trial(len(falls), since, present, learnt, fall, _luck(later, found, held))


def _luck(later: Table, found: Conversion, held: Conversion) -> float:
    """The chance of such an agreement with what the learnt weights add to the present ones, were there none (one-sided Wald).

    Base, score and the multiple of the present weights are fitted to the later leads too, so only the difference is tried.
    """
    index = held.index(later.values)
    added = found.index(later.values) - index
    columns = np.column_stack([later.ones, later.scores, index, added])
    kept = [0, *(place for place in (1, 2) if columns[:, place].std() > _FLAT), 3]
    columns = columns[:, kept]
    if added.std() < _FLAT:
        return 1.0
    at = np.zeros(len(kept))
    for _ in range(25):
        chance = scipy.special.expit(columns @ at)
        curve = (columns * (chance * (1 - chance))[:, None]).T @ columns + _FLAT * np.eye(len(kept))
        step = np.linalg.solve(curve, columns.T @ (later.won - chance))
        at = at + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-8:  # noqa: PLR2004 - far below any error
            break
    error = float(np.sqrt(np.linalg.inv(curve)[-1, -1]))
    return NormalDist().cdf(float(-at[-1] / error))


def _gain(decisions: Sequence[Decided], later: Table, present: Array, learnt: Array, seed: int) -> Interval:
    """Leads won besides, of 100, if the best of each receipt were ordered by the learnt weights; capacity is not played.

    The model is of the later leads alone, so what the earlier ones boasted of does not count twice.
    """
    scores = scores_of([one.score for one in decisions])
    chosen = np.array([_expected_values(one, present) for one in decisions])
    other = np.array([_expected_values(one, learnt) for one in decisions])

    def besides(model: Conversion) -> float:
        return float(100 * (model.chances(scores, other) - model.chances(scores, chosen)).mean())

    middle = besides(fit(later, present))
    low, high = np.percentile([besides(sample) for sample in resampled(later, present, seed)], _BAND)
    return Interval(middle, min(middle, float(low)), max(middle, float(high)))


def _expected_values(decided: Decided, parts: Array) -> Array:
    """Factor values of whoever gets the lead; in a draw, their mean."""
    found: Array = chances_under(decided, parts) @ np.array([one.values for one in decided.options])
    return found


def _groups(worked: Sequence[Worked], weights: Weights) -> tuple[Group, ...]:
    """Lines and tiers with support of their own, drawn to the weights of all."""
    kinds: Mapping[str, Callable[[Worked], str | None]] = {"line": lambda one: one.line, "tier": lambda one: one.tier}
    found = []
    for kind, of in kinds.items():
        for name in sorted({name for one in worked if (name := of(one)) is not None}):
            mine = [one for one in worked if of(one) == name]
            if len(mine) == len(worked) or missing(mine) is not None:
                continue
            own = weights_of(fit(Table.of(mine), parts_of(weights)), weights)
            if own is not None:
                found.append(Group(kind, name, len(mine), own))
    return tuple(found)


def _losses(model: Conversion, table: Table) -> Array:
    line = model.base + model.score * table.scores + model.index(table.values)
    found: Array = np.logaddexp(0.0, line) - table.won * line
    return found


def _foretold(model: Conversion, table: Table, losses: Array) -> Foretold:
    chances = model.chances(table.scores, table.values)
    won, expected = float(table.won.sum()), float(chances.sum())
    lost, auc = len(table.won) - won, None
    if won and lost:
        _, at, equal = np.unique(chances, return_inverse=True, return_counts=True)
        ranks = (np.cumsum(equal) - (equal - 1) / 2)[at]  # equal chances share their middle rank
        auc = float((ranks[table.won > 0].sum() - won * (won + 1) / 2) / (won * lost))
    return Foretold(auc, float(losses.mean()), won / expected if expected else None)
