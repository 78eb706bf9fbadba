"""Decisions as receipts hold them, and what can be said from them about another way of deciding, and what cannot.

Routing is nearly deterministic: somebody else could have got a lead only where several came out equal and a draw decided, or
where leads were given at random on purpose. Elsewhere the past does not show what another producer would have made of it, and
no arithmetic does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.routing.conversion import Conversion, Worked, scores_of

Array = NDArray[np.float64]
LEAST_SUPPORTED = 0.99
"""Part of the leads whose new holder could have got them in the past, below which nothing is estimated."""
LEAST_EFFECTIVE = 100
"""Effective number of leads below which nothing is estimated."""
_Z = 1.96


class Option(NamedTuple):
    """A producer among the best: factor values, and how likely they were to get the lead (1 for the winner of no draw)."""

    producer_id: UUID
    values: tuple[float, ...]
    propensity: float


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with the best of its producers, who among them got the lead, and how it ended (None: it has not)."""

    lead_id: UUID
    at: datetime
    line: str
    tier: str | None
    score: int | None
    options: tuple[Option, ...]
    chosen: int
    won: bool | None

    def worked(self) -> Worked | None:
        """As a lead that was worked to an end; None while it is open."""
        if self.won is None:
            return None
        values = self.options[self.chosen].values
        return Worked(self.lead_id, self.at, self.line, self.tier, self.score, values, self.won)


def drawn_chances(totals: Sequence[Any], waiting: Sequence[Any]) -> list[float]:
    """How likely each was to come first: equal total and equal waiting as the first share it, the rest had no chance.

    The first of both is whoever came first.
    """
    equal = [(total, since) == (totals[0], waiting[0]) for total, since in zip(totals, waiting, strict=True)]
    return [one / sum(equal) for one in equal]


@dataclass(frozen=True, slots=True)
class OffPolicy:
    """The share of leads won under other weights. ``code`` is ``estimated``, ``no_overlap`` or ``too_few``.

    ``supported`` is the part of the leads whose new holder could have got them; ``effective`` the number of leads that the
    weighted ones are worth. ``lowest`` and ``highest`` are the bounds without any assumption: each lead without support is lost,
    or won. ``recorded`` is the share that was won. ``snips`` and ``doubly_robust`` come as value, low, high; None: cannot be
    estimated.
    """

    code: str
    leads: int
    supported: float
    effective: float
    recorded: float
    lowest: float
    highest: float
    snips: tuple[float, float, float] | None
    doubly_robust: tuple[float, float, float] | None

    @property
    def text(self) -> str:
        """For people."""
        if self.code == "estimated":
            return "estimated from draws among equals"
        if self.code == "too_few":
            return f"cannot be estimated: the leads are worth {self.effective:.0f}, {LEAST_EFFECTIVE} are needed"
        return (
            f"cannot be estimated: {1 - self.supported:.0%} of the leads would go to somebody who could not have got them; "
            f"apart from chance, all that is certain is {self.lowest:.1%} to {self.highest:.1%}"
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "code": self.code, "text": self.text, "leads": self.leads, "supported": self.supported,
            "effective": self.effective, "recorded": self.recorded, "lowest": self.lowest, "highest": self.highest,
            "snips": self.snips and list(self.snips), "doubly_robust": self.doubly_robust and list(self.doubly_robust),
        }  # fmt: skip


def chances_under(decided: Decided, parts: Array) -> Array:
    """How likely each option is to get the lead under other weights: the best one, or a draw among the best."""
    totals: Array = np.round(np.array([one.values for one in decided.options]) @ parts, 9)
    best = totals == np.max(totals)
    found: Array = best / best.sum()
    return found


def off_policy(decisions: Sequence[Decided], parts: Array, model: Conversion) -> OffPolicy:
    """From closed decisions; ``model`` must not have seen them. Self-normalised inverse propensities (Swaminathan and Joachims,
    2015) and the doubly robust estimate (Dudik, Langford and Li, 2011), 95 times of 100 within their bounds.
    """
    closed = [one for one in decisions if one.won is not None]
    won = np.array([float(bool(one.won)) for one in closed])
    if not closed:
        return OffPolicy("too_few", 0, 0.0, 0.0, 0.0, 0.0, 1.0, None, None)
    supported, ratio, direct, fitted = (np.zeros(len(closed)) for _ in range(4))
    for number, one in enumerate(closed):
        new = chances_under(one, parts)
        old = np.array([option.propensity for option in one.options])
        guess = model.chances(scores_of([one.score]), np.array([option.values for option in one.options]))
        supported[number] = new[old > 0].sum()
        ratio[number] = new[one.chosen] / old[one.chosen] if old[one.chosen] > 0 else 0.0
        direct[number], fitted[number] = new @ guess, guess[one.chosen]
    share, gained = float(supported.mean()), float((ratio * won).mean())
    effective = float(ratio.sum() ** 2 / (ratio @ ratio)) if ratio.any() else 0.0
    enough = effective >= LEAST_EFFECTIVE
    code = "no_overlap" if share < LEAST_SUPPORTED else "estimated" if enough else "too_few"
    snips = robust = None
    if code == "estimated":
        value = float(ratio @ won / ratio.sum())
        snips = _around(value, float(np.sqrt(((ratio * (won - value)) ** 2).sum()) / ratio.sum()))
        each = direct + ratio * (won - fitted)
        robust = _around(float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each))))
    lowest = min(1.0, gained)
    return OffPolicy(
        code, len(closed), share, effective, float(won.mean()), lowest, min(1.0, lowest + 1 - share), snips, robust
    )


def _around(value: float, error: float) -> tuple[float, float, float]:
    return value, value - _Z * error, value + _Z * error
