"""A fitted calibration: log-odds in, probability out, never falling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from integrations.local.tabular.encoding import sigmoid
from integrations.local.tabular.sheet import Floats


@dataclass(frozen=True, slots=True)
class Calibrator:
    """``platt``: slope and constant on the log-odds (Platt 1999). ``beta``: slopes on log p and -log(1-p) and a constant
    (Kull et al. 2017). ``isotonic``: straight lines between the steps ``x`` and ``y``.
    """

    method: str
    weights: Sequence[float] = ()
    x: Sequence[float] = field(default=())
    y: Sequence[float] = field(default=())

    @classmethod
    def stairs(cls, x: Floats, y: Floats, rows: int) -> Self:
        """Isotonic steps; no step says more than ``rows`` rows can: 1/(n+2) at least, 1 - 1/(n+2) at most."""
        least = 1 / (rows + 2)
        places = np.unique(np.asarray(x, dtype=float), return_index=True)[1]
        return cls(
            "isotonic", (), [float(x[i]) for i in places], [float(np.clip(y[i], least, 1 - least)) for i in places]
        )

    def apply(self, z: Floats) -> Floats:
        """Probabilities of these log-odds."""
        if self.method == "isotonic":
            steps: Floats = np.interp(z, np.asarray(self.x), np.asarray(self.y))
            return steps
        if self.method == "beta":
            first, second, constant = self.weights
            return sigmoid(-first * np.logaddexp(0, -z) + second * np.logaddexp(0, z) + constant)
        slope, constant = self.weights
        return sigmoid(slope * z + constant)

    def check(self) -> None:
        """Raises ValueError unless this is a calibration that never falls and stays within 0 and 1."""
        wanted = {"platt": 2, "beta": 3, "isotonic": 0}.get(self.method)
        if wanted is None or len(self.weights) != wanted:
            raise ValueError(f"the calibration {self.method!r} does not have the weights it needs")
        if any(slope < 0 for slope in self.weights[:-1]):
            raise ValueError("the calibration falls where the score rises")
        steps = (list(self.x), list(self.y))
        if self.method == "isotonic" and (
            not self.x or len(self.x) != len(self.y) or steps != (sorted(self.x), sorted(self.y))
        ):
            raise ValueError("the steps of the calibration do not rise")
        if self.y and not (self.y[0] >= 0 and self.y[-1] <= 1):
            raise ValueError("the calibration leaves 0 to 1")
