"""How far two judges agree beyond chance, and what a judge that errs still says of the truth."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import sqrt

import numpy as np
from scipy.stats import norm, t  # type: ignore[import-untyped]

from domain.leads.measures import wilson
from evals.statistics.bootstrap import OPEN, unvaried
from evals.statistics.units import Estimate, Numbers

FEWEST_LABELS = 30
"""Human labels below which a judge is not corrected: the correction would be noise."""
_SURE = float(norm.ppf(0.975))
_NONE = 1e-12


def kappa(
    one: Sequence[Hashable],
    other: Sequence[Hashable],
    ordered: Sequence[Hashable] | None = None,
    *,
    power: int = 2,
) -> Estimate:
    """Cohen's kappa (1960) with the large-sample interval of Fleiss, Cohen and Everitt (1969).

    With ``ordered`` labels from low to high disagreements weigh by their distance to that ``power``: 2 squares, 1 is linear. NaN,
    from -1 to 1, where chance alone agrees fully (both always said the same one label). Raises ValueError for unequal numbers
    of labels, none, or one that is not among ``ordered``.
    """
    if len(one) != len(other) or not one:
        msg = f"{len(one)} and {len(other)} labels; both judges must have judged the same rows, and at least one"
        raise ValueError(msg)
    labels = list(ordered) if ordered is not None else sorted({*one, *other}, key=repr)
    strange = sorted(map(repr, {*one, *other}.difference(labels)))
    if strange or len(set(labels)) != len(labels):
        msg = f"labels {', '.join(strange) or 'twice'} in the order {labels!r}; name each label once, from low to high"
        raise ValueError(msg)
    place = {label: number for number, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)))
    np.add.at(table, ([place[label] for label in one], [place[label] for label in other]), 1)
    shares, rows = table / len(one), len(one)
    if ordered is None:
        weights = np.eye(len(labels))
    else:
        steps = np.arange(len(labels))
        weights = 1 - np.abs((steps[:, None] - steps) / max(1, len(labels) - 1)) ** power
    left, right = shares.sum(axis=1), shares.sum(axis=0)
    seen, chance = float((weights * shares).sum()), float((weights * np.outer(left, right)).sum())
    if chance >= 1 - 1e-12:
        return Estimate(float("nan"), -1.0, 1.0)
    value = (seen - chance) / (1 - chance)
    pulled = (weights @ right)[:, None] + left @ weights
    spread = float((shares * (weights - pulled * (1 - value)) ** 2).sum()) - (value - chance * (1 - value)) ** 2
    if spread <= _NONE:  # all agree, or nobody: the large-sample error of 0 would claim certainty
        return Estimate(value, *_from_agreement(seen, chance, rows))
    half = _SURE * sqrt(spread / rows) / (1 - chance)
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half))


def _from_agreement(seen: float, chance: float, rows: int) -> tuple[float, float]:
    """The ends of the agreement itself (Wilson), less what chance agrees."""
    low, high = wilson(seen, rows)
    return max(-1.0, (low - chance) / (1 - chance)), (high - chance) / (1 - chance)


def corrected_mean(
    labels: Numbers, judged: Numbers, unlabelled: Numbers, *, ends: tuple[float, float] = OPEN
) -> Estimate:
    """The mean that people would find, from few of their labels and many of a judge's (PPI++; Angelopoulos and others 2023).

    ``judged`` are the judge's scores of the labelled rows, ``unlabelled`` those of the others. The judge counts as far as it
    agrees with people, so it never makes the estimate worse in large samples. ``ends`` are the least and the most that a row can
    be. Raises ValueError below 30 labels.
    """
    n, rest = len(labels), len(unlabelled)
    if n < FEWEST_LABELS or len(judged) != n or not rest:
        msg = f"{n} human labels, {len(judged)} judged of them and {rest} others; label at least {FEWEST_LABELS} rows"
        raise ValueError(msg)
    spread = float(np.concatenate([judged, unlabelled]).var(ddof=1))
    together = float(np.cov(labels, judged, ddof=1)[0, 1])
    trust = min(1.0, max(0.0, together / ((1 + n / rest) * spread))) if spread else 0.0
    rests = labels - trust * judged
    value = trust * float(unlabelled.mean()) + float(rests.mean())
    error = sqrt(trust**2 * _variance(unlabelled) / rest + _variance(rests) / n)
    half = float(t.ppf(0.975, n - 1)) * error  # the part of the labels dominates; the normal is too short for thirty
    return (
        Estimate(value, max(ends[0], value - half), min(ends[1], value + half)) if error else unvaried(value, n, ends)
    )


def _variance(values: Numbers) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0
