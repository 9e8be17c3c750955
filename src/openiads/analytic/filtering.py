"""What a linear filter must give: steady state of the alpha-beta filter, gates, and bounds on normalised errors.

Reference: P. R. Kalata, "The tracking index: a generalized parameter for alpha-beta and alpha-beta-gamma target trackers", IEEE Trans.
Aerospace and Electronic Systems AES-20 (1984), 174-182; Y. Bar-Shalom, X. R. Li and T. Kirubarajan, "Estimation with Applications to
Tracking and Navigation" (2001), sections 5.4 (consistency) and 6.5 (steady state).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openiads.analytic.arguments import require_count, require_positive
from openiads.errors import InputError


class SteadyState(NamedTuple):
    """Gains and covariances (position, velocity) of the filter after many measurements."""

    tracking_index: float
    alpha: float
    beta: float
    after: NDArray[np.float64]
    """(2, 2): after a measurement."""
    before: NDArray[np.float64]
    """(2, 2): before the next one."""
    innovation_m2: float
    """Variance of the innovation."""


def alpha_beta(period_s: float, acceleration_mps2: float, position_sd_m: float) -> SteadyState:
    """Nearly constant velocity with an acceleration that is constant within each period (standard deviation `acceleration_mps2`)."""
    for name, value in (("period_s", period_s), ("acceleration_mps2", acceleration_mps2), ("position_sd_m", position_sd_m)):
        require_positive(name, value)
    index = acceleration_mps2 * period_s**2 / position_sd_m
    root = (4.0 + index - math.sqrt(8.0 * index + index**2)) / 4.0
    alpha = 1.0 - root**2
    beta = 2.0 * (2.0 - alpha) - 4.0 * root
    noise = position_sd_m**2
    speeds = beta * (2.0 * alpha - beta) / (2.0 * (1.0 - alpha)) * noise / period_s**2
    after = np.array([[alpha * noise, beta * noise / period_s], [beta * noise / period_s, speeds]])
    before = after / (1.0 - alpha)
    before[1, 1] = speeds + (acceleration_mps2 * period_s) ** 2
    return SteadyState(index, alpha, beta, after, before, noise / (1.0 - alpha))


def gate_threshold(dimensions: int, probability: float) -> float:
    """The squared Mahalanobis distance that the plot of a target stays below with a probability."""
    require_count("dimensions", dimensions, 1)
    if not 0.0 < probability < 1.0:
        raise InputError(f"probability must be between 0 and 1, not {probability}")
    from scipy.special import gammaincinv

    return 2.0 * float(gammaincinv(0.5 * dimensions, probability))


def nees_bounds(dimensions: int, runs: int, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided bounds of the normalised estimation error squared of a consistent filter, averaged over independent runs."""
    require_count("runs", runs, 1)
    tail = 0.5 * (1.0 - confidence)
    low, high = (gate_threshold(dimensions * runs, p) / runs for p in (tail, 1.0 - tail))
    return low, high
