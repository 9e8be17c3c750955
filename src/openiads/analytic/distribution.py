"""Moments of a distribution of counts, given as an array of probabilities, shape (n + 1,), of 0 to n."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def mean(probabilities: NDArray[np.float64]) -> float:
    """Mean count."""
    return float(probabilities @ np.arange(probabilities.size))


def sd(probabilities: NDArray[np.float64]) -> float:
    """Standard deviation of the count."""
    deviations = np.arange(probabilities.size) - mean(probabilities)
    return math.sqrt(float(probabilities @ (deviations * deviations)))
