"""Whether confidences mean what they say, with intervals; the figures themselves are those of domain.leads.measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.leads.measures import BINS, brier, calibration_bins, calibration_error
from evals.statistics.bootstrap import interval
from evals.statistics.units import Estimate, Numbers


def brier_interval(right: NDArray[np.bool_], confidence: Numbers, seed: int = 0) -> Estimate:
    """Brier score; 0 is perfect."""
    return interval(len(right), lambda drawn: brier(right[drawn], confidence[drawn]), seed)


def error_interval(right: NDArray[np.bool_], confidence: Numbers, seed: int = 0) -> Estimate:
    """Expected calibration error over ten equal-width bins. Drawing again adds noise to it, so the interval leans upwards."""

    def error(drawn: NDArray[np.intp]) -> float:
        return calibration_error(calibration_bins(right[drawn], confidence[drawn]))

    return interval(len(right), error, seed)


def adaptive_error(right: NDArray[np.bool_], confidence: Numbers, bins: int = BINS) -> float:
    """The same over bins of equal numbers of rows (Nixon 2019): no bin is empty and none holds nearly all."""
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return float(sum(len(part) * abs(right[part].mean() - confidence[part].mean()) for part in parts)) / len(right)
